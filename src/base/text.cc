#include "base/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace cairn {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

/// A decoded character: its code point and length in bytes; length 0 when the bytes are not valid
/// UTF-8.
struct Decoded {
  char32_t point = 0;
  size_t length = 0;
};

Decoded decode_utf8(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  char32_t point = lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    point = (point << 6) | (byte(i) & 0x3Fu);
  }
  bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  if (overlong || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return {};
  return {point, length};
}

struct Range {
  char32_t first, last;
};

template <size_t N>
bool in_ranges(const std::array<Range, N>& ranges, char32_t point) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
    return point >= range.first && point <= range.last;
  });
}

// Characters that take two terminal cells (Unicode East Asian Width W and F, the blocks in common
// use).
constexpr std::array<Range, 12> kWide = {{{0x1100, 0x115F},
                                          {0x2E80, 0x303E},
                                          {0x3041, 0x33FF},
                                          {0x3400, 0x4DBF},
                                          {0x4E00, 0x9FFF},
                                          {0xA000, 0xA4CF},
                                          {0xAC00, 0xD7A3},
                                          {0xF900, 0xFAFF},
                                          {0xFE30, 0xFE6F},
                                          {0xFF00, 0xFF60},
                                          {0x1F300, 0x1FAFF},
                                          {0x20000, 0x3FFFD}}};
constexpr std::array<Range, 5> kZeroWidth = {
    {{0x0300, 0x036F}, {0x200B, 0x200D}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}}};
// Controls, bidirectional overrides, line separators and the byte order mark: invisible, or able to
// rewrite the line.
constexpr std::array<Range, 6> kUnsafe = {{{0x00, 0x1F},
                                           {0x7F, 0x9F},
                                           {0x200E, 0x200F},
                                           {0x2028, 0x202E},
                                           {0x2066, 0x2069},
                                           {0xFEFF, 0xFEFF}}};

size_t cell_width(char32_t point) {
  if (point < 0x300) return 1;
  if (in_ranges(kZeroWidth, point)) return 0;
  return in_ranges(kWide, point) ? 2 : 1;
}

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

}  // namespace

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), ascii_lower);
  return lower;
}

bool equals_ignore_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && starts_with_ignore_case(a, b);
}

bool starts_with_ignore_case(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (size_t i = 0; i < prefix.size(); ++i) {
    if (ascii_lower(text[i]) != ascii_lower(prefix[i])) return false;
  }
  return true;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += separator;
    text += parts[i];
  }
  return text;
}

bool glob_match_ignore_case(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0;
  size_t star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() &&
               (pattern[p] == '?' || ascii_lower(pattern[p]) == ascii_lower(text[t]))) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string format_count(uint64_t value) {
  std::string digits = std::to_string(value);
  for (size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string format_bytes(uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  constexpr std::array<const char*, 6> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.1f %s", value, kUnits[unit]);
  return buffer.data();
}

std::string format_seconds(double seconds) {
  std::array<char, 48> buffer{};
  if (seconds < 9.995) {
    std::snprintf(buffer.data(), buffer.size(), "%.2f s", std::max(seconds, 0.0));
  } else if (seconds < 99.95) {
    std::snprintf(buffer.data(), buffer.size(), "%.1f s", seconds);
  } else if (seconds < 3600) {
    auto whole = static_cast<long>(std::lround(seconds));
    std::snprintf(buffer.data(), buffer.size(), "%ld min %02ld s", whole / 60, whole % 60);
  } else {
    auto minutes = static_cast<long>(std::lround(seconds / 60));
    std::snprintf(buffer.data(), buffer.size(), "%ld h %02ld min", minutes / 60, minutes % 60);
  }
  return buffer.data();
}

std::string plural(uint64_t count, std::string_view singular, std::string_view plural_form) {
  std::string text = format_count(count) + " ";
  if (count == 1) return text += singular;
  if (!plural_form.empty()) return text += plural_form;
  text += singular;
  return text += "s";
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    Decoded next = decode_utf8(text);
    width += next.length == 0 ? 1 : cell_width(next.point);
    text.remove_prefix(std::max<size_t>(next.length, 1));
  }
  return width;
}

namespace {

/// Number of bytes of the longest prefix that fits into `width` cells.
size_t prefix_bytes(std::string_view text, size_t width) {
  size_t used = 0, at = 0;
  while (at < text.size()) {
    Decoded next = decode_utf8(text.substr(at));
    size_t cells = next.length == 0 ? 1 : cell_width(next.point);
    if (used + cells > width) break;
    used += cells;
    at += std::max<size_t>(next.length, 1);
  }
  return at;
}

}  // namespace

std::string truncate_to_width(std::string_view text, size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return "";
  return std::string(text.substr(0, prefix_bytes(text, width - 1))) + "…";
}

std::string truncate_middle(std::string_view text, size_t width) {
  size_t total = display_width(text);
  if (total <= width) return std::string(text);
  if (width < 3) return truncate_to_width(text, width);
  size_t tail_cells = (width - 1) / 2;
  std::string head(text.substr(0, prefix_bytes(text, width - 1 - tail_cells)));
  size_t tail_begin = prefix_bytes(text, total - tail_cells);
  return head + "…" + std::string(text.substr(tail_begin));
}

std::string printable(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    Decoded next = decode_utf8(text);
    if (next.length == 0) {
      safe += kReplacement;
    } else if (in_ranges(kUnsafe, next.point)) {
      std::array<char, 16> buffer{};
      std::snprintf(buffer.data(), buffer.size(), next.point < 0x100 ? "\\x%02X" : "\\u%04X",
                    static_cast<unsigned>(next.point));
      safe += buffer.data();
    } else {
      safe += text.substr(0, next.length);
    }
    text.remove_prefix(std::max<size_t>(next.length, 1));
  }
  return safe;
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    Decoded next = decode_utf8(text);
    if (next.length == 0) return false;
    text.remove_prefix(next.length);
  }
  return true;
}

std::string repair_utf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  while (!text.empty()) {
    Decoded next = decode_utf8(text);
    if (next.length == 0) {
      repaired += kReplacement;
      text.remove_prefix(1);
    } else {
      repaired += text.substr(0, next.length);
      text.remove_prefix(next.length);
    }
  }
  return repaired;
}

size_t edit_distance(std::string_view a, std::string_view b, size_t limit) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > limit) return limit + 1;
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return std::min(row[b.size()], limit + 1);
}

}  // namespace cairn
