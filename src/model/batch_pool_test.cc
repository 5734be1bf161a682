#include "model/batch_pool.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace cairn {
namespace {

void add_text(Batch& batch, const std::string& text) {
  batch.columns.resize(1);
  batch.columns[0].valid.push_back(1);
  batch.columns[0].texts.push_back(batch.texts.keep(text));
  ++batch.rows;
}

TEST(BatchPool, GivesOutAgainWhatCameBack) {
  BatchPool pool(1);
  Batch first = pool.take();
  add_text(first, std::string(200000, 'x'));
  add_text(first, "small");
  const char* place = first.columns[0].texts[0].data();
  std::shared_ptr<Batch> lent = pool.lend(std::move(first));
  std::shared_ptr<Batch> also = lent;
  lent.reset();
  EXPECT_TRUE(pool.take().columns.empty()) << "somebody still has it";
  EXPECT_EQ(also->columns[0].texts[1], "small");
  also.reset();

  Batch again = pool.take();
  EXPECT_EQ(again.rows, 0u);
  ASSERT_EQ(again.columns.size(), 1u);
  EXPECT_TRUE(again.columns[0].absent());
  EXPECT_EQ(again.texts.size_bytes(), 0u);
  add_text(again, std::string(200000, 'y'));
  EXPECT_EQ(again.columns[0].texts[0].data(), place);
  EXPECT_EQ(again.columns[0].texts[0], std::string(200000, 'y'));
}

TEST(BatchPool, KeepsNoMoreThanItsLimit) {
  BatchPool pool(1);
  for (int i = 0; i < 2; ++i) {
    Batch one, two;
    add_text(one, "one");
    add_text(two, "two");
    auto a = pool.lend(std::move(one));
    auto b = pool.lend(std::move(two));
  }
  EXPECT_EQ(pool.take().columns.size(), 1u);
  EXPECT_EQ(pool.take().columns.size(), 0u);
}

TEST(BatchPool, LetsGoOfOddlyLargeOnes) {
  BatchPool pool(2);
  Batch batch;
  add_text(batch, std::string(5u << 20, 'x'));
  pool.lend(std::move(batch)).reset();
  EXPECT_EQ(pool.take().columns.size(), 0u);
}

TEST(BatchPool, BatchesMayOutliveItAndComeFromManyThreads) {
  std::shared_ptr<Batch> last;
  {
    BatchPool pool(4);
    std::thread other([&] {
      for (int i = 0; i < 1000; ++i) pool.lend(pool.take()).reset();
    });
    for (int i = 0; i < 1000; ++i) pool.lend(pool.take()).reset();
    other.join();
    Batch batch = pool.take();
    batch.clear();
    add_text(batch, "kept");
    last = pool.lend(std::move(batch));
  }
  EXPECT_EQ(last->columns[0].texts[0], "kept");
}

// A text that does not fit the next block that waits gets one of its own, and both live on.
TEST(TextArena, ReusesBlocksOfAllSizes) {
  TextArena arena;
  for (size_t round = 0; round < 3; ++round) {
    std::string_view small = arena.keep("small");
    std::string_view large = arena.keep(std::string(200000 + round * 100000, 'x'));
    std::string_view other = arena.keep("other");
    EXPECT_EQ(small, "small");
    EXPECT_EQ(large, std::string(200000 + round * 100000, 'x'));
    EXPECT_EQ(other, "other");
    EXPECT_EQ(arena.keep(""), "");
    arena.reuse();
    EXPECT_EQ(arena.size_bytes(), 0u);
  }
}

}  // namespace
}  // namespace cairn
