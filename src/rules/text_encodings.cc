#include "rules/text_encodings.h"

#include "base/text.h"

#include <array>
#include <cstdint>

namespace cairn::rules {
namespace {

bool is_word(char c) {
  char small = ascii_lower(c);
  return is_digit(c) || (small >= 'a' && small <= 'z') || c == '_' ||
         static_cast<uint8_t>(c) >= 0x80;
}

// Reads the code point at `at` of valid UTF-8 and moves on.
uint32_t next_code_point(std::string_view text, size_t& at) {
  auto byte = [&] { return static_cast<uint32_t>(static_cast<uint8_t>(text[at++])); };
  uint32_t first = byte();
  if (first < 0x80) return first;
  int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  uint32_t code = first & (0x3Fu >> more);
  for (; more > 0 && at < text.size(); --more) code = (code << 6) | (byte() & 0x3F);
  return code;
}

}  // namespace

std::string base64(std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = (group << 8) | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    }
    for (size_t k = 0; k < 4; ++k) {
      bool padding = i + k > bytes.size();
      out += padding ? '=' : kDigits[(group >> (18 - 6 * k)) & 63];
    }
  }
  return out;
}

std::vector<std::string> base64_at_offsets(std::string_view bytes) {
  // The first characters still hold bits of what stands before, the last ones of what follows.
  constexpr std::array<size_t, 3> kFirst = {0, 2, 3};
  constexpr std::array<size_t, 3> kCutAtEnd = {0, 3, 2};
  std::vector<std::string> out;
  for (size_t offset = 0; offset < 3; ++offset) {
    std::string encoded = base64(std::string(offset, ' ') + std::string(bytes));
    size_t cut = kCutAtEnd[(bytes.size() + offset) % 3];
    size_t size = encoded.size() > kFirst[offset] + cut ? encoded.size() - kFirst[offset] - cut : 0;
    out.push_back(encoded.substr(std::min(kFirst[offset], encoded.size()), size));
  }
  return out;
}

std::string utf16(std::string_view text, Utf16 form) {
  std::string valid = repair_utf8(text);
  std::string out;
  auto put = [&](uint32_t unit) {
    char high = static_cast<char>(static_cast<uint8_t>(unit >> 8));
    char low = static_cast<char>(static_cast<uint8_t>(unit & 0xFF));
    out += form == Utf16::kBigEndian ? high : low;
    out += form == Utf16::kBigEndian ? low : high;
  };
  if (form == Utf16::kLittleEndianWithMark) put(0xFEFF);
  for (size_t at = 0; at < valid.size();) {
    uint32_t code = next_code_point(valid, at);
    if (code >= 0x10000) {
      put(0xD800 + ((code - 0x10000) >> 10));
      put(0xDC00 + ((code - 0x10000) & 0x3FF));
    } else {
      put(code);
    }
  }
  return out;
}

std::vector<std::string> with_every_dash(std::string_view text, size_t limit) {
  constexpr std::array<std::string_view, 5> kDashes = {"-", "/", "\u2013", "\u2014", "\u2015"};
  std::vector<std::string> variants = {""};
  for (size_t i = 0; i < text.size(); ++i) {
    bool begins_word = (text[i] == '-' || text[i] == '/') && (i == 0 || !is_word(text[i - 1])) &&
                       i + 1 < text.size() && is_word(text[i + 1]);
    if (!begins_word) {
      for (std::string& variant : variants) variant += text[i];
      continue;
    }
    if (variants.size() * kDashes.size() > limit) return {};
    std::vector<std::string> more;
    for (const std::string& variant : variants) {
      for (std::string_view dash : kDashes) more.push_back(variant + std::string(dash));
    }
    variants = std::move(more);
  }
  return variants;
}

}  // namespace cairn::rules
