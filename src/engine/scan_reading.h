#pragma once

// The parallel half of a scan: one walker finds inputs, workers read and match them, the caller's
// thread reports progress.
//
//   walker ─Input─► queue ─► worker: Reader → filter → Matcher → Collector     (one of each per
//   worker)
//
// Workers share nothing while they work but the queue and a few counters; their results are merged
// when all have ended, in an order that depends only on the inputs.

#include "cloudtrail/cloudtrail.h"
#include "detect/detect.h"
#include "engine/engine.h"
#include "engine/event_filter.h"
#include "engine/rule_sources.h"

#include <array>
#include <atomic>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace cairn::engine {

/// The first so-many entries in order, of any number offered.
template <typename T, typename Less>
class FirstFew {
 public:
  FirstFew(size_t limit, Less less) : limit_(limit), items_(less) {}

  void offer(T item) {
    if (items_.size() == limit_) {
      if (!items_.key_comp()(item, *items_.rbegin())) return;
      items_.erase(std::prev(items_.end()));
    }
    items_.insert(std::move(item));
  }
  void merge(FirstFew& other) {
    while (!other.items_.empty())
      offer(std::move(other.items_.extract(other.items_.begin()).value()));
  }
  std::vector<T> take() && {
    std::vector<T> list;
    while (!items_.empty()) list.push_back(std::move(items_.extract(items_.begin()).value()));
    return list;
  }

 private:
  size_t limit_;
  std::multiset<T, Less> items_;
};

struct QuarantineOrder {
  bool operator()(const QuarantineEntry& a, const QuarantineEntry& b) const {
    return std::tie(a.file, a.offset, a.kind, a.reason) <
           std::tie(b.file, b.offset, b.kind, b.reason);
  }
};
struct SkippedOrder {
  bool operator()(const report::SkippedFile& a, const report::SkippedFile& b) const {
    return std::tie(a.path, a.reason) < std::tie(b.path, b.reason);
  }
};

/// What became of the inputs, of one worker or of all.
struct ReadTally {
  uint64_t files = 0, stored_bytes = 0, text_bytes = 0, partial_files = 0;
  report::ArchiveCounts archives;
  uint64_t passed_over = 0;  // members that a filter excluded by their name alone
  uint64_t events_filtered = 0;
  std::array<uint64_t, kSourceKinds> files_by_kind{};
  std::array<uint64_t, 6> quarantine_by_kind{};
  std::map<std::string, report::SourceCount> sources;
  std::map<std::string, uint64_t> skipped_reasons;
  FirstFew<report::SkippedFile, SkippedOrder> skipped{report::kListedFiles, {}};
  FirstFew<QuarantineEntry, QuarantineOrder> quarantine{report::kListedFiles, {}};

  void add_quarantine(QuarantineEntry entry);
  void add_source(const cloudtrail::Input& input, const cloudtrail::SourceReport& source);
  void merge(ReadTally& other);
};

/// What reading came to.
struct ReadOutcome {
  ReadTally tally;
  uint64_t files_found = 0;  // by the walk: an archive is one
  uint64_t passed_over = 0, special_files = 0;
  unsigned threads = 1;
};

/// Reads all inputs through the rules into the detector's collectors. Fails when an input path does
/// not exist.
Result<ReadOutcome> read_inputs(World world, const ScanOptions& options, const Ruleset& ruleset,
                                detect::Detector& detector, unsigned threads,
                                const ScanProgressCallback& progress);

}  // namespace cairn::engine
