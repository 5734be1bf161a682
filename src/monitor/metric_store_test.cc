#include "monitor/metric_store.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace cairn::monitor {
namespace {

const Timestamp kStart = *parse_event_time("2024-03-01T10:00:00Z");

Timestamp at(int64_t seconds) { return kStart + std::chrono::seconds(seconds); }

Statistic statistic(const char* name) { return Statistic::parse(name).value(); }

std::string text(const Values& values) {
  std::string text;
  for (const auto& value : values) {
    if (!text.empty()) text += ' ';
    if (!value) {
      text += '-';
    } else if (*value == std::floor(*value)) {
      text += std::to_string(static_cast<int64_t>(*value));
    } else {
      text += std::to_string(*value);
    }
  }
  return text;
}

struct Metrics : testing::Test {
  MetricStore store{{}};
  MetricRef ref = store.metric({"Test", "Errors", {}}).value();

  std::string read(const char* name, int64_t from, int64_t to, uint32_t period) {
    return text(store.read(ref, statistic(name), {at(from), at(to), period}));
  }
  void add(int64_t seconds, double value, double count = 1, bool fine = false) {
    EXPECT_TRUE(store.add(ref, at(seconds), value, count, {}, fine).ok());
  }
};

TEST_F(Metrics, SamplesFallIntoMinutes) {
  add(0, 1);
  add(59, 1);
  add(60, 3);
  add(185, 5, 2);
  EXPECT_EQ(read("Sum", 0, 240, 60), "2 3 - 10");
  EXPECT_EQ(read("SampleCount", 0, 240, 60), "2 1 - 2");
  EXPECT_EQ(read("Sum", 0, 240, 120), "5 10");
  EXPECT_EQ(read("Sum", -60, 180, 120), "2 3");  // begins where it is told to
  EXPECT_EQ(read("p50", 0, 240, 240), "3");
  EXPECT_EQ(read("Sum", 0, 239, 60), "2 3 -");  // a period that is cut is not there
  EXPECT_EQ(read("Sum", 0, 0, 60), "");
  EXPECT_EQ(read("Sum", 60, 0, 60), "");
}

TEST_F(Metrics, SecondsAreKeptForHighResolution) {
  add(1, 1, 1, true);
  add(11, 2, 1, true);
  add(59, 4, 1, true);
  EXPECT_EQ(read("Sum", 0, 60, 10), "1 2 - - - 4");
  EXPECT_EQ(read("Sum", 0, 60, 60), "7");
  add(30, 8);  // a minute's: not in shorter periods
  EXPECT_EQ(read("Sum", 0, 60, 10), "1 2 - - - 4");
  EXPECT_EQ(read("Sum", 0, 60, 60), "15");
}

TEST_F(Metrics, LateSamplesCorrectTheirMinute) {
  add(300, 1);
  uint64_t before = store.changes(ref);
  add(60, 2);
  add(300, 7);
  add(0, 4);
  EXPECT_EQ(read("Sum", 0, 360, 60), "4 2 - - - 8");
  EXPECT_GT(store.changes(ref), before);
  EXPECT_EQ(store.next_point(ref, at(61)), at(300));
  EXPECT_EQ(store.next_point(ref, at(300)), at(300));
  EXPECT_FALSE(store.next_point(ref, at(301)).has_value());
}

TEST_F(Metrics, PointsAreJoinedWithAge) {
  constexpr int64_t kDay = 86400;
  add(1, 1, 1, true);
  add(62, 2, 1, true);
  store.expire(at(2 * 3600));
  EXPECT_EQ(read("Sum", 0, 120, 10), "1 - - - - - 2 - - - - -");
  store.expire(at(3 * 3600 + 180));
  EXPECT_EQ(read("Sum", 0, 120, 10), "- - - - - - - - - - - -");
  EXPECT_EQ(read("Sum", 0, 120, 60), "1 2");
  store.expire(at(15 * kDay + 600));
  EXPECT_EQ(read("Sum", 0, 120, 60), "- -");
  EXPECT_EQ(read("Sum", 0, 300, 300), "3");
  EXPECT_EQ(read("p50", 0, 300, 300), "1");  // with the values
  add(3, 10);                                // late for its minute
  EXPECT_EQ(read("Sum", 0, 300, 300), "13");
  store.expire(at(63 * kDay + 7200));
  EXPECT_EQ(read("Sum", 0, 300, 300), "-");
  EXPECT_EQ(read("Sum", 0, 3600, 3600), "13");
  store.expire(at(455 * kDay));
  EXPECT_EQ(read("Sum", 0, 3600, 3600), "13");
  store.expire(at(456 * kDay));
  EXPECT_EQ(read("Sum", 0, 3600, 3600), "-");
}

TEST_F(Metrics, UnitsAreKeptApart) {
  Unit count = *Unit::parse("Count"), bytes = *Unit::parse("Bytes/Second");
  ASSERT_TRUE(store.add(ref, at(0), 1, 1, count).ok());
  ASSERT_TRUE(store.add(ref, at(0), 2, 1, bytes).ok());
  ASSERT_TRUE(store.add(ref, at(60), 4).ok());
  Periods periods{at(0), at(120), 60};
  EXPECT_EQ(text(store.read(ref, statistic("Sum"), periods)), "3 4");
  EXPECT_EQ(text(store.read(ref, statistic("Sum"), periods, count)), "1 -");
  EXPECT_EQ(text(store.read(ref, statistic("Sum"), periods, bytes)), "2 -");
  EXPECT_EQ(text(store.read(ref, statistic("Sum"), periods, Unit())), "- 4");
  EXPECT_EQ(store.metrics(), 1u);
  EXPECT_EQ(store.list("Test").size(), 1u);
  EXPECT_FALSE(Unit::parse("count").has_value());
}

TEST_F(Metrics, AMetricIsItsExactDimensions) {
  MetricRef one = store.metric({"Test", "Errors", {{"B", "2"}, {"A", "1"}}}).value();
  EXPECT_NE(one, ref);
  EXPECT_EQ(store.metric({"Test", "Errors", {{"A", "1"}, {"B", "2"}}}).value(), one);
  EXPECT_EQ(store.find({"Test", "Errors", {{"B", "2"}, {"A", "1"}}}), one);
  EXPECT_FALSE(store.find({"Test", "Errors", {{"A", "1"}}}).has_value());
  EXPECT_EQ(store.id(one).text(), "Test Errors {A=1, B=2}");
}

TEST_F(Metrics, RefusesWhatIsNoMetric) {
  const std::pair<MetricId, const char*> ids[] = {
      {{"", "x", {}}, "namespace is empty"},
      {{":x", "x", {}}, "colon"},
      {{"x", "", {}}, "name is empty"},
      {{std::string(256, 'x'), "x", {}}, "longer than 255"},
      {{"x", "x", {{"", "1"}}}, "name of a dimension is empty"},
      {{"x", "x", {{"a", ""}}}, "value of a dimension is empty"},
      {{"x", "x", {{"a", "é"}}}, "ASCII"},
      {{"x", "x", {{"a", "1"}, {"a", "2"}}}, "twice"},
      {{"x", "x", std::vector<Dimension>(31, {"a", "1"})}, "more than 30"},
  };
  for (const auto& [id, part] : ids) {
    auto made = store.metric(id);
    ASSERT_FALSE(made.ok()) << part;
    EXPECT_NE(made.error().message.find(part), std::string::npos) << made.error().message;
  }
  const double infinite = std::numeric_limits<double>::infinity();
  for (double value : {std::nan(""), infinite, -infinite, 0x1p361, -0x1p361})
    EXPECT_FALSE(store.add(ref, at(0), value).ok()) << value;
  for (double count : {0.0, -1.0, std::nan(""), infinite})
    EXPECT_FALSE(store.add(ref, at(0), 1, count).ok()) << count;
  EXPECT_FALSE(store.add(ref, Timestamp(Duration(-1)), 1).ok());
  EXPECT_FALSE(store.add(ref, *parse_event_time("2106-01-01T00:00:00Z"), 1).ok());
  EXPECT_EQ(read("Sum", 0, 60, 60), "-");
}

TEST(MetricStore, HasALimitOfMetrics) {
  MetricStore store({2, 1u << 20});
  EXPECT_TRUE(store.metric({"x", "1", {}}).ok());
  EXPECT_TRUE(store.metric({"x", "2", {}}).ok());
  EXPECT_EQ(store.metric({"x", "3", {}}).error().code, ErrorCode::kExhausted);
  EXPECT_TRUE(store.metric({"x", "1", {}}).ok());
}

TEST(MetricStore, KeepsLessWhenMemoryIsShort) {
  MetricStore store({100, 1u << 20});
  MetricRef ref = store.metric({"x", "y", {}}).value();
  double sum = 0;
  for (int64_t minute = 0; minute < 100'000; ++minute) {
    ASSERT_TRUE(store.add(ref, at(minute * 60), static_cast<double>(minute % 7)).ok());
    sum += static_cast<double>(minute % 7);
    ASSERT_LE(store.memory_bytes(), (1u << 20) + 4096u * 256);
  }
  EXPECT_LT(store.kept(1), std::chrono::hours(15 * 24));
  // Nothing is lost, only longer.
  double hours = 0;
  for (auto value : store.read(ref, statistic("Sum"), {at(0), at(100'020 * 60), 3600}))
    hours += value.value_or(0);
  EXPECT_EQ(hours, sum);
}

TEST(MetricStore, KeepsWhatIsHeldWhenMemoryIsShort) {
  MetricStore store({1000, 1u << 20});
  store.hold({"x", "before", {}}, std::chrono::hours(1));
  std::vector<MetricRef> refs = {store.metric({"x", "before", {}}).value(),
                                 store.metric({"x", "after", {}}).value(),
                                 store.metric({"x", "not", {}}).value()};
  store.hold({"x", "after", {}}, std::chrono::hours(1));
  for (int i = 0; i < 500; ++i)
    refs.push_back(store.metric({"x", "other" + std::to_string(i), {}}).value());
  constexpr int64_t kMinutes = 300;
  for (int64_t minute = 0; minute < kMinutes; ++minute) {
    for (MetricRef ref : refs)
      ASSERT_TRUE(store.add(ref, at(minute * 60), static_cast<double>(minute % 7)).ok());
  }
  ASSERT_LT(store.kept(1), std::chrono::hours(1));
  auto minutes = [&](MetricRef ref) {
    size_t count = 0;
    Periods hour{at((kMinutes - 60) * 60), at(kMinutes * 60), 60};
    for (auto value : store.read(ref, statistic("Sum"), hour)) count += value ? 1u : 0u;
    return count;
  };
  EXPECT_EQ(minutes(refs[0]), 60u);
  EXPECT_EQ(minutes(refs[1]), 60u);
  EXPECT_LT(minutes(refs[2]), 60u);
}

TEST(Periods, Align) {
  Periods periods{at(61), at(359), 300};
  EXPECT_EQ(periods.align().from, at(0));
  EXPECT_EQ(periods.align().to, at(300));
  EXPECT_EQ(periods.align().count(), 1u);
}

}  // namespace
}  // namespace cairn::monitor
