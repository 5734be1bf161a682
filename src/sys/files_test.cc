#include "sys/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <thread>

namespace cairn {
namespace {

class RealFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "cairn-files-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override {
    ASSERT_EQ(std::system(("rm -rf '" + folder_ + "'").c_str()), 0);
  }  // NOLINT

  std::string at(const std::string& name) const { return join_path(folder_, name); }
  std::unique_ptr<Files> files_ = real_files();
  std::string folder_;
};

TEST_F(RealFilesTest, WritesAndReadsBack) {
  std::string large(1u << 20, 'z');
  ASSERT_TRUE(write_file(*files_, at("a"), large).ok());
  EXPECT_EQ(read_file(*files_, at("a"), 2u << 20).value(), large);
  EXPECT_EQ(read_file(*files_, at("a"), 100).error().code, ErrorCode::kExhausted);
}

TEST_F(RealFilesTest, ListsWithKindsAndOddNames) {
  ASSERT_TRUE(write_file(*files_, at("odd \xFF name"), "x").ok());
  ASSERT_TRUE(files_->make_folders(at("deep/er")).ok());
  ASSERT_EQ(symlink("deep", at("link").c_str()), 0);
  auto entries = files_->list(folder_).value();
  std::sort(entries.begin(), entries.end(), [](auto& a, auto& b) { return a.path < b.path; });
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].kind, FileKind::kFolder);
  EXPECT_EQ(entries[1].kind, FileKind::kLink);
  EXPECT_EQ(entries[2].path, at("odd \xFF name"));
  EXPECT_EQ(entries[2].size_bytes, 1u);
}

TEST_F(RealFilesTest, ErrorsSayPathAndReason) {
  auto missing = files_->open(at("nope"));
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_NE(missing.error().message.find("nope: No such file"), std::string::npos);
  EXPECT_FALSE(files_->open(folder_).ok()) << "a folder is no file";
  EXPECT_FALSE(files_->list(at("nope")).ok());
  ASSERT_TRUE(write_file(*files_, at("file"), "x").ok());
  EXPECT_FALSE(files_->make_folders(at("file/sub")).ok());
  EXPECT_FALSE(files_->create(at("no/such/folder")).ok());
}

TEST_F(RealFilesTest, FullDiskIsAnError) {
  auto full = files_->create("/dev/full");
  ASSERT_TRUE(full.ok());
  ASSERT_TRUE(full.value()->write("text").ok());
  Status closed = full.value()->close();
  ASSERT_FALSE(closed.ok());
  EXPECT_EQ(closed.error().code, ErrorCode::kUnavailable);
}

TEST(RealFilesOfPipes, AnInterruptionEndsAWaitingRead) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "abc", 3), 3);
  std::atomic<bool> interrupted{false};
  auto files = real_files(&interrupted);
  auto input = files->open("/dev/fd/" + std::to_string(ends[0]));
  ASSERT_TRUE(input.ok());
  std::vector<char> buffer(16);
  EXPECT_EQ(input.value()->read(buffer).value(), 3u);
  // The write end stays open: without the interruption this read would wait for ever.
  std::thread interrupter([&] { interrupted = true; });
  EXPECT_EQ(input.value()->read(buffer).value(), 0u);
  interrupter.join();
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(RealFilesTest, ScratchReadsBackAndReportsShortReads) {
  auto scratch = files_->scratch().value();
  ASSERT_TRUE(scratch->append("hello").ok());
  ASSERT_TRUE(scratch->append(" world").ok());
  std::string part(5, ' ');
  ASSERT_TRUE(scratch->read_at(6, part).ok());
  EXPECT_EQ(part, "world");
  EXPECT_EQ(scratch->read_at(8, part).error().code, ErrorCode::kCorrupt);
}

TEST(FakeFilesTest, FoldersExistWhereFilesAre) {
  FakeFiles files;
  files.contents = {{"a/b/c.json", "1"}, {"a/d.json", "22"}};
  auto entries = files.list("a").value();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].kind, FileKind::kFolder);
  EXPECT_EQ(entries[1].size_bytes, 2u);
  EXPECT_EQ(files.stat("a/b").value().kind, FileKind::kFolder);
  EXPECT_FALSE(files.stat("x").ok());
  files.fail_after = 1;
  EXPECT_TRUE(files.open("a/d.json").ok());
  EXPECT_FALSE(files.open("a/d.json").ok());
  EXPECT_TRUE(files.open("a/d.json").ok());
}

}  // namespace
}  // namespace cairn
