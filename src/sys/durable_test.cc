#include "sys/durable.h"

#include "sys/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

namespace cairn {
namespace {

class DurableTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "durable_test_" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    ASSERT_TRUE(make_private_folders(folder_).ok());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  std::string folder_;
};

TEST_F(DurableTest, WritesAndReadsAnywhere) {
  auto file = DurableFile::create(path("a"));
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file.value()->write_at(4, "efgh").ok());
  ASSERT_TRUE(file.value()->write_at(0, "abcd").ok());
  ASSERT_TRUE(file.value()->sync().ok());
  ASSERT_TRUE(file.value()->close().ok());
  auto read = DurableFile::open(path("a"));
  EXPECT_EQ(read.value()->size_bytes().value(), 8u);
  std::string text(3, ' ');
  ASSERT_TRUE(read.value()->read_at(3, text).ok());
  EXPECT_EQ(text, "def");
  Status beyond = read.value()->read_at(6, text);
  ASSERT_FALSE(beyond.ok());
  EXPECT_EQ(beyond.error().code, ErrorCode::kCorrupt);

  EXPECT_EQ(DurableFile::create(path("a")).error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(DurableFile::open(path("b")).error().code, ErrorCode::kNotFound);
  struct stat status {};
  ASSERT_EQ(::stat(path("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
}

TEST_F(DurableTest, ReplacesSmallFilesWhole) {
  auto files = real_files();
  for (const char* text : {"first", "second, longer", ""}) {
    ASSERT_TRUE(write_durable_file(path("small"), text).ok());
    EXPECT_EQ(read_file(*files, path("small"), 100).value(), text);
  }
  EXPECT_EQ(files->list(folder_).value().size(), 1u) << "nothing is left beside it";
  EXPECT_FALSE(write_durable_file(path("none/small"), "x").ok());
}

TEST_F(DurableTest, LeavesNothingOfAFailedAttempt) {
  auto files = real_files();
  ASSERT_TRUE(write_durable_file(path("small"), "old").ok());
  Status failed =
      write_durable_file(path("small"),
                         [](DurableFile& file) -> Status {
                           TRY(file.write_at(0, "half"));
                           return Error{ErrorCode::kUnavailable, "No space left on device"};
                         },
                         {});
  EXPECT_EQ(failed.error().message, "No space left on device");
  EXPECT_EQ(read_file(*files, path("small"), 100).value(), "old");
  EXPECT_EQ(files->list(folder_).value().size(), 1u);
}

TEST_F(DurableTest, IsOldOrNewAtEveryStep) {
  auto files = real_files();
  ASSERT_TRUE(write_durable_file(path("small"), "old").ok());
  std::vector<std::string> seen;
  ASSERT_TRUE(write_durable_file(path("small"), "new", [&](const char*) {
                seen.push_back(read_file(*files, path("small"), 100).value());
              }).ok());
  EXPECT_EQ(seen, (std::vector<std::string>{"old", "old", "old", "old", "old", "new"}));
}

TEST_F(DurableTest, MakesFilesPrivate) {
  auto files = real_files();
  ASSERT_TRUE(write_file(*files, path("a"), "a").ok());
  ASSERT_EQ(::chmod(path("a").c_str(), 0644), 0);
  ASSERT_TRUE(make_private_file(path("a")).ok());
  struct stat status {};
  ASSERT_EQ(::stat(path("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  EXPECT_EQ(make_private_file(path("b")).error().code, ErrorCode::kNotFound);
}

TEST_F(DurableTest, LocksOutOthers) {
  auto writer = FileLock::take(path("lock"), FileLock::Kind::kExclusive);
  ASSERT_TRUE(writer.ok());
  for (FileLock::Kind kind : {FileLock::Kind::kExclusive, FileLock::Kind::kShared})
    EXPECT_EQ(FileLock::take(path("lock"), kind).error().code, ErrorCode::kUnavailable);
  { FileLock gone = std::move(writer).value(); }
  auto reader = FileLock::take(path("lock"), FileLock::Kind::kShared);
  ASSERT_TRUE(reader.ok());
  EXPECT_TRUE(FileLock::take(path("lock"), FileLock::Kind::kShared).ok());
  EXPECT_FALSE(FileLock::take(path("lock"), FileLock::Kind::kExclusive).ok());
}

TEST_F(DurableTest, MakesFoldersForTheirOwner) {
  ASSERT_TRUE(make_private_folders(path("x/y")).ok());
  struct stat status {};
  ASSERT_EQ(::stat(path("x/y").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0700u);
  ASSERT_TRUE(write_durable_file(path("file"), "").ok());
  EXPECT_FALSE(make_private_folders(path("file")).ok());
  remove_empty_folder(path("x"));
  EXPECT_TRUE(std::filesystem::exists(path("x"))) << "not empty";
  remove_empty_folder(path("x/y"));
  EXPECT_FALSE(std::filesystem::exists(path("x/y")));
}

}  // namespace
}  // namespace cairn
