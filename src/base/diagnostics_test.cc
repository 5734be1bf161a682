#include "base/diagnostics.h"

#include "base/queue.h"
#include "base/result.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(Diagnostics, CaretStandsUnderTheWord) {
  Diagnostic d{"sigma-unknown-modifier",
               DiagnosticSeverity::kError,
               "x.yml",
               12,
               15,
               8,
               "unknown modifier \"contians\"",
               "did you mean \"contains\"?",
               "    eventName|contians: Delete"};
  EXPECT_EQ(format_text(d),
            "x.yml:12:15: error: unknown modifier \"contians\" [sigma-unknown-modifier]\n"
            "        eventName|contians: Delete\n"
            "                  ^~~~~~~~\n"
            "  hint: did you mean \"contains\"?\n");
}

TEST(Diagnostics, CaretNeverLeavesTheLine) {
  Diagnostic d{"c", DiagnosticSeverity::kWarning, "", 1, 99, 500, "m", "", "ab"};
  EXPECT_EQ(format_text(d), "input:1:99: warning: m [c]\n    ab\n      ^\n");
}

Result<int> half(int n) {
  if (n % 2 != 0) return Error{ErrorCode::kInvalidInput, "odd"};
  return n / 2;
}
Result<int> quarter(int n) {
  TRY_ASSIGN(int h, half(n));
  TRY(half(h));
  return half(h);
}

TEST(Result, TryPassesErrorsOn) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().message, "odd");
  EXPECT_EQ(std::move(quarter(6)).error().with_context("rule x").message, "rule x: odd");
}

TEST(BoundedQueue, DrainsAfterClose) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.push(1));
  EXPECT_TRUE(queue.push(2));
  queue.close();
  EXPECT_FALSE(queue.push(3));
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

}  // namespace
}  // namespace cairn
