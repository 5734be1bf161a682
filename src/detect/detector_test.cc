#include "base/hash.h"
#include "detect/detect.h"
#include "detect/principals.h"
#include "detect/test_events.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>

namespace cairn::detect {
namespace {

/// A record, the file it stands in, and the rules it satisfies.
struct Input {
  TestRecord record;
  std::string file;
  uint64_t offset = 0;
  std::vector<uint32_t> rules;
};

uint64_t fingerprint_of(const TestRecord& record) {
  uint64_t hash = 1;
  for (const auto& [path, text] : record) hash = mix64(hash, hash64(text, hash64(path)));
  return hash;
}

TestRecord call(std::string_view time, std::string_view id, std::string_view user,
                std::string_view name) {
  return {{"eventTime", std::string(time)},
          {"eventID", std::string(id)},
          {"eventSource", "iam.amazonaws.com"},
          {"eventName", std::string(name)},
          {"awsRegion", "us-east-1"},
          {"recipientAccountId", "111122223333"},
          {"sourceIPAddress", "203.0.113.7"},
          {"userAgent", "aws-cli/2.0"},
          {"userIdentity.type", "IAMUser"},
          {"userIdentity.arn", "arn:aws:iam::111122223333:user/" + std::string(user)}};
}

RuleInfo rule(std::string id, Level level) {
  RuleInfo info;
  info.id = std::move(id);
  info.level = level;
  return info;
}

struct Answer {
  Outcome outcome;
  std::vector<std::string> matches;   // "rule eventID file:offset allowed"
  std::vector<std::string> findings;  // ids
};

struct Rules {
  std::vector<RuleInfo> infos;
  Options options;
};

Answer run(const Rules& rules, const std::vector<Input>& inputs, size_t collectors = 1,
           FakeFiles* files = nullptr) {
  FakeFiles own_files;
  if (files == nullptr) files = &own_files;
  TestFields fields;
  auto words = ActionWords::parse("", fields.table);
  EXPECT_TRUE(words.ok());
  for (const RuleInfo& info : rules.infos) {
    for (const std::string& path : info.needed_fields) fields.table.intern(path);
    for (const std::string& path : info.dedup_by)
      if (path.find('.') != std::string::npos) fields.table.intern(path);
  }
  TestEvent event(fields.table);
  Options options = rules.options;
  options.collectors = collectors;
  Detector detector(rules.infos, fields.table, fields.standard, words.value(), *files, options);
  std::vector<Collector*> all;
  for (size_t i = 0; i < collectors; ++i) all.push_back(&detector.make_collector());
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Input& input = inputs[i];
    all[i * 7 % collectors]->add(event.set(input.record, input.offset),
                                 fingerprint_of(input.record), input.rules, input.file);
  }
  Answer result;
  auto outcome = detector.finish();
  EXPECT_TRUE(outcome.ok()) << outcome.error().message;
  if (!outcome.ok()) return result;
  result.outcome = std::move(outcome).value();
  Status visited =
      detector.for_each_match([&](uint32_t index, const EventSummary& e, bool allowed) {
        result.matches.push_back(std::to_string(index) + " " + e.event_id + " " + e.file + ":" +
                                 std::to_string(e.offset) + (allowed ? " allowed" : ""));
        return Status::success();
      });
  EXPECT_TRUE(visited.ok());
  visited = detector.for_each_finding([&](const Finding& finding) {
    result.findings.push_back(finding.id);
    return Status::success();
  });
  EXPECT_TRUE(visited.ok());
  return result;
}

void dump(std::ostream& out, const std::vector<std::string>& list) {
  for (const std::string& text : list) out << text << ",";
  out << ";";
}

/// Everything of an outcome but the number of copies read.
std::string dump(const Outcome& o) {
  std::ostringstream out;
  out << o.events - o.duplicates << " " << o.without_time << " " << o.errors << " "
      << format_time(o.first) << " " << format_time(o.last) << " " << o.matched_events << " "
      << o.principal_count << " " << o.findings_not_kept << "\n";
  for (const auto& [name, count] : o.accounts) out << name << "=" << count << " ";
  for (const auto& [name, count] : o.regions) out << name << "=" << count << " ";
  for (const auto& [name, count] : o.categories) out << name << "=" << count << " ";
  for (const auto& [type, count] : o.event_types)
    out << type.first << "/" << type.second << "=" << count << " ";
  out << "\nhours ";
  for (const auto& [hour, count] : o.hours) out << hour << "=" << count << " ";
  for (const auto& [account, hours] : o.account_hours)
    for (const auto& [hour, count] : hours) out << account << ":" << hour << "=" << count << " ";
  for (const auto& [key, count] : o.match_hours)
    out << to_string(key.first) << key.second << "=" << count << " ";
  for (const auto& [minute, count] : o.minutes) out << minute << "=" << count << " ";
  for (const auto& [key, count] : o.match_minutes)
    out << to_string(key.first) << key.second << "=" << count << " ";
  out << "\nrules ";
  for (uint64_t count : o.rule_matches) out << count << " ";
  for (uint64_t count : o.rule_allowed) out << count << " ";
  for (const auto& fields : o.rule_missing_fields) dump(out, fields);
  for (const Finding& f : o.findings) {
    out << "\n"
        << f.id << " " << f.rule << " " << f.key << " " << f.principal << " " << f.account << " "
        << to_string(f.level) << " " << f.count << " " << f.failed << " " << f.time_known << " "
        << format_time(f.first) << " " << format_time(f.last) << " " << f.source_ip_count << " "
        << f.target_count << " " << f.principal_count << " " << f.event_name_count << " ";
    for (const EventSummary& e : f.samples)
      out << e.event_id << "@" << e.file << ":" << e.offset << " ";
    dump(out, f.event_names);
    dump(out, f.source_ips);
    dump(out, f.user_agents);
    dump(out, f.principals);
  }
  for (const PrincipalProfile& p : o.principals) {
    out << "\n"
        << p.key << " " << p.type << " " << p.account << " " << p.events << " " << p.errors << " "
        << p.writes << " " << format_time(p.first) << " " << format_time(p.last) << " "
        << p.source_ip_count << " " << p.region_count << " " << p.user_agent_count << " "
        << p.event_name_count << " " << p.risk << " ";
    for (uint64_t count : p.findings_by_level) out << count << " ";
    dump(out, p.source_ips);
    dump(out, p.regions);
    dump(out, p.access_keys);
    dump(out, p.unusual);
  }
  return out.str();
}

/// A made-up month of several accounts and people; some records without a time, some matching, some
/// copies.
std::vector<Input> made_up_month(size_t events, uint64_t seed) {
  std::mt19937_64 random(seed);
  auto pick = [&](size_t limit) { return static_cast<size_t>(random() % limit); };
  const char* names[] = {"GetUser", "CreateUser", "ListUsers", "AttachUserPolicy", "DeleteTrail"};
  const char* regions[] = {"us-east-1", "eu-west-1", "ap-south-1"};
  std::vector<Input> inputs;
  for (size_t i = 0; i < events; ++i) {
    Input input;
    auto time = Timestamp(std::chrono::hours(455'000) + std::chrono::seconds(pick(30 * 86'400)));
    size_t name = pick(5);
    input.record = call(format_time(time), "id-" + std::to_string(pick(events * 2)),
                        "u" + std::to_string(pick(9)), names[name]);
    if (pick(40) == 0) input.record.erase("eventTime");
    input.record.erase("awsRegion");
    input.record.emplace("awsRegion", regions[pick(3)]);
    input.record.erase("sourceIPAddress");
    input.record.emplace("sourceIPAddress",
                         "203.0." + std::to_string(pick(4)) + "." + std::to_string(pick(40)));
    if (pick(3) == 0) input.record.emplace("errorCode", "AccessDenied");
    if (pick(2) == 0) {
      input.record.erase("recipientAccountId");
      input.record.emplace("recipientAccountId", "444455556666");
    }
    if (name >= 3) input.rules.push_back(static_cast<uint32_t>(name - 3));
    if (pick(5) == 0) input.rules.push_back(2);
    input.file = "f" + std::to_string(pick(20));
    input.offset = pick(1'000'000);
    inputs.push_back(std::move(input));
  }
  return inputs;
}

Rules month_rules() {
  Rules rules;
  rules.infos = {rule("attach", Level::kHigh), rule("trail", Level::kCritical),
                 rule("context", Level::kLow)};
  rules.infos[0].dedup_by = {"account", "ip"};
  rules.infos[0].dedup_window = std::chrono::hours(24);
  rules.infos[1].allow = {{"*:user/u1", "", "", ""}};
  rules.infos[0].needed_event_names = {"attachuserpolicy"};
  rules.infos[0].needed_fields = {"eventName", "requestParameters.policyArn"};
  return rules;
}

TEST(Detector, AnswersTheSameForAnyOrderSplitAndCopies) {
  uint64_t seed = 20261122;
  std::vector<Input> inputs = made_up_month(3000, seed);
  Rules rules = month_rules();
  Answer plain = run(rules, inputs);
  std::string expected = dump(plain.outcome);
  ASSERT_GT(plain.outcome.findings.size(), 100u);
  ASSERT_GT(plain.matches.size(), 500u);
  std::mt19937_64 random(seed + 1);
  for (size_t round = 0; round < 6; ++round) {
    std::vector<Input> other = inputs;
    for (size_t i = 0; i < round * 200; ++i) {
      Input copy = inputs[random() % inputs.size()];
      copy.file = "z-copy" + std::to_string(i % 3);  // sorts after every original
      other.push_back(std::move(copy));
    }
    std::shuffle(other.begin(), other.end(), random);
    Rules varied = rules;
    varied.options.memory_bytes =
        round % 2 == 0 ? 16u << 20 : 0;  // 0: as little as collectors allow
    Answer again = run(varied, other, 1 + round);
    EXPECT_EQ(dump(again.outcome), expected) << "round " << round << " seed " << seed;
    EXPECT_EQ(again.matches, plain.matches) << "round " << round;
    EXPECT_EQ(again.outcome.events, other.size());
  }
}

TEST(Detector, SpillsAndStillAgrees) {
  // Long texts fill the smallest budget, so that matches, names and rows all go through scratch
  // files.
  std::vector<Input> inputs = made_up_month(20'000, 5);
  for (size_t i = 0; i < inputs.size(); ++i) {
    inputs[i].record.erase("userAgent");
    inputs[i].record.emplace("userAgent",
                             "agent-" + std::to_string(i % 3000) + std::string(300, 'x'));
  }
  Rules rules = month_rules();
  rules.options.memory_bytes = 256u << 20;
  std::string expected = dump(run(rules, inputs).outcome);
  rules.options.memory_bytes = 0;
  std::reverse(inputs.begin(), inputs.end());
  EXPECT_EQ(dump(run(rules, inputs, 2).outcome), expected);
}

TEST(Detector, GroupsByRuleKeyAndWindow) {
  Rules rules;
  rules.infos = {rule("r0", Level::kMedium), rule("r1", Level::kHigh)};
  rules.infos[1].dedup_by = {"requestParameters.bucketName", "account"};
  rules.infos[1].dedup_window = std::chrono::minutes(10);
  std::vector<Input> inputs;
  auto add = [&](std::string_view time, std::string_view id, std::string_view user,
                 uint32_t matched) -> TestRecord& {
    inputs.push_back({call(time, id, user, "X"), "f", inputs.size(), {matched}});
    return inputs.back().record;
  };
  add("2024-01-01T10:00:00Z", "a", "alice", 0);
  add("2024-01-01T10:59:59Z", "b", "alice", 0);  // the last second of the window
  add("2024-01-01T11:00:00Z", "c", "alice", 0);  // starts the next
  add("2024-01-01T10:30:00Z", "d", "bob", 0).emplace("errorCode", "AccessDenied");
  add("2024-01-01T10:00:00Z", "e", "alice", 1).emplace("requestParameters.bucketName", "logs");
  add("2024-01-01T10:05:00Z", "f", "bob", 1).emplace("requestParameters.bucketName", "logs");
  add("", "g", "alice", 0);
  add("", "h", "alice", 0);
  Outcome outcome = run(rules, inputs).outcome;
  std::vector<std::string> lines;
  for (const Finding& f : outcome.findings) {
    std::string line = rules.infos[f.rule].id + " " + short_principal(f.key) + " " +
                       std::to_string(f.count) + " " + std::to_string(f.failed) +
                       (f.time_known ? "" : " no time");
    for (const EventSummary& e : f.samples) line += " " + e.event_id;
    lines.push_back(line);
  }
  EXPECT_EQ(lines,
            (std::vector<std::string>{"r1 logs / 111122223333 2 0 e f", "r0 user/alice 2 0 a b",
                                      "r0 user/bob 1 1 d", "r0 user/alice 1 0 c",
                                      "r0 user/alice 2 0 no time g h"}));
  EXPECT_EQ(outcome.findings[0].principal_count, 2u);
  EXPECT_EQ(outcome.without_time, 2u);
  EXPECT_EQ(outcome.matched_events, 8u);
  for (const Finding& f : outcome.findings) EXPECT_EQ(f.id.size(), 12u) << f.id;
}

TEST(Detector, CountsAllowedMatchesAndMakesNoFindingOfThem) {
  Rules rules;
  rules.infos = {rule("r0", Level::kMedium), rule("quiet", Level::kLow)};
  rules.infos[0].allow = {{"", "203.0.113.0/24", "aws-cli*", ""}};
  rules.options.min_level = Level::kMedium;
  std::vector<Input> inputs = {
      {call("2024-01-01T10:00:00Z", "a", "alice", "X"), "f", 0, {0}},
      {call("2024-01-01T10:00:01Z", "b", "alice", "X"), "f", 1, {1}},
      {call("2024-01-01T10:00:02Z", "c", "alice", "X"), "f", 2, {0, 1}},
  };
  inputs[2].record.erase("sourceIPAddress");
  inputs[2].record.emplace("sourceIPAddress", "198.51.100.1");
  Answer result = run(rules, inputs);
  EXPECT_EQ(result.outcome.rule_matches, (std::vector<uint64_t>{2, 2}));
  EXPECT_EQ(result.outcome.rule_allowed, (std::vector<uint64_t>{1, 0}));
  ASSERT_EQ(result.outcome.findings.size(), 1u);
  EXPECT_EQ(result.outcome.findings[0].count, 1u);
  EXPECT_EQ(result.outcome.matched_events, 1u);
  EXPECT_EQ(result.matches, (std::vector<std::string>{"0 a f:0 allowed", "0 c f:2"}));

  rules.options.visit_context_matches = true;
  EXPECT_EQ(run(rules, inputs).matches,
            (std::vector<std::string>{"0 a f:0 allowed", "1 b f:1", "0 c f:2", "1 c f:2"}));

  rules.options.allow = {{"*alice", "", "", ""}};
  EXPECT_TRUE(run(rules, inputs).outcome.findings.empty());
}

TEST(Detector, ChoosesTheCopyWithTheSmallestFileAndOffset) {
  Rules rules;
  rules.infos = {rule("r0", Level::kMedium)};
  TestRecord record = call("2024-01-01T10:00:00Z", "a", "alice", "X");
  std::vector<Input> inputs = {
      {record, "b", 5, {0}}, {record, "a", 300, {0}}, {record, "a", 70, {0}}};
  Answer result = run(rules, inputs, 2);
  EXPECT_EQ(result.matches, (std::vector<std::string>{"0 a a:70"}));
  EXPECT_EQ(result.outcome.duplicates, 2u);
  EXPECT_EQ(result.outcome.principals[0].events, 1u);
}

TEST(Detector, KeepsListsShortAndCountsTrue) {
  Rules rules;
  rules.infos = {rule("r0", Level::kMedium)};
  std::vector<Input> inputs;
  for (int i = 0; i < 100; ++i) {
    TestRecord record = call("2024-01-01T10:00:00Z", std::to_string(1000 + i), "alice", "X");
    record.erase("sourceIPAddress");
    record.emplace("sourceIPAddress", "192.0.2." + std::to_string(i));
    inputs.push_back({record, "f", 0, {0}});
  }
  Outcome outcome = run(rules, inputs).outcome;
  ASSERT_EQ(outcome.findings.size(), 1u);
  EXPECT_EQ(outcome.findings[0].source_ips.size(), kListedValues);
  EXPECT_EQ(outcome.findings[0].source_ip_count, 100u);
  EXPECT_EQ(outcome.findings[0].samples.size(), 5u);
  EXPECT_EQ(outcome.principals[0].source_ips.size(), kListedValues);
  EXPECT_EQ(outcome.principals[0].source_ip_count, 100u);
}

TEST(Detector, LimitsOpenFindingsAndSaysSo) {
  Rules rules;
  rules.infos = {rule("r0", Level::kMedium)};
  std::vector<Input> inputs;
  for (size_t i = 0; i < kOpenFindings + 3; ++i) {
    inputs.push_back(
        {call("2024-01-01T10:00:00Z", std::to_string(100'000 + i), "u" + std::to_string(i), "X"),
         "f",
         i,
         {0}});
  }
  Answer answer = run(rules, inputs);
  const Outcome& outcome = answer.outcome;
  EXPECT_EQ(outcome.findings.size(), kFindingsPerLevel);
  EXPECT_EQ(outcome.findings_by_level[static_cast<size_t>(Level::kMedium)], kOpenFindings);
  EXPECT_EQ(answer.findings.size(), kOpenFindings);
  EXPECT_EQ(outcome.findings_not_kept, 3u);
  EXPECT_EQ(outcome.rule_matches[0], kOpenFindings + 3);
  EXPECT_EQ(outcome.principals.size(), kPrincipalsKept);
  EXPECT_EQ(outcome.principal_count, kOpenFindings + 3);
}

TEST(Detector, VisitsEveryFindingInTheOrderOfTheOutcome) {
  Rules rules;
  rules.infos = {rule("r0", Level::kMedium), rule("r1", Level::kCritical)};
  std::vector<Input> inputs;
  for (uint32_t i = 0; i < 40; ++i)
    inputs.push_back(
        {call("2024-01-01T10:00:00Z", std::to_string(100 + i), "u" + std::to_string(i % 7), "X"),
         "f",
         i,
         {i % 2}});
  Answer answer = run(rules, inputs);
  std::vector<std::string> kept;
  for (const Finding& finding : answer.outcome.findings) {
    kept.push_back(finding.id);
    EXPECT_FALSE(finding.samples.empty());
    EXPECT_FALSE(finding.event_names.empty());
  }
  EXPECT_EQ(kept.size(), 14u);
  EXPECT_EQ(answer.findings, kept);
}

TEST(Detector, SaysWhichFieldsNeverOccurred) {
  Rules rules;
  rules.infos = {rule("has", Level::kLow), rule("lacks", Level::kLow),
                 rule("no events", Level::kLow), rule("any event", Level::kLow)};
  rules.infos[0].needed_event_names = {"create*"};
  rules.infos[0].needed_fields = {"requestParameters.userName"};
  rules.infos[1].needed_event_sources = {"iam.amazonaws.com"};
  rules.infos[1].needed_fields = {"requestParameters.policyArn", "requestParameters.userName"};
  rules.infos[2].needed_event_names = {"DeleteTrail"};
  rules.infos[2].needed_fields = {"requestParameters.name"};
  rules.infos[3].needed_fields = {"userIdentity.sessionContext.sourceIdentity",
                                  "requestParameters.never"};
  std::vector<Input> inputs = {
      {call("2024-01-01T10:00:00Z", "a", "alice", "CreateUser"), "f", 0, {}},
      {call("2024-01-01T10:00:00Z", "b", "alice", "GetUser"), "f", 0, {}}};
  inputs[0].record.emplace("requestParameters.userName", "bob");
  Outcome outcome = run(rules, inputs).outcome;
  EXPECT_EQ(outcome.rule_missing_fields, (std::vector<std::vector<std::string>>{
                                             {},
                                             {"requestParameters.policyArn"},
                                             {},
                                             {"userIdentity.sessionContext.sourceIdentity"}}));
}

TEST(Detector, EndsInAnErrorWhenTheTemporaryFolderFails) {
  std::vector<Input> inputs = made_up_month(17'000, 9);
  for (size_t i = 0; i < inputs.size(); ++i)
    inputs[i].record.emplace("errorMessage", std::string(500, 'm'));
  Rules rules = month_rules();
  rules.options.memory_bytes = 0;
  // Fail the n-th file operation for n = 0, 1, 3, 7 … until a run passes untouched.
  int n = 0;
  for (; n < 2000; n += 1 + n) {
    FakeFiles files;
    TestFields fields;
    auto words = ActionWords::parse("", fields.table);
    fields.table.intern("requestParameters.policyArn");
    TestEvent event(fields.table);
    Detector detector(rules.infos, fields.table, fields.standard, words.value(), files,
                      rules.options);
    Collector& collector = detector.make_collector();
    files.fail_after = n;
    for (const Input& input : inputs)
      collector.add(event.set(input.record), fingerprint_of(input.record), input.rules, input.file);
    auto outcome = detector.finish();
    if (outcome.ok()) break;
    EXPECT_EQ(outcome.error().code, ErrorCode::kUnavailable);
  }
  EXPECT_GT(n, 3);
  EXPECT_LT(n, 2000);
}

TEST(Detector, HasNothingToSayOfNoEvents) {
  Outcome outcome = run(month_rules(), {}, 2).outcome;
  EXPECT_EQ(outcome.events, 0u);
  EXPECT_TRUE(outcome.findings.empty());
  EXPECT_TRUE(outcome.principals.empty());
  EXPECT_EQ(outcome.rule_matches.size(), 3u);
}

// What is unusual about a principal: one row per mark, and its quiet neighbour.

std::vector<std::string> marks_of(const std::vector<Input>& inputs, std::string_view user) {
  for (const PrincipalProfile& profile : run({}, inputs).outcome.principals)
    if (short_principal(profile.key) == user) return profile.unusual;
  return {"no such principal"};
}

/// `count` calls, one each minute.
std::vector<Input> calls(size_t count, std::string_view user,
                         std::string_view start = "2024-01-01T00:00:00Z") {
  std::vector<Input> inputs;
  Timestamp time = *parse_event_time(start);
  for (size_t i = 0; i < count; ++i) {
    inputs.push_back(
        {call(format_time(time + std::chrono::minutes(i)),
              std::string(user) + std::string(start) + std::to_string(i), user, "GetUser"),
         "f",
         i,
         {}});
  }
  return inputs;
}

void set(std::vector<Input>& inputs, size_t from, std::string_view path, std::string_view text) {
  for (size_t i = from; i < inputs.size(); ++i) {
    inputs[i].record.erase(std::string(path));
    inputs[i].record.emplace(std::string(path), std::string(text));
  }
}

TEST(Unusual, SaysOnlyWhatTheEventsShow) {
  using Marks = std::vector<std::string>;
  EXPECT_EQ(marks_of(calls(500, "alice"), "user/alice"), Marks{});

  auto denied = calls(40, "alice");
  set(denied, 20, "errorCode", "AccessDenied");
  EXPECT_EQ(marks_of(denied, "user/alice"), Marks{"50 % of its calls were denied or failed"});
  set(denied, 21, "errorCode", "");
  EXPECT_EQ(marks_of(denied, "user/alice"), Marks{});

  auto tool = calls(3, "alice");
  set(tool, 1, "userAgent", "Boto3/1.9 Linux/5.10.0-kali3-amd64");
  EXPECT_EQ(marks_of(tool, "user/alice"), Marks{"user agent names kali (2 calls)"});

  auto late = calls(600, "alice");
  set(late, 590, "sourceIPAddress", "198.51.100.9");
  EXPECT_EQ(marks_of(late, "user/alice"),
            Marks{"new address 198.51.100.9 from 2024-01-01 09:50:00, 9 h 50 min into its activity "
                  "(10 calls)"});
  auto early = calls(600, "alice");
  set(early, 100, "sourceIPAddress", "198.51.100.9");
  EXPECT_EQ(marks_of(early, "user/alice"), Marks{});

  // IAM has no regions: its records name us-east-1, wherever alice works.
  auto region = calls(600, "alice");
  set(region, 0, "awsRegion", "eu-west-1");
  set(region, 590, "awsRegion", "us-east-1");
  set(region, 0, "eventSource", "iam.amazonaws.com");
  EXPECT_EQ(marks_of(region, "user/alice"), Marks{});
  set(region, 590, "eventSource", "ec2.amazonaws.com");
  EXPECT_EQ(marks_of(region, "user/alice"),
            Marks{"new region us-east-1 from 2024-01-01 09:50:00, 9 h 50 min into its activity "
                  "(10 calls)"});

  auto root = calls(2, "x");
  set(root, 0, "userIdentity.type", "Root");
  set(root, 0, "userIdentity.arn", "arn:aws:iam::111122223333:root");
  EXPECT_EQ(marks_of(root, "root"), Marks{"root user: 2 calls"});

  auto sign_in = calls(2, "alice");
  set(sign_in, 0, "eventName", "ConsoleLogin");
  set(sign_in, 0, "responseElements.ConsoleLogin", "Success");
  set(sign_in, 0, "additionalEventData.MFAUsed", "No");
  EXPECT_EQ(marks_of(sign_in, "user/alice"), Marks{"signed in to the console without MFA 2 times"});
  set(sign_in, 0, "userIdentity.type", "AssumedRole");
  EXPECT_EQ(marks_of(sign_in, "user/alice"), Marks{});

  auto broad = calls(45, "alice");
  for (size_t i = 0; i < broad.size(); ++i) {
    broad[i].record.erase("eventName");
    broad[i].record.emplace("eventName", "Get" + std::to_string(i));
  }
  EXPECT_EQ(marks_of(broad, "user/alice"), Marks{"45 different calls within 44 min"});

  auto networks = calls(30, "alice");
  set(networks, 10, "sourceIPAddress", "198.51.100.9");
  set(networks, 20, "sourceIPAddress", "192.0.2.9");
  EXPECT_EQ(marks_of(networks, "user/alice"), Marks{"came from 3 addresses in 3 networks"});

  auto sole = calls(30, "alice");
  set(sole, 25, "sourceIPAddress", "203.0.113.200");
  for (const char* user : {"bob", "carol"}) {
    auto more = calls(10, user);
    sole.insert(sole.end(), more.begin(), more.end());
  }
  EXPECT_EQ(marks_of(sole, "user/alice"),
            Marks{"only principal seen from 203.0.113.200 (5 calls)"});
  EXPECT_EQ(marks_of(sole, "user/bob"), Marks{});
}

TEST(Unusual, IsSaidOfEventsWithoutTimeToo) {
  std::vector<Input> inputs = calls(40, "alice");
  for (size_t i = 0; i < inputs.size(); ++i) {
    set(inputs, i, "eventName", "Call" + std::to_string(i));
    set(inputs, i, "userAgent", "stratus-red-team");
    inputs[i].record.erase("eventTime");
  }
  EXPECT_EQ(marks_of(inputs, "user/alice"),
            std::vector<std::string>{"user agent names stratus-red-team (40 calls)"});
}

TEST(Unusual, FindsToolsAsWholeWords) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"stratus-red-team_83c9a458", "stratus-red-team"},
      {"Boto3/1.7 Linux/4.19.0-kali4-amd64", "kali"},
      {"aws-cli/2.0 ParrotOS", ""},
      {"Kalimba/1.0", ""},
      {"rclone/v1.62", "rclone"},
      {"aws-cli/2.15 Linux", ""},
      {"", ""},
  };
  for (const auto& [agent, tool] : rows) EXPECT_EQ(tool_in(agent), tool) << agent;
}

TEST(Risk, GrowsWithFindingsBreadthFailuresAndMarks) {
  PrincipalProfile quiet;
  quiet.events = 100;
  EXPECT_EQ(risk_of(quiet, 0), 0);
  PrincipalProfile bad = quiet;
  bad.findings_by_level = {0, 0, 0, 2, 1};
  EXPECT_EQ(risk_of(bad, 1), 15 * 2 + 40);
  EXPECT_EQ(risk_of(bad, 3), 70 + 6);
  EXPECT_EQ(risk_of(bad, 100), 70 + 30);
  bad.errors = 50;
  EXPECT_EQ(risk_of(bad, 1), 75);
  bad.unusual = {"a", "b"};
  EXPECT_EQ(risk_of(bad, 1), 85);
}

}  // namespace
}  // namespace cairn::detect
