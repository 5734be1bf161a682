#pragma once

// A fuzzer's input as changes to bytes that are right: so it gets past marks and hashes, and deep
// into formats that it would not come upon.

#include <cstddef>
#include <cstdint>
#include <string>

namespace cairn {

/// Makes changes to `bytes`, one for each four bytes of `data`: what (set, flip, insert, erase,
/// copy to the end, cut off), where (two bytes, in 65,536ths of the length), and a byte.
inline std::string edited(std::string bytes, const uint8_t* data, size_t size) {
  for (; size >= 4 && !bytes.empty(); data += 4, size -= 4) {
    size_t at = (static_cast<size_t>(data[1]) << 8 | data[2]) * bytes.size() >> 16;
    auto value = static_cast<char>(data[3]);
    switch (data[0] % 6) {
      case 0:
        bytes[at] = value;
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ value);
        break;
      case 2:
        bytes.insert(at, 1, value);
        break;
      case 3:
        bytes.erase(at, data[3]);
        break;
      case 4:
        bytes += bytes.substr(at, data[3]);
        break;
      default:
        bytes.resize(at);
        break;
    }
  }
  return bytes;
}

}  // namespace cairn
