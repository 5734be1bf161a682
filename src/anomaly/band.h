#pragma once

// A door of `anomaly`: what a metric usually is, as the band that ANOMALY_DETECTION_BAND draws.
//
//   Band model;
//   for (each datapoint) {
//     BandPoint usual = model.at(time);     // what was known before this datapoint
//     if (usual.known && (value < usual.lower(2) || value > usual.upper(2))) …
//     model.learn(time, value);
//   }
//
// AWS publishes no algorithm; this is Cairn's own. A value is expected to be
//
//   level + slope × time since the last value + what this hour usually adds
//
// where "this hour" is one of the 168 hours of a week as far as that one is known, else of the day.
// All parts follow the value by exponential smoothing whose rates are in time, not in datapoints,
// so the period of the metric does not matter. Outliers are cut to three deviations before anything
// learns from them: a spike moves the band a little. Outliers on one side for six hours are a new
// level, and the band goes there. The deviation is kept for each hour of the day, so quiet nights
// have a narrow band. docs/reference/insights.md has the constants.

#include "base/result.h"
#include "base/time.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::anomaly {

/// What is usual at one time.
struct BandPoint {
  /// False while the model learns: fewer than Band::kLeastValues, or less than Band::kLeastTime.
  bool known = false;
  double expected = 0;
  double deviation = 0;  // one standard deviation; above 0 when known

  double lower(double width) const { return expected - width * deviation; }
  double upper(double width) const { return expected + width * deviation; }
};

/// The model of one series: about 1.8 KB, fixed. A value; one thread at a time.
class Band {
 public:
  static constexpr uint64_t kLeastValues = 15;
  static constexpr Duration kLeastTime = std::chrono::minutes(15);

  /// Tells what is usual at a time, at or after the last value that was learned; an earlier one is
  /// answered with the level and deviation of now. Does not change the model.
  BandPoint at(Timestamp time) const;

  /// Takes the value of one period. NaN and infinities are passed over, and so is a value whose
  /// time is not later than the last one's; after a clock set back the model goes on from the new
  /// time. A gap counts as kLongestGap at most: one time stamp from the future does not wipe the
  /// model.
  void learn(Timestamp time, double value);
  static constexpr Duration kLongestGap = std::chrono::hours(24 * 7);

  uint64_t values() const { return values_; }

  /// Says in words what the expectation at a time is made of, for people: "level 20.1, +0.3 an
  /// hour; Mondays at 14:00 usually 5.2 more; deviation 1.4".
  std::string explain(Timestamp time) const;

  /// The model as bytes, the same on every machine.
  std::string save() const;
  /// Reads what save() wrote. Fails with kCorrupt for anything else.
  static Result<Band> restore(std::string_view bytes);

 private:
  static constexpr size_t kDay = 24, kWeek = 168;
  struct Slot {
    float value = 0;   // added to the level
    float weight = 0;  // hours of experience, forgetting
  };

  bool known(size_t hour_of_week) const { return day_[hour_of_week % kDay].weight > 0; }
  double season_of(size_t hour_of_week) const;
  double season(Timestamp time) const;
  double hours_since(Timestamp time) const;
  double deviation_of(size_t hour_of_day) const;

  void learn_season(Timestamp time, double experience, double more);
  void learn_spread(Timestamp time, double hours, double off);

  uint64_t values_ = 0;
  Timestamp first_{}, last_{};
  double level_ = 0, slope_ = 0;  // slope an hour
  double spread_ = 0;             // forgetting mean of the absolute residual
  double spread_weight_ = 0;
  double outside_hours_ = 0;  // how long values have been outliers on one side; below it: negative
  double magnitude_ = 0;      // forgetting mean of |value|: how small a deviation may be
  std::array<Slot, kWeek> week_{};
  std::array<Slot, kDay> day_{};
  std::array<Slot, kDay> spreads_{};  // of the absolute residual, by hour of the day
};

}  // namespace cairn::anomaly
