#pragma once

// Samples as bytes, and very many of them in little memory: most periods with different values have
// few of them, and 4 values take 17 bytes instead of 144.
//
//   header   1: every value is known, 2: all counts are whole; the rounding steps, times 4
//   n        different values, ascending, each with its count
//   sum
//   count, minimum, maximum      only when the values do not tell them: n = 0, or values rounded
//
// Doubles have their bytes turned round, so that small whole numbers are short.

#include "monitor/statistic.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {
class StoredReader;
}

namespace cairn::monitor {

void pack_double(std::string& out, double value);
double read_double(StoredReader& in);

/// Samples, which must not be empty, as bytes, and back.
class SamplesCode {
 public:
  static void pack(const Samples& samples, std::string& out);
  /// Of what pack() wrote.
  static Samples unpack(std::string_view bytes);
  static StatisticSet unpack_set(std::string_view bytes);
  /// True for bytes, which may be any, that pack() can have written.
  static bool can_unpack(std::string_view bytes);

 private:
  struct Reader;
};

/// Keeps samples under numbers. One thread.
class SamplesPool {
 public:
  uint64_t put(const Samples& samples);
  uint64_t put_packed(std::string_view bytes);
  void remove(uint64_t number);
  /// Good until the next put().
  std::string_view packed(uint64_t number) const;
  Samples get(uint64_t number) const { return SamplesCode::unpack(packed(number)); }
  StatisticSet set(uint64_t number) const { return SamplesCode::unpack_set(packed(number)); }
  /// Of what it keeps. What was removed is used again.
  size_t memory_bytes() const { return used_units_ * kUnit; }

 private:
  static constexpr size_t kUnit = 8, kChunkUnits = 8192, kHeadBytes = 2;
  static constexpr size_t kUnitsLimit = 704;  // of one: 256 values of 20 bytes, and what is beside

  static size_t units_of(size_t bytes) { return (bytes + kHeadBytes + kUnit - 1) / kUnit; }
  char* at(uint64_t number) const {
    return &chunks_[number / kChunkUnits][number % kChunkUnits * kUnit];
  }

  std::vector<std::unique_ptr<char[]>> chunks_;  // NOLINT(modernize-avoid-c-arrays)
  size_t chunk_used_ = kChunkUnits;              // units of the last
  // By units: the first free place, plus one; each has the next.
  std::array<uint64_t, kUnitsLimit> free_{};
  size_t used_units_ = 0;
  std::string bytes_;  // reused
};

}  // namespace cairn::monitor
