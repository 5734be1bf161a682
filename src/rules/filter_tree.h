#pragma once

// What a filter pattern says, as parsed: the room's own form of it.

#include "rules/filter_operand.h"
#include "rules/filter_pattern.h"

#include <string>
#include <vector>

namespace cairn::rules {

/// One item of a term pattern.
struct FilterTerm {
  enum class Kind : uint8_t { kPlain, kOptional, kAbsent };
  Kind kind = Kind::kPlain;
  FilterOperand operand;  // kText, or kRegex
};

/// What one condition asks.
enum class FilterTest : uint8_t { kComparison, kIsNull, kIsTrue, kIsFalse, kNotExists };

/// A tree of conditions, of JSON patterns and of one entry of a space-delimited pattern.
struct FilterCondition {
  enum class Kind : uint8_t { kAnd, kOr, kTest };
  Kind kind = Kind::kTest;
  std::vector<FilterCondition> children;

  JsonSelector selector;  // JSON
  size_t entry = 0;       // delimited: which entry's field
  FilterTest test = FilterTest::kComparison;
  Comparison comparison = Comparison::kEqual;
  FilterOperand operand;
};

/// One entry of a space-delimited pattern.
struct FilterEntry {
  std::string name;                         // "" for none
  std::vector<FilterCondition> conditions;  // none or one
};

struct FilterPattern::Contents {
  Kind kind = Kind::kEverything;
  std::string text;
  std::vector<FilterTerm> terms;
  FilterCondition condition;         // JSON
  std::vector<FilterEntry> entries;  // delimited, without the ellipsis
  size_t ellipsis = SIZE_MAX;        // number of entries before it
};

/// Parses `text` into `contents`. Returns false with a remark.
bool parse_filter(std::string_view text, const std::string& name, FilterPattern::Contents& contents,
                  Diagnostics& diagnostics);
/// Reads `$.a.b[0]` from the front of `text`; moves it on. On failure, `reason` is set.
bool read_selector(std::string_view text, size_t& at, JsonSelector& selector, std::string& reason);

}  // namespace cairn::rules
