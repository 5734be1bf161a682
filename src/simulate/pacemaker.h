#pragma once

// How fast the organisation lives, so that the wished number of records comes out.

#include "simulate/stage.h"

#include <cstdint>
#include <vector>

namespace cairn::simulate {

/// Looks at what was recorded so far and at what is still to be expected, and says how fast to go
/// on. A value; one thread.
class Pacemaker {
 public:
  /// `target` 0: the usual speed. `attack_records` are expected to come besides.
  Pacemaker(const Organization& organization, uint64_t target, Milliseconds start,
            Milliseconds length, double attack_records);

  /// Returns the speed from `now` on, with `records` made and `attack_records` still to come.
  Speed speed(Milliseconds now, uint64_t records, double attack_records) const;
  /// Returns how long everybody may play without looking: short enough for bounded memory and for a
  /// good aim.
  Milliseconds turn() const { return turn_; }

 private:
  /// Returns what is expected from `now` to the end at the usual speed.
  Expectation::Records left(Milliseconds now) const;

  uint64_t target_;
  Milliseconds start_;
  double usual_ = 1;                             // the speed that would do from start to end
  std::vector<Expectation::Records> from_hour_;  // from the beginning of each hour to the end
  Milliseconds turn_;
};

}  // namespace cairn::simulate
