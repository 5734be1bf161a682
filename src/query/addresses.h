#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::query {

/// An IPv4 or IPv6 address. IPv4 in IPv6 (::ffff:192.0.2.1) is IPv4.
struct Address {
  bool six = false;
  std::array<uint8_t, 16> bytes{};  // of IPv4 the first four

  /// The usual form: 192.0.2.1, 2001:db8::1.
  std::string text() const;
};
std::optional<Address> read_address(std::string_view text);

struct Network {
  Address first;
  unsigned prefix_bits = 0;

  bool contains(const Address& address) const;
};
/// Reads "192.0.2.0/24", "2001:db8::/32".
std::optional<Network> read_network(std::string_view text);

}  // namespace cairn::query
