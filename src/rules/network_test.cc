#include "rules/network.h"

#include <gtest/gtest.h>

namespace cairn::rules {
namespace {

TEST(Network, ContainsTable) {
  const struct {
    std::string_view network, address;
    bool contains;
  } kRows[] = {
      {"192.0.2.0/24", "192.0.2.255", true},
      {"192.0.2.0/24", "192.0.3.0", false},
      {"192.0.2.128/25", "192.0.2.127", false},
      {"192.0.2.128/25", "192.0.2.128", true},
      {"10.0.0.0/8", "10.255.0.1", true},
      {"172.16.0.0/12", "172.31.255.255", true},
      {"172.16.0.0/12", "172.32.0.0", false},
      {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"::/0", "2001:db8::1", true},
      {"::/0", "192.0.2.1", false},
      {"192.0.2.7", "192.0.2.7", true},
      {"192.0.2.7", "192.0.2.8", false},
      {"2001:db8::/33", "2001:db8:7fff::1", true},
      {"2001:db8::/33", "2001:db8:8000::1", false},
      {"2001:db8::/32", "2001:DB8:0:0:0:0:0:1", true},
      {"::ffff:192.0.2.0/120", "::ffff:192.0.2.9", true},
  };
  for (const auto& row : kRows) {
    bool host_bits = true;
    auto network = parse_network(row.network, host_bits);
    auto address = parse_address(row.address);
    ASSERT_TRUE(network && address) << row.network << " " << row.address;
    EXPECT_FALSE(host_bits) << row.network;
    EXPECT_EQ(network->contains(*address), row.contains) << row.network << " " << row.address;
  }
}

TEST(Network, RefusesWhatIsNoAddress) {
  for (std::string_view text :
       {"", "1", "cloudformation.amazonaws.com", "AWS Internal", "08.1.250.216", "1.2.3",
        "1.2.3.4.5", "256.1.1.1", " 1.2.3.4", "1.2.3.4 ", "fe80::1%eth0",
        ":::", "1:2:3:4:5:6:7:8:9", "g::1",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    EXPECT_FALSE(parse_address(text)) << text;
  }
  EXPECT_FALSE(parse_address(std::string_view("1.2.3.4\0x", 9)));
  bool host_bits = false;
  for (std::string_view text : {"", "/8", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/8x",
                                "::/129", "1.2.3/8", "1.2.3.4/8/8"}) {
    EXPECT_FALSE(parse_network(text, host_bits)) << text;
  }
}

TEST(Network, ClearsHostBits) {
  bool host_bits = false;
  auto network = parse_network("192.0.2.77/24", host_bits);
  ASSERT_TRUE(network);
  EXPECT_TRUE(host_bits);
  EXPECT_TRUE(network->contains(*parse_address("192.0.2.1")));
}

}  // namespace
}  // namespace cairn::rules
