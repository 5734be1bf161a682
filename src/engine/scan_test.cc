#include "base/text.h"
#include "engine/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace cairn::engine {
namespace {

constexpr const char* kStopRule = R"(title: Trail stopped
id: 11111111-1111-4111-8111-111111111111
status: stable
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventSource: cloudtrail.amazonaws.com, eventName: StopLogging}
  condition: selection
level: high
cairn: {code: T-1}
)";

std::string record(int number, const std::string& name, const std::string& user,
                   const std::string& time) {
  std::string id = std::to_string(100000 + number);
  return R"({"eventVersion":"1.08","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/)" +
         user + R"(","accountId":"111122223333","userName":")" + user + R"("},"eventTime":")" +
         time + R"(","eventSource":"cloudtrail.amazonaws.com","eventName":")" + name +
         R"(","awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.7","userAgent":"aws-cli/2.0","requestParameters":{"name":"trail"},)"
         R"("responseElements":null,"eventID":"00000000-0000-4000-8000-000000)" +
         id + R"(","eventType":"AwsApiCall","recipientAccountId":"111122223333"})";
}

std::string records_file(const std::vector<std::string>& records) {
  std::string text = R"({"Records":[)";
  for (size_t i = 0; i < records.size(); ++i) text += (i > 0 ? "," : "") + records[i];
  return text + "]}";
}

class ScanTest : public testing::Test {
 protected:
  void SetUp() override {
    files_.contents["rules/stop.yml"] = kStopRule;
    options_.inputs = {"logs"};
    options_.rules = {false, {"rules"}};
    options_.threads = 2;
  }
  Result<ScanResult> scan() { return run_scan({files_, clock_, interrupted_}, options_, {}); }

  FakeFiles files_;
  FakeClock clock_;
  std::atomic<bool> interrupted_{false};
  ScanOptions options_;
};

TEST_F(ScanTest, OneFindingOutOfTwoFilesWithADuplicate) {
  std::string stop = record(1, "StopLogging", "mallory", "2024-06-03T10:00:00Z");
  files_.contents["logs/a.json"] =
      records_file({record(2, "DescribeTrails", "alice", "2024-06-03T09:00:00Z"), stop});
  files_.contents["logs/b.json"] = records_file({stop});
  options_.matches_path = "out.tsv";
  auto result = scan();
  ASSERT_TRUE(result.ok()) << result.error().message;
  const report::ScanReport& report = result.value().report;
  EXPECT_EQ(report.outcome.events, 3u);
  EXPECT_EQ(report.outcome.duplicates, 1u);
  ASSERT_EQ(report.outcome.findings.size(), 1u);
  EXPECT_EQ(report.outcome.findings[0].count, 1u);
  EXPECT_EQ(files_.contents["out.tsv"],
            "11111111-1111-4111-8111-111111111111\t00000000-0000-4000-8000-000000100001\n");
  EXPECT_FALSE(files_.contents.contains("out.tsv.partial"));
}

TEST_F(ScanTest, SameFindingsForAnyOrderSplitAndThreads) {
  unsigned seed = 7;
  std::mt19937 random(seed);
  std::vector<std::string> all;
  for (int i = 0; i < 300; ++i) {
    std::string minute = std::to_string(10 + i % 50);
    std::string hour = std::to_string(10 + i % 7);
    all.push_back(record(i, i % 3 == 0 ? "StopLogging" : "GetTrailStatus",
                         i % 2 == 0 ? "alice" : "bob",
                         "2024-06-03T" + hour + ":" + minute + ":00Z"));
  }
  std::vector<std::string> seen;
  for (unsigned threads : {1u, 2u, 5u}) {
    std::shuffle(all.begin(), all.end(), random);
    files_.contents.erase(files_.contents.lower_bound("logs/"),
                          files_.contents.lower_bound("logs0"));
    for (size_t i = 0; i < all.size();) {
      size_t count = std::min<size_t>(1 + random() % 40, all.size() - i);
      files_.contents["logs/" + std::to_string(random() % 1000000) + ".json"] =
          records_file({all.begin() + static_cast<ptrdiff_t>(i),
                        all.begin() + static_cast<ptrdiff_t>(i + count)});
      i += count;
    }
    options_.threads = threads;
    options_.matches_path = "matches";
    auto result = scan();
    ASSERT_TRUE(result.ok()) << result.error().message;
    std::string text = files_.contents["matches"];
    for (const Finding& finding : result.value().report.outcome.findings) {
      text += finding.id + " " + finding.key + " " + std::to_string(finding.count) + " " +
              format_time(finding.first) + "\n";
    }
    seen.push_back(text);
  }
  EXPECT_EQ(seen[0], seen[1]) << "seed " << seed;
  EXPECT_EQ(seen[0], seen[2]) << "seed " << seed;
}

TEST_F(ScanTest, FiltersLeaveEventsOut) {
  files_.contents["logs/a.json"] =
      records_file({record(1, "StopLogging", "alice", "2024-06-03T10:00:00Z"),
                    record(2, "StopLogging", "bob", "2024-06-03T11:00:00Z"),
                    record(3, "StopLogging", "bob", "2024-06-04T11:00:00Z")});
  struct Row {
    const char* name;
    EventFilter filter;
    uint64_t kept;
  };
  Timestamp noon = *parse_event_time("2024-06-03T10:30:00Z");
  for (const Row& row :
       {Row{"none", {}, 3}, Row{"principal by name", {{}, {}, {}, {}, {"bob"}, {}}, 2},
        Row{"principal by short name", {{}, {}, {}, {}, {"user/al*"}, {}}, 1},
        Row{"account", {{}, {}, {"999900001111"}, {}, {}, {}}, 0},
        Row{"region", {{}, {}, {}, {"eu-*"}, {}, {}}, 3},
        Row{"event", {{}, {}, {}, {}, {}, {"Start*"}}, 0},
        Row{"service and event", {{}, {}, {}, {}, {}, {"cloudtrail:stop*"}}, 3},
        Row{"from", {noon, {}, {}, {}, {}, {}}, 2}, Row{"to", {{}, noon, {}, {}, {}, {}}, 1}}) {
    options_.filter = row.filter;
    auto result = scan();
    ASSERT_TRUE(result.ok()) << row.name;
    EXPECT_EQ(result.value().report.outcome.events, row.kept) << row.name;
    EXPECT_EQ(result.value().report.events_filtered, 3 - row.kept) << row.name;
  }
}

TEST_F(ScanTest, MissingInputAndBadOutputAreErrorsBeforeReading) {
  options_.inputs = {"nowhere"};
  auto missing = scan();
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message.find("nowhere"), std::string::npos);

  files_.contents["logs/a.json"] =
      records_file({record(1, "StopLogging", "alice", "2024-06-03T10:00:00Z")});
  options_.inputs = {"logs"};
  options_.jsonl_path = "logs";
  EXPECT_FALSE(scan().ok()) << "a folder is no output file";
}

TEST_F(ScanTest, EveryFailingOutputOperationIsReportedAndLeavesNoHalfFile) {
  files_.contents["logs/a.json"] =
      records_file({record(1, "StopLogging", "alice", "2024-06-03T10:00:00Z")});
  options_.out_folder = "out";
  options_.threads = 1;
  bool untouched = false;
  for (int n = 0; n < 200 && !untouched; ++n) {
    FakeFiles fresh = files_;
    fresh.fail_after = n;
    auto result = run_scan({fresh, clock_, interrupted_}, options_, {});
    untouched = fresh.fail_after >= 0;
    fresh.fail_after = -1;
    bool reading_failed = result.ok() && !result.value().report.complete();
    EXPECT_TRUE(untouched || !result.ok() || reading_failed)
        << "operation " << n << " failed in silence";
    for (const auto& [name, text] : fresh.contents) {
      if (!name.ends_with(".partial")) continue;
      ADD_FAILURE() << "operation " << n << " left " << name;
    }
  }
  EXPECT_TRUE(untouched);
}

TEST_F(ScanTest, AnInterruptedScanSaysSo) {
  files_.contents["logs/a.json"] =
      records_file({record(1, "StopLogging", "alice", "2024-06-03T10:00:00Z")});
  interrupted_ = true;
  auto result = scan();
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result.value().report.interrupted);
  EXPECT_FALSE(result.value().report.complete());
}

TEST(BuiltinPack, LoadsWithoutRemarks) {
  FakeFiles files;
  FakeClock clock;
  std::atomic<bool> interrupted{false};
  auto loaded = load_rules({files, clock, interrupted}, RuleOptions{});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  std::string remarks;
  for (const Diagnostic& item : loaded.value().diagnostics.items()) remarks += format_text(item);
  EXPECT_EQ(remarks, "");
  EXPECT_GE(loaded.value().infos.size(), 85u);
}

TEST(BuiltinPack, EveryRulePassesItsOwnRecords) {
  auto files = real_files();
  FakeClock clock;
  std::atomic<bool> interrupted{false};
  RuleOptions options;
  options.builtin = false;
  options.paths = {std::string(CAIRN_SOURCE_DIR) + "/content/rules"};
  options.values_path = std::string(CAIRN_SOURCE_DIR) + "/tests/pack_values.yml";
  auto outcome = test_rules({*files, clock, interrupted}, options);
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  for (const std::string& failure : outcome.value().failures) ADD_FAILURE() << failure;
  EXPECT_EQ(outcome.value().with_tests, outcome.value().rules)
      << "every rule has records that must and must not match";
}

/// The column of a simple CSV file: no quotes, no commas inside.
std::vector<std::string> column_of(std::string_view csv, size_t column) {
  std::vector<std::string> cells;
  while (!csv.empty()) {
    std::string_view line = csv.substr(0, csv.find("\r\n"));
    csv.remove_prefix(line.size() + 2);
    for (size_t i = 0; i < column; ++i) line.remove_prefix(line.find(',') + 1);
    cells.emplace_back(line.substr(0, line.find(',')));
  }
  cells.erase(cells.begin());
  return cells;
}

TEST_F(ScanTest, EachRowOfTheTimelineHasItsOwnRecord) {
  // Copies in two files, several events at one time, some without any id: the row and its record
  // must still be of the same file and offset, whatever the threads and however much is spilled.
  std::vector<std::string> a, b;
  for (int i = 0; i < 400; ++i) {
    std::string text = record(i % 97, "StopLogging", "user" + std::to_string(i),
                              "2024-06-03T10:00:0" + std::to_string(i % 3) + "Z");
    if (i % 5 == 0) text.replace(text.find("\"eventID\""), 9, "\"unknown\"");
    a.push_back(text);
    if (i % 2 == 0) b.push_back(text);
  }
  std::reverse(b.begin(), b.end());
  files_.contents["logs/a.json"] = records_file(a);
  files_.contents["logs/b.json"] = records_file(b);
  options_.csv_path = "out.csv";
  options_.timeline.columns = {"who", "user_name", "file", "offset"};
  options_.memory_bytes = 1;  // the least that there is: everything spills
  ASSERT_TRUE(scan().ok());
  std::string out = files_.contents["out.csv"];
  std::vector<std::string> who = column_of(out, 0);
  EXPECT_EQ(who.size(), 400u);
  for (std::string& name : who) name = name.substr(name.find('/') + 1);
  EXPECT_EQ(column_of(out, 1), who);
  options_.threads = 1;
  options_.memory_bytes = 16u << 20;
  ASSERT_TRUE(scan().ok());
  EXPECT_EQ(files_.contents["out.csv"], out);
}

TEST_F(ScanTest, ARecordTooLongToKeepSaysSo) {
  std::string text = record(1, "StopLogging", "mallory", "2024-06-03T10:00:00Z");
  text.replace(text.find("\"name\":\"trail\""), 14,
               "\"name\":\"" + std::string(1200000, 'x') + "\"");
  files_.contents["logs/a.json"] = records_file({text});
  options_.csv_path = "out.csv";
  options_.timeline.columns = {"user_name", "record"};
  ASSERT_TRUE(scan().ok());
  EXPECT_EQ(files_.contents["out.csv"], "user_name,record\r\nmallory,\"\"\"left out: " +
                                            format_count(text.size()) + " bytes\"\"\"\r\n");
}

TEST_F(ScanTest, OutputsByName) {
  files_.contents["logs/a.json"] =
      records_file({record(1, "StopLogging", "mallory", "2024-06-03T10:00:00Z")});
  options_.out_folder = "out";
  options_.exports = {{"ocsf", ""}, {"asff", "elsewhere.jsonl"}, {"timeline", ""}};
  auto result = scan();
  ASSERT_TRUE(result.ok());
  for (const OutputKind& kind : output_kinds()) {
    bool expected = kind.in_folder || kind.name == "ocsf";
    EXPECT_EQ(files_.contents.contains("out/" + std::string(kind.file)), expected) << kind.name;
  }
  EXPECT_TRUE(files_.contents.contains("elsewhere.jsonl"));
}

}  // namespace
}  // namespace cairn::engine
