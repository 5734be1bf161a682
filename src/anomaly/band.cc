#include "anomaly/band.h"

#include "anomaly/state_bytes.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace cairn::anomaly {

namespace {

constexpr std::string_view kMagic = "cairnband1";
constexpr double kHourMs = 3'600'000;
constexpr double kLevelHalfLife = 48;       // hours
constexpr double kSlopeShare = 0.02;        // of what the level learns
constexpr double kSlopeHalfLife = 24;       // hours that a trend is believed to go on
constexpr double kDayRate = 0.15;           // what an hour moves its own past by, each day …
constexpr double kWeekRate = 0.3;           // … and each week
constexpr double kNewLevelHours = 6;        // an outlier that lasts as long is the new level
constexpr double kSpreadVisits = 10;        // hours that the spread of an hour of the day remembers
constexpr double kSpreadHalfLife = 24 * 4;  // hours
constexpr double kCut = 3;                  // deviations
constexpr double kMeanToDeviation =
    1.2533;                        // of a normal distribution: deviation / mean |residual|
constexpr double kLargest = 1e30;  // values beyond are cut, so that no sum overflows

size_t hour_of_week(Timestamp time) {
  // 1970-01-01 was a Thursday; weeks here begin on Monday.
  int64_t hours = std::chrono::floor<std::chrono::hours>(time).time_since_epoch().count() + 3 * 24;
  return static_cast<size_t>(((hours % 168) + 168) % 168);
}

double decay(double hours, double half_life) { return std::exp2(-hours / half_life); }

std::string number(double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

}  // namespace

double Band::season_of(size_t hour) const {
  const Slot& day = day_[hour % kDay];
  const Slot& week = week_[hour];
  // An hour of the week is seen once in seven days: after one visit it is believed by half.
  double trust = week.weight / (week.weight + 1.0);
  return (1 - trust) * double{day.value} + trust * double{week.value};
}

double Band::season(Timestamp time) const {
  // An hour's value belongs to its middle; between two middles lies a straight line.
  Timestamp shifted = time - std::chrono::minutes(30);
  size_t before = hour_of_week(shifted);
  Duration into = shifted - std::chrono::floor<std::chrono::hours>(shifted);
  double share = static_cast<double>(into.count()) / kHourMs;
  size_t after = (before + 1) % kWeek;
  if (!known(after)) return known(before) ? season_of(before) : 0;
  if (!known(before)) return season_of(after);
  return (1 - share) * season_of(before) + share * season_of(after);
}

double Band::deviation_of(size_t hour) const {
  const Slot& here = spreads_[hour];
  double trust = here.weight / (here.weight + 3.0);
  double mean = trust * double{here.value} + (1 - trust) * spread_;
  return kMeanToDeviation * std::max(mean, 0.0) + 1e-9 * (1 + magnitude_) + 1e-3 * magnitude_;
}

double Band::hours_since(Timestamp time) const {
  Duration gone = std::clamp(Duration(time - last_), Duration(0), Duration(kLongestGap));
  return static_cast<double>(gone.count()) / kHourMs;
}

BandPoint Band::at(Timestamp time) const {
  BandPoint point;
  if (values_ == 0) return point;
  double hours = hours_since(time);
  // A trend that is believed for a while: the sum of what is left of it, hour by hour.
  double way = kSlopeHalfLife / std::log(2.0) * (1 - decay(hours, kSlopeHalfLife));
  size_t hour = hour_of_week(time);
  point.expected = level_ + slope_ * way + season(time);
  point.deviation = deviation_of(hour % kDay);
  point.known = values_ >= kLeastValues && last_ - first_ >= kLeastTime;
  return point;
}

void Band::learn(Timestamp time, double value) {
  if (!std::isfinite(value)) return;
  value = std::clamp(value, -kLargest, kLargest);
  if (values_ == 0) {
    first_ = last_ = time;
    level_ = value;
    magnitude_ = std::fabs(value);
    values_ = 1;
    return;
  }
  double hours = hours_since(time);
  BandPoint usual = at(time);
  if (time < last_) first_ -= last_ - time;  // a clock set back takes no experience away
  last_ = time;
  if (hours == 0) return;
  ++values_;

  double residual = value - usual.expected;
  double limit = kCut * usual.deviation;
  // Until there are some values nothing can be called an outlier.
  double cut = values_ < kLeastValues ? residual : std::clamp(residual, -limit, limit);
  double run = std::copysign(std::min(hours, 1.0), residual);
  bool other_side = (outside_hours_ < 0) != (residual < 0);
  outside_hours_ = cut == residual ? 0 : other_side ? run : outside_hours_ + run;
  double season_now = season(time);
  double follow = std::max(1 - decay(hours, kLevelHalfLife), 1.0 / static_cast<double>(values_));
  level_ = usual.expected - season_now + follow * cut;
  slope_ =
      slope_ * decay(hours, kSlopeHalfLife) +
      (values_ < kLeastValues ? 0 : kSlopeShare * (1 - decay(hours, kLevelHalfLife)) * cut / hours);
  if (std::fabs(outside_hours_) >= kNewLevelHours) {
    level_ = value - season_now;
    magnitude_ = std::fabs(level_);
    slope_ = outside_hours_ = 0;
    return;
  }
  learn_season(time, std::min(hours, 1.0), (1 - follow) * cut);
  learn_spread(time, hours, std::fabs(cut));
  magnitude_ += std::max(1 - decay(hours, kSpreadHalfLife), 1.0 / static_cast<double>(values_)) *
                (std::fabs(usual.expected + cut) - magnitude_);
}

void Band::learn_season(Timestamp time, double experience, double more) {
  size_t hour = hour_of_week(time);
  Slot& day = day_[hour % kDay];
  Slot& week = week_[hour];
  double target = season(time) + more;
  auto learn = [&](Slot& slot, double rate) {
    slot.weight = std::min(slot.weight + static_cast<float>(experience), 1e6f);
    double share = std::max(rate * experience, std::min(1.0, experience / double{slot.weight}));
    slot.value += static_cast<float>(share * (target - double{slot.value}));
  };
  learn(day, kDayRate);
  learn(week, kWeekRate);
}

void Band::learn_spread(Timestamp time, double hours, double off) {
  double experience = std::min(hours, 1.0);
  spread_weight_ = spread_weight_ * decay(hours, kSpreadHalfLife) + experience;
  double first = values_ < 100 ? 1 / static_cast<double>(values_ - 1) : 0;
  spread_ += std::clamp(std::max(experience / spread_weight_, first), 0.0, 1.0) * (off - spread_);
  Slot& here = spreads_[hour_of_week(time) % kDay];
  here.weight = static_cast<float>(std::min(double{here.weight} + experience, kSpreadVisits));
  here.value += static_cast<float>(std::min(1.0, experience / double{here.weight}) *
                                   (off - double{here.value}));
}

std::string Band::explain(Timestamp time) const {
  if (values_ == 0) return "no values yet";
  constexpr std::array kDays = {"Mondays", "Tuesdays",  "Wednesdays", "Thursdays",
                                "Fridays", "Saturdays", "Sundays"};
  size_t hour = hour_of_week(time);
  BandPoint usual = at(time);
  double more = season(time);
  std::array<char, 16> clock{};
  std::snprintf(clock.data(), clock.size(), "%02zu:00", hour % kDay);
  std::string text = "level " + number(level_) + ", " + (slope_ < 0 ? "" : "+") + number(slope_) +
                     " an hour; " + kDays[hour / kDay] + " at " + clock.data() + " usually " +
                     number(std::fabs(more)) + (more < 0 ? " less" : " more") + "; deviation " +
                     number(usual.deviation);
  if (!usual.known) text += "; still learning";
  return text;
}

std::string Band::save() const {
  StateWriter out(kMagic);
  out.number(values_);
  out.number(static_cast<uint64_t>(first_.time_since_epoch().count()));
  out.number(static_cast<uint64_t>(last_.time_since_epoch().count()));
  for (double value : {level_, slope_, spread_, spread_weight_, magnitude_, outside_hours_})
    out.real(value);
  auto slots = [&](const auto& list) {
    for (const Slot& slot : list) {
      out.number(uint64_t{std::bit_cast<uint32_t>(slot.value)} << 32 |
                 std::bit_cast<uint32_t>(slot.weight));
    }
  };
  slots(week_);
  slots(day_);
  slots(spreads_);
  return std::move(out).take();
}

Result<Band> Band::restore(std::string_view bytes) {
  TRY_ASSIGN(StateReader in, StateReader::open(bytes, kMagic));
  if (in.left() != 8 * (9 + kWeek + 2 * kDay))
    return Error{ErrorCode::kCorrupt, "the saved state of a band has another size"};
  Band band;
  bool sound = true;
  auto real = [&] {
    double value = in.real();
    sound = sound && std::isfinite(value);
    return value;
  };
  band.values_ = in.number();
  band.first_ = Timestamp(Duration(static_cast<int64_t>(in.number())));
  band.last_ = Timestamp(Duration(static_cast<int64_t>(in.number())));
  band.level_ = real();
  band.slope_ = real();
  band.spread_ = real();
  band.spread_weight_ = real();
  band.magnitude_ = real();
  band.outside_hours_ = real();
  auto slots = [&](auto& list) {
    for (Slot& slot : list) {
      uint64_t both = in.number();
      slot.value = std::bit_cast<float>(static_cast<uint32_t>(both >> 32));
      slot.weight = std::bit_cast<float>(static_cast<uint32_t>(both));
      sound = sound && std::isfinite(slot.value) && std::isfinite(slot.weight) && slot.weight >= 0;
    }
  };
  slots(band.week_);
  slots(band.day_);
  slots(band.spreads_);
  constexpr Timestamp kEarliest{Duration(-1'000'000'000'000'000)},
      kLatest{Duration(1'000'000'000'000'000)};
  for (Timestamp time : {band.first_, band.last_})
    sound = sound && time > kEarliest && time < kLatest;
  if (!sound) return Error{ErrorCode::kCorrupt, "the saved state of a band has no numbers"};
  return band;
}

}  // namespace cairn::anomaly
