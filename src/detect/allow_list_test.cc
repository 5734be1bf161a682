#include "detect/allow_list.h"

#include <gtest/gtest.h>

namespace cairn::detect {
namespace {

TEST(Network, ParsesAndContains) {
  struct Row {
    std::string_view network, address;
    bool contains;
  };
  const Row rows[] = {
      {"192.0.2.0/24", "192.0.2.7", true},
      {"192.0.2.0/24", "192.0.3.7", false},
      {"192.0.2.77/24", "192.0.2.7", true},
      {"192.0.2.7", "192.0.2.7", true},
      {"192.0.2.7", "192.0.2.8", false},
      {"0.0.0.0/0", "203.0.113.1", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"::/0", "2001:db8::1", true},
      {"::/0", "192.0.2.7", true},
      {"192.0.2.128/25", "192.0.2.127", false},
      {"192.0.2.0/31", "192.0.2.1", true},
      {"2001:db8::/33", "2001:db8:7fff::1", true},
      {"2001:db8::/33", "2001:db8:8000::1", false},
      {"::ffff:192.0.2.0/120", "192.0.2.9", true},
  };
  for (const Row& row : rows) {
    auto network = Network::parse(row.network);
    auto address = Network::parse(row.address);
    ASSERT_TRUE(network && address) << row.network;
    EXPECT_EQ(network->contains(*address), row.contains) << row.network << " " << row.address;
  }
}

TEST(Network, RefusesOtherText) {
  for (std::string_view text :
       {"", "/", "s3.amazonaws.com", "AWS Internal", "192.0.2.0/33", "::/129", "192.0.2.0/",
        "192.0.2.0/x", "192.0.2", "192.0.2.0/-1", "1.2.3.4/8 "}) {
    EXPECT_FALSE(Network::parse(text)) << text;
  }
}

TEST(Network, KnowsPublicAddresses) {
  const std::pair<std::string_view, bool> rows[] = {
      {"8.8.8.8", true},     {"203.0.113.7", true}, {"10.1.2.3", false},
      {"172.31.0.1", false}, {"172.32.0.1", true},  {"192.168.1.1", false},
      {"100.64.0.1", false}, {"127.0.0.1", false},  {"169.254.169.254", false},
      {"::1", false},        {"fd00::1", false},    {"fe80::1", false},
      {"2a00::1", true},
  };
  for (const auto& [text, expected] : rows)
    EXPECT_EQ(Network::parse(text)->is_public(), expected) << text;
}

TEST(AllowList, NeedsEveryFieldOfAnEntry) {
  AllowList list({{"*:role/terraform*", "", "", "111122223333"},
                  {"", "192.0.2.0/24", "*scanner*", ""},
                  {"", "not a network", "", ""},
                  {}});
  struct Row {
    AllowList::Facts facts;  // principal, ARN, address, user agent, account
    bool allowed;
  };
  const std::string_view role = "arn:aws:iam::111122223333:role/Terraform-1";
  const Row rows[] = {
      {{role, "", "", "", "111122223333"}, true},
      {{"x", "arn:aws:iam::1:role/terraform", "", "", "111122223333"}, true},
      {{role, "", "", "", "444455556666"}, false},
      {{"arn:aws:iam::111122223333:user/bob", "", "", "", "111122223333"}, false},
      {{"", "", "192.0.2.9", "My-Scanner/1.0", ""}, true},
      {{"", "", "192.0.3.9", "My-Scanner/1.0", ""}, false},
      {{"", "", "192.0.2.9", "aws-cli", ""}, false},
      {{"", "", "s3.amazonaws.com", "scanner", ""}, false},
      {{}, false},
  };
  for (const Row& row : rows) EXPECT_EQ(list.allows(row.facts), row.allowed) << row.facts.principal;
  EXPECT_FALSE(AllowList(std::vector<AllowEntry>{{}}).allows({"anyone", "", "", "", ""}));
}

}  // namespace
}  // namespace cairn::detect
