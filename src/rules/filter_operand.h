#pragma once

// The right side of a comparison in a filter pattern, and how it compares: CloudWatch's own idea of
// numbers, texts and wildcards, the same for JSON values and words of a line.

#include "rules/pattern.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace cairn::rules {

enum class Comparison : uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual
};

struct FilterOperand {
  enum class Kind : uint8_t {
    kText,    // quoted, or a bare word that is no number
    kNumber,  // a bare word that is one: 404, +1000, 1e-3
    kGlob,    // with a * somewhere
    kRegex,
  };
  Kind kind = Kind::kText;
  bool quoted = false;
  std::string text;
  double number = 0;
  Pattern glob;
  std::shared_ptr<const re2::RE2> regex;

  /// Does `value` compare so? `is_number`: it is a JSON number, not a text.
  bool holds(Comparison comparison, std::string_view value, bool is_number) const;
};

/// Reads a text that is a decimal number and nothing else.
std::optional<double> parse_decimal(std::string_view text);
/// Understands what a person wrote, between quotes or bare.
FilterOperand make_operand(std::string text, bool quoted);

/// Checks the expression between two percent signs against the syntax that CloudWatch Logs allows,
/// and compiles it. Returns null, with a reason and a place in `body`, when it is not allowed.
std::shared_ptr<const re2::RE2> compile_filter_regex(std::string_view body, std::string& reason,
                                                     size_t& place);

}  // namespace cairn::rules
