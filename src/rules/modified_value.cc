#include "rules/modified_value.h"

#include <algorithm>

namespace cairn::rules {
namespace {

using Kind = ModifiedValue::Kind;

// The cheapest operator that says the same as a pattern.
void set_pattern(const Comparison& comparison, Pattern pattern, Predicate& out) {
  if (comparison.field.empty()) {  // keywords stand anywhere in the record
    Pattern anywhere;
    anywhere.append(PatternPart::Kind::kAnyRun);
    anywhere.append(pattern);
    anywhere.append(PatternPart::Kind::kAnyRun);
    pattern = std::move(anywhere);
  }
  bool open_start = pattern.starts_with_any_run(), open_end = pattern.ends_with_any_run();
  const auto& parts = pattern.parts();
  size_t inner = parts.size() - (open_start ? 1 : 0) - (open_end && parts.size() > 1 ? 1 : 0);
  const PatternPart* middle = inner == 1 ? &parts[open_start ? 1 : 0] : nullptr;
  out.ignore_case = !comparison.cased;
  if (parts.size() == 1 && open_start) {
    out.op = Operator::kHasValue;
    out.ignore_case = false;
  } else if (parts.empty()) {
    out.operands = {""};
  } else if (middle != nullptr && middle->kind == PatternPart::Kind::kText) {
    out.op = open_start ? (open_end ? Operator::kContains : Operator::kEndsWith)
                        : (open_end ? Operator::kStartsWith : Operator::kEquals);
    out.operands = {middle->text};
  } else {
    out.op = Operator::kGlob;
    out.operands = {pattern.to_string()};
  }
}

Predicate predicate_of(const Comparison& comparison, const ModifiedValue& value) {
  Predicate out;
  out.field = comparison.field;
  switch (value.kind) {
    case Kind::kPattern:
      set_pattern(comparison, value.pattern, out);
      return out;
    case Kind::kNull:
      out.op = Operator::kNullOrMissing;
      return out;
    case Kind::kPresence:
      out.op = value.op;
      return out;
    case Kind::kRegex:
      out.op = Operator::kRegex;
      break;
    case Kind::kNetwork:
      out.op = Operator::kCidr;
      break;
    case Kind::kNumber:
      out.op = value.op;
      out.part = value.part;
      break;
    case Kind::kField:
      out.op = value.op;
      out.ignore_case = !comparison.cased;
      break;
  }
  out.operands = {value.text};
  return out;
}

}  // namespace

Expression any_variant(const Comparison& comparison, std::span<const WrittenValue> values) {
  std::vector<Predicate> merged;
  for (const WrittenValue& value : values) {
    for (const ModifiedValue& variant : value.variants) {
      Predicate next = predicate_of(comparison, variant);
      auto same = std::find_if(merged.begin(), merged.end(), [&](const Predicate& other) {
        return other.op == next.op && other.part == next.part && variant.kind != Kind::kField &&
               !next.operands.empty();
      });
      if (same == merged.end()) {
        merged.push_back(std::move(next));
      } else {
        same->operands.push_back(std::move(next.operands.front()));
      }
    }
  }
  std::vector<Expression> alternatives;
  for (Predicate& one : merged) alternatives.push_back(leaf(std::move(one)));
  return any_of(std::move(alternatives));
}

}  // namespace cairn::rules
