#pragma once

// What outputs tell of a record beyond its EventSummary, kept while the record is at hand: a file
// may be standard input, compressed, or large, and cannot be read again for single records.
//
// Each worker has a recorder that copies the details of events with matches into a sorter, in the
// order in which matches are visited later; above a budget they go to scratch files. The lookup
// then walks both in step: of copies of an event it finds the very record that stands for all.

#include "model/correlation.h"
#include "model/event.h"
#include "model/rule_info.h"
#include "model/standard_fields.h"
#include "report/report.h"
#include "sys/spill.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace cairn::engine {

/// Longer texts of a record are left out, and say so: CloudTrail's own limit for a record is 256
/// KiB (user guide, "Amazon CloudTrail record contents", 2024), raised to 1 MiB for events that
/// carry tags.
inline constexpr size_t kRecordTextBytes = 1u << 20;

class RecordKeeper {
 public:
  /// One worker's share. One thread.
  class Recorder {
   public:
    /// Copies the details of an event, if one of the rules it satisfied may put it into a finding.
    /// A failure to spill is kept and returned by open().
    void add(const Event& event, uint64_t fingerprint, std::span<const uint32_t> rules,
             std::string_view file);

   private:
    friend class RecordKeeper;
    explicit Recorder(const RecordKeeper& keeper)
        : keeper_(keeper), sorter_(keeper.files_, keeper.budget_bytes_) {}

    const RecordKeeper& keeper_;
    SpillSorter sorter_;
    Status status_;
    std::string key_, payload_;
  };

  /// Keeps events with a rule at `min_level` or above, or with one that rules over several events
  /// look at. `memory_bytes` is shared by `workers` recorders. The fields and files must outlive
  /// the keeper.
  RecordKeeper(const std::vector<RuleInfo>& rules, Level min_level,
               std::span<const Correlation> correlations, const StandardFields& standard,
               Files& files, size_t memory_bytes, size_t workers);

  Recorder& make_recorder();

  /// After all recorders are done: returns a lookup over the records, for one pass over the
  /// matches. Fails when scratch files could not be written. The keeper must outlive it.
  Result<report::DetailsLookup> open();

 private:
  std::vector<bool> wanted_;  // by rule
  const StandardFields& standard_;
  Files& files_;
  size_t budget_bytes_;
  std::vector<std::unique_ptr<Recorder>> recorders_;
};

}  // namespace cairn::engine
