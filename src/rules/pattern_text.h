#pragma once

// What the readers of filter patterns and event patterns share: their characters, and remarks that
// are located by an offset.

#include "base/diagnostics.h"
#include "base/text.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace cairn::rules {

/// A blank of JSON and of log lines.
constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
constexpr bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
/// A character of a field's name outside of quotes.
constexpr bool is_name_byte(char c) { return is_alphanumeric(c) || c == '_' || c == '-'; }

/// Returns an error at an offset of `text`, called `file`, with the line that it stands in.
Diagnostic error_at(std::string_view text, const std::string& file, const char* code, size_t offset,
                    std::string message, std::string hint);

}  // namespace cairn::rules
