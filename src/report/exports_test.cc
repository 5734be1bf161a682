#include "model/attack_tags.h"
#include "report/event_text.h"
#include "report/matched_events.h"
#include "report/test_reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

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

size_t lines_in(std::string_view text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// Each sample of a finding matches its rule and, when asked, another rule.
MatchStream stream_of(const Finding& finding, std::vector<uint32_t> others = {}) {
  return [&finding, others](const MatchVisitor& visit) -> Status {
    for (const EventSummary& event : finding.samples) {
      TRY(visit(finding.rule, event, false));
      for (uint32_t other : others) TRY(visit(other, event, true));
    }
    return Status::success();
  };
}

RuleInfo tagged(std::vector<std::string> tags) {
  RuleInfo rule;
  rule.tags = std::move(tags);
  return rule;
}

TEST(AttackTags, TellTacticsFromTechniques) {
  RuleInfo rule = tagged({"attack.t1562.008", "attack.impact", "ATTACK.Defense_Evasion",
                          "attack.t1078", "attack.t1078", "cve.2024-1", "attack.g0016",
                          "attack.t15620", "attack.t1562.08", "attack.stealth"});
  std::vector<std::string> ids;
  for (const Tactic& tactic : tactics_of(rule)) ids.emplace_back(tactic.id);
  EXPECT_THAT(ids, ElementsAre("TA0005", "TA0040"));
  EXPECT_THAT(techniques_of(rule), ElementsAre("T1078", "T1562.008"));
}

TEST(EventText, TellsAddressesFromServices) {
  for (const char* text : {"203.0.113.7", "0.0.0.0", "2001:db8::7", "::ffff:192.0.2.1", "::"})
    EXPECT_TRUE(is_address(text)) << text;
  for (const char* text : {"", "AWS Internal", "s3.amazonaws.com", "1.2.3", "1.2.3.256",
                           "1.2.3.4.5", "1.2.3.x", "1..2.3", "abc:def"})
    EXPECT_FALSE(is_address(text)) << text;
}

TEST(EventText, TakesTheBlanksOutOfJson) {
  EXPECT_EQ(compact_json("{ \"a b\" : [ 1,\r\n\t2 ], \"q\\\" \" : \"\\\\\" }"),
            "{\"a b\":[1,2],\"q\\\" \":\"\\\\\"}");
}

TEST(EventText, SaysFailureBeforeTheDeed) {
  Finding finding =
      made_up_finding(0, Level::kHigh, "role/Admin", "2024-01-17T03:02:00Z",
                      {"deleted trail main", "deleted trail main"}, 7, "AccessDenied");
  finding.samples[0].session = finding.samples[1].session = "bob";
  EXPECT_EQ(
      sentence_of(finding.samples[0]),
      "role/Admin (session bob): failed (AccessDenied): deleted trail main, from 203.0.113.7");
  EXPECT_EQ(account_of(finding),
            "7 events, 7 failed, 2024-01-17 03:02:00 .. 03:03:00 UTC. role/Admin (session bob): "
            "failed (AccessDenied): deleted trail main, from 203.0.113.7.");
}

TEST(MatchedEvents, JoinTheRulesOfAnEvent) {
  auto made = quiet_month();
  Finding finding =
      made_up_finding(4, Level::kMedium, "user/x", "2024-01-17T03:02:00Z", {"one", "two"}, 2);
  std::vector<std::string> seen;
  auto visit = [&](const MatchedEvent& matched) {
    seen.push_back(matched.event.words + ": " + codes_of(made->rules, matched.rules) +
                   (matched.expected ? " expected" : ""));
    return Status::success();
  };
  ASSERT_TRUE(each_matched_event(made->rules, stream_of(finding, {1, 0}), visit).ok());
  EXPECT_THAT(seen, ElementsAre("one: LOG-01, IAM-02, IAM-11", "two: LOG-01, IAM-02, IAM-11"));
  seen.clear();
  auto fails = [](const MatchedEvent&) -> Status { return Error{ErrorCode::kUnavailable, "full"}; };
  EXPECT_FALSE(each_matched_event(made->rules, stream_of(finding), fails).ok());
}

TEST(Timesketch, HasItsMandatoryFieldsAndOneRowAnEvent) {
  auto made = quiet_month();
  made->rules[0].tags = {"attack.impact"};
  Finding finding = made_up_finding(1, Level::kHigh, "user/mallory", "2024-01-17T03:02:00Z",
                                    {"=cmd()", "second"}, 2);
  finding.samples[1].time_known = false;
  uint64_t rows = 0;
  std::string lines = written([&](OutputFile& out) {
    return write_timesketch_jsonl(out, made->rules, stream_of(finding, {0}), &rows);
  });
  EXPECT_EQ(rows, 1u) << "Timesketch refuses a file with an event without time";
  EXPECT_EQ(
      lines,
      R"({"message":"user/mallory: =cmd(), from 203.0.113.7 [critical: Trail stopped or deleted, and 1 more]",)"
      R"("timestamp":1705460520000000,"datetime":"2024-01-17T03:02:00+00:00","timestamp_desc":"API call",)"
      R"("data_type":"cairn:cloudtrail:match","level":"critical","rule":"LOG-01, IAM-02",)"
      R"("title":"Trail stopped or deleted","account":"111122223333","region":"us-east-1",)"
      R"("principal":"arn:aws:iam::111122223333:user/mallory","who":"user/mallory",)"
      R"("access_key":"AKIAIOSFODNN7EXAMPLE","action":"iam:X","event_source":"iam.amazonaws.com",)"
      R"~("event_name":"X","target":"target 0","words":"=cmd()","source_ip":"203.0.113.7",)~"
      R"("user_agent":"aws-cli/2.15.0 Python/3.11 Linux/6.1","event_id":"e0",)"
      R"("next_step":"Start logging again, then look at everything this principal did from an hour before.",)"
      R"("source_file":"logs/a.json.gz","source_offset":"0","expected":"no",)"
      R"("tag":["critical","LOG-01","IAM-02","attack.impact"]})"
      "\n");
  std::string table = written([&](OutputFile& out) {
    return write_timesketch_csv(out, made->rules, stream_of(finding), &rows);
  });
  EXPECT_THAT(table, HasSubstr("message,timestamp,datetime,timestamp_desc,data_type,level"));
  EXPECT_THAT(table, HasSubstr(",1705460520000000,2024-01-17T03:02:00+00:00,API call,"));
  EXPECT_THAT(table, HasSubstr(",'=cmd(),"));
  EXPECT_THAT(table, HasSubstr("\"[\"\"high\"\",\"\"IAM-02\"\"]\"\r\n"));
}

TEST(Navigator, ScoresTechniquesByFindings) {
  auto made = one_critical();
  made->rules[0].tags = {"attack.defense-evasion", "attack.t1562.008"};
  made->rules[1].tags = {"attack.t1098.003", "attack.t1562.008"};
  uint64_t rows = 0;
  std::string layer =
      written([&](OutputFile& out) { return write_navigator_layer(out, made->report, &rows); });
  EXPECT_EQ(rows, 2u);
  EXPECT_THAT(layer,
              HasSubstr(R"("name":"Cairn: logs","versions":{"navigator":"4.9.0","layer":"4.5"})"));
  EXPECT_THAT(
      layer,
      HasSubstr(
          R"({"techniqueID":"T1562.008","score":2,"comment":"LOG-01 Trail stopped or deleted (critical)\n)"
          R"~(IAM-02 Administrator policy attached (high)","enabled":true,"metadata":[{"name":"LOG-01",)~"
          R"("value":"1 finding in 2 events by user/mallory, 2024-01-17 03:12:09 .. 03:13:09 UTC"})"));
  EXPECT_THAT(layer, HasSubstr(R"("minValue":0,"maxValue":2)"));

  auto quiet = quiet_month();
  layer =
      written([&](OutputFile& out) { return write_navigator_layer(out, quiet->report, nullptr); });
  EXPECT_THAT(layer, HasSubstr(R"("techniques":[])"));
  EXPECT_THAT(layer, HasSubstr(R"("minValue":0,"maxValue":1)")) << "the maximum must be larger";
}

TEST(Ocsf, FindingsSayWhatTheirClassRequires) {
  auto made = one_critical();
  made->rules[0].tags = {"attack.defense-evasion", "attack.t1562.008"};
  std::string lines =
      written([&](OutputFile& out) { return write_ocsf_findings(out, made->report, nullptr); });
  EXPECT_EQ(lines_in(lines), 3u);
  std::string first = lines.substr(0, lines.find('\n'));
  for (
      const char* part :
      {R"("class_uid":2004)", R"("type_uid":200401)", R"("severity_id":5,"severity":"Critical")",
       R"("time":1705461189000,"time_dt":"2024-01-17T03:13:09Z")",
       R"("product":{"name":"Cairn","vendor_name":"Cairn","version":"0.1.0"})",
       R"("attacks":[{"tactic":{"uid":"TA0005","name":"Defense Evasion"},"technique":{"uid":"T1562"},)"
       R"("sub_technique":{"uid":"T1562.008"}}])",
       R"("user":{"name":"mallory","uid":"arn:aws:iam::111122223333:user/mallory","type_id":1,"type":"User",)"
       R"("account":{"uid":"111122223333"},"credential_uid":"AKIAIOSFODNN7EXAMPLE"})"})
    EXPECT_THAT(first, HasSubstr(part));
}

TEST(Ocsf, ActivityComesFromTheFirstWordOfTheCall) {
  struct Row {
    const char* name;
    const char* read_only;
    const char* expected;
  };
  for (const Row& row :
       std::initializer_list<Row>{{"DeleteTags", "false", R"("type_uid":600304)"},
                                  {"DescribeCreateAccountStatus", "", R"("type_uid":600302)"},
                                  {"CreateUser", "", R"("type_uid":600301)"},
                                  {"PutBucketPolicy", "", R"("type_uid":600303)"},
                                  {"ConsoleLogin", "false", R"("type_uid":600399)"},
                                  {"Decrypt", "true", R"("type_uid":600302)"},
                                  {"Getaway", "", R"("type_uid":600399)"},
                                  {"", "", R"("type_uid":600399)"}}) {
    auto made = quiet_month();
    Finding finding =
        made_up_finding(1, Level::kHigh, "user/x", "2024-01-17T03:02:00Z", {"did it"}, 1);
    finding.samples[0].event_name = row.name;
    EventDetails details;
    details.read_only = row.read_only;
    std::string line = written([&](OutputFile& out) {
      return write_ocsf_events(
          out, made->rules, stream_of(finding),
          [&](const EventSummary&) -> Result<const EventDetails*> { return &details; }, nullptr);
    });
    EXPECT_THAT(line, HasSubstr(row.expected)) << row.name;
  }
}

TEST(Ocsf, EventsTellTheRecordWhenThereIsOne) {
  auto made = quiet_month();
  Finding finding = made_up_finding(1, Level::kHigh, "role/Admin", "2024-01-17T03:02:00Z",
                                    {"did it"}, 1, "AccessDenied");
  finding.samples[0].source_ip = "s3.amazonaws.com";
  EventDetails details;
  details.identity_type = "AssumedRole";
  details.identity_arn = "arn:aws:sts::111122223333:assumed-role/Admin/bob";
  details.principal_id = "AROAEXAMPLE:bob";
  details.mfa = "true";
  details.request_id = "r-1";
  details.request_parameters = "{ \"a\" : 1 }";
  details.record = "{ \"eventID\" : \"e0\" }";
  std::string line = written([&](OutputFile& out) {
    return write_ocsf_events(
        out, made->rules, stream_of(finding),
        [&](const EventSummary&) -> Result<const EventDetails*> { return &details; }, nullptr);
  });
  for (const char* part :
       {R"("status_id":2,"status":"Failure","status_code":"AccessDenied")",
        R"("uid":"arn:aws:sts::111122223333:assumed-role/Admin/bob","uid_alt":"AROAEXAMPLE:bob",)"
        R"("type_id":99,"type":"AssumedRole")",
        R"("session":{"is_mfa":true})", R"("request":{"uid":"r-1","data":"{\"a\":1}"})",
        R"("src_endpoint":{"svc_name":"s3.amazonaws.com"})",
        R"("raw_data":"{\"eventID\":\"e0\"}")"})
    EXPECT_THAT(line, HasSubstr(part));
  std::string without = written([&](OutputFile& out) {
    return write_ocsf_events(out, made->rules, stream_of(finding), nullptr, nullptr);
  });
  EXPECT_THAT(without, Not(HasSubstr("raw_data")));
  EXPECT_THAT(without, HasSubstr(R"("actor":{"user":{"name":"Admin")"));
}

TEST(Asff, GroupsCallsByAccountAndRegion) {
  auto made = quiet_month();
  for (int i = 0; i < 250; ++i) {
    Finding finding =
        made_up_finding(1, Level::kHigh, "user/x", "2024-01-17T03:02:00Z", {"did it"}, 1);
    finding.id = "F-" + std::to_string(i);
    if (i == 7) finding.account = "not an account";
    if (i == 8) finding.regions = {"us-gov-west-1"};
    if (i == 9) finding.regions.clear();
    made->report.outcome.findings.push_back(std::move(finding));
  }
  uint64_t rows = 0;
  std::string batches =
      written([&](OutputFile& out) { return write_asff_batches(out, made->report, &rows); });
  EXPECT_EQ(rows, 250u);
  EXPECT_EQ(lines_in(batches), 5u) << "unknown account, then 100 + 100 + 48, then GovCloud";
  EXPECT_THAT(batches, HasSubstr(R"("Id":"cairn/us-east-1/000000000000/F-7")"));
  EXPECT_THAT(batches, HasSubstr("\"ProductArn\":\"arn:aws-us-gov:securityhub:us-gov-west-1:"
                                 "111122223333:product/111122223333/default\""));
}

TEST(Asff, KeepsItsLimits) {
  auto made = quiet_month();
  made->rules[1].title = std::string(300, 't');
  made->rules[1].next_step = std::string(600, 'n');
  Finding finding = made_up_finding(1, Level::kHigh, "user/x", "2024-01-17T03:02:00Z",
                                    {std::string(5000, 'w')}, 1);
  finding.samples[0].event_name = " ";
  finding.samples[0].access_key = "";
  finding.targets = {"i-0abc", "account 444455556666", "bucket a/key", "i-0abc, i-0def"};
  for (int i = 0; i < 40; ++i) finding.targets.push_back("bucket b" + std::to_string(i));
  made->report.outcome.findings = {finding};
  std::string line =
      written([&](OutputFile& out) { return write_asff_batches(out, made->report, nullptr); });
  EXPECT_THAT(line, HasSubstr("\"Title\":\"" + std::string(253, 't') + "…\""));
  EXPECT_THAT(line, Not(HasSubstr("\"Api\"")));
  EXPECT_THAT(line, Not(HasSubstr("AwsIamAccessKey")));
  EXPECT_THAT(
      line,
      HasSubstr(
          R"("Type":"AwsEc2Instance","Id":"arn:aws:ec2:us-east-1:111122223333:instance/i-0abc")"));
  EXPECT_THAT(line, HasSubstr(R"("Type":"AwsAccount","Id":"AWS::::Account:444455556666")"));
  EXPECT_THAT(line, HasSubstr(R"("Type":"Other","Id":"bucket a/key")"));
  EXPECT_THAT(line, HasSubstr(R"("Type":"Other","Id":"i-0abc, i-0def")"));
  EXPECT_THAT(line, HasSubstr(R"("Type":"AwsS3Bucket","Id":"arn:aws:s3:::b26")"));
  EXPECT_THAT(line, Not(HasSubstr("arn:aws:s3:::b27"))) << "32 resources, the principal first";
}

TEST(Markdown, HoldsUntrustedTextInCodeSpans) {
  auto made = one_critical();
  made->rules[0].title = "Trail <b>stopped</b> or *deleted*";
  Finding& finding = made->report.outcome.findings[0];
  finding.samples[0].words = "``` fence `";
  finding.samples[1].words = "<script>\n# heading <!-- x";
  finding.source_ips = {""};
  std::string text =
      written([&](OutputFile& out) { return write_summary_markdown(out, made->report); });
  EXPECT_THAT(text, HasSubstr("# CloudTrail: 3 findings (1 critical, 1 high, 1 medium)\n"));
  EXPECT_THAT(
      text,
      HasSubstr("### 1. Trail &lt;b&gt;stopped&lt;/b&gt; or \\*deleted\\* (critical, LOG-01)\n"));
  EXPECT_THAT(
      text, HasSubstr("    - what: ```` ``` fence ` ````; `<script>\\x0A# heading <\\x21-- x`\n"));
  EXPECT_THAT(text, HasSubstr("    - when: 2024-01-17 03:12:09 .. 03:13:09 UTC, 2 events\n"));
  EXPECT_THAT(text, HasSubstr("failed (`AccessDenied`): `created user backup-1`"));
  EXPECT_THAT(text, HasSubstr("| `user/mallory` | `111122223333` | 83 | 3 | 268 | 61 |"));
  EXPECT_THAT(text, HasSubstr("- No event of the services they watch: EKS-01\n"));

  auto quiet = quiet_month();
  quiet->report.partial_files = 2;
  text = written([&](OutputFile& out) { return write_summary_markdown(out, quiet->report); });
  EXPECT_THAT(text, HasSubstr("# CloudTrail: No finding of medium level or above\n"));
  EXPECT_THAT(text, HasSubstr("**not complete:** 2 files read in part"));
}

TEST(Timeline, TakesColumnsProfilesAndOrders) {
  auto made = quiet_month();
  FakeFiles files;
  MatchStream matches = [&](const MatchVisitor& visit) -> Status {
    for (uint32_t rule : {4u, 0u, 2u, 1u, 4u}) {
      EventSummary event;
      event.words = made->rules[rule].code;
      TRY(visit(rule, event, false));
    }
    return Status::success();
  };
  auto timeline = [&](TimelineFormat format) {
    format.scratch = &files;
    return written(
        [&](OutputFile& out) { return write_timeline_csv(out, made->rules, matches, format); });
  };
  EXPECT_EQ(timeline({{"words", "level"}, TimelineOrder::kTime, nullptr, {}}),
            "words,level\r\nIAM-11,medium\r\nLOG-01,critical\r\nS3-07,high\r\nIAM-02,high\r\n"
            "IAM-11,medium\r\n");
  EXPECT_EQ(timeline({{"words"}, TimelineOrder::kLevel, nullptr, {}}),
            "words\r\nLOG-01\r\nS3-07\r\nIAM-02\r\nIAM-11\r\nIAM-11\r\n");
  EXPECT_EQ(timeline({{"words"}, TimelineOrder::kRule, nullptr, {}}),
            "words\r\nLOG-01\r\nIAM-02\r\nS3-07\r\nIAM-11\r\nIAM-11\r\n");

  for (const char* name : {"minimal", "analyst", "full", "raw"}) {
    auto columns = timeline_profile(name);
    ASSERT_TRUE(columns) << name;
    bool details = std::string_view(name) == "full" || std::string_view(name) == "raw";
    EXPECT_EQ(needs_details({*columns, TimelineOrder::kTime, nullptr, {}}), details) << name;
    EXPECT_THAT(timeline({*columns, TimelineOrder::kTime, nullptr, {}}), HasSubstr("time,level,"));
  }
  EXPECT_FALSE(timeline_profile("Analyst"));
  EXPECT_FALSE(needs_details({}));
}

}  // namespace
}  // namespace cairn::report
