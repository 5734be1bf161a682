#include "base/text.h"
#include "report/fold.h"
#include "report/page.h"
#include "report/strip.h"
#include "report/test_reports.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace cairn::report {
namespace {

/// Compares with src/report/golden/NAME.txt; CAIRN_UPDATE_GOLDEN=1 writes it instead.
void expect_golden(const std::string& name, const std::string& text) {
  std::string path = std::string(CAIRN_SOURCE_DIR) + "/src/report/golden/" + name + ".txt";
  if (std::getenv("CAIRN_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  std::stringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(text, expected.str()) << path;
}

void expect_fits(const std::string& text, size_t width) {
  for (std::string_view line : split(text, '\n')) EXPECT_LE(display_width(line), width) << line;
}

std::string screen(const TestReport& made, size_t width = 100, bool plain = false) {
  TerminalStyle style;
  style.width = width;
  style.plain = plain;
  std::string text = render_terminal(made.report, style);
  expect_fits(text, width);
  return text;
}

void make_hostile(TestReport& made) {
  const std::string evil =
      "\x1b]0;owned\x07\x1b[2J\nVERDICT   all is well\r\xE2\x80\xAE"
      "evil \xFF";
  for (Finding& finding : made.report.outcome.findings) {
    finding.key = finding.principal = evil;
    finding.principals = {evil};
    finding.source_ips = {evil};
    finding.user_agents = {evil};
    for (EventSummary& event : finding.samples) {
      event.words = evil + std::string(300, 'A');
      event.session = event.access_key = event.account = event.error_code = evil;
    }
  }
  made.report.outcome.principals[0].key = evil;
  made.report.outcome.principals[0].unusual = {evil};
  made.report.outcome.accounts = {{evil, 1}, {"111122223333", 2}};
  made.report.inputs = {evil};
  made.report.filters = {evil};
  made.report.written = {{evil, "x", 0}};
  made.report.skipped_reasons = {{evil, 3}};
  made.report.quarantine = {{QuarantineEntry::Kind::kRecord, evil, 7, 1, evil}};
  made.report.quarantine_by_kind[0] = 1;
  made.rules[3].needed_event_sources = {evil};
}

void make_many(TestReport& made) {
  made.report.outcome.findings.clear();
  made.report.outcome.findings_by_level = {};
  made.report.outcome.matched_events = 0;
  made.rules[2].level = Level::kInformational;
  made.rules[4].level = Level::kLow;
  for (size_t i = 0; i < 300; ++i) {
    std::string time = format_time(at("2024-01-02T00:00:00Z") + std::chrono::hours(2 * i));
    std::string user = "role/application/service-" + std::to_string(i % 90);
    auto rule = static_cast<uint32_t>(i % 5);
    add_finding(
        made, made_up_finding(rule, made.rules[rule].level, user, time,
                              {"called Something" + std::to_string(i), "called Other"}, 2 + i % 7));
  }
  std::stable_sort(made.report.outcome.findings.begin(), made.report.outcome.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.level > b.level; });
  for (size_t i = 0; i < 90; ++i) {
    PrincipalProfile profile = made.report.outcome.principals[0];
    profile.key = "arn:aws:iam::111122223333:role/application/service-" + std::to_string(i);
    profile.risk = 50 - static_cast<double>(i) / 2;
    profile.unusual.clear();
    made.report.outcome.principals.push_back(profile);
  }
  made.report.outcome.principal_count = 400;
  made.report.outcome.accounts = {{"111122223333", 30'000}, {"444455556666", 3'600}};
}

TEST(Screen, SaysWhatACleanMonthWas) { expect_golden("clean", screen(*quiet_month())); }

TEST(Screen, LeadsWithTheWorst) {
  auto made = one_critical();
  expect_golden("one_critical_100", screen(*made));
  expect_golden("one_critical_80", screen(*made, 80));
  expect_golden("one_critical_140", screen(*made, 140));
  std::string plain = screen(*made, 80, true);
  expect_golden("one_critical_plain", plain);
  for (char c : plain) EXPECT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7F));
}

TEST(Screen, PaintsOnlyWhenAsked) {
  auto made = one_critical();
  TerminalStyle style;
  EXPECT_EQ(render_terminal(made->report, style).find('\x1b'), std::string::npos);
  style.colour = true;
  expect_golden("one_critical_colour", render_terminal(made->report, style));
  style.plain = true;
  EXPECT_EQ(render_terminal(made->report, style).find('\x1b'), std::string::npos);
}

TEST(Screen, CutsHundredsToOneScreenUnlessAskedForAll) {
  auto made = one_critical();
  make_many(*made);
  std::string text = screen(*made);
  expect_golden("many", text);
  EXPECT_LE(split(text, '\n').size(), 70u);

  TerminalStyle style;
  style.top = 0;
  std::string whole = render_terminal(made->report, style);
  expect_fits(whole, 100);
  for (const PrincipalProfile& profile : made->report.outcome.principals)
    EXPECT_NE(whole.find(detect::short_principal(profile.key)), std::string::npos);
  EXPECT_EQ(whole.find("--top"), std::string::npos);
  for (const Finding& finding : made->report.outcome.findings)
    EXPECT_NE(whole.find(made->rules[finding.rule].title), std::string::npos);
}

TEST(Screen, SaysThatNothingWasThere) {
  auto made = quiet_month();
  detect::Outcome empty;
  empty.rule_matches.resize(made->rules.size());
  empty.rule_allowed.resize(made->rules.size());
  empty.rule_missing_fields.resize(made->rules.size());
  made->report.outcome = empty;
  made->report.files = 14;
  made->report.files_by_kind = {0, 1, 0, 2, 11};
  made->report.skipped_reasons = {{"empty", 2}, {"not CloudTrail: PNG image", 11}};
  expect_golden("zero_events", screen(*made));
  made->report.files = 0;
  made->report.files_by_kind = {};
  made->report.skipped_reasons.clear();
  EXPECT_EQ(screen(*made).substr(0, 50), "VERDICT   Nothing was scanned: no files were found");
}

TEST(Screen, AdmitsWhatItDidNotRead) {
  auto made = one_critical();
  ScanReport& report = made->report;
  report.interrupted = true;
  report.files_unread = 2771;
  report.partial_files = 2;
  report.filters = {"from 2024-01-01T00:00:00Z", "account 111122223333"};
  report.events_filtered = 512;
  report.special_files = 3;
  report.archives = {2, 1200, 1, 4};
  report.files_by_kind = {700, 12, 1, 3, 2, 2};
  report.skipped_reasons = {{"empty", 3},
                            {"not CloudTrail: Avro", 2},
                            {"cannot be read: Permission denied", 2},
                            {"CloudTrail digest", 12},
                            {"AWS Config", 1}};
  report.quarantine_by_kind = {3, 1, 1, 2, 1, 0};
  report.quarantine = {
      {QuarantineEntry::Kind::kRecord, "logs/b.json.gz", 51'200, 80, "expected a colon"}};
  report.outcome.duplicates = 600;
  report.outcome.without_time = 4;
  report.outcome.rule_allowed[4] = 9;
  report.rule_counts.rejected = 2;
  report.rule_counts.filters = 6;
  report.outcome.rule_missing_fields[4] = {"requestParameters.userName"};
  for (int64_t hour = 200; hour < 260; ++hour)
    report.outcome.hours.erase(report.outcome.hours.begin()->first + hour);
  expect_golden("interrupted", screen(*made));
}

TEST(Screen, LetsNoTextOutOfItsCell) {
  auto made = one_critical();
  make_hostile(*made);
  for (bool plain : {false, true}) {
    std::string text = screen(*made, 100, plain);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(text.find('\r'), std::string::npos);
    EXPECT_EQ(text.find("\xE2\x80\xAE"), std::string::npos);
    EXPECT_EQ(text.find("\nVERDICT"), std::string::npos);
    EXPECT_TRUE(is_valid_utf8(text));
    expect_golden(plain ? "hostile_plain" : "hostile", text);
  }
}

TEST(Screen, FitsAnyWidth) {
  auto made = one_critical();
  make_many(*made);
  make_hostile(*made);
  for (size_t width = 80; width <= 160; ++width) screen(*made, width, width % 2 == 0);
}

TEST(Strip, ChoosesBucketsThatFit) {
  struct Row {
    int64_t hours;
    size_t columns;
    int64_t bucket_minutes;
  };
  const Row rows[] = {{1, 70, 60},
                      {70, 70, 60},
                      {71, 70, 120},
                      {24 * 30, 70, 720},
                      {24 * 365, 70, 7 * 1440},
                      {24 * 365 * 12, 70, 112 * 1440},
                      {24 * 365 * 5000, 70, 28672 * 1440}};
  for (const Row& row : rows) {
    detect::Outcome outcome;
    outcome.hours = {{0, 1}, {row.hours - 1, 1}};
    Strip strip = make_strip(outcome, row.columns);
    EXPECT_EQ(strip.bucket_minutes, row.bucket_minutes) << row.hours;
    EXPECT_LE(strip.buckets(), row.columns);
    uint64_t total = 0;
    for (uint64_t count : strip.events) total += count;
    EXPECT_EQ(total, row.hours == 1 ? 1u : 2u);
  }
  EXPECT_EQ(make_strip({}, 70).buckets(), 0u);
  detect::Outcome before_1970;
  before_1970.hours = {{-48, 1}, {-1, 5}};
  EXPECT_EQ(make_strip(before_1970, 48).buckets(), 48u);
}

TEST(Clients, AreNamedShortly) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"aws-cli/2.15.0 Python/3.11 Linux/6.1", "aws-cli/2.15.0"},
      {"stratus-red-team_1e5be608-6e03-4283-8d27-d37452a50f25", "stratus-red-team"},
      {"APN/1.0 HashiCorp/1.0 Terraform/1.1.2 (+https://www.terraform.io)", "Terraform/1.1.2"},
      {"[S3Console/0.4, aws-internal/3]", "S3Console/0.4"},
      {"console.amazonaws.com", "AWS console"},
      {"Mozilla/5.0 (X11; Linux)", "a browser"},
      {"Boto3/1.26 Linux exec-env/AWS_Lambda_python3.9", "Boto3/1.26 (in Lambda)"},
      {"s3.amazonaws.com", "s3.amazonaws.com"},
      {"", ""},
  };
  for (const auto& [agent, name] : rows) EXPECT_EQ(detect::client_name(agent), name);
}

TEST(Strip, LabelsItsAxis) {
  auto label = [](int64_t hours) {
    detect::Outcome outcome;
    int64_t begin = at("2024-03-09T22:00:00Z").time_since_epoch() / std::chrono::hours(1);
    outcome.hours = {{begin, 1}, {begin + hours - 1, 1}};
    return axis(make_strip(outcome, 60));
  };
  EXPECT_EQ(label(20), "22:00          18:00");
  EXPECT_EQ(label(40), "03-09 22:00                  03-11 14:00");
  EXPECT_EQ(label(100), "2024-03-09               2024-03-12     2024-03-14");
}

TEST(Strip, ShowsAnyEvent) {
  EXPECT_EQ(bars({0, 1, 1000, 500}, false), " ▁█▄");
  EXPECT_EQ(bars({0, 1, 1000, 500}, true), " .@=");
  EXPECT_EQ(bars({}, false), "");
}

}  // namespace
}  // namespace cairn::report
