#pragma once

// Allow-lists made ready for matching: globs as they are, networks as bits.

#include "model/rule_info.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::detect {

/// An IPv4 or IPv6 network; an address is a network of full length. IPv4 is kept as ::ffff:0:0/96,
/// so both kinds compare.
struct Network {
  std::array<uint8_t, 16> bytes{};
  unsigned prefix_bits = 0;

  /// Parses "192.0.2.0/24", "2001:db8::/32" or an address. Returns nothing when it is neither (a
  /// service name, a typing error).
  static std::optional<Network> parse(std::string_view text);
  bool contains(const Network& address) const;
  bool is_ipv4() const;
  /// True for addresses of the public internet: not private, shared, loopback, link-local or
  /// unspecified.
  bool is_public() const;
};

/// Decides whether a match was expected. Immutable; any thread.
class AllowList {
 public:
  AllowList() = default;
  explicit AllowList(const std::vector<AllowEntry>& entries);

  bool empty() const { return entries_.empty(); }

  struct Facts {
    std::string_view principal, arn, source_ip, user_agent, account;
  };
  /// True when some entry agrees in every field it sets. An entry that sets no field, or whose cidr
  /// cannot be read, allows nothing.
  bool allows(const Facts& facts) const;

 private:
  struct Entry {
    AllowEntry text;
    std::optional<Network> network;
  };
  std::vector<Entry> entries_;
};

}  // namespace cairn::detect
