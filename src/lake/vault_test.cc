#include "lake/vault.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace cairn::lake {
namespace {

class VaultTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "vault_test_" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    key_ = crypto::SecretKey::random().value();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  static std::string text_of(size_t size) {
    std::string text(size, '\0');
    for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + i / 251);
    return text;
  }
  /// Writes in pieces; returns the file's id.
  std::string write(const std::string& name, const std::string& text, size_t piece = 1000) {
    auto writer = VaultWriter::create(path(name), &key_, std::string(kIdBytes, 'k'));
    EXPECT_TRUE(writer.ok());
    for (size_t at = 0; at < text.size(); at += piece)
      EXPECT_TRUE(writer.value()->append(std::string_view(text).substr(at, piece)).ok());
    EXPECT_TRUE(writer.value()->close().ok());
    EXPECT_EQ(writer.value()->sha256(), crypto::sha256(bytes(name)));
    EXPECT_EQ(writer.value()->stored_bytes(), bytes(name).size());
    return writer.value()->file_id();
  }
  std::string bytes(const std::string& name) const {
    std::ostringstream all;
    all << std::ifstream(path(name), std::ios::binary).rdbuf();
    return all.str();
  }
  void put(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary | std::ios::trunc) << content;
  }
  /// Reads all of it, or says why not.
  std::string read(const std::string& name, const std::string& id) const {
    auto file = open_vault(path(name), key_, id);
    if (!file.ok()) return "open: " + std::string(to_string(file.error().code));
    std::string text(file.value()->size_bytes(), ' ');
    Status status = file.value()->read_at(0, text);
    return status.ok() ? text : "read: " + std::string(to_string(status.error().code));
  }

  std::string folder_;
  crypto::SecretKey key_;
};

TEST_F(VaultTest, ReadsBackEverySizeAnywhere) {
  for (size_t size : {size_t{0}, size_t{1}, kVaultBlockBytes - 1, kVaultBlockBytes,
                      kVaultBlockBytes + 1, 3 * kVaultBlockBytes, 3 * kVaultBlockBytes + 77}) {
    std::string text = text_of(size), name = "f" + std::to_string(size);
    std::string id = write(name, text, size % 2 == 0 ? 1000 : 40'000);
    ASSERT_EQ(read(name, id), text) << size;
    auto file = open_vault(path(name), key_, id).value();
    for (size_t at = 0; at < size; at += 5000) {
      std::string part(std::min<size_t>(size - at, 20'000), ' ');
      ASSERT_TRUE(file->read_at(at, part).ok());
      ASSERT_EQ(part, text.substr(at, part.size())) << size << " at " << at;
    }
    std::string beyond(2, ' ');
    EXPECT_FALSE(file->read_at(size == 0 ? 0 : size - 1, beyond).ok());
  }
}

TEST_F(VaultTest, ShowsNothingOfTheText) {
  std::string text = "AKIAEXAMPLE0000000001 ";
  while (text.size() < 50'000) text += text;
  write("f", text);
  EXPECT_EQ(bytes("f").find("AKIAEXAMPLE"), std::string::npos);
  write("g", text);
  EXPECT_NE(bytes("f").substr(kVaultHeaderBytes), bytes("g").substr(kVaultHeaderBytes));
}

TEST_F(VaultTest, NoticesEveryChange) {
  std::string text = text_of(2 * kVaultBlockBytes + 100);
  std::string id = write("f", text), whole = bytes("f");
  constexpr size_t kBlock = kVaultBlockBytes + crypto::kTagBytes, kBody = kVaultHeaderBytes;
  // A bit anywhere: in the header, the text, the tags.
  for (size_t at : {size_t{0}, size_t{9}, size_t{13}, size_t{20}, size_t{40}, size_t{60}, kBody,
                    kBody + 99, kBody + kBlock - 1, kBody + kBlock, whole.size() - 1}) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 4);
    put("f", changed);
    EXPECT_TRUE(read("f", id).ends_with(": corrupt")) << at;
  }
  // Cut at block borders and elsewhere.
  for (size_t size : {size_t{0}, kBody, kBody + 15, kBody + kBlock, kBody + 2 * kBlock,
                      kBody + 2 * kBlock + 16, whole.size() - 1}) {
    put("f", whole.substr(0, size));
    EXPECT_TRUE(read("f", id).ends_with(": corrupt")) << size;
  }
  // Blocks in another order, and one too many.
  std::string first = whole.substr(kBody, kBlock), second = whole.substr(kBody + kBlock, kBlock),
              last = whole.substr(kBody + 2 * kBlock);
  for (const std::string& body : {second + first + last, first + first + last,
                                  first + second + second + last, first + last}) {
    put("f", whole.substr(0, kBody) + body);
    EXPECT_TRUE(read("f", id).ends_with(": corrupt"));
  }
  put("f", whole);
  EXPECT_EQ(read("f", id), text);
}

TEST_F(VaultTest, NoticesAnotherFileOrKey) {
  std::string first = write("first", text_of(100)), second = write("second", text_of(100));
  std::filesystem::rename(path("second"), path("first"));
  EXPECT_TRUE(read("first", first).ends_with(": corrupt"));
  EXPECT_EQ(read("first", second), text_of(100));
  key_ = crypto::SecretKey::random().value();
  EXPECT_TRUE(read("first", second).ends_with(": corrupt"));
  auto missing = open_vault(path("none"), key_, first);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
}

TEST_F(VaultTest, WritesPlainFilesAsTheyAre) {
  auto writer = VaultWriter::create(path("plain"), nullptr, "").value();
  ASSERT_TRUE(writer->append("some ").ok());
  ASSERT_TRUE(writer->append("text").ok());
  ASSERT_TRUE(writer->close().ok());
  EXPECT_EQ(bytes("plain"), "some text");
  EXPECT_EQ(writer->file_id(), "");
  auto file = open_plain(path("plain")).value();
  std::string text(4, ' ');
  ASSERT_TRUE(file->read_at(5, text).ok());
  EXPECT_EQ(text, "text");
}

}  // namespace
}  // namespace cairn::lake
