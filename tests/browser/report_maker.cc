// Makes report.html files that no scan would give in a test: very large ones, and hostile ones.
//
//   report_maker PAGE GROUPS [hostile] > report.html
//
// PAGE is the page without its data (build/…/src/engine/report.html). Says on standard error how
// long the writing took. The same arguments give the same bytes.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "report/report.h"

namespace {

using namespace cairn;

/// A small generator of numbers (splitmix64): the same everywhere.
class Dice {
 public:
  uint64_t below(uint64_t limit) {
    state_ += 0x9E3779B97F4A7C15ull;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return (z ^ (z >> 31)) % limit;
  }

 private:
  uint64_t state_ = 7;
};

/// Texts as an attacker would choose them. Each says "pwned" where it should never be run.
const char* const kHostile[] = {
    "</script><script>window.pwned=1</script>",
    "<img src=x onerror=\"window.pwned=2\">",
    "\"><svg onload=window.pwned=3>",
    "javascript:window.pwned=4",
    "<!--<script>",
    "\xE2\x80\xAE"
    "drawrof-ton\xE2\x80\xAC and \xE2\x81\xA6isolated",
    "line\none\r\ntwo\ttab\x01\x1B[31mred\x7F",
    "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D \xD8\xB3\xD9\x84\xD8\xA7\xD9\x85 abc",
    "\xFF\xFE broken \xC3",
    "\xE2\x80\xA8line\xE2\x80\xA9separator",
    "constructor",
    "__proto__",
    "=HYPERLINK(\"http://192.0.2.1\")",
    "&lt;b&gt;&#x27;&amp;",
    "${window.pwned=5}{{7*7}}",
};
constexpr size_t kHostileCount = sizeof(kHostile) / sizeof(kHostile[0]);

struct Maker {
  uint64_t groups;
  bool hostile;
  Dice dice;
  std::vector<RuleInfo> rules;
  report::ScanReport report;

  std::string text(const std::string& usual) {
    if (!hostile || dice.below(3) == 0) return usual;
    std::string text = kHostile[dice.below(kHostileCount)];
    if (dice.below(40) == 0) text.append(20'000, 'W');
    return text;
  }

  void make_rules() {
    const char* tactics[] = {"attack.persistence", "attack.defense-evasion", "attack.exfiltration",
                             "attack.impact", "attack.credential-access"};
    const char* techniques[] = {"attack.t1098.003", "attack.t1562.008", "attack.t1537",
                                "attack.t1485", "attack.t1552.005"};
    for (uint32_t i = 0; i < 120; ++i) {
      RuleInfo rule;
      rule.id = "rule-" + std::to_string(i);
      rule.code = "TST-" + std::to_string(100 + i);
      rule.level = static_cast<Level>(i % kLevelCount);
      rule.title = text("Made-up rule " + std::to_string(i));
      rule.description = text("What rule " + std::to_string(i) + " is about.");
      rule.next_step = text("Ask the owner whether this was planned.");
      rule.tags = {tactics[i % 5], techniques[i % 5]};
      if (hostile) rule.tags.push_back("attack." + std::string(kHostile[i % kHostileCount]));
      if (i % 10 == 9) rule.needed_event_sources = {"bedrock.amazonaws.com"};
      rules.push_back(std::move(rule));
    }
  }

  EventSummary make_event(const Finding& finding, uint64_t number) {
    EventSummary event;
    event.time = finding.first + std::chrono::seconds(number);
    event.time_known = finding.time_known;
    char id[40];
    std::snprintf(id, sizeof id, "%08x-0000-4000-8000-%012x",
                  static_cast<unsigned>(dice.below(1ull << 32)),
                  static_cast<unsigned>(dice.below(1ull << 32)));
    event.event_id = hostile && dice.below(4) == 0 ? text(id) : id;
    event.event_source = "iam.amazonaws.com";
    event.event_name = finding.event_names[0];
    event.region = finding.regions[0];
    event.account = finding.account;
    event.principal = finding.principal;
    event.access_key = text("AKIAEXAMPLE" + std::to_string(dice.below(5000)));
    event.source_ip = finding.source_ips[0];
    event.user_agent = finding.user_agents[0];
    event.error_code = dice.below(5) == 0 ? text("AccessDenied") : "";
    event.target = text("user target-" + std::to_string(dice.below(3000)));
    event.words = text("attached policy AdministratorAccess to " + event.target);
    event.file = text("AWSLogs/111122223333/CloudTrail/us-east-1/2024/06/03/part-" +
                      std::to_string(dice.below(2000)) + ".json.gz");
    event.offset = dice.below(1u << 20);
    return event;
  }

  void make_finding(uint64_t number) {
    Finding finding;
    char id[24];
    std::snprintf(id, sizeof id, "F-%010llx", static_cast<unsigned long long>(number));
    finding.id = id;
    finding.rule = static_cast<uint32_t>(number % 9 == 8 ? 8 : (number * 7) % 90);
    if (finding.rule % 10 == 9) --finding.rule;
    finding.level = rules[finding.rule].level;
    finding.principal =
        text("arn:aws:iam::111122223333:user/user-" + std::to_string(dice.below(groups / 4 + 10)));
    finding.key = finding.principal + "/" + std::to_string(number);
    finding.principals = {finding.principal};
    finding.account = dice.below(3) == 0 ? "444455556666" : "111122223333";
    finding.count = 1 + dice.below(40);
    finding.failed = dice.below(3) == 0 ? dice.below(finding.count + 1) : 0;
    finding.first = report.outcome.first + std::chrono::seconds(dice.below(30 * 86'400));
    finding.last = finding.first + std::chrono::seconds(dice.below(3'600));
    finding.time_known = number % 1000 != 999;
    finding.source_ips = {text("203.0.113." + std::to_string(dice.below(256)))};
    finding.regions = {dice.below(4) == 0 ? "eu-west-1" : "us-east-1"};
    finding.user_agents = {text("aws-cli/2." + std::to_string(dice.below(20)) + ".0 Python/3.11")};
    finding.event_names = {text("AttachUserPolicy")};
    finding.targets = {text("user target-" + std::to_string(dice.below(3000)))};
    finding.source_ip_count = finding.principal_count = finding.event_name_count = 1;
    finding.target_count = 1;
    // Much as detect keeps them: five samples of the first of a level, one of later ones.
    uint64_t samples = number < 5000 ? std::min<uint64_t>(finding.count, 5) : 1;
    for (uint64_t i = 0; i < samples; ++i) finding.samples.push_back(make_event(finding, i));
    report.outcome.rule_matches[finding.rule] += finding.count;
    report.outcome.matched_events += finding.count;
    ++report.outcome.findings_by_level[static_cast<size_t>(finding.level)];
    report.outcome.findings.push_back(std::move(finding));
  }

  void make_principal(uint64_t number) {
    PrincipalProfile profile;
    profile.key = hostile ? text("arn:aws:iam::111122223333:user/user-" + std::to_string(number))
                          : "arn:aws:iam::111122223333:user/user-" + std::to_string(number);
    profile.type = "IAMUser";
    profile.account = "111122223333";
    profile.events = 1000 - number;
    profile.errors = number % 50;
    profile.risk = 200.0 - static_cast<double>(number) / 10;
    profile.first = report.outcome.first;
    profile.last = report.outcome.last;
    profile.findings_by_level = {0, 1, 1, number % 3, number % 2};
    if (number % 7 == 0) profile.unusual = {text("user agent names kali (12 calls)")};
    report.outcome.principals.push_back(std::move(profile));
  }

  void make() {
    make_rules();
    detect::Outcome& outcome = report.outcome;
    report.version = "test";
    report.command = text("cairn scan logs --html report.html");
    report.inputs = {text("logs")};
    report.rules = rules;
    report.rule_counts.files = report.rule_counts.loaded = rules.size();
    report.files = 2000;
    report.files_by_kind[0] = 2000;
    report.started = *parse_event_time("2024-07-04T10:00:00Z");
    report.skipped = {{text("logs/readme.txt"), text("not CloudTrail: text")}};
    report.skipped_reasons[report.skipped[0].reason] = 1;
    report.quarantine = {
        {QuarantineEntry::Kind::kRecord, text("logs/a.json"), 12, 40, text("not an object")}};
    report.quarantine_by_kind[0] = 1;
    outcome.events = groups * 50 + 1000;
    outcome.first = *parse_event_time("2024-06-03T00:00:00Z");
    outcome.last = outcome.first + std::chrono::hours(30 * 24);
    outcome.accounts = {{"111122223333", 700}, {"444455556666", 300}};
    outcome.regions = {{"us-east-1", 900}, {"eu-west-1", 100}};
    if (hostile) outcome.regions[kHostile[1]] = 3;
    outcome.event_types = {{{"iam.amazonaws.com", "AttachUserPolicy"}, outcome.events}};
    outcome.rule_matches.resize(rules.size());
    outcome.rule_allowed.resize(rules.size());
    outcome.rule_missing_fields.resize(rules.size());
    int64_t hour = outcome.first.time_since_epoch() / std::chrono::hours(1);
    for (int64_t i = 0; i < 30 * 24; ++i)
      if (i < 200 || i > 206) outcome.hours[hour + i] = 20 + dice.below(60);
    outcome.findings.reserve(groups);
    for (uint64_t i = 0; i < groups; ++i) make_finding(i);
    outcome.principal_count = std::min<uint64_t>(groups / 4 + 10, 1000);
    for (uint64_t i = 0; i < outcome.principal_count; ++i) make_principal(i);
  }
};

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count < 3) {
    std::fprintf(stderr, "usage: report_maker PAGE GROUPS [hostile] > report.html\n");
    return 2;
  }
  auto files = real_files();
  auto page = read_file(*files, arguments[1], 16u << 20);
  auto out = files->create("-");
  if (!page.ok() || !out.ok()) return 1;
  Maker maker;
  maker.groups = std::strtoull(arguments[2], nullptr, 10);
  maker.hostile = argument_count > 3;
  maker.make();
  std::clock_t started = std::clock();
  Status written = report::write_report_html(*out.value(), maker.report, page.value());
  if (written.ok()) written = out.value()->close();
  std::fprintf(stderr, "%llu groups written in %.3f s of CPU time\n",
               static_cast<unsigned long long>(maker.groups),
               static_cast<double>(std::clock() - started) / CLOCKS_PER_SEC);
  return written.ok() ? 0 : 1;
}
