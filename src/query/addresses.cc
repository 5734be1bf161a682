#include "query/addresses.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace cairn::query {

std::string Address::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (inet_ntop(six ? AF_INET6 : AF_INET, bytes.data(), buffer.data(), buffer.size()) == nullptr)
    return {};
  return buffer.data();
}

std::optional<Address> read_address(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (text.empty() || text.size() >= buffer.size()) return std::nullopt;
  std::copy(text.begin(), text.end(), buffer.begin());
  Address address;
  if (inet_pton(AF_INET, buffer.data(), address.bytes.data()) == 1) return address;
  if (inet_pton(AF_INET6, buffer.data(), address.bytes.data()) != 1) return std::nullopt;
  constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  address.six = !std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin());
  if (!address.six) {
    Address four;
    std::copy(address.bytes.begin() + 12, address.bytes.end(), four.bytes.begin());
    return four;
  }
  return address;
}

bool Network::contains(const Address& address) const {
  if (address.six != first.six) return false;
  for (unsigned bit = 0; bit < prefix_bits; bit += 8) {
    unsigned left = std::min(prefix_bits - bit, 8u);
    unsigned mask = (0xffu << (8 - left)) & 0xffu;
    if (((first.bytes[bit / 8] ^ address.bytes[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

std::optional<Network> read_network(std::string_view text) {
  size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  auto address = read_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  Network network{*address, 0};
  std::string_view bits = text.substr(slash + 1);
  auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), network.prefix_bits);
  if (error != std::errc() || end != bits.data() + bits.size() ||
      network.prefix_bits > (address->six ? 128u : 32u))
    return std::nullopt;
  return network;
}

}  // namespace cairn::query
