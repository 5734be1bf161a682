#pragma once

// Addresses and networks, IPv4 and IPv6.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::rules {

struct Address {
  std::array<uint8_t, 16> bytes{};
  bool v6 = false;  // an IPv4 address uses the first four bytes
};

/// Reads "192.0.2.1" or "2001:db8::1". Nothing for anything else: service names, leading zeros
/// ("08.1.250.216"), zones ("fe80::1%eth0"), blanks.
std::optional<Address> parse_address(std::string_view text);

struct Network {
  Address address;
  unsigned bits = 0;

  /// IPv4 addresses are never in an IPv6 network, nor the other way round.
  bool contains(const Address& other) const;
};

/// Reads "192.0.2.0/24"; an address alone is a network of one. Host bits that are set are cleared,
/// and `had_host_bits` says so.
std::optional<Network> parse_network(std::string_view text, bool& had_host_bits);

}  // namespace cairn::rules
