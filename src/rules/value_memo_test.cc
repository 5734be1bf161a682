#include "rules/value_memo.h"

#include "base/hash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace cairn::rules {
namespace {

using testing::ElementsAre;

TEST(ValueMemo, RemembersByBytesNotByHash) {
  ValueMemo memo;
  const std::vector<uint32_t> one = {1, 5}, none;
  memo.insert(42, "a", one);
  memo.insert(42, "b", none);
  EXPECT_THAT(memo.find(42, "a").predicates, ElementsAre(1, 5));
  EXPECT_TRUE(memo.find(42, "b").known);
  EXPECT_THAT(memo.find(42, "b").predicates, ElementsAre());
  EXPECT_FALSE(memo.find(42, "c").known);
  EXPECT_FALSE(memo.find(43, "a").known);
}

TEST(ValueMemo, StartsOverWhenFullAndWorthIt) {
  ValueMemo memo;
  const std::vector<uint32_t> answer = {7};
  for (size_t i = 0; i <= ValueMemo::kEntryLimit; ++i) {
    std::string text = std::to_string(i);
    memo.insert(hash64(text), text, answer);
    for (int hit = 0; hit < 4; ++hit) ASSERT_TRUE(memo.find(hash64(text), text).known);
  }
  EXPECT_TRUE(memo.enabled());
  EXPECT_FALSE(memo.find(hash64("0"), "0").known);
  std::string last = std::to_string(ValueMemo::kEntryLimit);
  EXPECT_TRUE(memo.find(hash64(last), last).known);
}

TEST(ValueMemo, GivesUpOnValuesThatNeverComeAgain) {
  ValueMemo memo;
  size_t i = 0;
  for (; memo.takes("x") && i < 100'000; ++i) {
    std::string text = std::to_string(i);
    EXPECT_FALSE(memo.find(hash64(text), text).known);
    memo.insert(hash64(text), text, {});
  }
  EXPECT_EQ(i, ValueMemo::kEntryLimit + 1);
  EXPECT_FALSE(memo.enabled());
}

TEST(ValueMemo, LongValuesAreNotTaken) {
  ValueMemo memo;
  EXPECT_TRUE(memo.takes(std::string(ValueMemo::kTextLimit, 'x')));
  EXPECT_FALSE(memo.takes(std::string(ValueMemo::kTextLimit + 1, 'x')));
}

}  // namespace
}  // namespace cairn::rules
