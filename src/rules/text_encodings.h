#pragma once

// The value encodings of Sigma's modifiers: what a plain text looks like inside encoded data.

#include <string>
#include <string_view>
#include <vector>

namespace cairn::rules {

std::string base64(std::string_view bytes);

/// Returns how the text appears inside base64 data when it starts at byte 0, 1 or 2 of a group of
/// three, without the characters that its neighbours decide.
std::vector<std::string> base64_at_offsets(std::string_view bytes);

enum class Utf16 { kLittleEndian, kBigEndian, kLittleEndianWithMark };
/// Returns the UTF-8 text as UTF-16 bytes. Invalid bytes become U+FFFD.
std::string utf16(std::string_view text, Utf16 form);

/// Returns the text with every dash or slash that begins a word (`-`, `/` after a non-word
/// character, before a word character) as each of `-`, `/`, en dash, em dash, horizontal bar, in
/// every combination; empty when there would be more than `limit`.
std::vector<std::string> with_every_dash(std::string_view text, size_t limit);

}  // namespace cairn::rules
