#include "detect/value_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace cairn::detect {
namespace {

std::map<uint64_t, int64_t> all_of(const ValueMap& values) {
  std::map<uint64_t, int64_t> all;
  values.for_each([&](uint64_t value, int64_t number) { all[value] = number; });
  return all;
}

TEST(ValueMap, IsAMap) {
  // Values that meet in the array, and values that do not.
  for (uint64_t kinds : {3u, 40u, 1000u}) {
    std::mt19937_64 random(kinds);
    ValueMap values;
    std::map<uint64_t, int64_t> expected;
    for (int64_t i = 0; i < 20'000; ++i) {
      const uint64_t value = random() % kinds << (kinds == 40 ? 40 : 0);
      if (random() % 2 == 0 && expected.contains(value)) {
        values.erase(value);
        expected.erase(value);
      } else {
        int64_t& number = values.at(value);
        ASSERT_EQ(number, expected.contains(value) ? expected[value] : ValueMap::kNone);
        number = expected[value] = i;
      }
      ASSERT_EQ(values.size(), expected.size());
      if (i % 500 == 0) {
        ASSERT_EQ(all_of(values), expected);
      }
    }
    ASSERT_EQ(all_of(values), expected);
    const int64_t late = 19'000;
    values.retain([](int64_t number) { return number >= late; });
    std::erase_if(expected, [](const auto& known) { return known.second < late; });
    EXPECT_EQ(all_of(values), expected);
    EXPECT_EQ(values.size(), expected.size());
  }
}

TEST(ValueMap, TakesNoMemoryWhileEmpty) {
  ValueMap values;
  EXPECT_EQ(values.heap_bytes(), 0u);
  values.at(1) = 1;
  values.retain([](int64_t) { return false; });
  EXPECT_EQ(values.heap_bytes(), 0u);
}

}  // namespace
}  // namespace cairn::detect
