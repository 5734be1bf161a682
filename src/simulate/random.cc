#include "simulate/random.h"

#include "base/hash.h"

#include <bit>

namespace cairn::simulate {
namespace {

constexpr uint64_t rotate_left(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

uint64_t split_mix(uint64_t& state) {
  uint64_t z = (state += 0x9E3779B97F4A7C15ull);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

}  // namespace

Random::Random(uint64_t seed, std::string_view name) {
  uint64_t state = hash64(name, seed);
  for (uint64_t& word : state_) word = split_mix(state);
}

uint64_t Random::next() {
  const uint64_t result = rotate_left(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = rotate_left(state_[3], 45);
  return result;
}

size_t Random::favourite(size_t count) {
  const uint64_t x = next() >> 48;  // the square of a uniform number leans to 0
  return static_cast<size_t>((((x * x) >> 16) * count) >> 16);
}

int64_t Random::waiting_time(int64_t mean) {
  // -log2 of a uniform number: its leading zeros, and the mantissa taken as linear between powers
  // of two.
  const uint64_t x = next() | 1;
  const int zeros = std::countl_zero(x);
  const uint64_t mantissa =
      zeros == 63 ? 0 : ((x << (zeros + 1)) >> 48);  // 16 bits below the leading one
  const int64_t log2_of_inverse =
      (static_cast<int64_t>(zeros) << 16) + 65536 - static_cast<int64_t>(mantissa);
  constexpr int64_t kNaturalLogOf2 = 45426;  // times 65536
  return ((mean * ((log2_of_inverse * kNaturalLogOf2) >> 16)) >> 16);
}

int64_t Random::normal(int64_t mean, int64_t deviation) {
  int64_t sum = 0;  // twelve uniform numbers of 16 bits have a deviation of one 16-bit range
  for (int i = 0; i < 3; ++i) {
    const uint64_t x = next();
    sum += static_cast<int64_t>((x & 0xFFFF) + ((x >> 16) & 0xFFFF) + ((x >> 32) & 0xFFFF) +
                                (x >> 48));
  }
  return mean + (deviation * (sum - 6 * 65536)) / 65536;
}

void Random::append(std::string& out, size_t count, const char* alphabet, unsigned bits) {
  const size_t start = out.size();
  out.resize(start + count);
  const uint64_t mask = (1u << bits) - 1;
  const size_t in_one_number = 64 / bits;
  char* write = out.data() + start;
  while (count > 0) {
    uint64_t x = next();
    const size_t now = count < in_one_number ? count : in_one_number;
    for (size_t i = 0; i < now; ++i, x >>= bits) *write++ = alphabet[x & mask];
    count -= now;
  }
}

void Random::append_hex(std::string& out, size_t count) {
  append(out, count, "0123456789abcdef", 4);
}

void Random::append_upper(std::string& out, size_t count) {
  append(out, count, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5);
}

void Random::append_mixed(std::string& out, size_t count) {
  append(out, count, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789Aa", 6);
}

void Random::append_base64(std::string& out, size_t count) {
  append(out, count, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6);
}

void Random::append_digits(std::string& out, size_t count) {
  append(out, count, "0123456789012345", 4);
}

void Random::append_uuid(std::string& out) {
  const size_t start = out.size();
  append_hex(out, 8);
  for (const size_t part : {4u, 4u, 4u, 12u}) {
    out += '-';
    append_hex(out, part);
  }
  out[start + 14] = '4';
  out[start + 19] = "89ab"[next() & 3];
}

}  // namespace cairn::simulate
