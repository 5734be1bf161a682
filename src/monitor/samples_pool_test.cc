#include "monitor/samples_pool.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace cairn::monitor {
namespace {

Samples samples_of(std::initializer_list<std::pair<double, double>> values) {
  Samples samples;
  for (auto [value, count] : values) samples.add(value, count);
  return samples;
}

std::string packed(const Samples& samples) {
  std::string bytes;
  SamplesCode::pack(samples, bytes);
  return bytes;
}

void expect_same(const Samples& before) {
  std::string bytes = packed(before);
  ASSERT_TRUE(SamplesCode::can_unpack(bytes));
  Samples after = SamplesCode::unpack(bytes);
  EXPECT_EQ(packed(after), bytes);
  for (const char* name :
       {"SampleCount", "Sum", "Minimum", "Maximum", "p50", "p99", "TM(10%:90%)"}) {
    Statistic statistic = Statistic::parse(name).value();
    EXPECT_EQ(after.value(statistic), before.value(statistic)) << name;
  }
  EXPECT_EQ(SamplesCode::unpack_set(bytes).sum, before.set().sum);
  EXPECT_EQ(SamplesCode::unpack_set(bytes).count, before.set().count);
  EXPECT_EQ(SamplesCode::unpack_set(bytes).minimum, before.set().minimum);
  EXPECT_EQ(SamplesCode::unpack_set(bytes).maximum, before.set().maximum);
}

TEST(SamplesCode, GivesBackWhatWasPacked) {
  expect_same(samples_of({{3, 1}}));
  expect_same(samples_of({{0, 2}, {1, 1}, {2, 1}, {3, 5}}));
  expect_same(samples_of({{0.1, 0.5}, {7.25, 1e60}}));
  expect_same(samples_of({{-1, 1}, {2, 1}}));  // no percentiles
  Samples set;
  set.add(StatisticSet{3, 12, 1, 7});  // values not known
  expect_same(set);
  std::mt19937 random(1);
  std::uniform_real_distribution<double> value(0, 1e6);
  Samples many;  // more than are kept exactly
  for (int i = 0; i < 2000; ++i) many.add(value(random), 1);
  expect_same(many);
}

TEST(SamplesCode, IsShortForFewSmallValues) {
  EXPECT_EQ(packed(samples_of({{0, 2}, {1, 1}, {2, 1}, {3, 5}})).size(), 15u);
}

TEST(SamplesCode, KnowsWhatItDidNotWrite) {
  std::string bytes = packed(samples_of({{0, 2}, {1, 1}, {2, 1}, {3, 5}}));
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(SamplesCode::can_unpack(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_FALSE(SamplesCode::can_unpack(bytes + "x"));
  size_t refused = 0;
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string other = bytes;
      other[at] = static_cast<char>(value);
      if (!SamplesCode::can_unpack(other)) {
        ++refused;
        continue;
      }
      Samples samples = SamplesCode::unpack(other);
      for (const char* name : {"Sum", "p99", "WM(10%:90%)"})
        samples.value(Statistic::parse(name).value());
    }
  }
  EXPECT_GT(refused, 1000u);
}

TEST(SamplesPool, KeepsManyAndUsesRoomAgain) {
  SamplesPool pool;
  std::map<uint64_t, double> kept;
  std::mt19937 random(2);
  auto put = [&](int number) {
    Samples samples;
    for (int i = 0; i <= number % 50; ++i) samples.add(i, number + 1);
    kept[pool.put(samples)] = samples.set().sum;
  };
  for (int i = 0; i < 3000; ++i) put(i);
  const size_t full = pool.memory_bytes();
  for (int round = 0; round < 3; ++round) {
    for (auto place = kept.begin(); place != kept.end();) {
      if (random() % 2 == 0) {
        ++place;
        continue;
      }
      pool.remove(place->first);
      place = kept.erase(place);
    }
    EXPECT_LT(pool.memory_bytes(), full * 3 / 4);
    for (int i = 0; kept.size() < 3000; ++i) put(i);
    for (auto [number, sum] : kept) ASSERT_EQ(pool.set(number).sum, sum);
  }
  for (auto [number, sum] : kept) pool.remove(number);
  EXPECT_EQ(pool.memory_bytes(), 0u);
}

}  // namespace
}  // namespace cairn::monitor
