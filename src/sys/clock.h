#pragma once

#include "base/time.h"

namespace cairn {

/// The time of day and elapsed time, passed in so that tests decide both. Safe from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() = 0;
  /// Seconds from some fixed moment; never goes back.
  virtual double monotonic_seconds() = 0;
};

Clock& real_clock();

/// A clock that stands still until it is told.
class FakeClock : public Clock {
 public:
  Timestamp time{};
  double seconds = 0;
  Timestamp now() override { return time; }
  double monotonic_seconds() override { return seconds; }
};

}  // namespace cairn
