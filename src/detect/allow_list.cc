#include "detect/allow_list.h"

#include "base/text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace cairn::detect {

namespace {

constexpr unsigned kMappedBits = 96;

bool in(const Network& address, const char* network) {
  auto parsed = Network::parse(network);
  return parsed && parsed->contains(address);
}

}  // namespace

std::optional<Network> Network::parse(std::string_view text) {
  std::string_view address = text.substr(0, text.find('/'));
  if (address.empty() || address.size() >= INET6_ADDRSTRLEN) return std::nullopt;
  std::string terminated(address);
  Network network;
  unsigned base = 0, width = 128;
  std::array<uint8_t, 4> four{};
  if (inet_pton(AF_INET, terminated.c_str(), four.data()) == 1) {
    network.bytes[10] = network.bytes[11] = 0xFF;
    std::copy(four.begin(), four.end(), network.bytes.begin() + 12);
    base = kMappedBits;
    width = 32;
  } else if (inet_pton(AF_INET6, terminated.c_str(), network.bytes.data()) != 1) {
    return std::nullopt;
  }
  unsigned bits = width;
  if (address.size() < text.size()) {
    std::string_view digits = text.substr(address.size() + 1);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc() || end != digits.data() + digits.size() || bits > width)
      return std::nullopt;
  }
  network.prefix_bits = base + bits;
  return network;
}

bool Network::contains(const Network& address) const {
  if (address.prefix_bits < prefix_bits) return false;
  for (unsigned i = 0; i < 16; ++i) {
    unsigned bits = prefix_bits > i * 8 ? std::min(prefix_bits - i * 8, 8u) : 0;
    auto mask = static_cast<uint8_t>(0xFF00u >> bits);
    if ((bytes[i] & mask) != (address.bytes[i] & mask)) return false;
  }
  return true;
}

bool Network::is_ipv4() const {
  auto mapped = Network{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, kMappedBits};
  return mapped.contains(*this);
}

bool Network::is_public() const {
  // RFC 6890's special-purpose registries, without the documentation ranges: those stand for public
  // addresses in examples.
  for (const char* network :
       {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.168.0.0/16", "::/127", "fc00::/7", "fe80::/10"}) {
    if (in(*this, network)) return false;
  }
  return true;
}

AllowList::AllowList(const std::vector<AllowEntry>& entries) {
  for (const AllowEntry& entry : entries) {
    if (entry == AllowEntry{}) continue;
    Entry ready{entry, std::nullopt};
    if (!entry.cidr.empty()) {
      ready.network = Network::parse(entry.cidr);
      if (!ready.network) continue;
    }
    entries_.push_back(std::move(ready));
  }
}

bool AllowList::allows(const Facts& facts) const {
  if (entries_.empty()) return false;
  std::optional<Network> address;
  bool address_known = false;
  for (const Entry& entry : entries_) {
    const AllowEntry& text = entry.text;
    if (!text.account.empty() && text.account != facts.account) continue;
    if (!text.principal.empty() && !glob_match_ignore_case(text.principal, facts.principal) &&
        !glob_match_ignore_case(text.principal, facts.arn))
      continue;
    if (!text.user_agent.empty() && !glob_match_ignore_case(text.user_agent, facts.user_agent))
      continue;
    if (entry.network) {
      if (!address_known) address = Network::parse(facts.source_ip);
      address_known = true;
      if (!address || !entry.network->contains(*address)) continue;
    }
    return true;
  }
  return false;
}

}  // namespace cairn::detect
