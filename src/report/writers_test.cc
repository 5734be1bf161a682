#include "report/test_reports.h"

#include <gtest/gtest.h>

namespace cairn::report {
namespace {

/// Runs a writer against a file in memory and returns what it wrote.
template <typename Writer>
std::string written(const Writer& writer) {
  FakeFiles files;
  auto file = files.create("out");
  EXPECT_TRUE(file.ok());
  EXPECT_TRUE(writer(*file.value()).ok());
  EXPECT_TRUE(file.value()->close().ok());
  return files.contents["out"];
}

MatchStream stream_of(const Finding& finding) {
  return [&finding](const MatchVisitor& visit) -> Status {
    for (const EventSummary& event : finding.samples) TRY(visit(finding.rule, event, false));
    return visit(finding.rule, finding.samples[0], true);
  };
}

Finding tricky_finding() {
  Finding finding =
      made_up_finding(1, Level::kHigh, "user/mallory", "2024-01-17T03:02:00Z",
                      {"=HYPERLINK(\"http://evil\")", "two\nlines"}, 2, "AccessDenied");
  finding.samples[1].time_known = false;
  finding.samples[1].error_message = "not authorized, sorry";
  finding.samples[1].event_id = "tab\there";
  return finding;
}

TEST(TimelineCsv, IsSafeToOpenInASpreadsheet) {
  auto made = quiet_month();
  Finding finding = tricky_finding();
  uint64_t rows = 0;
  std::string text = written([&](OutputFile& out) {
    return write_timeline_csv(out, made->rules, stream_of(finding), {}, &rows);
  });
  EXPECT_EQ(rows, 3u);
  EXPECT_EQ(text,
            "time,level,title,account,region,principal,session,access_key,action,target,words,"
            "source_ip,user_agent,error,event_id,rule,file,offset,expected\r\n"
            "2024-01-17T03:02:00Z,high,Administrator policy attached,111122223333,us-east-1,"
            "arn:aws:iam::111122223333:user/mallory,,AKIAIOSFODNN7EXAMPLE,iam:X,target 0,"
            "\"'=HYPERLINK(\"\"http://evil\"\")\",203.0.113.7,aws-cli/2.15.0 Python/3.11 Linux/6.1,"
            "AccessDenied,e0,IAM-02,logs/a.json.gz,0,no\r\n"
            ",high,Administrator policy attached,111122223333,us-east-1,"
            "arn:aws:iam::111122223333:user/mallory,,AKIAIOSFODNN7EXAMPLE,iam:X,target 1,"
            "\"two\nlines\",203.0.113.7,aws-cli/2.15.0 Python/3.11 Linux/6.1,"
            "\"AccessDenied: not authorized, sorry\",tab\there,IAM-02,logs/a.json.gz,100,no\r\n"
            "2024-01-17T03:02:00Z,high,Administrator policy attached,111122223333,us-east-1,"
            "arn:aws:iam::111122223333:user/mallory,,AKIAIOSFODNN7EXAMPLE,iam:X,target 0,"
            "\"'=HYPERLINK(\"\"http://evil\"\")\",203.0.113.7,aws-cli/2.15.0 Python/3.11 Linux/6.1,"
            "AccessDenied,e0,IAM-02,logs/a.json.gz,0,yes\r\n");
}

TEST(Matches, AreOneLineEach) {
  auto made = quiet_month();
  Finding finding = tricky_finding();
  std::string text =
      written([&](OutputFile& out) { return write_matches(out, made->rules, stream_of(finding)); });
  EXPECT_EQ(text, "id-IAM-02\te0\nid-IAM-02\ttab here\nid-IAM-02\te0\n");
}

TEST(Findings, AreOneJsonObjectALine) {
  auto made = quiet_month();
  Finding finding = tricky_finding();
  finding.samples.resize(1);
  add_finding(*made, finding);
  std::string text =
      written([&](OutputFile& out) { return write_findings_jsonl(out, made->report); });
  const std::string expected =
      R"({"id":"F-0123456789","level":"high","rule":{"id":"id-IAM-02","code":"IAM-02",)"
      R"("title":"Administrator policy attached","file":"","tags":[],"frameworks":[],)"
      R"("next_step":"Ask the owner whether this was planned; if not, detach the policy and disable the key."},)"
      R"("key":"arn:aws:iam::111122223333:user/mallory","principal":"arn:aws:iam::111122223333:user/mallory",)"
      R"("principal_name":"user/mallory","account":"111122223333","count":2,"failed":2,)"
      R"("first":"2024-01-17T03:02:00Z","last":"2024-01-17T03:03:00Z",)"
      R"("principals":["arn:aws:iam::111122223333:user/mallory"],"event_names":["X"],)"
      R"("source_ips":["203.0.113.7"],"regions":["us-east-1"],"targets":[],)"
      R"("user_agents":["aws-cli/2.15.0 Python/3.11 Linux/6.1"],"error_codes":[],)"
      R"("distinct":{"principals":1,"event_names":1,"source_ips":1,"targets":0},)"
      R"("events":[{"time":"2024-01-17T03:02:00Z","event_id":"e0","event_source":"iam.amazonaws.com",)"
      R"("event_name":"X","region":"us-east-1","account":"111122223333",)"
      R"("principal":"arn:aws:iam::111122223333:user/mallory","session":"",)"
      R"("access_key":"AKIAIOSFODNN7EXAMPLE","source_ip":"203.0.113.7",)"
      R"("user_agent":"aws-cli/2.15.0 Python/3.11 Linux/6.1","error_code":"AccessDenied",)"
      R"("error_message":"","target":"target 0",)"
      "\"words\":\"=HYPERLINK(\\\"http://evil\\\")\","
      R"("file":"logs/a.json.gz","offset":0}]})"
      "\n";
  EXPECT_EQ(text, expected);
}

TEST(Summary, HoldsTheNumbersOfTheScreen) {
  auto made = one_critical();
  made->report.quarantine_by_kind[0] = 2;
  std::string text =
      written([&](OutputFile& out) { return write_summary_json(out, made->report); });
  for (
      std::string_view part :
      {R"({"cairn":"0.1.0","complete":false,"examined":true,"interrupted":false,"inputs":["./logs"])",
       R"("quarantine":{"record":2,"truncated":0)",
       R"("by_level":{"critical":1,"high":1,"medium":1)",
       R"("could_not_fire":[{"id":"id-EKS-01","code":"EKS-01","reason":"no-event-source","detail":"eks.amazonaws.com"},)",
       R"({"id":"id-S3-07","code":"S3-07","reason":"no-data-events","detail":"s3.amazonaws.com"}])",
       R"("time":{"hours":720,"silent_hours":0,"gaps":[]})", R"("2024-01-01T00:00:00Z":20)"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST(Quarantine, ListsDamageAndSkippedFiles) {
  ScanReport report;
  report.quarantine = {{QuarantineEntry::Kind::kRecord, "a\xFF.json", 12, 34, "no closing brace"}};
  report.skipped = {{"b.png", "not CloudTrail: PNG image"}};
  EXPECT_EQ(written([&](OutputFile& out) { return write_quarantine_jsonl(out, report); }),
            "{\"kind\":\"record\",\"file\":\"a\xEF\xBF\xBD.json\",\"offset\":12,\"length\":34,"
            "\"reason\":\"no closing brace\"}\n"
            "{\"kind\":\"skipped\",\"file\":\"b.png\",\"offset\":0,\"length\":0,"
            "\"reason\":\"not CloudTrail: PNG image\"}\n");
}

TEST(Principals, AreRowsByRisk) {
  auto made = one_critical();
  std::string text =
      written([&](OutputFile& out) { return write_principals_csv(out, made->report); });
  EXPECT_NE(
      text.find(
          "arn:aws:iam::111122223333:user/mallory,user/mallory,IAMUser,111122223333,83,1,1,1,0,0,"
          "268,61,40,2024-01-03T09:00:00Z,2024-01-17T04:00:00Z,192.0.2.10; 203.0.113.7,"),
      std::string::npos)
      << text;
}

TEST(Writers, PassOnTheErrorOfTheFile) {
  auto made = one_critical();
  FakeFiles files;
  auto file = files.create("out");
  files.fail_after = 0;
  Status status = write_findings_jsonl(*file.value(), made->report);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
}

TEST(ExitCode, SaysFindingsThenCompleteness) {
  auto made = quiet_month();
  EXPECT_EQ(exit_code(made->report, Level::kMedium), 0);
  made->report.files_by_kind = {0, 12};  // digests alone
  EXPECT_EQ(exit_code(made->report, Level::kMedium), 3);
  made->report.passed_over = 1;
  EXPECT_EQ(exit_code(made->report, Level::kMedium), 0);
  made->report.partial_files = 1;
  EXPECT_EQ(exit_code(made->report, Level::kMedium), 3);
  made->report.outcome.findings = {
      made_up_finding(1, Level::kHigh, "user/x", "2024-01-17T03:02:00Z", {"x"}, 1)};
  EXPECT_EQ(exit_code(made->report, Level::kHigh), 10);
  EXPECT_EQ(exit_code(made->report, Level::kCritical), 3);
}

TEST(Coverage, TellsCleanFromBlind) {
  auto made = quiet_month();
  made->report.outcome.rule_missing_fields[4] = {"requestParameters.userName"};
  Coverage coverage = coverage_of(made->report);
  ASSERT_EQ(coverage.blind.size(), 3u);
  EXPECT_EQ(coverage.blind[0].reason, BlindRule::Reason::kNoSource);
  EXPECT_EQ(coverage.blind[1].reason, BlindRule::Reason::kNoDataEvents);
  EXPECT_EQ(coverage.blind[2].reason, BlindRule::Reason::kNoField);
  EXPECT_EQ(coverage.blind[2].detail, "requestParameters.userName");
  // One data event of the service is enough to say that they are logged.
  made->report.outcome.event_types[{"s3.amazonaws.com", "PutObject"}] = 1;
  EXPECT_EQ(coverage_of(made->report).blind.size(), 2u);
  // A rule that matched was not blind.
  made->report.outcome.rule_matches[4] = 1;
  EXPECT_EQ(coverage_of(made->report).blind.size(), 1u);
  // Rules below the run's level do not count.
  made->report.min_level = Level::kCritical;
  EXPECT_EQ(coverage_of(made->report).rules, 1u);
}

TEST(Coverage, FindsSilencesOfAllAndOfOneAccount) {
  auto made = quiet_month();
  detect::Outcome& outcome = made->report.outcome;
  outcome.hours = {{100, 1}, {101, 1}, {103, 1}, {110, 1}};
  outcome.account_hours = {{"111122223333", {{100, 1}, {101, 1}, {103, 1}}},
                           {"444455556666", {{100, 1}, {103, 1}, {110, 1}}}};
  Coverage coverage = coverage_of(made->report);
  EXPECT_EQ(coverage.hours, 11u);
  EXPECT_EQ(coverage.silent_hours, 7u);
  ASSERT_EQ(coverage.gaps.size(), 2u);
  EXPECT_EQ(coverage.gaps[0].account, "");
  EXPECT_EQ(coverage.gaps[0].end - coverage.gaps[0].begin, std::chrono::hours(6));
  EXPECT_EQ(coverage.gaps[1].account, "444455556666");
  EXPECT_EQ(coverage.gaps[1].begin, Timestamp(std::chrono::hours(101)));
}

}  // namespace
}  // namespace cairn::report
