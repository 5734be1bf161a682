#include "rules/pattern_writing.h"

#include "base/text.h"

namespace cairn::rules {

namespace {

constexpr size_t kPredicateWidth = 160;  // of a predicate in a message

}  // namespace

Error refusal(std::string reason) { return Error{ErrorCode::kUnsupported, std::move(reason)}; }

Error refusal_of(const Predicate& predicate, std::string_view reason, bool negated) {
  return refusal(std::string(negated ? "not " : "") +
                 truncate_to_width(printable(to_string(predicate)), kPredicateWidth) + ": " +
                 std::string(reason));
}

Pattern pattern_of(Operator op, const std::string& operand) {
  if (op == Operator::kGlob) return Pattern::parse(operand);
  Pattern pattern;
  if (op == Operator::kEndsWith || op == Operator::kContains)
    pattern.append(PatternPart::Kind::kAnyRun);
  pattern.append_text(operand);
  if (op == Operator::kStartsWith || op == Operator::kContains)
    pattern.append(PatternPart::Kind::kAnyRun);
  return pattern;
}

}  // namespace cairn::rules
