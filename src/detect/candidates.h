#pragma once

// The events that rules over several events may tell of stay where they are: in the sorters they
// came from, or in what an earlier run remembered. They are read again when a finding names them,
// so that windows hold eight bytes of each instead of its texts.

#include "base/result.h"
#include "detect/evidence.h"
#include "detect/match_record.h"
#include "sys/spill.h"

#include <string>
#include <string_view>
#include <vector>

namespace cairn::detect {

/// One thread.
class Candidates {
 public:
  /// `sorters`: those that a SpillSorter::Merge goes through, in its order. `state`: of an earlier
  /// run. Both must outlive it.
  Candidates(const std::vector<SpillSorter*>& sorters, std::string_view state)
      : sorters_(sorters.begin(), sorters.end()), state_(state) {}

  static EventPlace place_of(SpillSorter::Place place) {
    return EventPlace::of(place.sorter, place.position);
  }
  /// Of an event that is packed as a text in the state, `offset` bytes from its beginning.
  EventPlace remembered(size_t offset) const { return EventPlace::of(sorters_.size(), offset); }

  /// Reads an event as BareMatch::pack() writes it, for attribute(). Fails with kUnavailable or
  /// kCorrupt when a scratch file cannot be read.
  Status read(EventPlace event, std::string& bare);
  /// Reads a match with its rules; not one of remembered().
  Status read_match(EventPlace event, std::string& payload) const {
    return sorters_[event.source()]->read(event.position(), payload);
  }

 private:
  std::vector<const SpillSorter*> sorters_;
  std::string_view state_;
  std::string payload_;             // reused
  std::vector<MatchedRule> rules_;  // reused
};

}  // namespace cairn::detect
