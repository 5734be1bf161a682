#include "geo/address.h"

#include "geo/geo.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace cairn::geo {

namespace {

constexpr size_t kLongestAddress = 45;

struct Range {
  uint32_t first;
  unsigned bits;
};
/// IANA IPv4 Special-Purpose Address Registry, and multicast and beyond. Networks for documents
/// count as public: logs that were made up use them so.
constexpr std::array<Range, 11> kNotPublic4 = {{
    {0x00000000, 8},   // this network
    {0x0A000000, 8},   // private
    {0x64400000, 10},  // shared by carriers
    {0x7F000000, 8},   // this host
    {0xA9FE0000, 16},  // link
    {0xAC100000, 12},  // private
    {0xC0000000, 24},  // protocols
    {0xC0A80000, 16},  // private
    {0xC6120000, 15},  // benchmarks
    {0xE0000000, 4},   // multicast
    {0xF0000000, 4},   // reserved
}};

bool is_public4(uint32_t address) {
  return std::none_of(kNotPublic4.begin(), kNotPublic4.end(), [&](const Range& range) {
    return (address ^ range.first) >> (32 - range.bits) == 0;
  });
}

uint32_t number_of(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

bool is_public6(const std::array<uint8_t, 16>& bytes) {
  uint32_t head = number_of(bytes.data());
  static constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin()))
    return is_public4(number_of(bytes.data() + 12));
  return head >> 29 == 1;  // only 2000::/3 is given to anybody
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
  if (text.empty() || text.size() > kLongestAddress) return std::nullopt;
  std::array<char, kLongestAddress + 1> buffer{};
  text.copy(buffer.data(), text.size());
  Address address;
  sockaddr_in four{};
  four.sin_family = AF_INET;
  if (inet_pton(AF_INET, buffer.data(), &four.sin_addr) == 1) {
    std::memcpy(&address.storage_, &four, sizeof four);
    return address;
  }
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  if (inet_pton(AF_INET6, buffer.data(), &six.sin6_addr) != 1) return std::nullopt;
  std::memcpy(&address.storage_, &six, sizeof six);
  return address;
}

bool Address::is_public() const {
  return storage_.ss_family == AF_INET ? is_public4(number4()) : is_public6(bytes6());
}

bool Address::is_example() const {
  if (storage_.ss_family == AF_INET6) return number_of(bytes6().data()) == 0x20010DB8;
  uint32_t network = number4() >> 8;  // 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24
  return network == 0xC00002 || network == 0xC63364 || network == 0xCB0071;
}

uint32_t Address::number4() const {
  sockaddr_in four{};
  std::memcpy(&four, &storage_, sizeof four);
  return ntohl(four.sin_addr.s_addr);
}

std::array<uint8_t, 16> Address::bytes6() const {
  sockaddr_in6 six{};
  std::memcpy(&six, &storage_, sizeof six);
  std::array<uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &six.sin6_addr, bytes.size());
  return bytes;
}

bool is_public_address(std::string_view text) {
  auto address = Address::parse(text);
  return address && address->is_public();
}

}  // namespace cairn::geo
