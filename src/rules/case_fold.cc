#include "rules/case_fold.h"

#include "base/text.h"

#include <algorithm>
#include <cstdint>

namespace cairn::rules {
namespace {

struct Range {
  uint32_t first, last;
  int32_t distance;  // to the small letter; 0: even code points pair with the next, in `odd` ranges
                     // odd ones do
  bool odd;
};

// Unicode's simple case folding (CaseFolding.txt, status C), for blocks where both letters take the
// same number of bytes.
constexpr Range kRanges[] = {
    {0xC0, 0xD6, 32, false},     {0xD8, 0xDE, 32, false},     {0x100, 0x12E, 0, false},
    {0x132, 0x136, 0, false},    {0x139, 0x147, 0, true},     {0x14A, 0x176, 0, false},
    {0x178, 0x178, -121, false}, {0x179, 0x17D, 0, true},     {0x1A0, 0x1A4, 0, false},
    {0x1AF, 0x1AF, 0, true},     {0x1CD, 0x1DB, 0, true},     {0x1DE, 0x1EE, 0, false},
    {0x1F8, 0x21E, 0, false},    {0x222, 0x232, 0, false},    {0x246, 0x24E, 0, false},
    {0x370, 0x372, 0, false},    {0x376, 0x376, 0, false},    {0x386, 0x386, 38, false},
    {0x388, 0x38A, 37, false},   {0x38C, 0x38C, 64, false},   {0x38E, 0x38F, 63, false},
    {0x391, 0x3A1, 32, false},   {0x3A3, 0x3AB, 32, false},   {0x3D8, 0x3EE, 0, false},
    {0x400, 0x40F, 80, false},   {0x410, 0x42F, 32, false},   {0x460, 0x480, 0, false},
    {0x48A, 0x4BE, 0, false},    {0x4C0, 0x4C0, 15, false},   {0x4C1, 0x4CD, 0, true},
    {0x4D0, 0x52E, 0, false},    {0x531, 0x556, 48, false},   {0x1E00, 0x1E94, 0, false},
    {0x1EA0, 0x1EFE, 0, false},  {0xFF21, 0xFF3A, 32, false},
};

uint32_t fold_code_point(uint32_t code) {
  for (const Range& range : kRanges) {
    if (code < range.first) return code;
    if (code > range.last) continue;
    if (range.distance != 0) {
      return static_cast<uint32_t>(static_cast<int32_t>(code) + range.distance);
    }
    return ((code & 1) == 1) == range.odd ? code + 1 : code;
  }
  return code;
}

char byte(uint32_t value) { return static_cast<char>(static_cast<uint8_t>(value)); }

// Folds the two- or three-byte character at `at`; returns its length, 1 when there is none.
size_t fold_multibyte(char* at, size_t room) {
  auto b = [&](size_t i) { return static_cast<uint8_t>(at[i]); };
  auto continues = [&](size_t i) { return (b(i) & 0xC0) == 0x80; };
  if ((b(0) & 0xE0) == 0xC0 && room >= 2 && continues(1)) {
    uint32_t code = ((b(0) & 0x1Fu) << 6) | (b(1) & 0x3Fu);
    uint32_t small = fold_code_point(code);
    if (small != code && small < 0x800) {
      at[0] = byte(0xC0 | (small >> 6));
      at[1] = byte(0x80 | (small & 0x3F));
    }
    return 2;
  }
  if ((b(0) & 0xF0) == 0xE0 && room >= 3 && continues(1) && continues(2)) {
    uint32_t code = ((b(0) & 0x0Fu) << 12) | ((b(1) & 0x3Fu) << 6) | (b(2) & 0x3Fu);
    uint32_t small = fold_code_point(code);
    if (small != code) {
      at[0] = byte(0xE0 | (small >> 12));
      at[1] = byte(0x80 | ((small >> 6) & 0x3F));
      at[2] = byte(0x80 | (small & 0x3F));
    }
    return 3;
  }
  return 1;
}

}  // namespace

void fold_case(std::string& text) {
  uint8_t high = 0;
  for (char& c : text) {  // simple enough for the compiler to do sixteen bytes at a time
    high |= static_cast<uint8_t>(c);
    c = static_cast<char>(c + ((c >= 'A' && c <= 'Z') ? 32 : 0));
  }
  if (high < 0x80) return;
  for (size_t i = 0; i < text.size();) {
    i += static_cast<uint8_t>(text[i]) < 0x80 ? 1 : fold_multibyte(&text[i], text.size() - i);
  }
}

std::string_view folded(std::string_view text, std::string& scratch) {
  bool changes = false;
  for (char c : text) changes |= (c >= 'A' && c <= 'Z') || static_cast<uint8_t>(c) >= 0x80;
  if (!changes) return text;
  scratch.assign(text);
  fold_case(scratch);
  return scratch;
}

}  // namespace cairn::rules
