#pragma once

// Made-up scans for the tests of this room.

#include "report/report.h"

#include <deque>

namespace cairn::report {

/// A report and the rules it points to.
struct TestReport {
  std::vector<RuleInfo> rules;
  ScanReport report;

  TestReport() = default;
  TestReport(const TestReport&) = delete;
  TestReport& operator=(const TestReport&) = delete;
};

inline Timestamp at(std::string_view text) { return *parse_event_time(text); }

inline RuleInfo made_up_rule(std::string code, Level level, std::string title, std::string source,
                             std::vector<std::string> names) {
  RuleInfo rule;
  rule.id = "id-" + code;
  rule.code = std::move(code);
  rule.level = level;
  rule.title = std::move(title);
  rule.needed_event_sources = {std::move(source)};
  rule.needed_event_names = std::move(names);
  return rule;
}

/// One finding with one sample per sentence, a minute apart.
inline Finding made_up_finding(uint32_t rule, Level level, std::string_view user,
                               std::string_view first, const std::vector<std::string>& words,
                               uint64_t count, std::string_view error = "") {
  Finding finding;
  finding.id = "F-0123456789";
  finding.rule = rule;
  finding.level = level;
  finding.principal = finding.key = "arn:aws:iam::111122223333:" + std::string(user);
  finding.principals = {finding.principal};
  finding.account = "111122223333";
  finding.count = count;
  finding.first = at(first);
  finding.last = finding.first + std::chrono::minutes(words.size() - 1);
  finding.source_ips = {"203.0.113.7"};
  finding.regions = {"us-east-1"};
  finding.user_agents = {"aws-cli/2.15.0 Python/3.11 Linux/6.1"};
  finding.event_names = {"X"};
  finding.source_ip_count = finding.principal_count = finding.event_name_count = 1;
  if (!error.empty()) finding.failed = count;
  for (size_t i = 0; i < words.size(); ++i) {
    EventSummary event;
    event.time = finding.first + std::chrono::minutes(i);
    event.time_known = true;
    event.event_id = "e" + std::to_string(i);
    event.event_name = "X";
    event.event_source = "iam.amazonaws.com";
    event.region = "us-east-1";
    event.account = finding.account;
    event.principal = finding.principal;
    event.access_key = "AKIAIOSFODNN7EXAMPLE";
    event.source_ip = "203.0.113.7";
    event.user_agent = finding.user_agents[0];
    event.error_code = error;
    event.words = words[i];
    event.target = "target " + std::to_string(i);
    event.file = "logs/a.json.gz";
    event.offset = 100 * i;
    finding.samples.push_back(std::move(event));
  }
  return finding;
}

/// A quiet month of one account, read in full; five rules of which two could not have fired.
inline std::unique_ptr<TestReport> quiet_month() {
  auto made = std::make_unique<TestReport>();
  made->rules = {
      made_up_rule("LOG-01", Level::kCritical, "Trail stopped or deleted",
                   "cloudtrail.amazonaws.com", {"stoplogging", "deletetrail"}),
      made_up_rule("IAM-02", Level::kHigh, "Administrator policy attached", "iam.amazonaws.com",
                   {"attachuserpolicy"}),
      made_up_rule("S3-07", Level::kHigh, "Objects deleted in bulk", "s3.amazonaws.com",
                   {"deleteobjects"}),
      made_up_rule("EKS-01", Level::kMedium, "Cluster opened to the internet", "eks.amazonaws.com",
                   {"updateclusterconfig"}),
      made_up_rule("IAM-11", Level::kMedium, "User created", "iam.amazonaws.com", {"createuser"}),
  };
  made->rules[0].next_step =
      "Start logging again, then look at everything this principal did from an hour before.";
  made->rules[1].next_step =
      "Ask the owner whether this was planned; if not, detach the policy and disable the key.";
  ScanReport& report = made->report;
  report.version = "0.1.0";
  report.inputs = {"./logs"};
  report.rules = made->rules;
  report.rule_counts = {5, 5, 0, 0, 0, 5, 0, 0};
  report.files = 720;
  report.stored_bytes = 12'345'678;
  report.text_bytes = 98'765'432;
  report.files_by_kind[static_cast<size_t>(SourceKind::kCloudTrail)] = 720;
  report.sources = {{"Records", 720, 33'600}};
  report.seconds = 0.21;
  report.phases = {{"list", 0.01, false}, {"read and match", 0.17, false}, {"group", 0.02, false}};
  report.threads = 2;
  report.peak_memory_bytes = 31u << 20;
  detect::Outcome& outcome = report.outcome;
  outcome.events = 33'600;
  outcome.accounts = {{"111122223333", 33'600}};
  outcome.regions = {{"us-east-1", 30'000}, {"eu-west-1", 3'600}};
  outcome.categories = {{"Management", 33'600}};
  outcome.event_types = {{{"iam.amazonaws.com", "GetUser"}, 20'000},
                         {{"s3.amazonaws.com", "GetBucketAcl"}, 10'000},
                         {{"cloudtrail.amazonaws.com", "LookupEvents"}, 3'600}};
  int64_t begin = at("2024-01-01T00:00:00Z").time_since_epoch() / std::chrono::hours(1);
  for (int64_t hour = 0; hour < 720; ++hour) {
    int64_t of_day = hour % 24;
    outcome.hours[begin + hour] =
        static_cast<uint64_t>(20 + (of_day > 7 && of_day < 18 ? of_day * 4 : 0));
  }
  outcome.first = at("2024-01-01T00:00:10Z");
  outcome.last = at("2024-01-30T23:59:00Z");
  outcome.rule_matches.resize(made->rules.size());
  outcome.rule_allowed.resize(made->rules.size());
  outcome.rule_missing_fields.resize(made->rules.size());
  outcome.principal_count = 41;
  return made;
}

/// Adds a finding with what belongs to it.
inline void add_finding(TestReport& made, Finding finding) {
  detect::Outcome& outcome = made.report.outcome;
  outcome.rule_matches[finding.rule] += finding.count;
  outcome.matched_events += finding.count;
  int64_t hour = std::chrono::floor<std::chrono::hours>(finding.first).time_since_epoch().count();
  outcome.match_hours[{finding.level, hour}] += finding.count;
  ++outcome.findings_by_level[static_cast<size_t>(finding.level)];
  outcome.findings.push_back(std::move(finding));
}

/// The quiet month with one bad morning.
inline std::unique_ptr<TestReport> one_critical() {
  auto made = quiet_month();
  add_finding(*made, made_up_finding(0, Level::kCritical, "user/mallory", "2024-01-17T03:12:09Z",
                                     {"stopped logging of trail main", "deleted trail main"}, 2));
  add_finding(*made, made_up_finding(1, Level::kHigh, "user/mallory", "2024-01-17T03:02:00Z",
                                     {"attached policy AdministratorAccess to user mallory"}, 1));
  add_finding(*made, made_up_finding(4, Level::kMedium, "user/mallory", "2024-01-17T03:04:00Z",
                                     {"created user backup-1", "created user backup-2"}, 14,
                                     "AccessDenied"));
  PrincipalProfile mallory;
  mallory.key = "arn:aws:iam::111122223333:user/mallory";
  mallory.type = "IAMUser";
  mallory.account = "111122223333";
  mallory.events = 268;
  mallory.errors = 61;
  mallory.writes = 40;
  mallory.first = at("2024-01-03T09:00:00Z");
  mallory.last = at("2024-01-17T04:00:00Z");
  mallory.source_ips = {"192.0.2.10", "203.0.113.7"};
  mallory.source_ip_count = 2;
  mallory.regions = {"us-east-1"};
  mallory.region_count = 1;
  mallory.user_agents = {"aws-cli/2.15.0"};
  mallory.user_agent_count = 1;
  mallory.findings_by_level = {0, 0, 1, 1, 1};
  mallory.risk = 83.3;
  mallory.unusual = {
      "new address 203.0.113.7 from 2024-01-17 02:55:00, 13 d 17 h into its activity (120 calls)",
      "user agent names kali (120 calls)"};
  made->report.outcome.principals = {mallory};
  made->report.written = {{"out/timeline.csv", "all matches in time order", 17},
                          {"out/findings.jsonl", "findings with sample events", 3},
                          {"out/summary.json", "the numbers of this screen", 0}};
  made->report.out_folder = "out";
  return made;
}

}  // namespace cairn::report
