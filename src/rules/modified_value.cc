#include "rules/modified_value.h"

#include <algorithm>

namespace cairn::rules {
namespace {

using Kind = ModifiedValue::Kind;

Predicate predicate_of(const Comparison& comparison, const ModifiedValue& value) {
  Predicate out;
  out.field = comparison.field;
  switch (value.kind) {
    case Kind::kPattern:
      out.ignore_case = !comparison.cased;
      ask_for_pattern(out, value.pattern);
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
