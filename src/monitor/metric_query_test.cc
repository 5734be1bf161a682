#include "monitor/metric_query.h"

#include <gtest/gtest.h>

namespace cairn::monitor {
namespace {

// What the last of some expressions, each under the id eN, comes to over one minute without data.
std::string last_of(const std::vector<std::string>& expressions) {
  std::string text = "[";
  for (size_t i = 0; i < expressions.size(); ++i)
    text += (i > 0 ? "," : "") + std::string(R"({"Id":"e)") + std::to_string(i) +
            R"(","Expression":")" + expressions[i] + "\"}";
  JsonTree tree;
  if (!tree.parse(text + "]").ok()) return "no JSON";
  auto queries = MetricQueries::parse(tree, 0);
  if (!queries.ok()) return queries.error().message;
  MetricStore store({});
  Periods periods{Timestamp(), Timestamp(std::chrono::minutes(1)), 60};
  auto value =
      queries.value().evaluate("e" + std::to_string(expressions.size() - 1), periods, store, {});
  if (!value.ok()) return value.error().message;
  return value.value().scalar ? std::to_string(*value.value().scalar) : "nothing";
}

TEST(MetricQueries, WorkEachOtherOut) {
  EXPECT_EQ(last_of({"2", "e0 * 3", "e1 - e0"}), "4.000000");
  EXPECT_EQ(last_of({"2", "1 + e2", "e1"}), "expression e1 is made from itself");
  EXPECT_EQ(last_of({"2", "e0 + e7"}), "expression e1: there is no metric e7");
}

// Sixty expressions of twice the one before would take 2^60 steps without memory, and 500 of a
// hundred brackets each would fill the stack when worked out inside each other.
TEST(MetricQueries, TakeEachOtherOnce) {
  std::vector<std::string> twice = {"1"};
  while (twice.size() < 60) {
    std::string last = "e" + std::to_string(twice.size() - 1);
    twice.push_back(last + " + " + last);
  }
  EXPECT_EQ(last_of(twice), "576460752303423488.000000");

  std::vector<std::string> deep = {"1"};
  while (deep.size() < MetricQueries::kLimit)
    deep.push_back(std::string(90, '-') + "e" + std::to_string(deep.size() - 1));
  EXPECT_EQ(last_of(deep), "1.000000");
}

}  // namespace
}  // namespace cairn::monitor
