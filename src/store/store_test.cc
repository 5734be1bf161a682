#include "store/store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace cairn::store {
namespace {

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "store_test_" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    path_ = folder_ + "/state.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Database> open(Access access = Access::kWrite, int wait_ms = 0) {
    auto database = Database::open(path_, access, wait_ms);
    EXPECT_TRUE(database.ok()) << database.error().message;
    return std::move(database).value();
  }
  /// All bytes of all files of the database.
  std::string bytes() const {
    std::ostringstream all;
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
      all << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    return all.str();
  }

  std::string folder_, path_;
};

TEST_F(StoreTest, KeepsValuesOfEachKind) {
  auto database = open();
  ASSERT_TRUE(database->execute("CREATE TABLE t (a, b, c, d)").ok());
  auto insert = database->prepare("INSERT INTO t VALUES (?, ?, ?, ?)");
  ASSERT_TRUE(insert.ok());
  std::string binary("\0\xff\0", 3);
  ASSERT_TRUE(insert.value().bind(1, int64_t{-5}).bind(2, "").bind_blob(3, binary).run().ok());
  ASSERT_TRUE(insert.value().bind(1, UINT64_MAX).bind(2, "two").bind_blob(3, "").run().ok());
  auto select = database->prepare("SELECT a, b, c, d FROM t ORDER BY rowid");
  ASSERT_TRUE(select.value().step().value());
  EXPECT_EQ(select.value().integer(0), -5);
  EXPECT_FALSE(select.value().is_null(1));
  EXPECT_EQ(select.value().text(1), "");
  EXPECT_EQ(select.value().text(2), binary);
  EXPECT_TRUE(select.value().is_null(3));
  ASSERT_TRUE(select.value().step().value());
  EXPECT_EQ(select.value().count(0), UINT64_MAX);
  EXPECT_EQ(select.value().text(1), "two");
  EXPECT_FALSE(select.value().is_null(2));
  EXPECT_FALSE(select.value().step().value());
}

TEST_F(StoreTest, UndoesWhatWasNotCommitted) {
  auto database = open();
  ASSERT_TRUE(database->execute("CREATE TABLE t (a)").ok());
  {
    auto transaction = Transaction::begin(*database);
    ASSERT_TRUE(database->execute("INSERT INTO t VALUES (1)").ok());
  }
  EXPECT_EQ(database->integer("SELECT count(*) FROM t").value(), 0);
  auto transaction = Transaction::begin(*database);
  ASSERT_TRUE(database->execute("INSERT INTO t VALUES (1)").ok());
  ASSERT_TRUE(transaction.value().commit().ok());
  EXPECT_EQ(database->integer("SELECT count(*) FROM t").value(), 1);
}

TEST_F(StoreTest, ReadersSeeOneStateAndOneProcessWrites) {
  auto writer = open();
  ASSERT_TRUE(writer->execute("CREATE TABLE t (a)").ok());
  auto reader = open(Access::kRead);
  auto view = Transaction::begin_reading(*reader);
  ASSERT_TRUE(view.ok());
  auto transaction = Transaction::begin(*writer);
  ASSERT_TRUE(writer->execute("INSERT INTO t VALUES (1)").ok());
  auto second = open();
  auto refused = Transaction::begin(*second);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE(transaction.value().commit().ok());
  EXPECT_EQ(reader->integer("SELECT count(*) FROM t").value(), 0) << "the view is of before";
  ASSERT_TRUE(view.value().commit().ok());
  EXPECT_EQ(reader->integer("SELECT count(*) FROM t").value(), 1);
  EXPECT_FALSE(reader->execute("INSERT INTO t VALUES (2)").ok());
}

TEST_F(StoreTest, ScoursDeletedContent) {
  auto database = open();
  ASSERT_TRUE(database->execute("CREATE TABLE t (a)").ok());
  ASSERT_TRUE(database->execute("INSERT INTO t VALUES ('very-secret-content')").ok());
  EXPECT_NE(bytes().find("very-secret-content"), std::string::npos);
  ASSERT_TRUE(database->execute("DELETE FROM t").ok());
  ASSERT_TRUE(database->scour().ok());
  EXPECT_EQ(bytes().find("very-secret-content"), std::string::npos);
}

TEST_F(StoreTest, SaysWhatIsWrongWithAFile) {
  auto missing = Database::open(path_, Access::kRead);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  std::ofstream(path_) << std::string(4096, 'x');
  for (Access access : {Access::kRead, Access::kWrite}) {
    auto damaged = Database::open(path_, access);
    ASSERT_FALSE(damaged.ok());
    EXPECT_EQ(damaged.error().code, ErrorCode::kCorrupt) << damaged.error().message;
  }
}

TEST_F(StoreTest, FindsDamage) {
  {
    auto database = open();
    ASSERT_TRUE(database->execute("CREATE TABLE t (a); CREATE INDEX i ON t (a)").ok());
    for (int i = 0; i < 500; ++i)
      ASSERT_TRUE(database->execute("INSERT INTO t VALUES (hex(randomblob(50)))").ok());
    EXPECT_TRUE(database->check().ok());
  }
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096 * 3);
  file << std::string(4096, '\x5a');
  file.close();
  auto database = open();
  Status checked = database->check();
  ASSERT_FALSE(checked.ok());
  EXPECT_EQ(checked.error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace cairn::store
