#include "lake/loader.h"

#include "lake/test_lake.h"
#include "sys/killed_at.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <sstream>

namespace cairn::lake {
namespace {

class LoaderTest : public testing::Test, public TestLake {
 protected:
  LoaderTest()
      : TestLake(testing::TempDir() + "loader_test_" +
                 testing::UnitTest::GetInstance()->current_test_info()->name()) {}
};

TEST_F(LoaderTest, StoresEachRecordOnce) {
  create();
  std::string a = record("a", "2024-06-03T10:00:00Z"), b = record("b", "2024-06-03T09:00:00Z"),
              c = record("c", "2024-06-04T09:00:00Z");
  TestObject first{"one.json", "{\"Records\":[" + a + "," + b + "," + a + "]}"};
  TestObject second{"two.json", "{\"Records\":[" + b + "," + c + "]}"};
  EXPECT_EQ(in_words(load({first, second})), "5 = 3 + 2 + 0 + 0; 2 objects, 0 skipped");
  EXPECT_EQ(ids(), "a b c");
  EXPECT_EQ(in_words(load({first, second})), "0 = 0 + 0 + 0 + 0; 0 objects, 2 skipped");
  // The same content under another name is read, and known.
  second.name = "copy.json";
  EXPECT_EQ(in_words(load({second})), "2 = 0 + 2 + 0 + 0; 1 objects, 0 skipped");
  // The same name with other content is another object.
  first.text = "{\"Records\":[" + a + "," + record("d", "2024-06-03T10:00:00Z") + "]}";
  EXPECT_EQ(in_words(load({first})), "2 = 1 + 1 + 0 + 0; 1 objects, 0 skipped");
  EXPECT_EQ(ids(), "a b c d");
  EXPECT_EQ(ask("SELECT name, records, stored, duplicates, complete FROM files ORDER BY load_id, "
                "name"),
            "one.json|3|2|1|true\ntwo.json|2|1|1|true\ncopy.json|2|0|2|true\n"
            "one.json|2|1|1|true");
}

TEST_F(LoaderTest, KeepsEveryByteOfARecord) {
  create();
  std::string odd =
      R"({ "eventVersion":"9.9", "eventID":"x",  "eventTime":"2024-06-03T10:00:00Z","eventSource":"s","eventName":"é\u00e9", "new":{"key":[1.50, "a\"b"]}, "recipientAccountId":"111122223333"})";
  ASSERT_EQ(in_words(load({{"o.json", "[" + odd + "]"}})),
            "1 = 1 + 0 + 0 + 0; 1 objects, 0 skipped");
  EXPECT_EQ(ask("SELECT raw FROM cloudtrail_logs"), odd);
  EXPECT_EQ(
      ask("SELECT eventname, source_object, account, year, eventtime_ts FROM cloudtrail_logs"),
      "éé|o.json|111122223333|2024|2024-06-03 10:00:00");
}

TEST_F(LoaderTest, DividesByAccountAndMonthAndSortsByTime) {
  create();
  std::string text;
  for (const char* account : {"111122223333", "444455556666", "not an account"}) {
    for (const char* time :
         {"2024-06-30T23:59:59Z", "2024-07-01T00:00:00Z", "2024-06-01T00:00:00Z"})
      text += record(std::string(account) + time, time, account) + "\n";
  }
  text += R"({"eventVersion":"1.08","eventID":"timeless","eventSource":"s","eventName":"n"})"
          "\n";
  ASSERT_EQ(in_words(load({{"o.jsonl", text}})), "10 = 10 + 0 + 0 + 0; 1 objects, 0 skipped");
  EXPECT_EQ(event_files().size(), 7u) << "two months of three accounts, and no time at all";
  auto lake = open();
  auto snapshot = lake->snapshot({}).value();
  for (const LakeFile& file : snapshot->files()) EXPECT_LE(file.first, file.last);
  Bounds july;
  july.from = parse_event_time("2024-07-01T00:00:00Z");
  july.accounts = {"444455556666"};
  EXPECT_EQ(ask("SELECT eventtime FROM cloudtrail_logs", july), "2024-07-01T00:00:00Z");
  for (const std::string& path : event_files()) {
    EXPECT_EQ(path.find("not an account"), std::string::npos) << "outside text names no folder";
  }
}

TEST_F(LoaderTest, BalancesWithQuarantine) {
  create();
  std::string text = record("a", "2024-06-03T10:00:00Z") + "\n{\"eventVersion\": broken\n" +
                     record("b", "2024-06-03T10:00:00Z") + "\n";
  EXPECT_EQ(in_words(load({{"o.jsonl", text}})), "3 = 2 + 0 + 0 + 1; 1 objects, 0 skipped");
  EXPECT_EQ(ask("SELECT file, kind FROM quarantine"), "o.jsonl|record");
  EXPECT_EQ(ask("SELECT records, stored, quarantined FROM files"), "3|2|1");
}

TEST_F(LoaderTest, CommitsAgainAndAgainWhenMemoryIsShort) {
  create();
  std::string text;
  for (int i = 0; i < 500; ++i)
    text += record("e" + std::to_string(1000 + i), "2024-06-03T10:00:00Z", "111122223333",
                   ",\"requestParameters\":{\"i\":" + std::to_string(i) + "}") +
            "\n";
  TestObject object{"o.jsonl", text + text};
  int commits = 0;
  auto count = [&](const char* step) { commits += std::string_view(step) == "committed" ? 1 : 0; };
  EXPECT_EQ(in_words(load({object}, 20'000, count)),
            "1000 = 500 + 500 + 0 + 0; 1 objects, 0 skipped");
  EXPECT_GT(commits, 5);
  EXPECT_EQ(ask("SELECT count(*), count(DISTINCT eventid) FROM cloudtrail_logs"), "500|500");
}

TEST_F(LoaderTest, ShowsNothingOfTheRecordsOnTheDisk) {
  create();
  std::string text = record("canary-id", "2024-06-03T10:00:00Z", "111122223333",
                            R"(,"requestParameters":{"name":"canary-content"})");
  for (int i = 0; i < 200; ++i)
    text += "\n" + record("i" + std::to_string(i), "2024-06-03T10:00:00Z");
  ASSERT_TRUE(load({{"/folder/canary-name.jsonl", text + "\n{\"canary-broken\n"}}).ok());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(lake_folder())) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream bytes;
    bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    EXPECT_EQ(bytes.str().find("canary"), std::string::npos) << entry.path();
    EXPECT_EQ(bytes.str().find("GetUser"), std::string::npos) << entry.path();
  }
}

TEST_F(LoaderTest, LocksASecondWriterOut) {
  create();
  auto writer = open(Access::kWrite);
  auto refused = load({{"o.json", record("a", "2024-06-03T10:00:00Z")}});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(ask("SELECT count(*) FROM cloudtrail_logs"), "0") << "reading goes on";
}

TEST_F(LoaderTest, ReadersKeepTheirSnapshot) {
  create();
  ASSERT_TRUE(load({{"1.json", record("a", "2024-06-03T10:00:00Z")}}).ok());
  auto lake = open();
  auto before = lake->snapshot({}).value();
  ASSERT_TRUE(load({{"2.json", record("b", "2024-06-03T10:00:00Z")}}).ok());
  EXPECT_EQ(before->rows(), 1u);
  auto after = lake->snapshot({}).value();
  EXPECT_EQ(after->rows(), 2u);
  EXPECT_GT(after->version(), before->version());
}

TEST_F(LoaderTest, SurvivesBeingKilledAtEveryStep) {
  std::string text, all;
  for (int i = 0; i < 24; ++i) {
    std::string id = "e" + std::to_string(100 + i);
    text += record(id, i % 2 == 0 ? "2024-06-03T10:00:00Z" : "2024-07-03T10:00:00Z") + "\n";
    all += (all.empty() ? "" : " ") + id;
  }
  TestObject big{"big.jsonl", text};
  TestObject small{"small.json", record("e100", "2024-06-03T10:00:00Z")};
  int n = 0;
  bool killed = true;
  for (; killed; ++n) {
    std::filesystem::remove_all(lake_folder());
    create();
    killed = killed_at(n, [&](auto at_step) { return load({big, small}, 5000, at_step).ok(); });
    // What a reader sees at once is whole: no record twice, each file there.
    EXPECT_EQ(ask("SELECT count(*) = count(DISTINCT eventid) FROM cloudtrail_logs"), "true") << n;
    auto again = load({big, small}, 5000);
    ASSERT_TRUE(again.ok()) << n << ": " << again.error().message;
    const LoadSummary& sum = again.value();
    EXPECT_EQ(sum.records, sum.stored + sum.duplicates + sum.resumed + sum.quarantined) << n;
    ASSERT_EQ(ids(), all) << n;
    EXPECT_EQ(ask("SELECT name, records, stored, duplicates FROM files ORDER BY name"),
              "big.jsonl|24|24|0\nsmall.json|1|0|1")
        << n << ": the account is that of one load that was not interrupted";
    // Nothing that nobody knows lies around.
    auto lake = open(Access::kWrite);
    EXPECT_EQ(lake->inside().strange_files().value().size(), 0u) << n;
    EXPECT_EQ(event_files().size(), lake->snapshot({}).value()->files().size()) << n;
  }
  EXPECT_GT(n, 15);
}

TEST_F(LoaderTest, SaysThatTheDiskIsFull) {
  create();
  // Files may not grow beyond a few blocks: what a full disk looks like to the writer.
  std::string text;
  for (int i = 0; i < 300; ++i)
    text += record("e" + std::to_string(i), "2024-06-03T10:00:00Z") + "\n";
  bool ended = killed_at(1000, [&](auto) {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{1000, 1000};
    auto lake = Lake::open(lake_folder(), Access::kRead, keys_, clock_);
    setrlimit(RLIMIT_FSIZE, &limit);
    auto refused = load({{"o.jsonl", text}});
    return !refused.ok() && refused.error().code != ErrorCode::kInvalidInput;
  });
  EXPECT_FALSE(ended);
  EXPECT_EQ(in_words(load({{"o.jsonl", text}})), "300 = 300 + 0 + 0 + 0; 1 objects, 0 skipped");
}

TEST_F(LoaderTest, MayLiveWithAClockThatGoesBack) {
  create();
  ASSERT_TRUE(load({{"1.json", record("a", "2024-06-03T10:00:00Z")}}).ok());
  clock_.time -= std::chrono::hours(24 * 400);
  EXPECT_EQ(in_words(load({{"2.json", record("b", "2024-06-03T10:00:00Z")},
                           {"3.json", record("a", "2024-06-03T10:00:00Z")}})),
            "2 = 1 + 1 + 0 + 0; 2 objects, 0 skipped");
  EXPECT_EQ(ids(), "a b");
}

TEST_F(LoaderTest, NoticesSwappedCutAndMissingFiles) {
  create();
  ASSERT_TRUE(load({{"1.json", record("a", "2024-06-03T10:00:00Z")}}).ok());
  ASSERT_TRUE(load({{"2.json", record("b", "2024-06-04T10:00:00Z")}}).ok());
  std::vector<std::string> files = event_files();
  ASSERT_EQ(files.size(), 2u);
  std::string good = files[0] + ".good";
  auto broken = [&](const char* words) {
    std::string answer = ask("SELECT raw FROM cloudtrail_logs");
    EXPECT_TRUE(answer.starts_with("error: ")) << answer;
    EXPECT_NE(answer.find(words), std::string::npos) << answer;
  };
  std::filesystem::rename(files[0], good);
  broken("cannot open");
  std::filesystem::copy_file(files[1], files[0]);
  broken("another file lies here");
  std::filesystem::remove(files[0]);
  std::filesystem::copy_file(good, files[0]);
  std::filesystem::resize_file(files[0], std::filesystem::file_size(files[0]) - 1);
  broken("cannot be decrypted");
  std::filesystem::rename(good, files[0]);
  EXPECT_EQ(ids(), "a b");
}

TEST_F(LoaderTest, WorksUnencryptedAndUnderAPassphrase) {
  for (Protection protection : {Protection::kPlain, Protection::kPassphrase}) {
    std::filesystem::remove_all(lake_folder());
    keys_.passphrase = protection == Protection::kPlain ? "" : "correct horse";
    create(protection);
    ASSERT_TRUE(load({{"1.json", record("a", "2024-06-03T10:00:00Z")}}).ok());
    EXPECT_EQ(ids(), "a");
  }
  keys_.passphrase = "battery staple";
  EXPECT_EQ(ids(), "error: this is not the key that the lake is under");
}

TEST_F(LoaderTest, RotatesItsKey) {
  create();
  ASSERT_TRUE(load({{"1.json", record("a", "2024-06-03T10:00:00Z")}}).ok());
  std::string before = event_files()[0];
  auto written = std::filesystem::last_write_time(before);
  KeySource next{folder_ + "/next", ""};
  ASSERT_TRUE(rotate_key(*open(Access::kWrite), Protection::kKeyFile, next).ok());
  EXPECT_EQ(ids(), "error: this is not the key that the lake is under");
  keys_ = next;
  EXPECT_EQ(ids(), "a");
  EXPECT_EQ(std::filesystem::last_write_time(before), written) << "no data was written anew";
  KeySource phrase{"", "correct horse"};
  ASSERT_TRUE(rotate_key(*open(Access::kWrite), Protection::kPassphrase, phrase).ok());
  keys_ = phrase;
  EXPECT_EQ(ids(), "a");
  ASSERT_TRUE(load({{"2.json", record("b", "2024-06-03T10:00:00Z")}}).ok());
  EXPECT_EQ(ids(), "a b");
}

}  // namespace
}  // namespace cairn::lake
