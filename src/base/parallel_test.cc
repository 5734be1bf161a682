#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>

namespace cairn {
namespace {

TEST(Parallel, EachNumberOnce) {
  for (size_t threads : {0u, 1u, 2u, 7u}) {
    std::atomic<size_t> calls = 0, sum = 0;
    Status status = run_parallel(threads, [&](size_t number) {
      ++calls;
      sum += number;
      return Status::success();
    });
    EXPECT_TRUE(status.ok());
    EXPECT_EQ(calls, threads);
    EXPECT_EQ(sum, threads == 0 ? 0 : threads * (threads - 1) / 2);
  }
}

TEST(Parallel, FirstFailureByNumber) {
  std::atomic<size_t> calls = 0;
  Status status = run_parallel(4, [&](size_t number) -> Status {
    ++calls;
    if (number < 2) return Status::success();
    return Error{ErrorCode::kUnavailable, "number " + std::to_string(number)};
  });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "number 2");
  EXPECT_EQ(calls, 4u) << "the others are not stopped";
}

}  // namespace
}  // namespace cairn
