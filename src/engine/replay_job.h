#pragma once

// `cairn monitor replay`: every alarm's history as it would have been over logs, with the events
// behind each change; and the same with other thresholds, side by side.

#include "engine/investigate_jobs.h"
#include "engine/monitor_stack.h"

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace cairn::engine {

/// When an event counts.
enum class EventClock : uint8_t {
  kEvent,    // at its eventTime
  kArrival,  // when its file was delivered, as the file's name tells; else at its eventTime
};

struct FilterMatches;

struct ReplayOptions {
  EventPlace place;
  StackChoice stack;
  EventClock clock = EventClock::kEvent;
  /// Each is a variant to be compared: "ALARM.Threshold=5" (change_alarms()), several separated by
  /// commas.
  std::vector<std::string> variants;
  /// Is handed what the filters matched, once, before alarms are replayed; its errors end the
  /// replay. May be empty.
  std::function<Status(const FilterMatches&, const std::vector<monitor::MetricFilter>&)> observe =
      {};
};

/// The events behind a change of state.
struct AlarmEvidence {
  using Top = std::vector<std::pair<std::string, uint64_t>>;  // most first

  uint64_t events = 0;
  Timestamp from{}, to{};  // of the datapoints
  Top actions, principals, addresses, resources;
  std::vector<std::string> event_ids;  // the first kEventIds
  std::string sql;                     // lists these, for `cairn sql`
};

struct AlarmChange {
  monitor::BoardEvent event;
  AlarmEvidence evidence;  // of metric alarms that came into ALARM
};

/// What became of one alarm.
struct AlarmHistory {
  std::string name, description;
  bool composite = false;
  monitor::AlarmState state = monitor::AlarmState::kInsufficientData;  // in the end
  uint64_t raised = 0;                                                 // times it came into ALARM
  Duration in_alarm{};                                                 // altogether
  std::vector<AlarmChange> changes;
};

struct ReplayVariant {
  std::string label;  // "" for the templates as they are
  std::vector<AlarmHistory> alarms;
};

struct ReplayResult {
  ReadSummary read;
  Diagnostics diagnostics;  // with errors: nothing was read
  size_t filters = 0;
  Timestamp from{}, to{};  // of what was replayed; the same without events: nothing was
  Timestamp last_event{};  // the minute after it; alarms are followed longer
  bool nothing() const { return from == to; }
  uint64_t matches = 0, copies = 0;
  uint64_t without_time = 0, from_future = 0;  // events that count in no minute
  std::vector<ReplayVariant> variants;
  std::vector<std::string> remarks;
  double seconds = 0;  // of the replay, reading not counted
};

/// How many matches keep who, where from and what; beyond they only count.
inline constexpr size_t kMatchesWithEvidence = 1'000'000;
/// How much of an evidence's lists is kept.
inline constexpr size_t kEvidenceListed = 5, kEventIds = 100;

/// Replays logs over the alarms of templates. Fails as feed_events() and load_monitor_stack() do,
/// and with kInvalidInput for variants that change nothing.
Result<ReplayResult> run_replay(World world, const ReplayOptions& options,
                                const ScanProgressCallback& progress);

}  // namespace cairn::engine
