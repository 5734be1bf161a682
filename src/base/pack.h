#pragma once

// Numbers and texts as bytes, for sorters and tables in memory. Not a file format.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cairn {

/// Cuts to at most `limit` bytes without splitting a UTF-8 character.
std::string_view cut_bytes(std::string_view text, size_t limit);

/// Appends numbers and texts so that PackReader reads them back.
void pack_number(std::string& out, uint64_t number);
void pack_text(std::string& out, std::string_view text);

/// Reads what pack_* wrote; ends the program when the bytes are not that.
class PackReader {
 public:
  explicit PackReader(std::string_view bytes) : bytes_(bytes) {}
  uint64_t number() {
    // Most are short.
    if (!bytes_.empty() && static_cast<unsigned char>(bytes_.front()) < 0x80) {
      auto value = static_cast<unsigned char>(bytes_.front());
      bytes_.remove_prefix(1);
      return value;
    }
    return long_number();
  }
  std::string_view text();
  std::string_view bytes(size_t count);
  bool at_end() const { return bytes_.empty(); }
  std::string_view rest() const { return bytes_; }

 private:
  uint64_t long_number();

  std::string_view bytes_;
};

}  // namespace cairn
