#pragma once

// Reading everything in parallel: one walker finds inputs, workers read them, the caller's thread
// reports progress. Every job over raw logs (scan, search, stats, show, top) is a consumer of this.
//
//   walker ─Input─► queue ─► worker: Reader → filter → EventConsumer     (one of each per worker)
//
// Workers share nothing while they work but the queue and a few counters; what became of the inputs
// is merged when all have ended, in an order that depends only on the inputs.

#include "cloudtrail/cloudtrail.h"
#include "engine/engine.h"
#include "engine/event_filter.h"

#include <array>
#include <atomic>
#include <map>
#include <set>
#include <span>
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
  uint64_t events = 0;  // handed to the consumer
  report::ArchiveCounts archives;
  uint64_t passed_over = 0;       // members that a filter excluded by their name alone
  uint64_t left_by_consumer = 0;  // inputs that the consumer did not want
  uint64_t events_filtered = 0;   // read, but the filter left them out
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

/// Takes the events of one worker. Only that worker's thread calls it.
class EventConsumer {
 public:
  virtual ~EventConsumer() = default;
  /// Takes an event that the filter admits; it is valid during the call only. `file` is the input's
  /// name. Returns how many matches it made, for the progress report.
  virtual uint64_t consume(const Event& event, const std::string& file) = 0;
  /// False when the worker may stop: its input is left at the next piece, no other is begun.
  virtual bool wants_more() const { return true; }

  // For consumers that keep account of inputs:

  /// An input begins, or a member of an archive inside one. False passes it over.
  virtual bool begin_input(const cloudtrail::Input& /*input*/) { return true; }
  virtual bool begin_member(const cloudtrail::Input& /*member*/) { return true; }
  /// What became of it. Not called for one that was passed over.
  virtual void end_input(const cloudtrail::Input& /*input*/,
                         const cloudtrail::SourceReport& /*report*/) {}
  virtual void end_member(const cloudtrail::Input& /*member*/,
                          const cloudtrail::SourceReport& /*report*/) {}
  virtual void on_quarantine(const QuarantineEntry& /*entry*/) {}
  /// The worker has ended.
  virtual void end() {}
};

/// In which order inputs are read.
enum class InputOrder : uint8_t {
  kAsWalked,   // by name
  kByDelivery  // by account, then by the time of delivery that their keys tell: what belongs
               // together in time comes together. Those without a key come last.
};

/// Reads all inputs into the consumers, one thread for each. Fails when an input path does not
/// exist.
Result<ReadOutcome> read_inputs(World world, const std::vector<std::string>& inputs,
                                const EventFilter& filter, const FieldTable& fields,
                                const StandardFields& standard,
                                std::span<EventConsumer* const> consumers,
                                const ScanProgressCallback& progress,
                                InputOrder order = InputOrder::kAsWalked);

}  // namespace cairn::engine
