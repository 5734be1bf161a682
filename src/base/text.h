#pragma once

// Text without a locale: ASCII case, trimming, numbers as people read them, and terminal-safe
// printing.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Returns a copy with A-Z made lower case; other bytes stay.
std::string to_lower(std::string_view text);
/// Compares with A-Z and a-z equal.
bool equals_ignore_case(std::string_view a, std::string_view b);
bool starts_with_ignore_case(std::string_view text, std::string_view prefix);
/// Returns the text without blanks, tabs and line ends at both ends.
std::string_view trim(std::string_view text);
/// Splits at every separator; "a,,b" gives three parts, "" gives one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// Whole-text match of a glob, ignoring case: `*` any run, `?` one byte. Linear in text times
/// stars.
bool glob_match_ignore_case(std::string_view pattern, std::string_view text);

/// Returns 1234567 as "1,234,567".
std::string format_count(uint64_t value);
/// Returns bytes as "17.2 MiB" (binary units, one decimal, "812 B" below one KiB).
std::string format_bytes(uint64_t bytes);
/// Returns seconds as "0.42 s", "12.3 s", "3 min 20 s", "2 h 05 min".
std::string format_seconds(double seconds);
/// Returns "event" or "events" by count: plural(1, "event") = "1 event", plural(2000, "event") =
/// "2,000 events".
std::string plural(uint64_t count, std::string_view singular, std::string_view plural_form = "");

/// Number of terminal cells of UTF-8 text (East Asian wide characters count 2, combining marks 0).
size_t display_width(std::string_view text);
/// Cuts to at most `width` cells, ending in "…" when something was cut. Never splits a character.
std::string truncate_to_width(std::string_view text, size_t width);
/// Cuts in the middle, keeping both ends: "arn:aws:iam::…/alice".
std::string truncate_middle(std::string_view text, size_t width);
/// Makes untrusted text safe to print: control characters, escape sequences, bidirectional
/// overrides and invalid UTF-8 become visible "\xNN" or U+FFFD.
std::string printable(std::string_view text);

/// True when the bytes are valid UTF-8.
bool is_valid_utf8(std::string_view text);
/// Returns the text with every invalid UTF-8 sequence replaced by U+FFFD.
std::string repair_utf8(std::string_view text);

/// The smallest number of edits between two words, for "did you mean". Gives up (returns limit + 1)
/// above the limit.
size_t edit_distance(std::string_view a, std::string_view b, size_t limit);

}  // namespace cairn
