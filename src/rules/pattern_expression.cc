#include "rules/pattern_expression.h"

#include "base/text.h"
#include "rules/event_tree.h"
#include "rules/filter_tree.h"
#include "rules/pattern_rule.h"
#include "rules/pattern_writing.h"
#include "rules/predicate_check.h"
#include "rules/predicate_sql.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

namespace cairn::rules {

namespace {

constexpr double kExactWhole = 9007199254740992.0;  // 2^53
constexpr std::string_view kDetail = "detail.";

Expression test(std::string field, Operator op, std::vector<std::string> operands,
                bool ignore_case = false) {
  Predicate predicate;
  predicate.field = std::move(field);
  predicate.op = op;
  predicate.operands = std::move(operands);
  predicate.ignore_case = ignore_case;
  return leaf(std::move(predicate));
}
Expression matches(std::string field, Pattern pattern) {
  Predicate predicate;
  predicate.field = std::move(field);
  ask_for_pattern(predicate, std::move(pattern));
  return leaf(std::move(predicate));
}
Expression is_null(const std::string& field) {
  return all_of({test(field, Operator::kExists, {}), test(field, Operator::kNullOrMissing, {})});
}

Result<std::string> decimal(double number) {
  if (!std::isfinite(number) || std::abs(number) >= kExactWhole)
    return refusal("numbers from 2^53 on are not exact as doubles");
  char digits[64];
  auto [end, error] =
      std::to_chars(digits, digits + sizeof digits, number, std::chars_format::fixed);
  if (error != std::errc()) return refusal("a number too long to be written out");
  return std::string(digits, end);
}

/// Could a text also be how a number or a boolean of JSON is written?
bool is_other_type(std::string_view text) {
  return text == "true" || text == "false" || text == "null" || parse_number(text).has_value();
}
bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

/// What both languages need to know of a field.
class Reader {
 public:
  explicit Reader(bool plain) : plain_(plain) {}

  std::vector<std::string> assumptions() const {
    return {assumptions_.begin(), assumptions_.end()};
  }

 protected:
  /// Fails for a field that may be an array or an object, unless fields are plain.
  Status look_at(const std::string& field) {
    shape_ = field_shape(field);
    if (shape_ != FieldShape::kAny) return {};
    if (!plain_) {
      return refusal(printable(field) +
                     " may be an array, an object or another type than asked for; with plain "
                     "fields (--plain-fields) it is taken for a single value of that type");
    }
    assume(field,
           "a single text, number or boolean: no array on the way, no array or object at its end");
    return {};
  }
  void assume(const std::string& field, const char* what) {
    if (shape_ == FieldShape::kAny) assumptions_.insert(field + " is " + what);
  }
  bool is_text() const { return shape_ == FieldShape::kText; }
  bool is_boolean() const { return shape_ == FieldShape::kBoolean; }

  bool plain_;
  FieldShape shape_ = FieldShape::kText;  // of the field at hand

 private:
  std::set<std::string> assumptions_;
};

class FilterReader : public Reader {
 public:
  using Reader::Reader;

  Result<Expression> read(const FilterCondition& condition) {
    if (condition.kind == FilterCondition::Kind::kTest) return leaf_of(condition);
    std::vector<Expression> children;
    for (const FilterCondition& child : condition.children) {
      TRY_ASSIGN(Expression read_child, read(child));
      children.push_back(std::move(read_child));
    }
    return condition.kind == FilterCondition::Kind::kAnd ? all_of(std::move(children))
                                                         : any_of(std::move(children));
  }

 private:
  Result<Expression> leaf_of(const FilterCondition& condition) {
    const std::string field = path_of(condition.selector);
    const auto& parts = condition.selector.parts;
    const bool dotted = std::any_of(parts.begin(), parts.end(), [](const auto& part) {
      return part.key.find('.') != std::string::npos;
    });
    if (field.empty() || dotted) {
      return refusal(condition.selector.to_string() +
                     ": other languages have no such selector, with an index, a wildcard or a name "
                     "with a dot");
    }
    TRY(look_at(field));
    switch (condition.test) {
      case FilterTest::kNotExists:
        return negation(test(field, Operator::kExists, {}));
      case FilterTest::kIsNull:
        return is_null(field);
      case FilterTest::kIsTrue:
      case FilterTest::kIsFalse:
        if (is_text()) return refusal(field + " is a text, never true or false");
        assume(field, "a boolean, not the text \"true\" or \"false\"");
        return test(field, Operator::kEquals,
                    {condition.test == FilterTest::kIsTrue ? "true" : "false"});
      case FilterTest::kComparison:
        break;
    }
    if (is_boolean()) return any_of({});  // no comparison holds of true and false
    TRY_ASSIGN(Expression equal, comparison_of(field, condition));
    if (condition.comparison != Comparison::kNotEqual) return equal;
    // Of what is missing or null, every comparison is false.
    return all_of({test(field, Operator::kHasValue, {}), negation(std::move(equal))});
  }

  Result<Expression> comparison_of(const std::string& field, const FilterCondition& condition) {
    const FilterOperand& operand = condition.operand;
    const bool has_order =
        condition.comparison != Comparison::kEqual && condition.comparison != Comparison::kNotEqual;
    if (!has_order) assume(field, "never true or false, of which no comparison holds");
    if (operand.kind == FilterOperand::Kind::kNumber) {
      TRY_ASSIGN(std::string number, decimal(operand.number));
      constexpr Operator kOperators[] = {Operator::kNumberEquals, Operator::kNumberEquals,
                                         Operator::kLess,         Operator::kLessOrEqual,
                                         Operator::kGreater,      Operator::kGreaterOrEqual};
      return test(field, kOperators[static_cast<size_t>(condition.comparison)], {number});
    }
    if (has_order) return refusal("an order of texts");
    if (operand.kind == FilterOperand::Kind::kRegex)
      return test(field, Operator::kRegex, {operand.regex->pattern()});
    if (operand.kind == FilterOperand::Kind::kGlob) return matches(field, operand.glob);
    return test(field, Operator::kEquals, {operand.text});
  }
};

class EventReader : public Reader {
 public:
  using Reader::Reader;

  Result<Expression> read(const EventPattern::Contents& contents) {
    std::vector<Expression> branches;
    for (const EventBranch& branch : contents.branches) {
      std::vector<Expression> fields;
      for (const EventField& field : branch) {
        TRY_ASSIGN(Expression one, field_of(field));
        fields.push_back(std::move(one));
      }
      branches.push_back(all_of(std::move(fields)));
    }
    return any_of(std::move(branches));
  }

 private:
  Result<Expression> field_of(const EventField& field) {
    if (!field.path.starts_with(kDetail)) return envelope(field);
    const std::string path = field.path.substr(kDetail.size());
    std::vector<Expression> any;
    if (field.or_missing) {
      TRY(look_at(path));
      any.push_back(negation(test(path, Operator::kExists, {})));
    }
    for (const LeafMatcher& matcher : field.matchers) {
      TRY(look_at(path));
      TRY_ASSIGN(Expression one, matcher_of(path, matcher));
      any.push_back(std::move(one));
    }
    return any_of(std::move(any));
  }

  /// A text matcher, of which it is taken for granted that the field is a text.
  Status text_only(const std::string& field, std::string_view text) {
    if (is_other_type(text)) assume(field, "a text, not a number or boolean");
    return {};
  }

  Result<Expression> matcher_of(const std::string& field, const LeafMatcher& matcher) {
    using Kind = LeafMatcher::Kind;
    const bool folds = matcher.kind == Kind::kPrefixIgnoreCase ||
                       matcher.kind == Kind::kSuffixIgnoreCase ||
                       matcher.kind == Kind::kEqualsIgnoreCase;
    if (folds && !is_ascii(matcher.text))
      return refusal("EventBridge folds letters outside A to Z in its own way");
    const bool of_any_type = matcher.kind == Kind::kExists || matcher.kind == Kind::kLiteral ||
                             matcher.kind == Kind::kAnythingBut;
    if (is_boolean() && !of_any_type) return any_of({});  // true is no text and no number
    switch (matcher.kind) {
      case Kind::kText:
        TRY(text_only(field, matcher.text));
        return test(field, Operator::kEquals, {matcher.text});
      case Kind::kEqualsIgnoreCase:
        TRY(text_only(field, matcher.text));
        return test(field, Operator::kEquals, {matcher.text}, true);
      case Kind::kPrefix:
      case Kind::kPrefixIgnoreCase:
      case Kind::kSuffix:
      case Kind::kSuffixIgnoreCase: {
        const bool prefix =
            matcher.kind == Kind::kPrefix || matcher.kind == Kind::kPrefixIgnoreCase;
        assume(field, "a text, not a number or boolean");
        if (matcher.text.empty()) return test(field, Operator::kHasValue, {});
        return test(field, prefix ? Operator::kStartsWith : Operator::kEndsWith, {matcher.text},
                    folds);
      }
      case Kind::kWildcard:
        assume(field, "a text, not a number or boolean");
        return matches(field, matcher.wildcard);
      case Kind::kCidr:
        return test(field, Operator::kCidr, {matcher.text});
      case Kind::kExists:
        return test(field, Operator::kExists, {});
      case Kind::kLiteral:
        if (matcher.text == "null") return is_null(field);
        if (is_text()) return refusal(field + " is a text, never true or false");
        assume(field, "a boolean, not the text \"true\" or \"false\"");
        return test(field, Operator::kEquals, {matcher.text});
      case Kind::kNumber:
      case Kind::kNumeric:
        return number_of(field, matcher);
      case Kind::kAnythingBut: {
        std::vector<Expression> others;
        for (const LeafMatcher& other : matcher.others) {
          TRY_ASSIGN(Expression one, matcher_of(field, other));
          others.push_back(std::move(one));
        }
        return all_of({test(field, Operator::kExists, {}), negation(any_of(std::move(others)))});
      }
      case Kind::kNotExists:
        break;
    }
    return refusal("this matcher has no form in other languages");
  }

  Result<Expression> number_of(const std::string& field, const LeafMatcher& matcher) {
    if (is_text()) return refusal(field + " is a text, never a number");
    assume(field, "a number, not a text that is one");
    if (matcher.kind == LeafMatcher::Kind::kNumber) {
      TRY_ASSIGN(std::string number, decimal(matcher.number));
      return test(field, Operator::kNumberEquals, {number});
    }
    std::vector<Expression> all;
    if (matcher.has_low) {
      TRY_ASSIGN(std::string low, decimal(matcher.low));
      all.push_back(
          test(field, matcher.low_open ? Operator::kGreater : Operator::kGreaterOrEqual, {low}));
    }
    if (matcher.has_high) {
      TRY_ASSIGN(std::string high, decimal(matcher.high));
      all.push_back(
          test(field, matcher.high_open ? Operator::kLess : Operator::kLessOrEqual, {high}));
    }
    return all_of(std::move(all));
  }

  // ---- What EventBridge writes around a record (write_envelope())

  Result<Expression> envelope(const EventField& field) {
    static constexpr std::array<std::string_view, 7> kWritten = {
        "version", "id", "detail-type", "source", "account", "time", "region"};
    const bool written = std::find(kWritten.begin(), kWritten.end(), field.path) != kWritten.end();
    if (!written && field.or_missing) return all_of({});
    std::vector<Expression> any;
    for (const LeafMatcher& matcher : field.matchers) {
      if (!written && matcher.kind == LeafMatcher::Kind::kExists) continue;
      TRY_ASSIGN(Expression one, envelope_matcher(field.path, matcher));
      any.push_back(std::move(one));
    }
    return any_of(std::move(any));
  }

  Result<Expression> envelope_matcher(const std::string& path, const LeafMatcher& matcher) {
    if (matcher.kind == LeafMatcher::Kind::kExists) return all_of({});
    if (matcher.kind == LeafMatcher::Kind::kAnythingBut) {
      std::vector<Expression> others;
      for (const LeafMatcher& other : matcher.others) {
        TRY_ASSIGN(Expression one, envelope_matcher(path, other));
        others.push_back(std::move(one));
      }
      return negation(any_of(std::move(others)));
    }
    if (path == "source") return source(matcher);
    if (path == "detail-type") return detail_type(matcher);
    for (auto [name, field] :
         {std::pair{"region", "awsRegion"}, {"time", "eventTime"}, {"id", "eventID"}}) {
      if (path != name) continue;
      shape_ = FieldShape::kText;
      return matcher_of(field, matcher);
    }
    if (path == "account" && matcher.kind == LeafMatcher::Kind::kText) {
      const Expression unnamed = any_of({test("recipientAccountId", Operator::kNullOrMissing, {}),
                                         test("recipientAccountId", Operator::kEquals, {""})});
      return any_of(
          {test("recipientAccountId", Operator::kEquals, {matcher.text}),
           all_of({unnamed, test("userIdentity.accountId", Operator::kEquals, {matcher.text})})});
    }
    return refusal(printable(path) + ": only EventBridge's envelope has it in this form");
  }

  /// "aws.iam" of eventSource "iam.amazonaws.com".
  static Result<Expression> source(const LeafMatcher& matcher) {
    constexpr std::string_view kVendor = "aws.";
    const std::string& text = matcher.text;
    if (matcher.kind == LeafMatcher::Kind::kPrefix && kVendor.starts_with(text)) return all_of({});
    if (matcher.kind == LeafMatcher::Kind::kText && !text.starts_with(kVendor)) return any_of({});
    if (matcher.kind != LeafMatcher::Kind::kText || text.find('.', kVendor.size()) != text.npos)
      return refusal("source: only whole names such as \"aws.iam\", or the prefix \"aws.\"");
    const std::string service = text.substr(kVendor.size());
    if (service.empty()) return refusal("source: a service without a name");
    return any_of({test("eventSource", Operator::kStartsWith, {service + "."}),
                   test("eventSource", Operator::kEquals, {service})});
  }

  static Result<Expression> detail_type(const LeafMatcher& matcher) {
    if (matcher.kind == LeafMatcher::Kind::kText) return event_type_of(matcher.text);
    if (matcher.kind != LeafMatcher::Kind::kPrefix)
      return refusal("detail-type: only whole names and prefixes");
    std::vector<Expression> any;
    for (const DetailType& type : detail_types())
      if (type.text.starts_with(matcher.text)) any.push_back(of_event_type(type));
    return any_of(std::move(any));
  }
  static Expression event_type_of(std::string_view text) {
    for (const DetailType& type : detail_types())
      if (same_detail_type(type.text, text)) return of_event_type(type);
    return any_of({});
  }
  static Expression of_event_type(const DetailType& type) {
    if (!type.event_type.empty())
      return test("eventType", Operator::kEquals, {std::string(type.event_type)});
    std::vector<std::string> others;  // an API call is what is nothing else
    for (const DetailType& other : detail_types())
      if (!other.event_type.empty()) others.emplace_back(other.event_type);
    return negation(test("eventType", Operator::kEquals, std::move(others)));
  }
};

template <typename Parse>
Status parsed(const Parse& parse) {
  Diagnostics diagnostics;
  if (parse(diagnostics)) return {};
  for (const Diagnostic& item : diagnostics.items())
    if (item.severity == DiagnosticSeverity::kError)
      return Error{ErrorCode::kInvalidInput, printable(item.message) + " [" + item.code + "]"};
  return Error{ErrorCode::kInvalidInput, "not a pattern"};
}

/// True when an expression is part of what pattern_rule.cc puts before a pattern. By their texts:
/// one of them knows its slots.
bool is_before(const Expression& expression, const Expression& before) {
  const std::string text = to_string(expression);
  auto same = [&text](const Expression& other) { return to_string(other) == text; };
  if (same(before)) return true;
  return before.kind == Expression::Kind::kAnd &&
         std::any_of(before.children.begin(), before.children.end(), same);
}

class PatternRemover {
 public:
  explicit PatternRemover(bool plain) : plain_(plain) {}

  Result<Expression> remove(const Expression& expression) {
    if (expression.kind == Expression::Kind::kPredicate) {
      if (!is_pattern(expression)) return expression;
      const Predicate& predicate = expression.predicate;
      TRY_ASSIGN(PatternExpression read,
                 predicate.op == Operator::kFilterPattern
                     ? expression_of_filter(predicate.operands[0], plain_)
                     : expression_of_event_pattern(predicate.operands[0], plain_));
      assumptions_.insert(read.assumptions.begin(), read.assumptions.end());
      return read.expression;
    }
    Expression before = all_of({});
    for (const Expression& child : expression.children)
      if (expression.kind == Expression::Kind::kAnd && is_pattern(child))
        before = needed_by(child.predicate);
    std::vector<Expression> children;
    for (const Expression& child : expression.children) {
      if (is_before(child, before)) continue;
      TRY_ASSIGN(Expression changed, remove(child));
      children.push_back(std::move(changed));
    }
    if (expression.kind == Expression::Kind::kNot) return negation(std::move(children.front()));
    return expression.kind == Expression::Kind::kAnd ? all_of(std::move(children))
                                                     : any_of(std::move(children));
  }
  std::vector<std::string> assumptions() const {
    return {assumptions_.begin(), assumptions_.end()};
  }

 private:
  static bool is_pattern(const Expression& expression) {
    return expression.kind == Expression::Kind::kPredicate &&
           (expression.predicate.op == Operator::kFilterPattern ||
            expression.predicate.op == Operator::kEventPattern);
  }

  bool plain_;
  std::set<std::string> assumptions_;
};

}  // namespace

Result<PatternExpression> expression_of_filter(std::string_view text, bool plain_fields) {
  FilterPattern::Contents contents;
  TRY(parsed([&](Diagnostics& diagnostics) {
    return FilterPattern::parse(text, "pattern", diagnostics).has_value() &&
           parse_filter(text, "pattern", contents, diagnostics);
  }));
  if (contents.kind != FilterPattern::Kind::kJson) {
    return refusal(
        "words and columns are looked for in the record's text as it is: only patterns "
        "in braces ask for fields");
  }
  FilterReader reader(plain_fields);
  TRY_ASSIGN(Expression expression, reader.read(contents.condition));
  return PatternExpression{std::move(expression), reader.assumptions()};
}

Result<PatternExpression> expression_of_event_pattern(std::string_view text, bool plain_fields) {
  EventPattern::Contents contents;
  TRY(parsed([&](Diagnostics& diagnostics) {
    return parse_event_pattern(text, "pattern", contents, diagnostics);
  }));
  EventReader reader(plain_fields);
  TRY_ASSIGN(Expression expression, reader.read(contents));
  return PatternExpression{std::move(expression), reader.assumptions()};
}

Result<PatternExpression> without_patterns(const Expression& expression, bool plain_fields) {
  PatternRemover remover(plain_fields);
  TRY_ASSIGN(Expression changed, remover.remove(expression));
  return PatternExpression{std::move(changed), remover.assumptions()};
}

}  // namespace cairn::rules
