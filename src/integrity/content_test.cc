#include "integrity/content.h"

#include <gtest/gtest.h>

namespace cairn::integrity {
namespace {

std::string long_text(size_t size) {
  std::string text = "{";
  for (size_t i = 0; text.size() < size; ++i) text += std::to_string(i * 2654435761u % 1000003);
  return text;
}

TEST(Content, HashesOneMemberAndNothingElse) {
  const std::string text = R"({"Records":[]})", large = long_text(40u << 20);
  const std::string packed = gzip_compress(text, 6), large_packed = gzip_compress(large, 1);
  std::string wrong_sum = packed, wrong_size = packed;
  wrong_sum[packed.size() - 8] ^= 1;
  wrong_size[packed.size() - 4] ^= 1;
  struct Row {
    const char* name;
    std::string stored, text, fault;
  };
  const Row rows[] = {
      {"small", packed, text, ""},
      {"uncompressed", text, text, ""},
      {"large", large_packed, large, ""},
      {"large uncompressed", large, large, ""},
      {"two members", packed + packed, "", "has data behind the end of its compressed text"},
      {"two large members", large_packed + packed, "",
       "has data behind the end of its compressed text"},
      {"zeros behind", packed + std::string(8, '\0'), "",
       "has data behind the end of its compressed text"},
      {"cut", packed.substr(0, packed.size() - 1), "", "is not a whole gzip file"},
      {"cut early", packed.substr(0, 5), "", "is not a whole gzip file"},
      {"large cut", large_packed.substr(0, large_packed.size() / 2), "",
       "is not a whole gzip file"},
      {"wrong sum", wrong_sum, "", "is not a whole gzip file"},
      {"wrong size", wrong_size, "", "is not a whole gzip file"},
      {"empty", "", "", "is not a whole gzip file"},
      {"other", "hello", "", "is not a whole gzip file"},
  };
  FakeFiles files;
  ContentReader reader(files), hashing(files, true);
  for (const Row& row : rows) {
    files.contents["f"] = row.stored;
    auto content = reader.hash("f");
    ASSERT_TRUE(content.ok()) << row.name;
    EXPECT_EQ(content.value().stored_hash, "") << row.name;
    EXPECT_EQ(hashing.hash("f").value().stored_hash, crypto::sha256(row.stored)) << row.name;
    EXPECT_EQ(content.value().fault, row.fault) << row.name;
    if (!row.fault.empty()) continue;
    EXPECT_EQ(content.value().hash, crypto::sha256(row.text)) << row.name;
    EXPECT_EQ(content.value().stored_bytes, row.stored.size()) << row.name;
    EXPECT_EQ(content.value().text_bytes, row.text.size()) << row.name;
  }
  EXPECT_FALSE(reader.hash("none").ok());
}

TEST(Content, EndsBombsSoon) {
  FakeFiles files;
  ContentReader reader(files);
  files.contents["f"] = gzip_compress(std::string(600u << 20, '{'), 9);
  auto content = reader.hash("f");
  ASSERT_TRUE(content.ok());
  EXPECT_EQ(content.value().fault, "inflates to far more than a log can hold");
  std::string_view text;
  EXPECT_EQ(reader.read("f", 1u << 20, text).value().fault, "is longer than a digest can be");
}

}  // namespace
}  // namespace cairn::integrity
