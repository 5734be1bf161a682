#pragma once

// Random numbers that are the same on every machine: xoshiro256** and integer arithmetic only (the
// C++ library's distributions and the floating-point functions of the C library differ between
// systems).

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::simulate {

/// A stream of random numbers. Streams of different names from one seed are independent, so that a
/// new kind of actor does not change what the others do. A value; one thread.
class Random {
 public:
  Random(uint64_t seed, std::string_view name);

  uint64_t next();
  /// Returns 0 to limit - 1; limit must not be 0.
  uint64_t below(uint64_t limit) {
    return ((next() >> 32) * limit) >> 32;  // limits stay far below 2^32
  }
  /// Returns low to high, both included.
  int64_t between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(below(static_cast<uint64_t>(high - low) + 1));
  }
  bool per_mille(uint64_t chance) { return below(1000) < chance; }
  /// Returns an index below count, small ones far more often: the favourites among an
  /// organisation's things.
  size_t favourite(size_t count);
  /// Returns an exponential waiting time with this mean (an approximation within a few percent).
  int64_t waiting_time(int64_t mean);
  /// Returns an approximately normal number.
  int64_t normal(int64_t mean, int64_t deviation);

  // Append `count` random characters of an alphabet.
  void append_hex(std::string& out, size_t count);
  void append_upper(std::string& out, size_t count);   // A-Z and 2-7, as in AWS's unique ids
  void append_mixed(std::string& out, size_t count);   // A-Z, a-z, 0-9 and two of them twice
  void append_base64(std::string& out, size_t count);  // and '+' '/'
  void append_digits(std::string& out, size_t count);
  void append_uuid(std::string& out);

 private:
  void append(std::string& out, size_t count, const char* alphabet, unsigned bits);

  uint64_t state_[4];
};

}  // namespace cairn::simulate
