#pragma once

// What a value of a rule is after its modifiers, and the predicate that it becomes.

#include "formats/yaml.h"
#include "rules/pattern.h"
#include "rules/predicate.h"

#include <span>
#include <string>
#include <vector>

namespace cairn::rules {

/// One variant of a value, on its way through the modifiers.
struct ModifiedValue {
  enum class Kind { kPattern, kRegex, kNetwork, kNumber, kField, kPresence, kNull };
  Kind kind = Kind::kPattern;
  Pattern pattern;                  // kPattern
  std::string text;                 // kRegex, kNetwork, kNumber, kField: what is compared with
  std::string flags;                // kRegex: i, m, s
  Operator op = Operator::kEquals;  // kNumber, kField, kPresence
  TimePart part = TimePart::kNone;  // kNumber
};

/// A value as written and what the modifiers made of it: any of the variants.
struct WrittenValue {
  const YamlNode* node;
  std::vector<ModifiedValue> variants;
};

/// What values are compared with, and how.
struct Comparison {
  std::string_view field;  // empty: the record's text
  bool cased = false;
};

/// Returns "any variant of any of the values", with what differs in its operand only merged into
/// one predicate.
Expression any_variant(const Comparison& comparison, std::span<const WrittenValue> values);

}  // namespace cairn::rules
