#pragma once

// Small facts about JSON text that need no parser.

#include <cstddef>
#include <string_view>

namespace cairn::cloudtrail {

constexpr bool is_json_blank(char c) {
  // Nearly every byte asked about is none, and this way one comparison says so.
  return static_cast<unsigned char>(c) <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t');
}

/// Writes the text of a string literal (without its quotes) with escapes resolved; returns the
/// size, never above the literal's. A lone surrogate becomes U+FFFD; a backslash that begins no
/// escape stays as it is. `out` may be the literal's own place.
size_t unescape_json(std::string_view literal, char* out);

}  // namespace cairn::cloudtrail
