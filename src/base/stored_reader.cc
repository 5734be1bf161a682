#include "base/stored_reader.h"

namespace cairn {

void StoredReader::fail(std::string_view what) {
  if (!ok()) return;
  fault_ = "at byte " + std::to_string(offset()) + ": " + std::string(what);
  rest_ = {};
}

uint64_t StoredReader::number(uint64_t limit) {
  uint64_t value = 0;
  size_t size = 0;
  for (unsigned shift = 0;; shift += 7) {
    if (size == rest_.size()) {
      fail("a number is cut off");
      return 0;
    }
    auto byte = static_cast<unsigned char>(rest_[size++]);
    if (shift == 63 && byte > 1) {
      fail("a number is too long");
      return 0;
    }
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) break;
  }
  if (value > limit) {
    fail("the number " + std::to_string(value) + " is above " + std::to_string(limit));
    return 0;
  }
  rest_.remove_prefix(size);
  return value;
}

size_t StoredReader::count(size_t item_bytes) {
  uint64_t items = number();
  if (items <= rest_.size() / item_bytes) return static_cast<size_t>(items);
  fail("there is no room for " + std::to_string(items) + " items");
  return 0;
}

std::string_view StoredReader::bytes(size_t count) {
  if (count > rest_.size()) {
    fail("bytes are cut off");
    return {};
  }
  std::string_view taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::string_view StoredReader::text() {
  uint64_t size = number();
  if (size > rest_.size()) {
    fail("a text is cut off");
    return {};
  }
  return bytes(static_cast<size_t>(size));
}

bool StoredReader::done() {
  if (!at_end()) fail("more follows than was expected");
  return ok();
}

}  // namespace cairn
