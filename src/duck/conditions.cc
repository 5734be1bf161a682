#include "duck/conditions.h"

#include "base/text.h"

#include <duckdb/planner/expression/list.hpp>

namespace cairn::duck {

namespace {

using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::ExpressionType;
using duckdb::LogicalTypeId;
using Kind = Condition::Kind;

/// What a comparison is about.
struct Subject {
  size_t column = 0;
  std::vector<std::string> member;
  bool as_time = false;
};

std::optional<std::string> constant_text(const Expression& expression, bool as_time) {
  if (expression.GetExpressionClass() != ExpressionClass::BOUND_CONSTANT) return std::nullopt;
  const duckdb::Value& value = expression.Cast<duckdb::BoundConstantExpression>().value;
  if (value.IsNull()) return std::nullopt;
  LogicalTypeId type = value.type().id();
  if (as_time) {
    if (type != LogicalTypeId::TIMESTAMP && type != LogicalTypeId::TIMESTAMP_TZ)
      return std::nullopt;
    return std::to_string(value.GetValueUnsafe<int64_t>());
  }
  if (type != LogicalTypeId::VARCHAR) return std::nullopt;
  return duckdb::StringValue::Get(value);
}

std::optional<Subject> read_subject(const Expression& expression,
                                    const std::vector<size_t>& columns) {
  switch (expression.GetExpressionClass()) {
    case ExpressionClass::BOUND_COLUMN_REF: {
      size_t index = expression.Cast<duckdb::BoundColumnRefExpression>().binding.column_index;
      if (index >= columns.size()) return std::nullopt;
      LogicalTypeId type = expression.return_type.id();
      return Subject{columns[index], {}, type == LogicalTypeId::TIMESTAMP};
    }
    case ExpressionClass::BOUND_CAST: {
      // A text that is read as an instant.
      const auto& cast = expression.Cast<duckdb::BoundCastExpression>();
      LogicalTypeId to = cast.return_type.id();
      if (cast.child->return_type.id() != LogicalTypeId::VARCHAR ||
          (to != LogicalTypeId::TIMESTAMP && to != LogicalTypeId::TIMESTAMP_TZ))
        return std::nullopt;
      auto subject = read_subject(*cast.child, columns);
      if (!subject || !subject->member.empty()) return std::nullopt;
      subject->as_time = true;
      return subject;
    }
    case ExpressionClass::BOUND_FUNCTION: {
      const auto& call = expression.Cast<duckdb::BoundFunctionExpression>();
      if (call.function.name != "struct_extract" || call.children.size() != 2) return std::nullopt;
      auto subject = read_subject(*call.children[0], columns);
      auto name = constant_text(*call.children[1], false);
      if (!subject || !name) return std::nullopt;
      subject->member.push_back(to_lower(*name));  // names ignore case
      return subject;
    }
    default:
      return std::nullopt;
  }
}

Condition make(Kind kind, Subject subject, std::vector<std::string> values) {
  Condition condition;
  condition.kind = kind;
  condition.column = subject.column;
  condition.member = std::move(subject.member);
  condition.as_time = subject.as_time;
  condition.values = std::move(values);
  return condition;
}

std::optional<Kind> kind_of(ExpressionType type) {
  switch (type) {
    case ExpressionType::COMPARE_EQUAL:
      return Kind::kEqual;
    case ExpressionType::COMPARE_LESSTHAN:
      return Kind::kLess;
    case ExpressionType::COMPARE_LESSTHANOREQUALTO:
      return Kind::kLessEqual;
    case ExpressionType::COMPARE_GREATERTHAN:
      return Kind::kGreater;
    case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
      return Kind::kGreaterEqual;
    default:
      return std::nullopt;
  }
}

std::optional<Condition> read_comparison(const Expression& left, const Expression& right,
                                         ExpressionType type, const std::vector<size_t>& columns) {
  auto subject = read_subject(left, columns);
  if (!subject) {
    // 'x' = column: the same the other way round.
    if (left.GetExpressionClass() != ExpressionClass::BOUND_CONSTANT) return std::nullopt;
    if (right.GetExpressionClass() == ExpressionClass::BOUND_CONSTANT) return std::nullopt;
    return read_comparison(right, left, duckdb::FlipComparisonExpression(type), columns);
  }
  auto kind = kind_of(type);
  auto value = constant_text(right, subject->as_time);
  if (!kind || !value) return std::nullopt;
  return make(*kind, std::move(*subject), {std::move(*value)});
}

/// The literal parts of a LIKE pattern must all be there.
std::optional<Condition> read_like(const Subject& subject, const std::string& pattern) {
  Condition all;
  std::string part;
  auto finish = [&] {
    if (!part.empty()) all.parts.push_back(make(Kind::kContains, subject, {part}));
    part.clear();
  };
  for (char c : pattern) {
    if (c == '\\') return std::nullopt;  // an escape, perhaps
    if (c == '%' || c == '_') {
      finish();
    } else {
      part += c;
    }
  }
  finish();
  if (all.parts.empty()) return make(Kind::kIsNotNull, subject, {});
  return all;
}

std::optional<Condition> read_function(const duckdb::BoundFunctionExpression& call,
                                       const std::vector<size_t>& columns) {
  if (call.children.size() != 2) return std::nullopt;
  auto subject = read_subject(*call.children[0], columns);
  auto value = constant_text(*call.children[1], false);
  if (!subject || subject->as_time || !value) return std::nullopt;
  const std::string& name = call.function.name;
  if (name == "contains") return make(Kind::kContains, std::move(*subject), {*value});
  if (name == "prefix" || name == "starts_with" || name == "^@")
    return make(Kind::kStartsWith, std::move(*subject), {*value});
  if (name == "suffix" || name == "ends_with")
    return make(Kind::kEndsWith, std::move(*subject), {*value});
  if (name == "~~") return read_like(*subject, *value);
  return std::nullopt;
}

std::optional<Condition> read_conjunction(const duckdb::BoundConjunctionExpression& expression,
                                          const std::vector<size_t>& columns) {
  bool any = expression.GetExpressionType() == ExpressionType::CONJUNCTION_OR;
  Condition condition;
  condition.kind = any ? Kind::kAny : Kind::kAll;
  for (const auto& child : expression.children) {
    auto part = read_condition(*child, columns);
    // One unknown alternative admits everything; one unknown requirement is only left out.
    if (!part && any) return std::nullopt;
    if (part) condition.parts.push_back(std::move(*part));
  }
  if (condition.parts.empty()) return std::nullopt;
  return condition;
}

std::optional<Condition> read_operator(const duckdb::BoundOperatorExpression& expression,
                                       const std::vector<size_t>& columns) {
  if (expression.children.empty()) return std::nullopt;
  auto subject = read_subject(*expression.children[0], columns);
  if (!subject) return std::nullopt;
  switch (expression.GetExpressionType()) {
    case ExpressionType::OPERATOR_IS_NULL:
      if (subject->as_time) return std::nullopt;
      return make(Kind::kIsNull, std::move(*subject), {});
    case ExpressionType::OPERATOR_IS_NOT_NULL:
      if (subject->as_time) return std::nullopt;
      return make(Kind::kIsNotNull, std::move(*subject), {});
    case ExpressionType::COMPARE_IN: {
      std::vector<std::string> values;
      for (size_t i = 1; i < expression.children.size(); ++i) {
        auto value = constant_text(*expression.children[i], subject->as_time);
        if (!value) return std::nullopt;
        values.push_back(std::move(*value));
      }
      return make(Kind::kEqual, std::move(*subject), std::move(values));
    }
    default:
      return std::nullopt;
  }
}

std::optional<Condition> read_between(const duckdb::BoundBetweenExpression& expression,
                                      const std::vector<size_t>& columns) {
  Condition condition;
  auto add = [&](const Expression& bound, ExpressionType type) {
    auto part = read_comparison(*expression.input, bound, type, columns);
    if (part) condition.parts.push_back(std::move(*part));
  };
  add(*expression.lower, ExpressionType::COMPARE_GREATERTHANOREQUALTO);
  add(*expression.upper, ExpressionType::COMPARE_LESSTHANOREQUALTO);
  if (condition.parts.empty()) return std::nullopt;
  return condition;
}

}  // namespace

std::optional<Condition> read_condition(const Expression& expression,
                                        const std::vector<size_t>& columns) {
  switch (expression.GetExpressionClass()) {
    case ExpressionClass::BOUND_COMPARISON: {
      const auto& comparison = expression.Cast<duckdb::BoundComparisonExpression>();
      return read_comparison(*comparison.left, *comparison.right, comparison.GetExpressionType(),
                             columns);
    }
    case ExpressionClass::BOUND_CONJUNCTION:
      return read_conjunction(expression.Cast<duckdb::BoundConjunctionExpression>(), columns);
    case ExpressionClass::BOUND_OPERATOR:
      return read_operator(expression.Cast<duckdb::BoundOperatorExpression>(), columns);
    case ExpressionClass::BOUND_BETWEEN:
      return read_between(expression.Cast<duckdb::BoundBetweenExpression>(), columns);
    case ExpressionClass::BOUND_FUNCTION:
      return read_function(expression.Cast<duckdb::BoundFunctionExpression>(), columns);
    default:
      return std::nullopt;
  }
}

}  // namespace cairn::duck
