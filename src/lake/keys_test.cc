#include "lake/keys.h"

#include "sys/durable.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace cairn::lake {
namespace {

TEST(Keys, WrapUnderTheirContext) {
  auto master = crypto::SecretKey::random().value();
  auto holder = hold_key(master.copy());
  auto key = crypto::SecretKey::random().value();
  std::string wrapped = holder->wrap("lake a", key).value();
  EXPECT_EQ(wrapped.find(std::string(key.bytes())), std::string::npos);
  EXPECT_EQ(holder->unwrap("lake a", wrapped).value().bytes(), key.bytes());
  EXPECT_EQ(holder->unwrap("lake b", wrapped).error().code, ErrorCode::kPermission);
  auto other = hold_key(crypto::SecretKey::random().value());
  EXPECT_EQ(other->unwrap("lake a", wrapped).error().code, ErrorCode::kPermission);
}

TEST(Keys, LieInFilesForTheirOwner) {
  std::string folder = testing::TempDir() + "keys_test", path = folder + "/deep/lake.key";
  std::filesystem::remove_all(folder);
  EXPECT_EQ(read_key_file(path).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(make_key_file(path).ok());
  auto key = read_key_file(path);
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_FALSE(make_key_file(path).ok()) << "a key is never overwritten";
  EXPECT_EQ(read_key_file(path).value().bytes(), key.value().bytes());

  std::string digits(64, 'a');
  struct {
    std::string text;
    bool good;
  } cases[] = {{"cairn-key-1 " + digits, true},
               {"cairn-key-1 " + digits + "\r\n", true},
               {"", false},
               {"cairn-key-1 ", false},
               {"cairn-key-1 " + digits.substr(1), false},
               {"cairn-key-1 " + digits.substr(1) + "g", false},
               {"cairn-key-1 " + digits + "aa", false},
               {"cairn-key-2 " + digits, false},
               {digits, false}};
  for (const auto& one : cases) {
    std::ofstream(path, std::ios::trunc) << one.text;
    auto read = read_key_file(path);
    EXPECT_EQ(read.ok(), one.good) << one.text;
    if (!read.ok()) {
      EXPECT_EQ(read.error().code, ErrorCode::kInvalidInput);
      EXPECT_EQ(read.error().message.find("aaaa"), std::string::npos) << "no key in a message";
    }
  }
  std::filesystem::remove_all(folder);
}

TEST(Keys, SaltsAreWrittenAndRead) {
  PassphraseSalt salt = PassphraseSalt::random().value();
  PassphraseSalt again = PassphraseSalt::parse(salt.to_text()).value();
  EXPECT_EQ(again.salt, salt.salt);
  EXPECT_EQ(again.cost, salt.cost);
  for (const char* bad : {"", "argon2id 3 65536 4", "argon2i 3 65536 4 00", "argon2id x 65536 4 00",
                          "argon2id 3 65536 4 0", "argon2id -1 65536 4 00"})
    EXPECT_FALSE(PassphraseSalt::parse(bad).ok()) << bad;
}

}  // namespace
}  // namespace cairn::lake
