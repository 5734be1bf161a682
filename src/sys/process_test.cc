#include "sys/process.h"

#include <gtest/gtest.h>

#include <csignal>

namespace cairn {
namespace {

TEST(Process, InterruptSetsTheFlag) {
  const std::atomic<bool>& flag = install_interrupt_flag();
  EXPECT_FALSE(flag.load());
  std::raise(SIGTERM);
  EXPECT_TRUE(flag.load());
}

TEST(Process, Facts) {
  EXPECT_GE(processor_count(), 1u);
  EXPECT_GT(peak_memory_bytes(), 1u << 20);
  EXPECT_EQ(environment("CAIRN_SURELY_UNSET"), "");
}

}  // namespace
}  // namespace cairn
