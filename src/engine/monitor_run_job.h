#pragma once

// `cairn monitor run` and `put`: metrics and alarms that live on from one run to the next.

#include "engine/replay_job.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cairn::engine {

/// Where alarms live on: a file in the state folder, next to what was applied.
std::string monitor_state_path(const std::string& state_folder);

struct MonitorRunOptions {
  EventPlace place;  // files and folders, no lake
  StackChoice stack;
  EventClock clock = EventClock::kArrival;
  /// Up to when alarms are judged; without it up to the last whole minute, with EventClock::kEvent
  /// up to a quarter of an hour before, as CloudTrail delivers late.
  std::optional<Timestamp> until;
  /// Called before each step that changes the disk, for tests that end the process there.
  std::function<void(const char* step)> at_step = {};
};

/// Reads what is new in the places since the last run, adds it to the metrics, and moves the alarms
/// on. What comes of it is on the disk, whole, when this returns: ended before, in whatever way,
/// nothing happened and the next run does all of it. One variant is in the result, with the changes
/// of this run. Fails as run_replay() does, with kUnavailable while another run has the state, with
/// kCorrupt for a damaged or forged state, which stays as it is, with kCancelled when interrupted
/// and with kInvalidInput when `until` is to come.
Result<ReplayResult> run_monitor(World world, const MonitorRunOptions& options,
                                 const ScanProgressCallback& progress);

/// A change of an alarm's state in an earlier run.
struct PastChange {
  Timestamp time{};
  std::string alarm, summary, reason;
};
/// Returns the last changes that runs have seen, oldest first.
Result<std::vector<PastChange>> monitor_history(World world, const std::string& state_folder);

/// Adds datapoints in the shape of PutMetricData: a JSON document, or one a line. All or nothing;
/// returns their number. Fails with kInvalidInput for what PutMetricData refuses, and as
/// run_monitor() does for the state.
Result<size_t> put_metrics(World world, const std::string& path, const std::string& state_folder);

}  // namespace cairn::engine
