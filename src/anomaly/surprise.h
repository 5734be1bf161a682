#pragma once

// A door of `anomaly`: how surprising each value of a series is, and when that is worth an alarm.
//
//   Surprise meter;
//   SurpriseReading reading = meter.learn(time, value);
//   if (reading.alarm) …
//
// One pass, fixed memory (about 16 KB), no look ahead: the meter never knows how long a series is
// or how far it goes. Eight views look at the last 128 values: the shape of five windows, how the
// values spread, the trend, and the hour of the day. Each says how rarely it has looked like that
// (−log10 of the share of its own past that was at least as odd); the eight are joined. A series
// that cries often must cry louder. docs/reference/insights.md has the constants and what the meter
// scores on the Numenta Anomaly Benchmark.
//
// Where a Band (band.h) answers "is this value within what is usual?", a meter also sees a series
// that falls silent, repeats itself or changes its rhythm while every value is a usual one.

#include "base/time.h"

#include <cstdint>
#include <memory>
#include <string_view>

namespace cairn::anomaly {

enum class SurpriseView : uint8_t {
  kShape8,  // the course of the last 8 values
  kShape16,
  kLevel24,  // course and height of the last 24
  kShape32,
  kLevel128,
  kSpread,  // how far the last 50 values lie apart
  kTrend,   // a fast average against a slow one
  kHour     // the value against what this hour of the day usually has
};
inline constexpr size_t kSurpriseViews = 8;
/// "shape of 8 values", …, "spread", "trend", "hour of the day".
std::string_view name_of(SurpriseView view);

struct SurpriseReading {
  double surprise = 0;  // joined and smoothed; 0 is ordinary, 1 is rare
  double bar = 0;       // what it must reach for an alarm
  bool alarm = false;
  SurpriseView view = SurpriseView::kShape8;  // that was surprised most
  double expected = 0;                        // what this hour of the day usually has
};

struct SurpriseOptions {
  double threshold = 0.75;        // 0.75 finds most, 1.5 alarms rarely
  double habit_weight = 0.10;     // added to the bar for each alarm in memory
  double habit_half_life = 8000;  // values
  uint32_t values_between = 100;  // from one alarm to the next
};

/// The meter of one series. One thread at a time.
class Surprise {
 public:
  explicit Surprise(SurpriseOptions options = {});
  Surprise(Surprise&&) noexcept;
  Surprise& operator=(Surprise&&) noexcept;
  ~Surprise();

  /// Takes the next value. NaN and infinities are passed over: an ordinary reading, no alarm. Only
  /// the time of day of `time` matters.
  SurpriseReading learn(Timestamp time, double value);

  /// Bytes of one meter.
  static size_t memory_bytes();

 private:
  struct State;
  SurpriseOptions options_;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::anomaly
