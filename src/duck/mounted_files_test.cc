#include "duck/duck.h"

#include <gtest/gtest.h>

#include <map>

namespace cairn::duck {
namespace {

/// Files in memory. `broken` fails every read behind the first bytes.
class MemoryFiles : public MountedFiles {
 public:
  std::map<std::string, std::string> files;
  bool broken = false, writable = true;

  class Input : public MountedInput {
   public:
    Input(const std::string& text, const bool& broken) : text_(text), broken_(broken) {}
    uint64_t size_bytes() const override { return text_.size(); }
    Status read_at(uint64_t offset, std::span<char> buffer) const override {
      if (broken_ || offset + buffer.size() > text_.size())
        return Error{ErrorCode::kCorrupt, "the block was changed"};
      text_.copy(buffer.data(), buffer.size(), offset);
      return {};
    }

   private:
    const std::string& text_;
    const bool& broken_;
  };
  class Output : public MountedOutput {
   public:
    explicit Output(std::string& to) : to_(to) {}
    Status append(std::string_view bytes) override {
      text_ += bytes;
      return {};
    }
    Status close() override {
      to_ = text_;
      return {};
    }

   private:
    std::string& to_;
    std::string text_;
  };

  Result<std::unique_ptr<MountedInput>> open(const std::string& name) override {
    if (!files.contains(name)) return Error{ErrorCode::kNotFound, "no file " + name};
    return std::unique_ptr<MountedInput>(std::make_unique<Input>(files[name], broken));
  }
  Result<std::unique_ptr<MountedOutput>> create(const std::string& name) override {
    if (!writable) return Error{ErrorCode::kPermission, "these files are only for reading"};
    return std::unique_ptr<MountedOutput>(std::make_unique<Output>(files[name]));
  }
  bool exists(const std::string& name) override { return files.contains(name); }
};

class MountTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Database::open({});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    database_ = std::move(opened).value();
    ASSERT_TRUE(database_->mount("mem://", files_).ok());
    connection_ = database_->connect({}).value();
  }
  /// The first value, or the error.
  std::string ask(const std::string& sql) {
    auto answer = connection_->query(sql);
    if (!answer.ok()) return "error: " + answer.error().message;
    auto rows = answer.value()->next();
    if (!rows.ok()) return "error: " + rows.error().message;
    std::string text;
    if (rows.value() > 0) answer.value()->append_text(0, 0, text);
    return text;
  }

  std::shared_ptr<MemoryFiles> files_ = std::make_shared<MemoryFiles>();
  std::unique_ptr<Database> database_;
  std::unique_ptr<Connection> connection_;
};

constexpr const char* kWrite =
    "COPY (SELECT range AS i, 'x' || range AS s FROM range(10000)) TO 'mem://a.parquet' "
    "(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)";

TEST_F(MountTest, WritesAndReadsParquet) {
  ASSERT_TRUE(connection_->execute(kWrite).ok());
  EXPECT_TRUE(files_->files["a.parquet"].starts_with("PAR1"));
  EXPECT_EQ(ask("SELECT sum(i) FROM read_parquet('mem://a.parquet')"), "49995000");
  EXPECT_EQ(ask("SELECT count(*) FROM read_parquet(['mem://a.parquet', 'mem://a.parquet'])"),
            "20000");
  EXPECT_NE(ask("SELECT 1 FROM read_parquet('mem://b.parquet')").find("error"), std::string::npos);
}

TEST_F(MountTest, PassesErrorsOn) {
  ASSERT_TRUE(connection_->execute(kWrite).ok());
  files_->broken = true;
  EXPECT_NE(ask("SELECT max(s) FROM read_parquet('mem://a.parquet')").find("the block was changed"),
            std::string::npos);
  files_->broken = false;
  files_->writable = false;
  Status written = connection_->execute(kWrite);
  ASSERT_FALSE(written.ok());
  EXPECT_NE(written.error().message.find("only for reading"), std::string::npos);
}

TEST_F(MountTest, StaysReadableInALockedDatabase) {
  ASSERT_TRUE(connection_->execute(kWrite).ok());
  files_->writable = false;
  std::vector<std::string> readable{"mem://"};
  ASSERT_TRUE(database_->lock(readable).ok());
  EXPECT_EQ(ask("SELECT count(*) FROM read_parquet('mem://a.parquet')"), "10000");
  EXPECT_NE(ask("SELECT 1 FROM read_text('/etc/passwd')").find("error"), std::string::npos);
  EXPECT_FALSE(connection_->execute(kWrite).ok());
}

}  // namespace
}  // namespace cairn::duck
