// Counting against the obvious way, with so little memory that everything spills.

#include "explore/counting.h"

#include "base/hash.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <tuple>

namespace cairn::explore {
namespace {

struct Counted {
  size_t dimension;
  std::string value;
  Count count;
  bool operator==(const Counted&) const = default;
};

struct Outcome {
  std::vector<Counted> values;
  CountTotals totals;
};

/// Counts with some workers; `events[i]` goes to worker i % workers.
struct Added {
  Occurrence occurrence;
  std::vector<std::string> values;
};
Outcome count(const std::vector<Added>& events, size_t dimensions, size_t workers,
              size_t memory_bytes) {
  FakeFiles files;
  std::vector<std::unique_ptr<ValueCounter>> owned;
  std::vector<ValueCounter*> counters;
  for (size_t i = 0; i < workers; ++i) {
    owned.push_back(std::make_unique<ValueCounter>(files, dimensions, memory_bytes));
    counters.push_back(owned.back().get());
  }
  for (size_t i = 0; i < events.size(); ++i) {
    std::vector<std::string_view> values(events[i].values.begin(), events[i].values.end());
    counters[i % workers]->add(events[i].occurrence, values);
  }
  Outcome outcome;
  CountOptions options;
  options.memory_bytes = memory_bytes;
  Status done = count_values(counters, files, options, outcome.totals,
                             [&](size_t dimension, std::string_view value, const Count& counted) {
                               outcome.values.push_back({dimension, std::string(value), counted});
                               return Status();
                             });
  EXPECT_TRUE(done.ok());
  return outcome;
}

TEST(CountingTest, AgreesWithTheObviousWay) {
  unsigned seed = 11;
  std::mt19937 random(seed);
  std::vector<Added> events;
  for (uint64_t i = 0; i < 3000; ++i) {
    Occurrence occurrence{hash64(std::to_string(i)),
                          int64_t{1700000000000} + int64_t(random() % 10000000), random() % 50 != 0,
                          random() % 4 == 0};
    std::string value = "value " + std::to_string(random() % (1u << (random() % 12)));
    events.push_back({occurrence, {value, "region " + std::to_string(random() % 3)}});
    if (random() % 10 == 0) events.push_back(events[random() % events.size()]);
  }
  std::shuffle(events.begin(), events.end(), random);

  std::map<uint64_t, const Added*> different;
  for (const Added& event : events) different[event.occurrence.fingerprint] = &event;
  std::map<std::pair<size_t, std::string>, Count> expected;
  Count all;
  for (const auto& [fingerprint, event] : different) {
    for (size_t d = 0; d < 2; ++d) expected[{d, event->values[d]}].add(event->occurrence);
    all.add(event->occurrence);
  }
  for (auto [workers, memory] :
       {std::pair<size_t, size_t>{1, 64u << 20}, {3, 64u << 20}, {1, 8192}, {4, 8192}}) {
    Outcome outcome = count(events, 2, workers, memory);
    EXPECT_EQ(outcome.totals.events, all) << workers << " " << memory;
    EXPECT_EQ(outcome.totals.copies, events.size() - different.size());
    ASSERT_EQ(outcome.values.size(), expected.size())
        << workers << " " << memory << " seed " << seed;
    std::tuple<size_t, uint64_t, std::string> last{};
    for (const Counted& counted : outcome.values) {
      EXPECT_EQ(counted.count, (expected[{counted.dimension, counted.value}])) << counted.value;
      std::tuple<size_t, uint64_t, std::string> place{
          counted.dimension, UINT64_MAX - counted.count.events, counted.value};
      EXPECT_LT(last, place) << "order";
      last = place;
    }
    uint64_t hours = 0;
    for (const auto& [hour, number] : outcome.totals.hours) hours += number;
    EXPECT_EQ(outcome.totals.different[0] + outcome.totals.different[1], expected.size());
    EXPECT_LT(hours, all.events) << "some events have no time";
  }
}

TEST(CountingTest, OneEventWithSeveralValuesCountsOnceForEach) {
  Occurrence first{1, 1000, true, false}, second{2, 2000, true, true};
  for (size_t memory : {size_t{64} << 20, size_t{0}}) {
    Outcome outcome =
        count({{first, {"a"}}, {first, {"b"}}, {second, {"b"}}, {first, {"b"}}, {first, {"a"}}}, 1,
              2, memory);
    EXPECT_EQ(outcome.totals.events.events, 2u);
    EXPECT_EQ(outcome.totals.copies, 1u);
    ASSERT_EQ(outcome.values.size(), 2u);
    EXPECT_EQ(outcome.values[0], (Counted{0, "b", {2, 1, 1000, 2000}}));
    EXPECT_EQ(outcome.values[1], (Counted{0, "a", {1, 0, 1000, 1000}}));
  }
}

TEST(CountingTest, FailingScratchFilesAreAnError) {
  for (int n = 0; n < 6; ++n) {
    FakeFiles files;
    ValueCounter counter(files, 1, 4096);
    files.fail_after = n;
    for (uint64_t i = 0; i < 5000; ++i) {
      std::string text = std::to_string(i);
      std::string_view value = text;
      counter.add({hash64(text), 0, true, false}, {&value, 1});
    }
    ValueCounter* counters[] = {&counter};
    CountTotals totals;
    Status done = count_values(counters, files, {}, totals,
                               [](size_t, std::string_view, const Count&) { return Status(); });
    EXPECT_FALSE(done.ok()) << n;
  }
}

TEST(CountingTest, PartsReadBack) {
  std::string text;
  append_part(text, FieldKind::kString, std::string_view("a\0b", 3));
  append_part(text, FieldKind::kMissing, "");
  append_part(text, FieldKind::kNumber, "5");
  EXPECT_EQ(read_parts(text), (std::vector<Part>{{FieldKind::kString, std::string("a\0b", 3)},
                                                 {FieldKind::kMissing, ""},
                                                 {FieldKind::kNumber, "5"}}));
}

TEST(CountingTest, Periods) {
  struct Row {
    const char* time;
    const char *hour, *day, *week, *month;
  };
  for (const Row& row :
       {Row{"2024-01-31T10:59:59Z", "2024-01-31T10", "2024-01-31", "2024-W05", "2024-01"},
        Row{"2024-12-30T00:00:00Z", "2024-12-30T00", "2024-12-30", "2025-W01", "2024-12"},
        Row{"2021-01-03T00:00:00Z", "2021-01-03T00", "2021-01-03", "2020-W53", "2021-01"}}) {
    Timestamp time = *parse_event_time(row.time);
    EXPECT_EQ(period_of(time, Period::kHour), row.hour);
    EXPECT_EQ(period_of(time, Period::kDay), row.day);
    EXPECT_EQ(period_of(time, Period::kWeek), row.week);
    EXPECT_EQ(period_of(time, Period::kMonth), row.month);
  }
  EXPECT_EQ(parse_period("Week"), Period::kWeek);
  EXPECT_EQ(parse_period("decade"), std::nullopt);
}

}  // namespace
}  // namespace cairn::explore
