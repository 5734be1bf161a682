#include "rules/needs.h"

#include "rules/case_fold.h"
#include "rules/pattern.h"

#include <algorithm>
#include <set>

namespace cairn::rules {
namespace {

using Kind = Expression::Kind;
using Set = std::set<std::string>;

// Under a `not`, `or` demands what `and` does otherwise.
bool needs_every_child(const Expression& expression, bool negated) {
  return (expression.kind == Kind::kAnd) != negated;
}

std::optional<Set> values_of(const Predicate& predicate) {
  if (predicate.op > Operator::kGlob) return std::nullopt;
  bool open_start = predicate.op == Operator::kContains || predicate.op == Operator::kEndsWith;
  bool open_end = predicate.op == Operator::kContains || predicate.op == Operator::kStartsWith;
  Set out;
  for (const std::string& operand : predicate.operands) {
    Pattern pattern;
    if (open_start) pattern.append(PatternPart::Kind::kAnyRun);
    pattern.append(predicate.op == Operator::kGlob ? Pattern::parse(operand)
                                                   : Pattern::plain(operand));
    if (open_end) pattern.append(PatternPart::Kind::kAnyRun);
    pattern.fold();
    out.insert(pattern.to_string());
  }
  return out;
}

std::optional<Set> values(const Expression& expression, std::string_view field, bool negated) {
  if (expression.kind == Kind::kPredicate) {
    bool applies = !negated && expression.predicate.field == field;
    return applies ? values_of(expression.predicate) : std::nullopt;
  }
  if (expression.kind == Kind::kNot) return values(expression.children.front(), field, !negated);
  std::optional<Set> out;
  bool every = needs_every_child(expression, negated);
  if (!every) out.emplace();
  for (const Expression& child : expression.children) {
    auto more = values(child, field, negated);
    if (every) {
      if (more && (!out || more->size() < out->size())) out = std::move(more);
    } else {
      if (!more) return std::nullopt;
      out->merge(*more);
    }
  }
  return out;
}

Set fields_of(const Predicate& predicate, bool negated) {
  if (predicate.on_record()) return {};
  if ((predicate.op == Operator::kNullOrMissing) != negated) return {};
  bool compares_fields =
      predicate.op >= Operator::kFieldEquals && predicate.op <= Operator::kFieldContains;
  Set out = {predicate.field};
  if (compares_fields) out.insert(predicate.operands.front());
  return out;
}

Set fields(const Expression& expression, bool negated) {
  if (expression.kind == Kind::kPredicate) return fields_of(expression.predicate, negated);
  if (expression.kind == Kind::kNot) return fields(expression.children.front(), !negated);
  bool every = needs_every_child(expression, negated);
  Set out;
  for (const Expression& child : expression.children) {
    Set more = fields(child, negated);
    if (every || &child == &expression.children.front()) {
      out.merge(more);
    } else {
      std::erase_if(out, [&more](const std::string& name) { return !more.contains(name); });
    }
  }
  return out;
}

}  // namespace

std::optional<std::vector<std::string>> needed_values(const Expression& expression,
                                                      std::string_view field) {
  auto found = values(expression, field, false);
  if (!found) return std::nullopt;
  return std::vector<std::string>(found->begin(), found->end());
}

std::vector<std::string> needed_fields(const Expression& expression) {
  Set found = fields(expression, false);
  return {found.begin(), found.end()};
}

}  // namespace cairn::rules
