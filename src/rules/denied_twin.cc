#include "rules/denied_twin.h"

#include "model/refusal.h"
#include "rules/needs.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace cairn::rules {

namespace {

using Kind = Expression::Kind;

constexpr std::string_view kParameters = "requestParameters";
/// What a refused call does not have, or has otherwise.
constexpr std::string_view kResults[] = {"errorCode", "errorMessage", "responseElements",
                                         "additionalEventData"};

bool is_below(std::string_view path, std::string_view root) {
  return path.substr(0, path.find('.')) == root;
}

bool is_of_results(const Predicate& predicate) {
  return std::any_of(std::begin(kResults), std::end(kResults),
                     [&](std::string_view root) { return is_below(predicate.field, root); });
}

template <typename Test>
bool mentions(const Expression& expression, const Test& test) {
  if (expression.kind == Kind::kPredicate) return test(expression.predicate);
  return std::any_of(expression.children.begin(), expression.children.end(),
                     [&](const Expression& child) { return mentions(child, test); });
}

bool is_always(const Expression& expression) {
  return expression.kind == Kind::kAnd && expression.children.empty();
}

Expression without_parameters() {
  Predicate missing;
  missing.field = kParameters;
  missing.op = Operator::kNullOrMissing;
  return leaf(std::move(missing));
}

Expression loosened(const Expression& expression) {
  if (expression.kind == Kind::kAnd || expression.kind == Kind::kOr) {
    std::vector<Expression> children;
    for (const Expression& child : expression.children) {
      children.push_back(loosened(child));
      if (expression.kind == Kind::kOr && is_always(children.back())) return all_of({});
    }
    return expression.kind == Kind::kAnd ? all_of(std::move(children))
                                         : any_of(std::move(children));
  }
  if (mentions(expression, is_of_results)) return all_of({});
  bool of_parameters = mentions(expression, [](const Predicate& predicate) {
    return predicate.on_record() || is_below(predicate.field, kParameters);
  });
  return of_parameters ? any_of({expression, without_parameters()}) : expression;
}

}  // namespace

std::optional<Expression> denied_twin(const Expression& rule) {
  Expression twin = loosened(rule);
  if (!needed_values(twin, "eventName")) return std::nullopt;
  Predicate refused;
  refused.field = "errorCode";
  refused.op = Operator::kContains;
  refused.ignore_case = true;
  auto words = refusal_words();
  refused.operands.assign(words.begin(), words.end());
  return all_of({std::move(twin), leaf(std::move(refused))});
}

}  // namespace cairn::rules
