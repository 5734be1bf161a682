#include "anomaly/surprise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <vector>

namespace cairn::anomaly {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart{Duration(1'704'067'200'000)};
constexpr int kDay = 288;  // values of five minutes

double ordinary(int i, std::mt19937_64& random) {
  return 50 + 20 * std::sin(2 * std::numbers::pi * i / kDay) +
         std::normal_distribution<double>(0, 1)(random);
}

/// Where a meter alarmed in 20 days of which `change` alters values.
template <typename Change>
std::vector<int> alarms_of(SurpriseOptions options, const Change& change) {
  std::mt19937_64 random(1);
  Surprise meter(options);
  std::vector<int> alarms;
  for (int i = 0; i < 20 * kDay; ++i) {
    if (meter.learn(kStart + i * 5min, change(i, ordinary(i, random))).alarm) alarms.push_back(i);
  }
  return alarms;
}

bool any_within(const std::vector<int>& alarms, int from, int to) {
  for (int alarm : alarms)
    if (alarm >= from && alarm < to) return true;
  return false;
}

TEST(Surprise, FindsWhatChanges) {
  SurpriseOptions few;
  few.threshold = 1.5;
  constexpr int kChange = 15 * kDay;
  auto calm = alarms_of(few, [](int, double value) { return value; });
  EXPECT_LE(calm.size(), 2u);
  EXPECT_FALSE(any_within(calm, kChange, kChange + 60));
  struct Row {
    const char* name;
    double (*change)(int i, double value);
  };
  const Row rows[] = {
      {"spike", [](int i, double v) { return i == kChange ? v + 200 : v; }},
      {"new level", [](int i, double v) { return i >= kChange ? v + 60 : v; }},
      {"silence", [](int i, double v) { return i >= kChange ? 0 : v; }},
      {"wild", [](int i, double v) { return i >= kChange ? v + (i % 2 == 0 ? 25 : -25) : v; }},
  };
  for (const Row& row : rows)
    EXPECT_TRUE(any_within(alarms_of(few, row.change), kChange, kChange + 60)) << row.name;
}

TEST(Surprise, KeepsApart) {
  auto alarms = alarms_of({}, [](int i, double value) { return i % 50 == 0 ? 9 * value : value; });
  for (size_t i = 1; i < alarms.size(); ++i) EXPECT_GE(alarms[i] - alarms[i - 1], 100);
}

TEST(Surprise, PassesOverWhatIsNoNumber) {
  Surprise meter, twin;
  std::mt19937_64 random(1), same(1);
  for (int i = 0; i < 1000; ++i) {
    meter.learn(kStart + i * 5min, std::numeric_limits<double>::quiet_NaN());
    meter.learn(kStart + i * 5min, std::numeric_limits<double>::infinity());
    auto a = meter.learn(kStart + i * 5min, ordinary(i, random));
    auto b = twin.learn(kStart + i * 5min, ordinary(i, same));
    ASSERT_EQ(a.surprise, b.surprise) << i;
    ASSERT_EQ(a.alarm, b.alarm) << i;
  }
}

TEST(Surprise, SurvivesExtremes) {
  Surprise meter;
  for (int i = 0; i < 2000; ++i) {
    double value = i % 3 == 0 ? 1e308 : i % 3 == 1 ? -1e308 : 0;
    auto reading = meter.learn(Timestamp(Duration(i % 2 == 0 ? -1'000'000'007LL * i : i)), value);
    ASSERT_TRUE(std::isfinite(reading.surprise)) << i;
    ASSERT_TRUE(std::isfinite(reading.expected)) << i;
  }
  Surprise still;
  for (int i = 0; i < 2000; ++i)
    ASSERT_FALSE(still.learn(kStart + i * 5min, 3).alarm) << "nothing happens at " << i;
}

}  // namespace
}  // namespace cairn::anomaly
