#include "lake/care.h"

#include "lake/test_lake.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace cairn::lake {
namespace {

class CareTest : public testing::Test, public TestLake {
 protected:
  CareTest()
      : TestLake(testing::TempDir() + "care_test_" +
                 testing::UnitTest::GetInstance()->current_test_info()->name()) {
    create();
  }
  void load_one(const std::string& id, const std::string& time,
                const std::string& account = "111122223333") {
    ASSERT_TRUE(load({{id + ".json", record(id, time, account)}}).ok());
  }
  /// Faults and repairs, one a line.
  std::string check_words(bool repair = false) {
    auto opened = Lake::open(lake_folder(), repair ? Access::kWrite : Access::kRead, keys_, clock_,
                             Older::kAdmit);
    if (!opened.ok()) return "error: " + opened.error().message;
    auto lake = std::move(opened).value();
    auto report = check(*lake, repair, nullptr);
    if (!report.ok()) return "error: " + report.error().message;
    std::string text = std::to_string(report.value().files) + " whole\n";
    for (const std::string& fault : report.value().faults) text += "fault: " + fault + "\n";
    for (const std::string& one : report.value().repairs) text += "repaired: " + one + "\n";
    return text;
  }
};

TEST_F(CareTest, TellsWhatIsInALake) {
  load_one("a", "2024-06-03T10:00:00Z");
  load_one("b", "2024-06-04T10:00:00Z");
  load_one("c", "2024-06-08T10:00:00Z");
  load_one("d", "2024-06-08T10:00:00Z", "444455556666");
  auto status = status_of(*open()).value();
  EXPECT_EQ(status.rows, 4u);
  EXPECT_EQ(status.loads, 4u);
  ASSERT_EQ(status.accounts.size(), 2u);
  EXPECT_EQ(status.accounts[0].account, "111122223333");
  EXPECT_EQ(status.accounts[0].days, 3u);
  EXPECT_EQ(status.accounts[0].gaps, std::vector<std::string>{"2024-06-05 .. 2024-06-07"});
  EXPECT_EQ(format_time(status.accounts[0].last), "2024-06-08T10:00:00Z");
}

TEST_F(CareTest, ChecksAndRepairs) {
  load_one("a", "2024-06-03T10:00:00Z");
  load_one("b", "2024-06-04T10:00:00Z");
  EXPECT_EQ(check_words(), "2 whole\n");
  std::string first = event_files()[0];
  {
    std::fstream file(first, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(500);
    file.put('\0');
    file.put('\1');
  }
  std::ofstream(lake_folder() + "/events/stray.parquet") << "x";
  std::string found = check_words();
  EXPECT_NE(found.find("1 whole\nfault: events/account=111122223333/date=2024-06-03/"),
            std::string::npos)
      << found;
  EXPECT_NE(found.find("not those that were written"), std::string::npos) << found;
  EXPECT_NE(found.find("fault: events/stray.parquet: the catalog knows no such file"),
            std::string::npos)
      << found;
  std::string repaired = check_words(true);
  EXPECT_NE(repaired.find("taken out of the lake; 1 object"), std::string::npos) << repaired;
  EXPECT_NE(repaired.find("stray.parquet: removed"), std::string::npos) << repaired;
  EXPECT_EQ(check_words(), "1 whole\n");
  EXPECT_EQ(ids(), "b");
  // What was lost comes back by loading the same file again.
  load_one("a", "2024-06-03T10:00:00Z");
  EXPECT_EQ(ids(), "a b");
  EXPECT_EQ(check_words(), "2 whole\n");
}

TEST_F(CareTest, FindsAMissingFile) {
  load_one("a", "2024-06-03T10:00:00Z");
  std::filesystem::remove(event_files()[0]);
  EXPECT_NE(check_words().find("0 whole\nfault: "), std::string::npos);
  EXPECT_NE(check_words(true).find("repaired: "), std::string::npos);
  EXPECT_EQ(ids(), "NULL");
  EXPECT_EQ(check_words(), "0 whole\n");
}

TEST_F(CareTest, NoticesAndMendsAnOlderCatalog) {
  auto copy = [&](const std::string& from, const std::string& to) {
    std::filesystem::copy_file(lake_folder() + "/" + from, lake_folder() + "/" + to,
                               std::filesystem::copy_options::overwrite_existing);
  };
  load_one("a", "2024-06-03T10:00:00Z");
  copy("catalog.db", "copy");
  load_one("b", "2024-06-03T11:00:00Z");
  load_one("c", "2024-07-03T10:00:00Z");  // its key is younger than the copy
  EXPECT_EQ(check_words(), "3 whole\n");
  copy("catalog.db", "newest");
  copy("copy", "catalog.db");
  for (Access access : {Access::kRead, Access::kWrite}) {
    auto opened = Lake::open(lake_folder(), access, keys_, clock_);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
    EXPECT_NE(opened.error().message.find("older copy of itself"), std::string::npos)
        << opened.error().message;
  }
  EXPECT_EQ(event_files().size(), 3u) << "a writer cleared away what it did not know";
  std::string found = check_words();
  EXPECT_NE(found.find("fault: catalog.db: it is an older copy of itself"), std::string::npos)
      << found;
  // The newest one in its place is all it takes.
  copy("newest", "catalog.db");
  EXPECT_EQ(check_words(), "3 whole\n");
  copy("copy", "catalog.db");
  std::string repaired = check_words(true);
  EXPECT_NE(repaired.find("brought into the lake with its 1 record"), std::string::npos)
      << repaired;
  EXPECT_NE(repaired.find("put into set-aside/, because the catalog does not have its key"),
            std::string::npos)
      << repaired;
  EXPECT_EQ(check_words(), "2 whole\n");
  EXPECT_EQ(ids(), "a b");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(lake_folder() + "/set-aside"), {}),
            1);
  // Loading the same again stores what is not there, and nothing twice.
  load_one("b", "2024-06-03T11:00:00Z");
  load_one("c", "2024-07-03T10:00:00Z");
  EXPECT_EQ(ids(), "a b c");
  EXPECT_EQ(check_words(), "3 whole\n");
}

TEST_F(CareTest, NoticesACatalogOfTheSameAgeAndAMissingHead) {
  load_one("a", "2024-06-03T10:00:00Z");
  std::filesystem::copy_file(lake_folder() + "/catalog.db", lake_folder() + "/copy");
  load_one("b", "2024-06-03T11:00:00Z");
  // The copy goes on by itself, to as many changes as the lake had.
  std::string head = lake_folder() + "/catalog.head", kept = lake_folder() + "/kept.head";
  std::filesystem::rename(head, kept);
  std::filesystem::rename(lake_folder() + "/copy", lake_folder() + "/catalog.db");
  EXPECT_NE(check_words().find("catalog.head: it is missing"), std::string::npos);
  load_one("x", "2024-06-03T12:00:00Z");
  std::filesystem::rename(kept, head);
  auto opened = Lake::open(lake_folder(), Access::kRead, keys_, clock_);
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("its audit chain ends otherwise"), std::string::npos)
      << opened.error().message;
}

TEST_F(CareTest, KeepsItsFilesToTheirOwner) {
  load_one("a", "2024-06-03T10:00:00Z");
  auto open_to_others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(lake_folder())) {
    EXPECT_EQ(entry.status().permissions() & open_to_others, std::filesystem::perms::none)
        << entry.path();
  }
}

TEST_F(CareTest, ForgetsAnAccountForGood) {
  load_one("a", "2024-06-03T10:00:00Z");
  load_one("b", "2024-07-03T10:00:00Z");
  load_one("c", "2024-06-03T10:00:00Z", "444455556666");
  // A copy of everything, as a backup would have it, but for the catalog.
  std::filesystem::copy(lake_folder() + "/events", folder_ + "/copy",
                        std::filesystem::copy_options::recursive);
  ASSERT_TRUE(hold(*open(Access::kWrite), "111122223333", "case 17").ok());
  EXPECT_EQ(forget(*open(Access::kWrite), "111122223333").error().code, ErrorCode::kPermission);
  ASSERT_TRUE(release(*open(Access::kWrite), "111122223333").ok());
  auto done = forget(*open(Access::kWrite), "111122223333");
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(done.value().files, 2u);
  EXPECT_EQ(done.value().keys, 2u);
  EXPECT_EQ(done.value().unreadable, 2u);
  EXPECT_EQ(ids(), "c");
  EXPECT_EQ(event_files().size(), 1u);
  EXPECT_EQ(check_words(), "1 whole\n");
  EXPECT_EQ(forget(*open(Access::kWrite), "111122223333").error().code, ErrorCode::kNotFound);
}

TEST_F(CareTest, RetainsAndHolds) {
  load_one("old", "2023-01-01T00:00:00Z");
  load_one("new", "2024-06-30T00:00:00Z");
  load_one("held", "2023-01-01T00:00:00Z", "444455556666");
  ASSERT_TRUE(hold(*open(Access::kWrite), "444455556666", "lawsuit").ok());
  Timestamp before = clock_.time - std::chrono::hours(24 * 90);
  auto would = retain(*open(), before, "", true).value();
  EXPECT_EQ(would.rows, 1u);
  EXPECT_EQ(would.held, std::vector<std::string>{"444455556666"});
  EXPECT_EQ(ids(), "held new old");
  EXPECT_EQ(retain(*open(Access::kWrite), before, "", false).value().rows, 1u);
  EXPECT_EQ(ids(), "held new");
  EXPECT_EQ(event_files().size(), 2u);
  EXPECT_EQ(check_words(), "2 whole\n");
  ASSERT_TRUE(release(*open(Access::kWrite), "444455556666").ok());
  EXPECT_EQ(retain(*open(Access::kWrite), before, "444455556666", false).value().rows, 1u);
  EXPECT_EQ(ids(), "new");
}

TEST_F(CareTest, MergesSmallFilesUnderReaders) {
  for (int i = 0; i < 9; ++i)
    load_one("e" + std::to_string(i), "2024-06-0" + std::to_string(9 - i) + "T10:00:00Z");
  auto reader = open();
  auto snapshot = reader->snapshot({}).value();
  auto merged = merge_small_files(*open(Access::kWrite)).value();
  EXPECT_EQ(merged.merged, 9u);
  EXPECT_EQ(merged.made, 1u);
  EXPECT_EQ(event_files().size(), 10u) << "somebody reads the old ones";
  snapshot.reset();
  EXPECT_EQ(ask("SELECT string_agg(eventid, ' ') FROM cloudtrail_logs"),
            "e8 e7 e6 e5 e4 e3 e2 e1 e0")
      << "by time";
  EXPECT_EQ(ask("SELECT string_agg(DISTINCT source_object, ' ' ORDER BY source_object) FROM "
                "cloudtrail_logs"),
            "e0.json e1.json e2.json e3.json e4.json e5.json e6.json e7.json e8.json");
  open(Access::kWrite);  // the next writer clears away
  EXPECT_EQ(event_files().size(), 1u);
  EXPECT_EQ(check_words(), "1 whole\n");
  // Merged records are still recognised.
  EXPECT_EQ(in_words(load({{"again.json", record("e3", "2024-06-06T10:00:00Z")}})),
            "1 = 0 + 1 + 0 + 0; 1 objects, 0 skipped");
  // A merged file holds records of many loads: when it is lost, all of them are read again.
  std::filesystem::remove(event_files()[0]);
  EXPECT_NE(check_words(true).find("9 objects of the same loads"), std::string::npos);
  for (int i = 0; i < 9; ++i)
    load_one("e" + std::to_string(i), "2024-06-0" + std::to_string(9 - i) + "T10:00:00Z");
  EXPECT_EQ(ids(), "e0 e1 e2 e3 e4 e5 e6 e7 e8");
}

TEST_F(CareTest, ExportsPlainParquetWithItsTable) {
  load_one("a", "2024-06-03T10:00:00Z");
  load_one("b", "2024-06-04T10:00:00Z");
  load_one("c", "2024-06-04T10:00:00Z", "444455556666");
  std::string out = folder_ + "/out";
  auto done = export_plain(*open(), {}, out, "s3://bucket/trail/");
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(done.value().files, 3u);
  EXPECT_EQ(done.value().rows, 3u);
  for (const char* part : {"PARTITIONED BY (`account` string, `date` string)",
                           "'projection.account.values' = '111122223333,444455556666'",
                           "'projection.date.range' = '2024-06-03,NOW'",
                           "s3://bucket/trail/account=${account}/date=${date}"})
    EXPECT_NE(done.value().ddl.find(part), std::string::npos) << part;
  auto database = duck::Database::open({}).value();
  auto connection = database->connect({}).value();
  auto answer = connection->query(
      "SELECT string_agg(eventid || date || account, ' ' ORDER BY "
      "eventid) FROM read_parquet('" +
      out + "/*/*/*.parquet', hive_partitioning = true)");
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  ASSERT_EQ(answer.value()->next().value(), 1u);
  std::string text;
  answer.value()->append_text(0, 0, text);
  EXPECT_EQ(text, "a2024-06-03111122223333 b2024-06-04111122223333 c2024-06-04444455556666");
  EXPECT_FALSE(export_plain(*open(), {}, out, "").ok()) << "the folder is not empty";
}

}  // namespace
}  // namespace cairn::lake
