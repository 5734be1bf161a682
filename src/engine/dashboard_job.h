#pragma once

// `cairn monitor dashboard`: a CloudWatch dashboard as one page, from logs replayed.

#include "engine/replay_job.h"
#include "lake/lake.h"

#include <functional>
#include <memory>
#include <string>

namespace cairn::engine {

struct DashboardOptions {
  EventPlace place;
  StackChoice stack;
  std::string name;  // of the dashboard, or its logical id; "": the first
  /// Opens the place's lake once more, for the questions of log widgets; needed with a lake.
  std::function<Result<std::unique_ptr<lake::Lake>>()> open_lake;
};

struct DashboardResult {
  ReplayResult replay;
  std::string html;  // "" when the templates have errors
  std::string name;
  size_t widgets = 0;
};

/// Replays logs and draws a dashboard of the stack: metrics from its filters, alarms from its
/// alarms, log widgets from SQL over the same logs or lake, between the same times. Draws nothing
/// when nothing was replayed. Fails as run_replay() does, with kNotFound when there is no such
/// dashboard, and with kInvalidInput for a body that CloudWatch refuses.
Result<DashboardResult> run_dashboard(World world, const DashboardOptions& options,
                                      const ScanProgressCallback& progress);

}  // namespace cairn::engine
