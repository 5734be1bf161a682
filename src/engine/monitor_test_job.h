#pragma once

// `cairn monitor test`: made-up events through the filters and alarms of templates, and what should
// come of them. docs/reference/monitor.md has the format.

#include "engine/monitor_stack.h"

#include <string>
#include <vector>

namespace cairn::engine {

struct MonitorTestOutcome {
  std::string name;
  std::vector<std::string> failures;  // a sentence each; none: it holds
};

struct MonitorTestResult {
  Diagnostics diagnostics;  // of the templates and of the tests; with errors: nothing was run
  std::vector<MonitorTestOutcome> outcomes;
};

/// Runs the tests of a file over templates. Fails when a file cannot be read, and as
/// AlarmBoard::make().
Result<MonitorTestResult> run_monitor_tests(World world, const StackChoice& stack,
                                            const std::string& tests);

}  // namespace cairn::engine
