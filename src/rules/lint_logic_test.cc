#include "rules/lint_logic.h"

#include "rules/expression_for_test.h"

#include <gtest/gtest.h>

#include <string>

namespace cairn::rules {
namespace {

LogicFaults faults_of(const std::string& selections, const std::string& condition) {
  FieldTable fields;
  return find_logic_faults(
      expression_for_test(selections + "  condition: " + condition + "\n", fields));
}

TEST(LintLogicTest, FindsWhatNeverOrAlwaysHolds) {
  struct Row {
    const char *a, *b, *condition;
    bool never, always;
    size_t dead, needless;
  };
  const Row rows[] = {
      {"eventName: X", "eventName: Y", "a and b", true, false, 0, 0},
      {"eventName: X", "eventName: x", "a and b", false, false, 0, 0},
      {"eventName: X", "eventName|startswith: Y", "a and b", true, false, 0, 0},
      {"eventName: [X, Y1]", "eventName|startswith: Y", "a and b", false, false, 0, 0},
      {"eventName: X", "eventName: null", "a and b", true, false, 0, 0},
      {"eventName: X", "eventName|exists: true", "a and not b", true, false, 0, 0},
      {"eventName: X", "eventName|contains: x", "a and not b", true, false, 0, 0},
      {"eventName: X", "eventName|cased|contains: x", "a and not b", false, false, 0, 0},
      {"eventName: X", "eventName: Y", "not a or not b", false, true, 0, 0},
      {"eventName: X", "eventName: Y", "not a and not b", false, false, 0, 0},
      {"eventName: X", "errorCode: Y", "a and b", false, false, 0, 0},
      {"eventName: X", "eventName: X", "a and not b", true, false, 0, 0},
      {"requestParameters.rules.items.port: 1", "requestParameters.rules.items.port: 2", "a and b",
       false, false, 0, 0},
      {"{eventName: X, errorCode: A}", "{eventName: Y, errorCode: B}", "a and b", true, false, 0,
       0},
      {"eventName: X", "[{eventName: Y, errorCode: A}, {errorCode: B}]", "a and b", false, false, 1,
       0},
      // A filter that names the event once more is no fault.
      {"eventName: X", "{eventName: X, errorCode: B}", "a and not b", false, false, 0, 0},
  };
  for (const Row& row : rows) {
    LogicFaults faults =
        faults_of(std::string("  a:\n    ") + row.a + "\n  b:\n    " + row.b + "\n", row.condition);
    std::string shown = std::string(row.a) + " | " + row.b + " | " + row.condition;
    EXPECT_EQ(faults.never, row.never) << shown;
    EXPECT_EQ(faults.always, row.always) << shown;
    EXPECT_EQ(faults.dead_parts.size(), row.dead) << shown;
    EXPECT_EQ(faults.needless_parts.size(), row.needless) << shown;
  }
}

}  // namespace
}  // namespace cairn::rules
