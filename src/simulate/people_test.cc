// How often people do something for the first time, against what was measured on the principals of
// real logs: new items in an hour of activity.

#include "simulate/cast.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <set>

namespace cairn::simulate {
namespace {

constexpr size_t kPeople = 40;
constexpr Milliseconds kLearning = 8 * kDay;  // everything is new to somebody at first
constexpr Milliseconds kLength = 30 * kDay;
constexpr Milliseconds kStart = 1'714'953'600'000;  // Monday, 6 May 2024

std::string member_of(std::string_view record, std::string_view name) {
  const std::string pattern = '"' + std::string(name) + "\":\"";
  const size_t at = record.find(pattern);
  if (at == std::string_view::npos) return {};
  const size_t start = at + pattern.size();
  return std::string(record.substr(start, record.find('"', start) - start));
}

TEST(People, TryNewThingsAtTheMeasuredRates) {
  SimulationPlan plan;
  plan.size = OrganizationSize::kMedium;
  plan.people = kPeople;
  const Organization organization = Organization::make(plan);
  ChunkPool pool;
  Outbox outbox(pool, 1, "people", {}, false);
  Recorder recorder(organization, outbox, Random(1, "records"), kStart / 1000);
  Directory directory;
  Stage stage{organization, directory, recorder, 1, {}, {}};

  const std::vector<std::string> dimensions = {"api",   "service", "address",
                                               "agent", "region",  "error"};
  std::map<std::string, double> fresh;
  double hours = 0;
  for (const Person& person : organization.people) {
    const std::unique_ptr<Player> player = make_person(stage, person, kStart);
    player->play(kStart + kLength);
    std::multimap<std::string, std::string> by_time;
    for (const auto& [key, batch] : outbox.batches()) {
      for (const Outbox::Item& item : batch) {
        std::string record(item.text);
        pool.release(item.chunk);
        // In the account of a role, its session is the person too; what it asked for is not its
        // own.
        if (member_of(record, "type") == "AWSAccount") continue;
        by_time.emplace(member_of(record, "eventTime"), std::move(record));
      }
    }
    outbox.batches().clear();
    outbox.forget_last();
    std::map<std::string, std::set<std::string>> known;
    std::set<std::string> active;
    for (const auto& [time, record] : by_time) {
      const std::string service = member_of(record, "eventSource");
      const std::map<std::string, std::string> values = {
          {"api", service + ':' + member_of(record, "eventName")},
          {"service", service},
          {"address", member_of(record, "sourceIPAddress")},
          {"agent", member_of(record, "userAgent")},
          {"region", member_of(record, "awsRegion")},
          {"error", member_of(record, "errorCode")}};
      const bool learned = time >= format_seconds((kStart + kLearning) / 1000);
      if (learned) active.insert(time.substr(0, 13));
      for (const auto& [dimension, value] : values) {
        if (value.empty() || !known[dimension].insert(value).second) continue;
        if (learned) ++fresh[dimension];
      }
    }
    hours += static_cast<double>(active.size());
  }
  ASSERT_GT(hours, 1500);
  // The priors of what looks for unusual behaviour, measured per active hour.
  const std::map<std::string, double> measured = {{"api", .13},     {"service", .05},
                                                  {"address", .21}, {"agent", .06},
                                                  {"region", .03},  {"error", .1}};
  for (const std::string& dimension : dimensions) {
    const double rate = fresh[dimension] / hours;
    RecordProperty(dimension, std::to_string(rate));
    std::printf("new %s in an hour: %.3f, measured %.3f\n", dimension.c_str(), rate,
                measured.at(dimension));
    EXPECT_NEAR(rate, measured.at(dimension), 0.25 * measured.at(dimension)) << dimension;
  }
}

}  // namespace
}  // namespace cairn::simulate
