#include "engine/read_summary.h"

#include "sys/process.h"

namespace cairn::engine {

bool ReadSummary::complete() const {
  return !interrupted && unreadable_files == 0 && partial_files == 0 && quarantined == 0 &&
         files_unread == 0;
}

ReadSummary summarise(ReadOutcome&& read, World world, double started, bool stopped) {
  auto of_kind = [&](QuarantineEntry::Kind kind) {
    return read.tally.quarantine_by_kind[static_cast<size_t>(kind)];
  };
  ReadTally& tally = read.tally;
  ReadSummary summary;
  summary.files = tally.files;
  summary.stored_bytes = tally.stored_bytes;
  summary.text_bytes = tally.text_bytes;
  summary.events = tally.events;
  summary.filtered = tally.events_filtered;
  summary.unreadable_files = of_kind(QuarantineEntry::Kind::kUnreadable);
  summary.partial_files = tally.partial_files;
  for (uint64_t count : tally.quarantine_by_kind) summary.quarantined += count;
  summary.quarantined -= of_kind(QuarantineEntry::Kind::kRepaired) + summary.unreadable_files;
  summary.interrupted = world.interrupted.load();
  if (!stopped) {
    uint64_t met = tally.files + tally.left_by_consumer;
    summary.files_unread = read.files_found - std::min(read.files_found, met);
  }
  summary.examined = tally.files_by_kind[static_cast<size_t>(SourceKind::kCloudTrail)] > 0 ||
                     read.passed_over > 0 || stopped;
  summary.problems = std::move(tally.quarantine).take();
  summary.seconds = world.clock.monotonic_seconds() - started;
  return summary;
}

unsigned worker_count(unsigned wanted) { return wanted != 0 ? wanted : processor_count(); }

}  // namespace cairn::engine
