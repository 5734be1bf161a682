#pragma once

// What `cairn monitor run` keeps from run to run, in one file that is replaced whole: metrics,
// states of alarms, the inputs that were read and the events that were counted belong to one
// moment. So a run that is killed leaves the moment before it, and no datapoint is lost or counted
// twice.
//
//   "cairn monitor state 2\n"
//   hash     8 bytes, least first: of each MiB of the body with the hash of those before as seed
//   body     base/pack.h: up to when alarms were judged, inputs, events, minutes, changes, alarms
//            (AlarmBoard::save), metrics (MetricArchive)

#include "base/result.h"
#include "base/time.h"
#include "engine/monitor_run_job.h"
#include "monitor/metric_store.h"
#include "sys/durable.h"
#include "sys/files.h"

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace cairn {
class StoredReader;
}

namespace cairn::engine {

/// Many hashes, in eight bytes each. When they are more than `limit` those that were not met for
/// longest are forgotten, at least `limit` of the last ones not.
class Remembered {
 public:
  explicit Remembered(size_t limit) : limit_(limit) {}
  bool has(uint64_t hash) const;
  /// Notes that a hash was met. Returns false when it was known.
  bool meet(uint64_t hash);
  void save(std::string& out);
  void restore(StoredReader& in);

 private:
  size_t limit_;
  std::vector<uint64_t> older_, newer_;  // sorted
  std::unordered_set<uint64_t> met_;     // since restore()
};

/// All that is kept.
struct MonitorState {
  static constexpr size_t kRemembered = 1'000'000;  // inputs, and events
  static constexpr size_t kHistoryLimit = 10'000;   // changes

  std::optional<Timestamp> judged;  // alarms were judged up to then
  Remembered inputs{kRemembered}, events{kRemembered};
  std::vector<Timestamp> minutes;  // with events, too new to be judged
  std::deque<PastChange> history;
  std::string board;  // AlarmBoard::save()
  monitor::MetricStore store{{}};
};

using StepCallback = std::function<void(const char* step)>;
/// Gives the body out in pieces.
Status save_monitor_state(MonitorState& state, const std::function<Status(std::string_view)>& sink);
/// Reads a body, which may be any bytes, into a new state; it is of no use when this fails, with
/// kCorrupt, or as MetricStore::metric() does.
Status restore_monitor_state(std::string_view body, MonitorState& state);

/// The file, locked.
class MonitorStateFile {
 public:
  /// Fails with kUnavailable while another has it.
  static Result<MonitorStateFile> open(const std::string& folder);
  /// Reads without a lock: the file is whole at any time. Nothing there: a new state.
  static Status read(Files& files, const std::string& path, MonitorState& state);
  Status read(Files& files, MonitorState& state) const { return read(files, path_, state); }
  /// `at_step`: as for write_durable_file().
  Status write(MonitorState& state, const StepCallback& at_step) const;

 private:
  MonitorStateFile(std::string path, FileLock lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  FileLock lock_;
};

}  // namespace cairn::engine
