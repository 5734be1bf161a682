#include "store/audit_chain.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace cairn::store {
namespace {

class AuditChain : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::temp_directory_path() /
        ("audit_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) +
         std::to_string(::testing::UnitTest::GetInstance()->random_seed()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    auto opened = Database::open((folder_ / "a.db").string(), Access::kWrite);
    ASSERT_TRUE(opened.ok());
    database_ = std::move(opened).value();
    ASSERT_TRUE(prepare_audit(*database_).value());
    for (int i = 1; i <= 5; ++i) {
      auto head = append_audit(*database_, 1000 + i, "action" + std::to_string(i), "detail");
      ASSERT_TRUE(head.ok());
      heads_.push_back(head.value());
    }
  }
  void TearDown() override {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }
  AuditCheck check(std::string_view known = "") {
    auto checked = check_audit(*database_, known);
    EXPECT_TRUE(checked.ok());
    return checked.value();
  }

  std::filesystem::path folder_;
  std::unique_ptr<Database> database_;
  std::vector<std::string> heads_;
};

TEST_F(AuditChain, IsWholeAndHasAHead) {
  EXPECT_FALSE(prepare_audit(*database_).value());
  AuditCheck whole = check();
  EXPECT_EQ(whole.fault, "");
  EXPECT_EQ(whole.rows, 5u);
  EXPECT_EQ(whole.head, heads_.back());
  EXPECT_EQ(check(heads_[1]).fault, "");  // an earlier head is still on the way
}

TEST_F(AuditChain, NoticesEveryChange) {
  const char* const changes[] = {
      "UPDATE audit SET action = 'x' WHERE number = 3",
      "UPDATE audit SET detail = 'x' WHERE number = 1",
      "UPDATE audit SET time_ms = 7 WHERE number = 5",
      "UPDATE audit SET hash = zeroblob(32) WHERE number = 5",
      "DELETE FROM audit WHERE number = 1",
      "DELETE FROM audit WHERE number = 3",
      "DELETE FROM audit WHERE number = 3; UPDATE audit SET number = number - 1 WHERE number > 3",
      "UPDATE audit SET number = -number WHERE number IN (2, 3); UPDATE audit SET number = 5 + "
      "number WHERE number < 0",
      "INSERT INTO audit SELECT 6, time_ms, action, detail, hash FROM audit WHERE number = 5",
  };
  for (const char* change : changes) {
    ASSERT_TRUE(database_->execute("SAVEPOINT s").ok());
    ASSERT_TRUE(database_->execute(change).ok()) << change;
    EXPECT_NE(check().fault, "") << change;
    ASSERT_TRUE(database_->execute("ROLLBACK TO s; RELEASE s").ok());
  }
}

TEST_F(AuditChain, NoticesACutEndByAKnownHead) {
  ASSERT_TRUE(database_->execute("DELETE FROM audit WHERE number > 3").ok());
  EXPECT_EQ(check().fault, "");
  EXPECT_EQ(check(heads_[2]).fault, "");
  EXPECT_NE(check(heads_[4]).fault, "");
}

}  // namespace
}  // namespace cairn::store
