// Looking for a short text in a long one, ignoring case: sixteen places at a time are tested for
// the needle's first and last byte, and only where both are right the rest is compared. Case is
// ignored there by setting the bit that tells small letters from capitals, for letters only. (Mula,
// "SIMD- friendly algorithms for substring searching"; vectors are those of GCC and clang, on any
// processor.)

#include "base/find_text.h"

#include "base/text.h"

#include <cstring>

namespace cairn {

namespace {

constexpr size_t kLanes = 16;
using Lanes = uint8_t __attribute__((vector_size(kLanes)));
using Halves = uint64_t __attribute__((vector_size(kLanes)));

constexpr uint8_t kCaseBit = 0x20;

bool is_small_letter(char c) { return c >= 'a' && c <= 'z'; }

Lanes in_all_lanes(uint8_t byte) {
  Lanes lanes;
  std::memset(&lanes, byte, sizeof lanes);
  return lanes;
}

/// One byte wanted in every lane, once the bits of the mask are set.
struct Wanted {
  explicit Wanted(char c)
      : value(in_all_lanes(static_cast<uint8_t>(c))),
        mask(in_all_lanes(is_small_letter(c) ? kCaseBit : uint8_t{0})) {}
  Lanes value, mask;
};

Lanes load(const char* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

bool same(const char* text, std::string_view needle) {
  for (size_t i = 0; i < needle.size(); ++i) {
    if (ascii_lower(text[i]) != needle[i]) return false;
  }
  return true;
}

}  // namespace

bool contains_ignore_case(std::string_view text, std::string_view needle) {
  if (needle.empty()) return true;
  if (needle.size() > text.size()) return false;
  const size_t places = text.size() - needle.size() + 1;
  const Wanted first(needle.front()), last(needle.back());
  size_t at = 0;
  for (; at + kLanes <= places; at += kLanes) {
    const char* begin = text.data() + at;
    auto both = ((load(begin) | first.mask) == first.value) &
                ((load(begin + needle.size() - 1) | last.mask) == last.value);
    Halves halves;
    std::memcpy(&halves, &both, sizeof halves);
    if ((halves[0] | halves[1]) == 0) continue;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      if (both[lane] != 0 && same(begin + lane, needle)) return true;
    }
  }
  for (; at < places; ++at) {
    if (same(text.data() + at, needle)) return true;
  }
  return false;
}

}  // namespace cairn
