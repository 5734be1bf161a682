#include "sys/spill.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace cairn {
namespace {

std::string key_of(int64_t value) {
  std::string key;
  append_key_i64(key, value);
  return key;
}

std::vector<std::pair<std::string, std::string>> merged(const std::vector<SpillSorter*>& sorters) {
  std::vector<std::pair<std::string, std::string>> rows;
  Status status = SpillSorter::merge(sorters, [&](std::string_view key, std::string_view payload) {
    rows.emplace_back(key, payload);
    return Status::success();
  });
  EXPECT_TRUE(status.ok());
  return rows;
}

TEST(Spill, NumbersSortAsNumbers) {
  EXPECT_LT(key_of(-5), key_of(-1));
  EXPECT_LT(key_of(-1), key_of(0));
  EXPECT_LT(key_of(255), key_of(256));
  EXPECT_EQ(read_key_i64(key_of(-123456789)), -123456789);
}

TEST(Spill, SameAnswerWithAndWithoutSpilling) {
  unsigned seed = 42;
  std::mt19937 random(seed);
  FakeFiles files;
  SpillSorter large(files, 64u << 20), a(files, 2000), b(files, 300);
  for (int i = 0; i < 5000; ++i) {
    std::string key = key_of(static_cast<int64_t>(random() % 700) - 350);
    std::string payload(random() % 90, static_cast<char>('a' + random() % 26));
    ASSERT_TRUE(large.add(key, payload).ok());
    ASSERT_TRUE((i % 3 == 0 ? a : b).add(key, payload).ok());
  }
  EXPECT_FALSE(large.spilled());
  EXPECT_TRUE(a.spilled() && b.spilled());
  auto expected = merged({&large});
  EXPECT_EQ(expected.size(), 5000u);
  EXPECT_TRUE(std::is_sorted(expected.begin(), expected.end()));
  EXPECT_EQ(merged({&a, &b}), expected);
  EXPECT_EQ(merged({&b, &a}), expected) << "merging again gives the same";
}

TEST(Spill, StretchesFollowOneAnother) {
  std::mt19937_64 random(7);
  FakeFiles files;
  SpillSorter on_disk(files, 2000), in_memory(files, 1u << 20);
  for (int i = 0; i < 2000; ++i) {
    std::string key;
    // A third of the parts stays empty.
    append_key_u64(key, random() & 0xBFFF'FFFF'FFFF'FFFF);
    ASSERT_TRUE((i % 2 == 0 ? on_disk : in_memory).add(key, std::to_string(i)).ok());
  }
  EXPECT_TRUE(on_disk.spilled());
  std::vector<SpillSorter*> sorters{&on_disk, &in_memory};
  auto expected = merged(sorters);
  for (size_t step : {1u, 3u, 16u}) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (size_t begin = 0; begin < SpillSorter::kParts; begin += step) {
      size_t end = std::min(begin + step, SpillSorter::kParts);
      Status status = SpillSorter::merge(sorters, {begin, end},
                                         [&](std::string_view key, std::string_view payload) {
                                           rows.emplace_back(key, payload);
                                           return Status::success();
                                         });
      ASSERT_TRUE(status.ok());
    }
    EXPECT_EQ(rows, expected) << "in steps of " << step;
  }
}

TEST(Spill, RecordsAreReadAgainWhereTheyLie) {
  std::mt19937 random(3);
  FakeFiles files;
  SpillSorter on_disk(files, 2000), in_memory(files, 1u << 20), both(files, 2000);
  for (int i = 0; i < 900; ++i) {
    std::string payload = std::to_string(i) + std::string(random() % 90, 'x');
    SpillSorter& sorter = i % 3 == 0 ? on_disk : i % 3 == 1 ? in_memory : both;
    ASSERT_TRUE(sorter.add(key_of(static_cast<int64_t>(random() % 100)), payload).ok());
  }
  ASSERT_TRUE(on_disk.settle().ok());
  const std::vector<SpillSorter*> sorters = {&on_disk, &in_memory, &both};
  std::vector<std::pair<SpillSorter::Place, std::string>> seen;
  SpillSorter::Merge merge(sorters);
  for (bool more = false;;) {
    ASSERT_TRUE(merge.next(more).ok());
    if (!more) break;
    seen.emplace_back(merge.place(), merge.payload());
  }
  ASSERT_EQ(seen.size(), 900u);
  std::shuffle(seen.begin(), seen.end(), random);
  std::string payload;
  for (const auto& [place, expected] : seen) {
    ASSERT_TRUE(sorters[place.sorter]->read(place.position, payload).ok());
    EXPECT_EQ(payload, expected);
  }
  EXPECT_TRUE(on_disk.spilled() && both.spilled() && !in_memory.spilled());
}

TEST(Spill, RecordLargerThanEveryBuffer) {
  FakeFiles files;
  SpillSorter sorter(files, 100);
  std::string large(300000, 'x');
  for (int i = 3; i > 0; --i) ASSERT_TRUE(sorter.add(key_of(i), large).ok());
  auto rows = merged({&sorter});
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].first, key_of(1));
  EXPECT_EQ(rows[2].second, large);
}

TEST(Spill, EveryFailingOperationIsReported) {
  for (int n = 0;; ++n) {
    FakeFiles files;
    files.fail_after = n;
    SpillSorter sorter(files, 200);
    bool failed = false;
    for (int i = 0; i < 50 && !failed; ++i) failed = !sorter.add(key_of(i), "0123456789").ok();
    if (!failed) {
      EXPECT_GT(n, 5);
      break;
    }
  }
}

TEST(Spill, EmptyMergesToNothing) {
  FakeFiles files;
  SpillSorter sorter(files, 100);
  EXPECT_TRUE(merged({&sorter}).empty());
  EXPECT_TRUE(merged({}).empty());
}

}  // namespace
}  // namespace cairn
