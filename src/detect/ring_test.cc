#include "detect/ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>

namespace cairn::detect {
namespace {

TEST(Ring, IsAQueue) {
  std::mt19937 random(5);
  Ring<std::unique_ptr<int>, 2> ring;
  std::deque<int> expected;
  size_t largest = 0;
  for (int i = 0; i < 20'000; ++i) {
    // Grows for a while, then shrinks, again and again.
    const bool grows = random() % 100 < (i / 1000 % 2 == 0 ? 70u : 30u);
    if (grows || expected.empty()) {
      ring.push_back(std::make_unique<int>(i));
      expected.push_back(i);
    } else if (random() % 4 == 0) {
      ring.pop_back();
      expected.pop_back();
    } else {
      ring.pop_front();
      expected.pop_front();
    }
    largest = std::max(largest, expected.size());
    ASSERT_EQ(ring.size(), expected.size());
    ASSERT_EQ(ring.empty(), expected.empty());
    if (expected.empty()) {
      EXPECT_EQ(ring.heap_bytes(), 0u);
      continue;
    }
    ASSERT_EQ(*ring.front(), expected.front());
    ASSERT_EQ(*ring.back(), expected.back());
    const size_t some = random() % expected.size();
    ASSERT_EQ(*ring[some], expected[some]);
    // An eighth of the memory at least is used, but for the few that fit into the ring itself.
    EXPECT_LE(ring.heap_bytes(), (expected.size() + 1) * 8 * sizeof(void*));
  }
  EXPECT_GT(largest, 100u);
}

}  // namespace
}  // namespace cairn::detect
