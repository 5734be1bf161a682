#include "detect/correlator.h"

#include "base/hash.h"
#include "detect/test_events.h"
#include "sys/files.h"
#include "sys/spill.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <span>
#include <sstream>

namespace cairn::detect {
namespace {

using Kind = Correlation::Kind;
using Compare = Correlation::Test;

/// Hosts are addresses: "h3" and "h7" are 3 and 7 hundred kilometres from nowhere, in countries of
/// their own, and all others are nowhere. Odd ones have a network.
class HostPlaces : public Places {
 public:
  std::string country_of(std::string_view host) const override {
    return spot_of(host) == 0 ? "" : "C" + std::string(host.substr(1));
  }
  std::string asn_of(std::string_view host) const override {
    return spot_of(host) % 2 == 0 ? "" : "AS" + std::string(host.substr(1));
  }
  uint64_t spot_of(std::string_view host) const override {
    bool known = host.size() == 2 && host[0] == 'h' && host[1] > '0' && host[1] <= '9';
    return known ? static_cast<uint64_t>(host[1] - '0') : 0;
  }
  double least_km(uint64_t from, uint64_t to) const override {
    return 100 * std::abs(static_cast<double>(from % 10) - static_cast<double>(to % 10));
  }
};
const HostPlaces kPlaces;

/// "12:00:05 a alice 7 x": time, the rule (a, b or c) that it satisfies, user, number, host.
struct Line {
  std::string time, rules, user, number, host;
};

std::vector<Line> lines_of(const std::string& text) {
  std::vector<Line> lines;
  std::istringstream in(text);
  for (std::string row; std::getline(in, row, ';');) {
    std::istringstream words(row);
    Line line;
    words >> line.time >> line.rules >> line.user >> line.number >> line.host;
    lines.push_back(line);
  }
  return lines;
}

/// Rules 0 to 2 are a, b and c; then the correlations.
struct World {
  std::vector<RuleInfo> infos;
  std::vector<Correlation> correlations;

  World() {
    for (const char* code : {"a", "b", "c"}) {
      RuleInfo& info = infos.emplace_back();
      info.id = info.code = code;
      info.silent = true;
    }
  }
  Correlation& add(Kind kind, std::vector<uint32_t> sources, std::vector<std::string> group_by,
                   int64_t seconds) {
    Correlation& correlation = correlations.emplace_back();
    correlation.kind = kind;
    correlation.rule = static_cast<uint32_t>(infos.size());
    correlation.group_by = group_by;
    for (uint32_t rule : sources) correlation.sources.push_back({rule, group_by, {}});
    correlation.timespan = Duration(seconds * 1000);
    RuleInfo& info = infos.emplace_back();
    info.id = info.code = "x" + std::to_string(correlations.size());
    info.dedup_window = std::max(info.dedup_window, correlation.timespan);
    return correlation;
  }
};

/// "x1 alice 12:00:00-12:00:05 3" for each finding.
std::vector<std::string> run(const World& setup, const std::vector<Line>& lines,
                             size_t collectors = 1, size_t correlation_bytes = 256u << 20,
                             uint64_t* forgotten = nullptr) {
  FakeFiles files;
  TestFields fields;
  for (const char* path : {"user", "number", "host"}) fields.table.intern(path);
  auto words = ActionWords::parse("", fields.table);
  EXPECT_TRUE(words.ok());
  TestEvent event(fields.table);
  Options options;
  options.collectors = collectors;
  options.correlations = setup.correlations;
  options.correlation_bytes = correlation_bytes;
  options.places = &kPlaces;
  Detector detector(setup.infos, fields.table, fields.standard, words.value(), files, options);
  std::vector<Collector*> all;
  for (size_t i = 0; i < collectors; ++i) all.push_back(&detector.make_collector());
  for (size_t i = 0; i < lines.size(); ++i) {
    const Line& line = lines[i];
    std::string id = line.time + line.rules + line.user + line.number + line.host;
    TestRecord record{{"eventTime", "2024-01-01T" + line.time + "Z"},
                      {"eventID", id},
                      {"eventName", line.rules},
                      {"userIdentity.arn", "arn:aws:iam::111122223333:user/" + line.user}};
    if (line.user != "-") record.emplace("user", line.user);
    if (!line.number.empty()) record.emplace("number", line.number);
    if (!line.host.empty()) record.emplace("host", line.host);
    std::vector<uint32_t> rules;
    for (char c : line.rules) rules.push_back(static_cast<uint32_t>(c - 'a'));
    all[i % collectors]->add(event.set(record, i), std::hash<std::string>{}(id), rules, "file");
  }
  auto outcome = detector.finish();
  EXPECT_TRUE(outcome.ok());
  if (forgotten != nullptr) *forgotten = outcome.value().forgotten_groups;
  std::vector<std::string> found;
  for (const Finding& finding : outcome.value().findings) {
    found.push_back(setup.infos[finding.rule].code + " " + finding.key + " " +
                    format_time_short(finding.first).substr(11) + "-" +
                    format_time_short(finding.last).substr(11) + " " +
                    std::to_string(finding.count));
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// The same findings in any order of the events, with copies, on any number of collectors.
void expect_findings(const World& setup, const std::string& text,
                     const std::vector<std::string>& expected) {
  std::vector<Line> lines = lines_of(text);
  EXPECT_EQ(run(setup, lines), expected) << text;
  std::mt19937 random(7);
  for (size_t collectors : {1u, 3u}) {
    std::vector<Line> mixed = lines;
    mixed.insert(mixed.end(), lines.begin(), lines.end());
    std::shuffle(mixed.begin(), mixed.end(), random);
    EXPECT_EQ(run(setup, mixed, collectors), expected) << "mixed: " << text;
  }
}

TEST(Correlator, CountsEvents) {
  World setup;
  setup.add(Kind::kEventCount, {0}, {"user"}, 60).bounds = {{Compare::kGreaterOrEqual, 3}};
  expect_findings(setup, "12:00:00 a alice;12:00:30 a alice", {});
  expect_findings(setup, "12:00:00 a alice;12:00:30 a alice;12:01:00 a alice",
                  {"x1 alice 12:00:00-12:01:00 3"});
  expect_findings(setup, "12:00:00 a alice;12:00:30 a alice;12:01:01 a alice", {});
  expect_findings(setup, "12:00:00 a alice;12:00:01 a bob;12:00:02 a alice;12:00:03 a bob", {});
  // The window slides: what is over the minute is not counted again, what joins later is.
  expect_findings(setup,
                  "12:00:00 a eve;12:00:50 a eve;12:01:40 a eve;12:01:45 a eve;12:02:30 a eve",
                  {"x1 eve 12:00:50-12:02:30 4"});
  // Another rule's events, and events without a user, take no part.
  expect_findings(setup,
                  "12:00:00 a al;12:00:01 b al;12:00:02 a al;12:00:03 a -;12:00:04 a -;"
                  "12:00:05 a -",
                  {});
}

TEST(Correlator, CountsOverSeveralRules) {
  World setup;
  setup.add(Kind::kEventCount, {0, 1}, {}, 60).bounds = {{Compare::kGreater, 2}};
  expect_findings(setup, "12:00:00 a alice;12:00:01 b bob;12:00:02 a eve",
                  {"x1 all 12:00:00-12:00:02 3"});
}

TEST(Correlator, CountsDifferentValues) {
  World setup;
  Correlation& one = setup.add(Kind::kValueCount, {0}, {"user"}, 60);
  one.sources[0].fields = {"host"};
  one.bounds = {{Compare::kGreaterOrEqual, 2}};
  expect_findings(setup, "12:00:00 a al 1 h1;12:00:01 a al 1 h1;12:00:02 a al 1 h1", {});
  expect_findings(setup, "12:00:00 a al 1 h1;12:00:01 a al 1 h2", {"x1 al 12:00:00-12:00:01 2"});
  expect_findings(setup, "12:00:00 a al 1 h1;12:01:01 a al 1 h2", {});
}

TEST(Correlator, MeasuresValues) {
  World setup;
  for (auto [kind, bound] :
       {std::pair{Kind::kValueSum, 10.0}, {Kind::kValueAvg, 5.0}, {Kind::kValuePercentile, 4.0}}) {
    Correlation& one = setup.add(kind, {0}, {"user"}, 60);
    one.sources[0].fields = {"number"};
    one.bounds = {{Compare::kGreaterOrEqual, bound}};
  }
  expect_findings(setup, "12:00:00 a al 3;12:00:01 a al x;12:00:02 a al 3", {});
  expect_findings(setup, "12:00:00 a al 3;12:00:01 a al 3;12:00:02 a al 4",
                  {"x1 al 12:00:00-12:00:02 3"});
  expect_findings(
      setup, "12:00:00 a al 1;12:00:01 a al 9",
      {"x1 al 12:00:00-12:00:01 2", "x2 al 12:00:00-12:00:01 2", "x3 al 12:00:00-12:00:01 2"});
}

TEST(Correlator, RulesTogether) {
  World setup;
  setup.add(Kind::kTemporal, {0, 1}, {"user"}, 60);
  expect_findings(setup, "12:00:00 b al;12:00:30 a al", {"x1 al 12:00:00-12:00:30 2"});
  expect_findings(setup, "12:00:00 b al;12:01:01 a al", {});
  expect_findings(setup, "12:00:00 b al;12:00:01 a bo", {});
  expect_findings(setup, "12:00:00 ab al", {"x1 al 12:00:00-12:00:00 1"});
}

TEST(Correlator, RulesInOrder) {
  World setup;
  setup.add(Kind::kTemporalOrdered, {0, 1, 2}, {"user"}, 60);
  expect_findings(setup, "12:00:00 a al;12:00:01 b al;12:00:02 c al",
                  {"x1 al 12:00:00-12:00:02 3"});
  expect_findings(setup, "12:00:00 c al;12:00:01 b al;12:00:02 a al", {});
  expect_findings(setup, "12:00:00 a al;12:00:01 c al;12:00:02 b al", {});
  expect_findings(setup, "12:00:00 a al;12:00:40 b al;12:01:01 c al", {});
  // A later beginning counts: the first a is too old, the second is not.
  expect_findings(setup, "12:00:00 a al;12:00:40 a al;12:00:50 b al;12:01:30 c al",
                  {"x1 al 12:00:40-12:01:30 3"});
  // Within one second CloudTrail tells no order; but one event is one step.
  expect_findings(setup, "12:00:00 b al;12:00:00 a al;12:00:00 c al",
                  {"x1 al 12:00:00-12:00:00 3"});
  expect_findings(setup, "12:00:00 ab al;12:00:01 c al", {});
}

TEST(Correlator, WindowsThatClose) {
  World setup;
  setup.add(Kind::kEventCount, {0}, {"user"}, 60).bounds = {{Compare::kGreater, 1},
                                                            {Compare::kLessOrEqual, 3}};
  expect_findings(setup, "12:00:00 a al", {});
  expect_findings(setup, "12:00:00 a al;12:00:10 a al", {"x1 al 12:00:00-12:00:10 2"});
  expect_findings(setup, "12:00:00 a al;12:00:10 a al;12:00:20 a al;12:00:30 a al", {});
  expect_findings(setup, "12:00:00 a al;12:00:10 a al;12:01:01 a al",
                  {"x1 al 12:00:00-12:00:10 2"});
}

TEST(Correlator, Absence) {
  World setup;
  Correlation& one = setup.add(Kind::kTemporal, {0, 1}, {"user"}, 60);
  CorrelationTree first, second, absent, both;
  second.source = 1;
  absent.kind = CorrelationTree::Kind::kNot;
  absent.children = {second};
  both.kind = CorrelationTree::Kind::kAnd;
  both.children = {first, absent};
  one.condition = {both};
  expect_findings(setup, "12:00:00 a al", {"x1 al 12:00:00-12:00:00 1"});
  expect_findings(setup, "12:00:00 a al;12:00:59 b al", {});
  expect_findings(setup, "12:00:00 a al;12:01:01 b al", {"x1 al 12:00:00-12:00:00 1"});
  expect_findings(setup, "12:00:00 b al", {});
}

TEST(Correlator, FirstSeen) {
  World setup;
  Correlation& one = setup.add(Kind::kFirstSeen, {0}, {"user"}, 3600);
  one.sources[0].fields = {"host"};
  one.learn = std::chrono::seconds(60);
  // A group that was quiet for twice the timespan is learned anew.
  expect_findings(setup, "12:00:00 a al 1 h1;13:59:59 a al 1 h2", {"x1 al 13:59:59-13:59:59 1"});
  expect_findings(setup, "12:00:00 a al 1 h1;14:00:01 a al 1 h2;14:00:31 a al 1 h3", {});
  expect_findings(setup, "12:00:00 a al 1 h1;14:00:01 a al 1 h2;14:01:01 a al 1 h3",
                  {"x1 al 14:01:01-14:01:01 1"});
  // Nothing while a group is learned; then what is new, each once.
  expect_findings(setup, "12:00:00 a al 1 h1;12:00:30 a al 1 h2", {});
  expect_findings(setup,
                  "12:00:00 a al 1 h1;12:01:00 a al 1 h1;12:02:00 a al 1 h2;12:03:00 a al 1 h2",
                  {"x1 al 12:02:00-12:02:00 1"});
  expect_findings(setup, "12:00:00 a al 1 h1;12:02:00 a bo 1 h2", {});
  // What was not seen for the timespan is new again.
  expect_findings(setup, "12:00:00 a al 1 h1;12:30:00 a al 1 h3;13:01:00 a al 1 h1",
                  {"x1 al 12:30:00-13:01:00 2"});
  expect_findings(setup, "12:00:00 a al 1 h1;12:30:00 a al 1 h1;13:10:00 a al 1 h1", {});
}

TEST(Correlator, FirstSeenByNetwork) {
  World setup;
  Correlation& one = setup.add(Kind::kFirstSeen, {0}, {"user"}, 3600);
  one.sources[0].fields = {"host"};
  one.network_bits = 24;
  expect_findings(setup, "12:00:00 a al 1 192.0.2.1;12:00:10 a al 1 192.0.2.200", {});
  expect_findings(setup, "12:00:00 a al 1 192.0.2.1;12:00:10 a al 1 198.51.100.1",
                  {"x1 al 12:00:10-12:00:10 1"});
  expect_findings(setup, "12:00:00 a al 1 2001:db8:1::1;12:00:10 a al 1 2001:db8:1:ff::2", {});
  expect_findings(setup, "12:00:00 a al 1 2001:db8:1::1;12:00:10 a al 1 2001:db8:2::1",
                  {"x1 al 12:00:10-12:00:10 1"});
  expect_findings(setup, "12:00:00 a al 1 192.0.2.1;12:00:10 a al 1 s3.amazonaws.com",
                  {"x1 al 12:00:10-12:00:10 1"});
}

TEST(Correlator, FirstSeenByPlace) {
  for (auto place : {Correlation::Place::kCountry, Correlation::Place::kAsn}) {
    World setup;
    Correlation& one = setup.add(Kind::kFirstSeen, {0}, {"user"}, 3600);
    one.sources[0].fields = {"host"};
    one.learn = std::chrono::minutes(5);
    one.place = place;
    setup.infos.back().dedup_window = std::chrono::minutes(1);
    // Places that are not known are none: not even the first.
    expect_findings(setup, "12:00:00 a al 1 h1;12:10:00 a al 1 x;12:20:00 a al 1 h1", {});
    expect_findings(setup, "12:00:00 a al 1 x;12:10:00 a al 1 h1", {});
    expect_findings(setup, "12:00:00 a al 1 h1;12:10:00 a al 1 h3;12:20:00 a al 1 h3",
                    {"x1 al 12:10:00-12:10:00 1"});
  }
  World setup;
  Correlation& one = setup.add(Kind::kFirstSeen, {0}, {"user"}, 3600);
  one.sources[0].fields = {"host"};
  one.place = Correlation::Place::kAsn;
  expect_findings(setup, "12:00:00 a al 1 h1;13:00:00 a al 1 h2", {});  // h2 is of no network
}

TEST(Correlator, Travel) {
  World setup;
  Correlation& one = setup.add(Kind::kTravel, {0, 1}, {"user"}, 3600);
  one.sources[0].fields = one.sources[1].fields = {"host"};
  one.speed_kmh = 1000;
  one.distance_km = 100;
  // 600 km in 30 minutes; within the speed; too near; in one second.
  expect_findings(setup, "12:00:00 a al 1 h1;12:30:00 a al 1 h7", {"x1 al 12:00:00-12:30:00 2"});
  expect_findings(setup, "12:00:00 a al 1 h1;12:36:00 a al 1 h7", {});
  expect_findings(setup, "12:00:00 a al 1 h1;12:00:01 a al 1 h2", {});
  expect_findings(setup, "12:00:00 a al 1 h1;12:00:00 b al 1 h3", {"x1 al 12:00:00-12:00:00 2"});
  // 200 km need 720 seconds: seconds are whole, so 719 may have been as many.
  expect_findings(setup, "12:00:00 a al 1 h1;12:11:59 a al 1 h3", {});
  expect_findings(setup, "12:00:00 a al 1 h1;12:11:58 a al 1 h3", {"x1 al 12:00:00-12:11:58 2"});
  // Another user; nowhere, which is no station on the way; no address; beyond the timespan.
  expect_findings(setup, "12:00:00 a al 1 h1;12:30:00 a bo 1 h7", {});
  expect_findings(setup, "12:00:00 a al 1 h1;12:10:00 a al 1 x;12:20:00 a al;12:30:00 a al 1 h7",
                  {"x1 al 12:00:00-12:30:00 2"});
  expect_findings(setup, "12:00:00 a al 1 h1;12:30:00 c al 1 h7", {});
  // There and back again, and stays: each journey names where it began.
  expect_findings(setup,
                  "12:00:00 a al 1 h1;12:10:00 a al 1 h1;12:20:00 b al 1 h9;12:30:00 a al 1 h1;"
                  "12:40:00 a al 1 h1",
                  {"x1 al 12:10:00-12:30:00 3"});
  one.timespan = std::chrono::minutes(20);
  expect_findings(setup, "12:00:00 a al 1 h1;12:30:00 a al 1 h7", {});
}

TEST(Correlator, SaysWhenItKnewNoPlace) {
  World setup;
  Correlation& travel = setup.add(Kind::kTravel, {0}, {"user"}, 3600);
  travel.sources[0].fields = {"host"};
  setup.add(Kind::kEventCount, {setup.correlations[0].rule}, {"user"}, 60);
  setup.add(Kind::kEventCount, {setup.correlations[0].rule, 0}, {"user"}, 60);
  using Texts = std::vector<std::string>;
  const Texts none, no_place = {"place of sourceIPAddress"};
  const struct {
    std::string rules, host;
    const Places* places;
    std::array<Texts, 3> missing;
  } kRows[] = {{"a", "h1", &kPlaces, {none, none, none}},
               {"b", "x", &kPlaces, {none, none, none}},  // none of its events
               {"a", "x", &kPlaces, {no_place, no_place, none}},
               {"a", "h1", nullptr, {no_place, no_place, none}}};
  for (const auto& row : kRows) {
    FakeFiles files;
    TestFields fields;
    for (const char* path : {"user", "host"}) fields.table.intern(path);
    auto words = ActionWords::parse("", fields.table);
    TestEvent event(fields.table);
    Options options;
    options.correlations = setup.correlations;
    options.places = row.places;
    Detector detector(setup.infos, fields.table, fields.standard, words.value(), files, options);
    TestRecord record{{"eventTime", "2024-01-01T12:00:00Z"}, {"user", "al"}, {"host", row.host}};
    std::array<uint32_t, 1> rules = {static_cast<uint32_t>(row.rules[0] - 'a')};
    detector.make_collector().add(event.set(record), 1, rules, "file");
    auto outcome = detector.finish();
    ASSERT_TRUE(outcome.ok());
    for (size_t i = 0; i < 3; ++i)
      EXPECT_EQ(outcome.value().rule_missing_fields[3 + i], row.missing[i]) << row.host << i;
  }
}

TEST(Correlator, JourneysAreToldToOthers) {
  World setup;
  Correlation& travel = setup.add(Kind::kTravel, {0}, {"user"}, 3600);
  travel.sources[0].fields = {"host"};
  travel.speed_kmh = 1000;
  setup.infos.back().silent = true;
  const uint32_t rule = travel.rule;
  setup.add(Kind::kTemporalOrdered, {rule, 1}, {"user"}, 600);
  expect_findings(setup, "12:00:00 a al 1 h1;12:01:00 a al 1 h7;12:05:00 b al",
                  {"x2 al 12:00:00-12:05:00 3"});
  expect_findings(setup, "12:00:00 a al 1 h1;12:01:00 a al 1 h1;12:05:00 b al", {});
  expect_findings(setup, "12:00:00 a al 1 h1;12:01:00 a al 1 h7;12:15:00 b al", {});
}

TEST(Correlator, Idle) {
  World setup;
  setup.add(Kind::kIdle, {0}, {"user"}, 3600);
  expect_findings(setup, "12:00:00 a al;12:59:59 a al;13:59:58 a al", {});
  expect_findings(setup, "12:00:00 a al;13:00:00 a al;13:00:01 a al",
                  {"x1 al 13:00:00-13:00:00 1"});
  expect_findings(setup, "12:00:00 a al;19:00:00 a al", {"x1 al 19:00:00-19:00:00 1"});
  expect_findings(setup, "12:00:00 a al;19:00:00 a bo", {});
}

TEST(Correlator, AbsenceAfter) {
  World setup;
  setup.add(Kind::kAbsence, {0, 1}, {"user"}, 60);
  expect_findings(setup, "12:00:00 a al", {"x1 al 12:00:00-12:00:00 1"});
  expect_findings(setup, "12:00:00 a al;12:01:00 b al", {});
  expect_findings(setup, "12:00:00 a al;12:01:01 b al", {"x1 al 12:00:00-12:00:00 1"});
  // One before does not help, one after is enough for all before it.
  expect_findings(setup, "12:00:00 b al;12:00:01 a al", {"x1 al 12:00:01-12:00:01 1"});
  expect_findings(setup, "12:00:00 a al;12:00:30 a al;12:00:40 b al", {});
  expect_findings(setup, "12:00:00 a al;12:00:01 b bo", {"x1 al 12:00:00-12:00:00 1"});
  // Within one second there is no order.
  expect_findings(setup, "12:00:00 a al;12:00:00 b al", {});
}

TEST(Correlator, Ratio) {
  World setup;
  Correlation& one = setup.add(Kind::kRatio, {0, 1}, {"user"}, 60);
  one.ratio = 0.5;
  one.bounds = {{Compare::kGreaterOrEqual, 4}};
  expect_findings(setup, "12:00:00 ab al;12:00:01 ab al;12:00:02 b al", {});
  expect_findings(setup, "12:00:00 ab al;12:00:01 ab al;12:00:02 b al;12:00:03 b al",
                  {"x1 al 12:00:00-12:00:03 4"});
  expect_findings(setup, "12:00:00 ab al;12:00:01 b al;12:00:02 b al;12:00:03 b al", {});
}

TEST(Correlator, AllowListsOfItsOwn) {
  World setup;
  setup.add(Kind::kEventCount, {0}, {}, 60).bounds = {{Compare::kGreaterOrEqual, 2}};
  setup.add(Kind::kEventCount, {0}, {}, 60).bounds = {{Compare::kGreaterOrEqual, 2}};
  setup.infos[3].allow = {{"*user/al", "", "", ""}};
  expect_findings(setup, "12:00:00 a al;12:00:01 a al", {"x2 all 12:00:00-12:00:01 2"});
  expect_findings(setup, "12:00:00 a al;12:00:01 a bo;12:00:02 a bo",
                  {"x1 all 12:00:01-12:00:02 2", "x2 all 12:00:00-12:00:02 3"});
}

TEST(Correlator, StepsWithoutTheOneBeforeThemAreForgotten) {
  World setup;
  setup.add(Kind::kTemporalOrdered, {0, 1}, {"user"}, 86'400);
  std::string text;
  for (int i = 0; i < 3000; ++i) {
    std::array<char, 32> time{};
    std::snprintf(time.data(), time.size(), "12:%02d:%02d", i / 60, i % 60);
    text += std::string(time.data()) + " b al;";
  }
  expect_findings(setup, text + "13:00:00 a al;13:00:01 b al", {"x1 al 13:00:00-13:00:01 2"});
}

/// Three thousand groups, the first and the last of which come again.
std::string many_groups() {
  std::string text = "10:00:00 a early";
  for (int i = 0; i < 3000; ++i) {
    std::array<char, 48> line{};
    std::snprintf(line.data(), line.size(), ";11:%02d:%02d a u%d", i / 60, i % 60, i);
    text += line.data();
  }
  return text + ";12:00:00 a early;12:00:00 a u2999";
}

TEST(Correlator, GroupsWithoutRoomGoToDiskAndComeBack) {
  World setup;
  setup.add(Kind::kEventCount, {0}, {"user"}, 86'400).bounds = {{Compare::kGreaterOrEqual, 2}};
  const std::vector<Line> lines = lines_of(many_groups());
  const std::vector<std::string> all = {"x1 early 10:00:00-12:00:00 2",
                                        "x1 u2999 11:49:59-12:00:00 2"};
  uint64_t forgotten = 0;
  for (size_t bytes : {size_t{256} << 20, size_t{1} << 19}) {
    EXPECT_EQ(run(setup, lines, 1, bytes, &forgotten), all);
    EXPECT_EQ(forgotten, 0u);
  }
}

TEST(Correlator, ForgetsWhatWasQuietForLongestWhenEvenItsPlaceHasNoRoom) {
  World setup;
  setup.add(Kind::kEventCount, {0}, {"user"}, 86'400).bounds = {{Compare::kGreaterOrEqual, 2}};
  uint64_t forgotten = 0;
  EXPECT_EQ(run(setup, lines_of(many_groups()), 1, 1u << 15, &forgotten),
            std::vector<std::string>{"x1 u2999 11:49:59-12:00:00 2"});
  EXPECT_GT(forgotten, 0u);
}

/// "x1 <eventID>" for each event that a correlation named. `state`: of the run before, and after.
Result<std::set<std::string>> try_named_events(const World& setup, std::span<const Line> lines,
                                               std::string* state, bool goes_on, Duration lateness,
                                               size_t correlation_bytes) {
  FakeFiles files;
  TestFields fields;
  for (const char* path : {"user", "number", "host"}) fields.table.intern(path);
  auto words = ActionWords::parse("", fields.table);
  TestEvent event(fields.table);
  Options options;
  options.correlations = setup.correlations;
  options.keep_state = state != nullptr && goes_on;
  options.lateness = lateness;
  options.correlation_bytes = correlation_bytes;
  options.places = &kPlaces;
  if (state != nullptr) options.state = *state;
  Detector detector(setup.infos, fields.table, fields.standard, words.value(), files, options);
  Collector& collector = detector.make_collector();
  for (const Line& line : lines) {
    std::string id = line.time + line.rules + line.user + line.number + line.host;
    TestRecord record{{"eventTime", "2024-01-01T" + line.time + "Z"},
                      {"eventID", id},
                      {"userIdentity.arn", "arn:aws:iam::111122223333:user/" + line.user},
                      {"user", line.user},
                      {"number", line.number},
                      {"host", line.host}};
    std::vector<uint32_t> rules;
    for (char c : line.rules) rules.push_back(static_cast<uint32_t>(c - 'a'));
    collector.add(event.set(record), std::hash<std::string>{}(id), rules, "file");
  }
  TRY(detector.finish());
  std::set<std::string> named;
  TRY(detector.for_each_match([&](uint32_t rule, const EventSummary& summary, bool) {
    named.insert(setup.infos[rule].code + " " + summary.event_id + " " + summary.principal);
    return Status::success();
  }));
  if (state != nullptr) *state = detector.state();
  return named;
}

std::set<std::string> named_events(const World& setup, std::span<const Line> lines,
                                   std::string* state = nullptr, bool goes_on = true,
                                   Duration lateness = {}, size_t correlation_bytes = 256u << 20) {
  auto named = try_named_events(setup, lines, state, goes_on, lateness, correlation_bytes);
  EXPECT_TRUE(named.ok());
  return named.ok() ? named.value() : std::set<std::string>();
}

World every_kind() {
  World setup;
  auto gte = [](double value) {
    return std::vector<Correlation::Bound>{{Compare::kGreaterOrEqual, value}};
  };
  setup.add(Kind::kEventCount, {0}, {"user"}, 60).bounds = gte(3);
  Correlation& values = setup.add(Kind::kValueCount, {0, 1}, {"user"}, 60);
  values.sources[0].fields = values.sources[1].fields = {"host"};
  values.bounds = gte(3);
  setup.add(Kind::kTemporal, {0, 1, 2}, {"user"}, 60);
  setup.add(Kind::kTemporalOrdered, {0, 1, 2}, {"user"}, 60);
  Correlation& sum = setup.add(Kind::kValueSum, {1}, {"user"}, 60);
  sum.sources[0].fields = {"number"};
  sum.bounds = gte(12);
  Correlation& median = setup.add(Kind::kValuePercentile, {2}, {"user"}, 60);
  median.sources[0].fields = {"number"};
  median.bounds = gte(6);
  setup.add(Kind::kEventCount, {2}, {"user"}, 60).bounds = {{Compare::kEqual, 2}};
  Correlation& first = setup.add(Kind::kFirstSeen, {0}, {"user"}, 90);
  first.sources[0].fields = {"host"};
  first.learn = std::chrono::seconds(60);
  setup.add(Kind::kIdle, {1}, {"user"}, 60);
  setup.add(Kind::kAbsence, {0, 1}, {"user"}, 20);
  Correlation& ratio = setup.add(Kind::kRatio, {2, 0}, {"user"}, 60);
  ratio.ratio = 0.7;
  ratio.bounds = gte(2);
  setup.add(Kind::kTemporalOrdered, {3, 2}, {"user"}, 120);  // after the first one
  Correlation& country = setup.add(Kind::kFirstSeen, {1}, {"user"}, 90);
  country.sources[0].fields = {"host"};
  country.place = Correlation::Place::kCountry;
  Correlation& travel = setup.add(Kind::kTravel, {0, 1}, {"user"}, 60);
  travel.sources[0].fields = travel.sources[1].fields = {"host"};
  travel.speed_kmh = 60'000;
  setup.add(Kind::kTemporal, {travel.rule, 2}, {"user"}, 60);  // of the journeys
  return setup;
}

/// Events, a few seconds apart.
std::vector<Line> some_lines(std::mt19937& random, int count, unsigned users) {
  std::vector<Line> lines;
  for (int i = 0, second = 0; i < count; ++i) {
    second += static_cast<int>(random() % 12);
    std::array<char, 32> time{};
    std::snprintf(time.data(), time.size(), "10:%02d:%02d", second / 60, second % 60);
    lines.push_back({time.data(), std::string(1, static_cast<char>('a' + random() % 3)),
                     "u" + std::to_string(random() % users), std::to_string(random() % 9),
                     "h" + std::to_string(random() % 5)});
  }
  return lines;
}

TEST(Correlator, LittleRoomChangesNothing) {
  std::mt19937 random(5);
  size_t named = 0;
  for (int round = 0; round < 16; ++round) {
    World setup = every_kind();
    for (Correlation& correlation : setup.correlations) correlation.timespan *= 1 + round % 4 * 3;
    const std::vector<Line> lines = some_lines(random, 600, 12);
    const std::set<std::string> whole = named_events(setup, lines);
    named += whole.size();
    for (size_t bytes : {40'000u, 80'000u}) {
      EXPECT_EQ(named_events(setup, lines, nullptr, true, {}, bytes), whole) << bytes;
      std::string state;
      std::set<std::string> found =
          named_events(setup, std::span(lines).first(300), &state, true, {}, bytes);
      found.merge(named_events(setup, std::span(lines).subspan(300), &state, false, {}, bytes));
      EXPECT_EQ(found, whole) << bytes;
    }
  }
  EXPECT_GT(named, 1000u);
}

TEST(Correlator, AFullTemporaryFolderIsReported) {
  World setup;
  setup.add(Kind::kEventCount, {0}, {"user"}, 86'400).bounds = {{Compare::kGreaterOrEqual, 2}};
  FakeFiles files;
  TestFields fields;
  fields.table.intern("user");
  auto words = ActionWords::parse("", fields.table);
  TestEvent event(fields.table);
  Options options;
  options.correlations = setup.correlations;
  options.correlation_bytes = 1u << 16;
  Detector detector(setup.infos, fields.table, fields.standard, words.value(), files, options);
  Collector& collector = detector.make_collector();
  for (int i = 0; i < 1000; ++i) {
    TestRecord record{{"eventTime", "2024-01-01T12:00:00Z"},
                      {"eventID", std::to_string(i)},
                      {"user", std::to_string(i)}};
    std::array<uint32_t, 1> rules = {0};
    collector.add(event.set(record), static_cast<uint64_t>(i), rules, "file");
  }
  files.fail_after = 0;
  EXPECT_EQ(detector.finish().error().code, ErrorCode::kUnavailable);
}

TEST(Correlator, ARestartAnywhereChangesNothing) {
  World setup = every_kind();
  std::mt19937 random(11);
  size_t named = 0;
  for (int round = 0; round < 12; ++round) {
    const std::vector<Line> lines = some_lines(random, 60, 2);
    std::set<std::string> whole = named_events(setup, lines);
    named += whole.size();
    for (size_t cut = 0; cut <= lines.size(); cut += 3) {
      std::string state;
      std::set<std::string> found = named_events(setup, std::span(lines).first(cut), &state);
      std::set<std::string> second =
          named_events(setup, std::span(lines).subspan(cut), &state, false);
      found.insert(second.begin(), second.end());
      EXPECT_EQ(found, whole) << "cut at " << cut;
    }
  }
  EXPECT_GT(named, 300u);
}

TEST(Correlator, LateEventsChangeNothingWithinTheLateness) {
  World setup = every_kind();
  std::mt19937 random(23);
  size_t named = 0, differs = 0;
  for (int round = 0; round < 12; ++round) {
    std::vector<Line> lines;
    std::multimap<int, Line> delivered;
    for (int i = 0, second = 0; i < 60; ++i) {
      second += static_cast<int>(random() % 12);
      std::array<char, 32> time{};
      std::snprintf(time.data(), time.size(), "10:%02d:%02d", second / 60, second % 60);
      lines.push_back({time.data(), std::string(1, static_cast<char>('a' + random() % 3)),
                       random() % 2 ? "al" : "bo", std::to_string(random() % 9),
                       "h" + std::to_string(random() % 5)});
      delivered.emplace(second + static_cast<int>(random() % 30), lines.back());
    }
    std::set<std::string> whole = named_events(setup, lines);
    named += whole.size();
    for (Duration lateness : {Duration(std::chrono::seconds(30)), Duration()}) {
      std::string state;
      std::set<std::string> found;
      std::vector<Line> batch;
      for (const auto& [when, line] : delivered) {
        batch.push_back(line);
        if (batch.size() < 7) continue;
        found.merge(named_events(setup, batch, &state, true, lateness));
        batch.clear();
      }
      found.merge(named_events(setup, batch, &state, false, lateness));
      if (lateness.count() > 0) {
        EXPECT_EQ(found, whole);
      } else {
        differs += found != whole ? 1u : 0u;
      }
    }
  }
  EXPECT_GT(named, 300u);
  EXPECT_GT(differs, 0u);  // without it, what comes late does change something
}

TEST(Correlator, EventsThatWaitStayWhenOtherRulesAreAdded) {
  World before = every_kind(), after = every_kind();
  std::string state;
  std::vector<Line> lines = lines_of("12:00:00 a al 1 h;12:00:01 a al 2 h");
  EXPECT_TRUE(named_events(before, lines, &state, true, std::chrono::minutes(5)).empty());
  RuleInfo& added = after.infos.emplace_back();
  added.id = added.code = "added";
  after.add(Kind::kEventCount, {static_cast<uint32_t>(after.infos.size() - 1)}, {"user"}, 60)
      .bounds = {{Compare::kGreaterOrEqual, 2}};
  EXPECT_TRUE(named_events(after, lines_of("12:00:02 a al 3 h"), &state, false)
                  .contains("x1 12:00:02aal3h arn:aws:iam::111122223333:user/al"));
}

TEST(Correlator, EventsThatWaitOfOtherRulesAreForgotten) {
  World before = every_kind(), after = every_kind();
  std::string state;
  std::vector<Line> lines = lines_of("12:00:00 a al 1 h;12:00:01 a al 2 h");
  EXPECT_TRUE(named_events(before, lines, &state, true, std::chrono::minutes(5)).empty());
  std::string other = state;
  std::vector<Line> more = lines_of("12:00:02 a al 3 h");
  EXPECT_TRUE(named_events(before, more, &state, false)
                  .contains("x1 12:00:02aal3h arn:aws:iam::111122223333:user/al"));
  after.correlations[0].timespan = std::chrono::hours(1);
  EXPECT_FALSE(named_events(after, more, &other, false)
                   .contains("x1 12:00:02aal3h arn:aws:iam::111122223333:user/al"));
}

TEST(Correlator, StatesThatAreNone) {
  World setup = every_kind();
  for (const char* state : {"x", "cairn-state 6\n", "cairn-state 6\n12345678rest"}) {
    FakeFiles files;
    TestFields fields;
    auto words = ActionWords::parse("", fields.table);
    fields.table.freeze();
    Options options;
    options.correlations = setup.correlations;
    options.state = state;
    Detector detector(setup.infos, fields.table, fields.standard, words.value(), files, options);
    detector.make_collector();
    EXPECT_EQ(detector.finish().error().code, ErrorCode::kInvalidInput) << state;
  }
}

/// A state with other bytes behind its mark, and their hash.
std::string forged(const std::string& state, std::string_view body) {
  std::string forged = state.substr(0, state.find('\n') + 1);
  append_key_u64(forged, hash64(body));
  return forged.append(body);
}

TEST(Correlator, ForgedStatesAreTakenUpOrRefused) {
  World setup = every_kind();
  setup.add(Kind::kTemporal, {setup.correlations[0].rule, 1}, {"user"}, 600);
  std::string state;
  std::string text;
  for (int i = 10; i < 40; ++i)
    text += "12:0" + std::to_string(i / 10) + ":" + std::to_string(i) + " " + "abc"[i % 3] +
            " al " + std::to_string(i) + " h;";
  std::vector<Line> lines = lines_of(text), more = lines_of("12:05:00 ab al 3 h;12:05:30 c al 4 i");
  named_events(setup, lines, &state, true, std::chrono::minutes(1));
  const std::string body = state.substr(state.find('\n') + 1 + 8);
  size_t taken_up = 0, refused = 0;
  auto go_on = [&](const std::string& other) {
    std::string given = forged(state, other);
    auto found = try_named_events(setup, more, &given, false, {}, 256u << 20);
    ++(found.ok() ? taken_up : refused);
    EXPECT_TRUE(found.ok() || found.error().code == ErrorCode::kInvalidInput);
  };
  go_on(body);
  EXPECT_EQ(taken_up, 1u);
  for (size_t size = 0; size < body.size(); size += 29) go_on(body.substr(0, size));
  go_on(body + "x");
  EXPECT_EQ(taken_up, 1u);
  for (size_t at = 0; at < body.size(); at += 11) {
    std::string other = body;
    other[at] = static_cast<char>(other[at] ^ (at % 2 == 0 ? 0xFF : 0x01));
    go_on(other);
  }
  EXPECT_GT(taken_up, 2u);
  EXPECT_GT(refused, 30u);
}

TEST(Correlator, StateOfOtherRulesIsForgotten) {
  World before = every_kind(), after = every_kind();
  std::string state;
  std::vector<Line> lines = lines_of("12:00:00 a al;12:00:01 a al");
  named_events(before, lines, &state);
  after.correlations[0].timespan = std::chrono::hours(1);
  std::vector<Line> more = lines_of("12:00:02 a al");
  std::string other = state;
  EXPECT_TRUE(named_events(before, more, &state)
                  .contains("x1 12:00:02aal arn:aws:iam::111122223333:user/al"));
  EXPECT_FALSE(named_events(after, more, &other)
                   .contains("x1 12:00:02aal arn:aws:iam::111122223333:user/al"));
}

TEST(Correlator, CorrelationsOfCorrelations) {
  World setup;
  setup.add(Kind::kEventCount, {0}, {"user", "host"}, 60).bounds = {{Compare::kGreaterOrEqual, 2}};
  setup.infos.back().silent = true;
  setup.add(Kind::kTemporalOrdered, {3, 1}, {"user"}, 600);
  expect_findings(setup, "12:00:00 a al 1 h;12:00:01 a al 1 h;12:05:00 b al 1 z",
                  {"x2 al 12:00:00-12:05:00 3"});
  expect_findings(setup, "12:00:00 a al 1 h;12:00:01 a al 1 i;12:05:00 b al 1 z", {});
  expect_findings(setup, "12:00:00 a al 1 h;12:00:01 a al 1 h;12:05:00 b bo 1 z", {});
}

TEST(Correlator, ManyEventsInOneWindow) {
  World setup;
  setup.add(Kind::kEventCount, {0}, {"user"}, 86'400).bounds = {{Compare::kGreaterOrEqual, 11'000}};
  std::string text;
  for (int i = 0; i < 12'000; ++i) {
    std::array<char, 32> time{};
    std::snprintf(time.data(), time.size(), "%02d:%02d:%02d", 1 + i / 3600, i / 60 % 60, i % 60);
    text += std::string(i > 0 ? ";" : "") + time.data() + " a al";
  }
  auto found = run(setup, lines_of(text));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0], "x1 al 01:00:00-04:19:59 12000");
}

}  // namespace
}  // namespace cairn::detect
