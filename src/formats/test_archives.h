#pragma once

// For tests and fuzzing: archives, member by member, with every field open to be wrong. Written
// here byte by byte so that they do not come from the library that reads them.

#include "formats/compression.h"

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace cairn {

inline std::string little_endian(uint64_t value, size_t bytes) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

/// Writes a tar of the POSIX shape ("ustar").
class TarMaker {
 public:
  static std::string header(std::string_view name, uint64_t size, char type = '0',
                            std::string_view link = "") {
    std::string block(512, '\0');
    block.replace(0, std::min<size_t>(name.size(), 100), name.substr(0, 100));
    put(block, 100, 8, 0644);
    put(block, 108, 8, 0);
    put(block, 116, 8, 0);
    put(block, 124, 12, size);
    put(block, 136, 12, 1709287200);
    block[156] = type;
    block.replace(157, std::min<size_t>(link.size(), 100), link.substr(0, 100));
    block.replace(257, 8, std::string_view("ustar\00000", 8));
    return seal(block);
  }
  /// Puts the right checksum into a header.
  static std::string seal(std::string block) {
    block.replace(148, 8, "        ");
    unsigned sum = 0;
    for (char c : block) sum += static_cast<unsigned char>(c);
    put(block, 148, 7, sum);
    return block;
  }
  static std::string padded(std::string text) {
    text.resize((text.size() + 511) / 512 * 512);
    return text;
  }

  TarMaker& add(std::string_view name, std::string_view content) {
    if (name.size() > 100) return add_long(name, content);
    text += header(name, content.size()) + padded(std::string(content));
    return *this;
  }
  TarMaker& add_special(std::string_view name, char type, std::string_view link = "") {
    text += header(name, 0, type, link);
    return *this;
  }
  /// A name of any length, in a pax header.
  TarMaker& add_long(std::string_view name, std::string_view content) {
    std::string record = " path=" + std::string(name) + "\n";
    size_t size = record.size() + 1;
    while (std::to_string(size).size() + record.size() != size) ++size;
    record = std::to_string(size) + record;
    text += header("pax", record.size(), 'x') + padded(record);
    return add("short", content);
  }
  std::string done() const { return text + std::string(1024, '\0'); }

  std::string text;

 private:
  static void put(std::string& block, size_t at, size_t width, uint64_t value) {
    for (size_t i = width - 1; i-- > 0; value /= 8)
      block[at + i] = static_cast<char>('0' + value % 8);
    block[at + width - 1] = '\0';
  }
};

/// Writes a zip.
class ZipMaker {
 public:
  enum Flags : unsigned { kEncrypted = 1, kLengthBehind = 8, kUtf8 = 0x800 };
  struct Options {
    unsigned method = 8;  // 0 stored, 8 deflated; others are stored and only say so
    unsigned flags = 0;
    uint32_t crc_change = 0;  // to be wrong
    bool zip64 = false;       // sizes in the extra field
  };

  ZipMaker& add(std::string_view name, std::string_view content, Options options) {
    // A gzip file is ten bytes, the deflated data, the checksum and the size.
    std::string packed = gzip_compress(content, 6);
    std::string crc = packed.substr(packed.size() - 8, 4);
    crc[0] = static_cast<char>(crc[0] ^ static_cast<char>(options.crc_change));
    packed = options.method == 8 ? packed.substr(10, packed.size() - 18) : std::string(content);
    const size_t width = options.zip64 ? 8 : 4;
    std::string sizes = little_endian(packed.size(), width);
    std::string full = little_endian(content.size(), width);
    std::string front = crc + sizes + full;
    std::string extra;
    if (options.zip64) {
      extra = little_endian(1, 2) + little_endian(16, 2) + full + sizes;
      front = crc + std::string(8, '\xff');
    }
    if ((options.flags & kLengthBehind) != 0) front = std::string(12, '\0');
    std::string common = little_endian(options.zip64 ? 45 : 20, 2) +
                         little_endian(options.flags, 2) + little_endian(options.method, 2) +
                         little_endian(0x58615000, 4) + front + little_endian(name.size(), 2) +
                         little_endian(extra.size(), 2);
    directory += "PK\x01\x02" + little_endian(0x314, 2) + common + std::string(6, '\0') +
                 little_endian(0100644u << 16, 4) + little_endian(text.size(), 4) +
                 std::string(name) + extra;
    text += "PK\x03\x04" + common + std::string(name) + extra + packed;
    if ((options.flags & kLengthBehind) != 0) text += "PK\x07\x08" + crc + sizes + full;
    ++members;
    return *this;
  }
  ZipMaker& add(std::string_view name, std::string_view content) {
    return add(name, content, Options{});
  }
  std::string done() const {
    return text + directory + "PK\x05\x06" + std::string(4, '\0') + little_endian(members, 2) +
           little_endian(members, 2) + little_endian(directory.size(), 4) +
           little_endian(text.size(), 4) + std::string(2, '\0');
  }

  std::string text, directory;
  uint64_t members = 0;
};

}  // namespace cairn
