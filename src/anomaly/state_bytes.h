#pragma once

// Numbers as bytes that can be trusted when read back: a magic word, fixed-size little-endian
// numbers, a checksum. For the small models of this room.

#include "base/hash.h"
#include "base/result.h"

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::anomaly {

class StateWriter {
 public:
  explicit StateWriter(std::string_view magic) : bytes_(magic) {}
  void number(uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8)
      bytes_.push_back(static_cast<char>((value >> shift) & 0xFF));
  }
  void real(double value) { number(std::bit_cast<uint64_t>(value)); }
  std::string take() && {
    number(hash64(bytes_));
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
};

class StateReader {
 public:
  /// Fails with kCorrupt unless the bytes begin with the magic word and carry their checksum.
  static Result<StateReader> open(std::string_view bytes, std::string_view magic) {
    if (bytes.size() < magic.size() + 8 || bytes.substr(0, magic.size()) != magic)
      return Error{ErrorCode::kCorrupt, "not the saved state of a model"};
    StateReader tail(bytes.substr(bytes.size() - 8));
    std::string_view body = bytes.substr(0, bytes.size() - 8);
    if (tail.number() != hash64(body))
      return Error{ErrorCode::kCorrupt, "the saved state of a model is damaged"};
    return StateReader(body.substr(magic.size()));
  }
  size_t left() const { return bytes_.size(); }
  /// 0 behind the end: callers check left() first.
  uint64_t number() {
    if (bytes_.size() < 8) return 0;
    uint64_t value = 0;
    for (size_t i = 0; i < 8; ++i)
      value |= uint64_t{static_cast<unsigned char>(bytes_[i])} << (8 * i);
    bytes_.remove_prefix(8);
    return value;
  }
  double real() { return std::bit_cast<double>(number()); }

 private:
  explicit StateReader(std::string_view bytes) : bytes_(bytes) {}
  std::string_view bytes_;
};

}  // namespace cairn::anomaly
