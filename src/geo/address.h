#pragma once

// An address as files of places are asked for it.

#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cairn::geo {

class Address {
 public:
  /// Nothing when the text is no IPv4 or IPv6 address.
  static std::optional<Address> parse(std::string_view text);

  /// False for private, local, shared, benchmark, multicast and reserved ranges (IANA's
  /// special-purpose registries).
  bool is_public() const;
  /// True in the networks for examples (RFC 5737, RFC 3849): public, but nowhere.
  bool is_example() const;
  const sockaddr* socket() const { return reinterpret_cast<const sockaddr*>(&storage_); }

 private:
  uint32_t number4() const;
  std::array<uint8_t, 16> bytes6() const;

  sockaddr_storage storage_{};
};

}  // namespace cairn::geo
