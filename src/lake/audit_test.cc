#include "lake/care.h"
#include "lake/test_lake.h"

#include <gtest/gtest.h>

namespace cairn::lake {
namespace {

class CatalogAudit : public testing::TestWithParam<Protection> {
 protected:
  CatalogAudit()
      : lake_((std::filesystem::temp_directory_path() /
               ("cairn_audit_" +
                std::to_string(reinterpret_cast<uintptr_t>(static_cast<void*>(this)))))
                  .string()) {
    lake_.create(GetParam());
    EXPECT_TRUE(lake_.load({{"a", record("e1", "2024-03-01T10:00:00Z")}}).ok());
    EXPECT_TRUE(lake_.load({{"b", record("e2", "2024-05-01T10:00:00Z", "444455556666")}}).ok());
    auto lake = lake_.open(Access::kWrite);
    EXPECT_TRUE(hold(*lake, "444455556666", "the reason").ok());
  }

  AuditReport check(const std::string& head = "") {
    auto lake =
        Lake::open(lake_.lake_folder(), Access::kRead, lake_.keys_, lake_.clock_, Older::kAdmit)
            .value();
    auto report = check_audit(*lake, head);
    EXPECT_TRUE(report.ok());
    return report.value();
  }
  /// Changes the catalog behind the lake's back.
  void tamper(const char* sql) {
    auto database =
        store::Database::open(lake_.lake_folder() + "/catalog.db", store::Access::kWrite);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(database.value()->execute(sql).ok()) << sql;
  }

  TestLake lake_;
};

TEST_P(CatalogAudit, TellsWhatWasDone) {
  std::string text;
  auto lake = lake_.open();
  ASSERT_TRUE(visit_audit(*lake, [&](const AuditEntry& entry) -> Status {
                text += entry.action;
                if (entry.action == "hold") text += " " + entry.detail;
                text += "\n";
                return {};
              }).ok());
  EXPECT_EQ(text,
            "load begun\nfile added\nload ended\nload begun\nfile added\nload ended\n"
            "hold account 444455556666: the reason\n");
  EXPECT_EQ(check().fault, "");
  EXPECT_EQ(check().rows, 7u);
}

TEST_P(CatalogAudit, FollowsEveryKindOfChange) {
  std::string head = check().head;
  {
    auto lake = lake_.open(Access::kWrite);
    ASSERT_TRUE(
        retain(*lake, *parse_event_time("2024-04-01T00:00:00Z"), "111122223333", false).ok());
  }
  EXPECT_EQ(check().fault, "");
  EXPECT_EQ(check(head).fault, "");
  EXPECT_NE(check().head, head);
}

TEST_P(CatalogAudit, NoticesChangesBehindItsBack) {
  const char* const changes[] = {
      "DELETE FROM audit WHERE number = 2",
      "UPDATE audit SET detail = 'x' WHERE number = 7",
      "DELETE FROM files WHERE id = 1",
      "UPDATE files SET removed_ms = 5 WHERE id = 1",
      "UPDATE files SET sha256 = zeroblob(32) WHERE id = 1",
      "DROP TABLE audit",
  };
  const std::string catalog = lake_.lake_folder() + "/catalog.db";
  for (const char* change : changes) {
    std::filesystem::copy_file(catalog, catalog + ".kept",
                               std::filesystem::copy_options::overwrite_existing);
    tamper(change);
    EXPECT_NE(check().fault, "") << change;
    for (const char* end : {"-wal", "-shm"}) std::filesystem::remove(catalog + end);
    std::filesystem::copy_file(catalog + ".kept", catalog,
                               std::filesystem::copy_options::overwrite_existing);
    ASSERT_EQ(check().fault, "") << change;
  }
}

TEST_P(CatalogAudit, NoticesACutEndByAKeptHead) {
  std::string head = check().head;
  tamper("DELETE FROM audit WHERE number = 7");
  EXPECT_NE(check().fault.find("its audit chain ends otherwise"), std::string::npos);
  std::filesystem::remove(lake_.lake_folder() + "/catalog.head");
  EXPECT_EQ(check().fault, "");
  EXPECT_NE(check(head).fault, "");
}

TEST_P(CatalogAudit, BeginsWithWhatAnOlderLakeHolds) {
  tamper("DROP TABLE audit");
  std::filesystem::remove(lake_.lake_folder() + "/catalog.head");
  {
    auto lake = lake_.open(Access::kWrite);
    ASSERT_TRUE(release(*lake, "444455556666").ok());
  }
  EXPECT_EQ(check().fault, "");
  EXPECT_EQ(check().rows, 3u);
}

INSTANTIATE_TEST_SUITE_P(Protections, CatalogAudit,
                         testing::Values(Protection::kPlain, Protection::kKeyFile),
                         [](const auto& row) {
                           return row.param == Protection::kPlain ? "Plain" : "Encrypted";
                         });

}  // namespace
}  // namespace cairn::lake
