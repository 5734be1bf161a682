#include "rules/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace cairn::rules {
namespace {

bool is_bit_set(const Address& address, unsigned bit) {
  return (address.bytes[bit / 8] & (0x80u >> (bit % 8))) != 0;
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  char buffer[INET6_ADDRSTRLEN + 1] = {};
  if (text.size() < 2 || text.size() >= sizeof buffer) return std::nullopt;
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  std::copy(text.begin(), text.end(), buffer);
  Address address;
  address.v6 = text.find(':') != std::string_view::npos;
  if (inet_pton(address.v6 ? AF_INET6 : AF_INET, buffer, address.bytes.data()) != 1) {
    return std::nullopt;
  }
  return address;
}

bool Network::contains(const Address& other) const {
  if (address.v6 != other.v6) return false;
  unsigned whole = bits / 8, rest = bits % 8;
  if (!std::equal(address.bytes.begin(), address.bytes.begin() + whole, other.bytes.begin())) {
    return false;
  }
  if (rest == 0) return true;
  unsigned mask = 0xFF00u >> rest;
  return ((address.bytes[whole] ^ other.bytes[whole]) & mask & 0xFF) == 0;
}

std::optional<Network> parse_network(std::string_view text, bool& had_host_bits) {
  had_host_bits = false;
  size_t slash = text.find('/');
  auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned size = address->v6 ? 128 : 32;
  Network network{*address, size};
  if (slash != std::string_view::npos) {
    std::string_view digits = text.substr(slash + 1);
    auto [end, problem] = std::from_chars(digits.begin(), digits.end(), network.bits);
    if (problem != std::errc() || end != digits.end() || network.bits > size) return std::nullopt;
  }
  for (unsigned bit = network.bits; bit < size; ++bit) {
    had_host_bits = had_host_bits || is_bit_set(network.address, bit);
    auto mask = static_cast<uint8_t>(~(0x80u >> (bit % 8)) & 0xFF);
    network.address.bytes[bit / 8] &= mask;
  }
  return network;
}

}  // namespace cairn::rules
