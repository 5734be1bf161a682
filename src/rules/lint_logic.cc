#include "rules/lint_logic.h"

#include "base/text.h"
#include "rules/case_fold.h"
#include "rules/pattern.h"

#include <algorithm>

namespace cairn::rules {

namespace {

using Kind = Expression::Kind;

constexpr size_t kDepthLimit = 60;
constexpr size_t kFactLimit = 2'000;
constexpr size_t kPartsShown = 5;

/// A predicate that holds, or does not.
struct Fact {
  const Predicate* predicate;
  bool holds;
};
using Facts = std::vector<Fact>;

bool is_text(Operator op) { return op <= Operator::kGlob; }
bool needs_value(Operator op) { return op < Operator::kExists; }

/// Arrays have several values; these names are those of arrays.
bool may_have_several(const Predicate& predicate) {
  return predicate.on_record() || predicate.field.find(".items") != std::string::npos ||
         predicate.field.starts_with("resources.");
}

std::string folded_copy(std::string text) {
  fold_case(text);
  return text;
}

bool accepts(const Predicate& predicate, const std::string& value, bool fold) {
  auto as_compared = [fold](const std::string& text) { return fold ? folded_copy(text) : text; };
  std::string left = as_compared(value);
  return std::any_of(predicate.operands.begin(), predicate.operands.end(),
                     [&](const std::string& operand) {
                       std::string right = as_compared(operand);
                       switch (predicate.op) {
                         case Operator::kEquals:
                           return left == right;
                         case Operator::kStartsWith:
                           return left.starts_with(right);
                         case Operator::kEndsWith:
                           return left.ends_with(right);
                         case Operator::kContains:
                           return left.find(right) != std::string::npos;
                         default: {
                           Pattern pattern = Pattern::parse(operand);
                           if (fold) pattern.fold();
                           return pattern.matches(left);
                         }
                       }
                     });
}

/// `a` and `b` cannot both hold.
bool exclude(const Predicate& a, const Predicate& b) {
  if (may_have_several(a)) return false;
  if (a.op == Operator::kNullOrMissing) return needs_value(b.op);
  if (b.op == Operator::kNullOrMissing) return needs_value(a.op);
  const Predicate& exact = a.op == Operator::kEquals ? a : b;
  const Predicate& other = &exact == &a ? b : a;
  if (exact.op != Operator::kEquals || !is_text(other.op)) return false;
  bool fold = a.ignore_case || b.ignore_case;
  return std::none_of(exact.operands.begin(), exact.operands.end(),
                      [&](const std::string& value) { return accepts(other, value, fold); });
}

/// When `a` holds, `b` does.
bool implies(const Predicate& a, const Predicate& b) {
  if (a == b) return true;
  if (b.op == Operator::kHasValue || b.op == Operator::kExists)
    return needs_value(a.op) && a.field == b.field;
  if (a.op != Operator::kEquals || !is_text(b.op)) return false;
  if (a.ignore_case && !b.ignore_case) return false;
  return std::all_of(a.operands.begin(), a.operands.end(),
                     [&](const std::string& value) { return accepts(b, value, b.ignore_case); });
}

bool conflict(const Fact& a, const Fact& b) {
  const Predicate& p = *a.predicate;
  const Predicate& q = *b.predicate;
  if (p.field != q.field) return false;
  if (a.holds && b.holds) return exclude(p, q);
  if (a.holds) return implies(p, q);
  if (b.holds) return implies(q, p);
  auto either_way = [](const Predicate& x, const Predicate& y) {
    return x.op == Operator::kNullOrMissing &&
           (y.op == Operator::kHasValue || y.op == Operator::kExists);
  };
  return either_way(p, q) || either_way(q, p);
}

struct Literal {
  const Expression* expression;
  bool holds;
};
/// Looks through `not`.
Literal literal_of(const Expression& expression, bool holds) {
  const Expression* at = &expression;
  while (at->kind == Kind::kNot) {
    at = &at->children.front();
    holds = !holds;
  }
  return {at, holds};
}

/// Can `expression` (or its negation) not hold beside the facts?
bool impossible(const Expression& written, bool holds, Facts& facts, size_t depth) {
  auto [expression, truth] = literal_of(written, holds);
  if (depth > kDepthLimit || facts.size() > kFactLimit) return false;
  if (expression->kind == Kind::kPredicate) {
    Fact fact{&expression->predicate, truth};
    return std::any_of(facts.begin(), facts.end(),
                       [&](const Fact& other) { return conflict(other, fact); });
  }
  if (expression->kind != Kind::kAnd && expression->kind != Kind::kOr) return false;
  const bool both = (expression->kind == Kind::kAnd) == truth;
  if (!both) {
    return std::all_of(
        expression->children.begin(), expression->children.end(),
        [&, t = truth](const Expression& child) { return impossible(child, t, facts, depth + 1); });
  }
  const size_t before = facts.size();
  bool found = false;
  for (const Expression& child : expression->children) {
    auto [leaf, leaf_truth] = literal_of(child, truth);
    if (found || leaf->kind != Kind::kPredicate) continue;
    found = impossible(child, truth, facts, depth + 1);
    facts.push_back({&leaf->predicate, leaf_truth});
  }
  for (const Expression& child : expression->children) {
    if (literal_of(child, truth).expression->kind == Kind::kPredicate) continue;
    found = found || impossible(child, truth, facts, depth + 1);
  }
  facts.resize(before);
  return found;
}

class PartFinder {
 public:
  explicit PartFinder(LogicFaults& faults) : faults_(faults) {}

  void look(const Expression& written, bool holds, size_t depth) {
    auto [expression, truth] = literal_of(written, holds);
    if (depth > kDepthLimit || expression->kind == Kind::kPredicate) return;
    if (expression->kind != Kind::kAnd && expression->kind != Kind::kOr) return;
    const bool both = (expression->kind == Kind::kAnd) == truth;
    const size_t before = facts_.size();
    for (const Expression& child : expression->children) {
      auto [leaf, leaf_truth] = literal_of(child, truth);
      if (both && leaf->kind == Kind::kPredicate) facts_.push_back({&leaf->predicate, leaf_truth});
    }
    for (const Expression& child : expression->children) {
      if (literal_of(child, truth).expression->kind == Kind::kPredicate && both) continue;
      Facts none;
      if (both && expression->kind == Kind::kAnd && impossible(child, !truth, none, 0)) {
        note(faults_.needless_parts, child, truth);
      } else if (!both && expression->kind == Kind::kOr && impossible(child, truth, facts_, 0)) {
        // Of `not (a and b)`, a filter, either may be out of place.
        note(faults_.dead_parts, child, truth);
      } else {
        look(child, truth, depth + 1);
      }
    }
    facts_.resize(before);
  }

 private:
  static void note(std::vector<std::string>& parts, const Expression& part, bool truth) {
    if (parts.size() == kPartsShown) return;
    parts.push_back(truncate_to_width((truth ? "" : "not ") + to_string(part), 120));
  }

  LogicFaults& faults_;
  Facts facts_;
};

}  // namespace

LogicFaults find_logic_faults(const Expression& expression) {
  LogicFaults faults;
  Facts none;
  faults.never = impossible(expression, true, none, 0);
  faults.always = !faults.never && impossible(expression, false, none, 0);
  if (!faults.never && !faults.always) PartFinder(faults).look(expression, true, 0);
  return faults;
}

}  // namespace cairn::rules
