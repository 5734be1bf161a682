#include "base/pack.h"

#include "base/check.h"

namespace cairn {

std::string_view cut_bytes(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return text.substr(0, limit);
}

void pack_number(std::string& out, uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>(number | 0x80);
    number >>= 7;
  }
  out += static_cast<char>(number);
}

void pack_text(std::string& out, std::string_view text) {
  pack_number(out, text.size());
  out += text;
}

uint64_t PackReader::long_number() {
  uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    CAIRN_CHECK(!bytes_.empty() && shift < 64);
    auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
}

std::string_view PackReader::bytes(size_t count) {
  CAIRN_CHECK(count <= bytes_.size());
  std::string_view taken = bytes_.substr(0, count);
  bytes_.remove_prefix(count);
  return taken;
}

std::string_view PackReader::text() { return bytes(number()); }

}  // namespace cairn
