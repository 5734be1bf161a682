#include "anomaly/surprise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>

namespace cairn::anomaly {

namespace {

constexpr double kHalfLife = 8000, kScaleHalfLife = 4000, kTrendHalfLife = 20000;  // values
constexpr size_t kRing = 128, kSegments = 4, kShapeViews = 5, kShapes = 64;
constexpr uint64_t kWarmUp = 30, kSpreadValues = 50;
constexpr double kLearnRate = 0.02, kPhase = 0.3, kContrast = 0.3;
constexpr double kPower = 1.5, kSmooth = 0.8, kSeasonRate = 0.15, kFast = 0.1, kSlow = 0.01;
constexpr double kLargest = 1e30;  // values beyond are cut, so that no sum overflows

struct Window {
  size_t values;
  bool centred;   // the shape alone, not its height
  double radius;  // in scales: a shape within it is a known one
};
constexpr std::array<Window, kShapeViews> kWindows = {
    {{8, true, 0.4}, {16, true, 0.6}, {24, false, 0.5}, {32, true, 0.4}, {128, false, 0.4}}};

double keep_of(double half_life) { return std::exp2(-1 / half_life); }

/// How a statistic was distributed so far: eight bins for each factor e, e^-8 to e^12, forgetting.
class LogHistogram {
 public:
  /// −log10 of the share that was at least `value`.
  double surprise(double value) const {
    size_t bin = bin_of(value);
    double above = 0.5 * double{bins_[bin]};
    for (size_t i = bin + 1; i < kBins; ++i) above += double{bins_[i]};
    return -std::log10((above + 0.5 * weight_) / (total_ + weight_));
  }
  void add(double value) {
    static const double grow = 1 / keep_of(kHalfLife);
    // Instead of every bin losing weight, each newcomer weighs more.
    weight_ *= grow;
    bins_[bin_of(value)] += static_cast<float>(weight_);
    total_ += weight_;
    if (weight_ < 1e6) return;
    for (float& bin : bins_) bin = static_cast<float>(double{bin} / weight_);
    total_ /= weight_;
    weight_ = 1;
  }

 private:
  static constexpr size_t kBins = 160;
  static size_t bin_of(double value) {
    double place = (std::log(std::max(value, 1e-9)) + 8) * 8;
    return static_cast<size_t>(std::clamp(place, 0.0, double{kBins - 1}));
  }
  std::array<float, kBins> bins_{};
  double total_ = 0, weight_ = 1;
};

/// Mean and variance of a statistic, forgetting.
struct Moments {
  double mean = 0, variance = 0, weight = 0;

  void add(double value, double keep) {
    weight = weight * keep + 1;
    double off = value - mean;
    mean += off / weight;
    variance += (off * (value - mean) - variance) / weight;
  }
  double score(double value) const {
    if (weight < 2) return 0;
    return std::fabs(value - mean) / std::sqrt(variance + 1e-12 * (1e-6 + mean * mean));
  }
};

/// Segment means, then time of day as a point on a circle.
using Shape = std::array<double, kSegments + 2>;

/// The shapes that one window has had, and how far off the present one is.
class ShapeBook {
 public:
  /// Returns the distance to the nearest known shape, in scales, and learns this one. `height` is
  /// the series' mean where shapes have a height.
  double learn(const Shape& shape, double height, double scale, double radius, uint64_t now) {
    size_t nearest = 0;
    double least = 1e300;
    for (size_t i = 0; i < count_; ++i) {
      double square = distance(shape, shapes_[i], height, scale);
      if (square >= least) continue;
      least = square;
      nearest = i;
    }
    double off = count_ == 0 ? 0 : std::sqrt(least / kSegments) / scale;
    if (count_ > 0 && off <= radius) {
      for (size_t d = 0; d < shape.size(); ++d) {
        float& part = shapes_[nearest][d];
        part += static_cast<float>(kLearnRate * (shape[d] - double{part}));
      }
    } else {
      nearest = room();
      for (size_t d = 0; d < shape.size(); ++d) shapes_[nearest][d] = static_cast<float>(shape[d]);
    }
    used_[nearest] = static_cast<uint32_t>(now);
    return off;
  }

 private:
  using Stored = std::array<float, kSegments + 2>;

  /// Squared; shapes that are far from flat may differ more.
  static double distance(const Shape& shape, const Stored& known, double height, double scale) {
    double square = 0, size = 0;
    for (size_t d = 0; d < shape.size(); ++d) {
      double off = shape[d] - double{known[d]};
      square += off * off;
      if (d >= kSegments) continue;
      double part = double{known[d]} - height;
      size += part * part;
    }
    double contrast = 1 + kContrast * std::sqrt(size / kSegments) / scale;
    return square / (contrast * contrast);
  }
  size_t room() {
    if (count_ < kShapes) return count_++;
    return static_cast<size_t>(std::min_element(used_.begin(), used_.end()) - used_.begin());
  }

  std::array<Stored, kShapes> shapes_{};
  std::array<uint32_t, kShapes> used_{};
  size_t count_ = 0;
};

}  // namespace

struct Surprise::State {
  uint64_t count = 0;  // values before this one
  std::array<double, kRing> ring{};
  std::array<ShapeBook, kShapeViews> books;
  std::array<LogHistogram, kSurpriseViews> histograms;
  Moments value, spread, trend, hour;
  double deviation = 0;                       // forgetting mean of |value − mean|
  double whole_mean = 0, whole_variance = 0;  // of all values, without forgetting
  double fast = 0, slow = 0;
  std::array<float, 24> season{};
  std::array<uint32_t, 24> season_count{};
  double joined = 0, habit = 0;
  uint64_t next_alarm = 0;

  /// `age` 0 is the value that has just come.
  double back(uint64_t age) const { return ring[(count - age) % kRing]; }
  double scale() const { return 1.25 * deviation + 1e-9 * (1 + std::fabs(value.mean)); }

  void take(double number) {
    static const double keep = keep_of(kScaleHalfLife);
    ring[count % kRing] = number;
    value.add(number, keep);
    deviation += (std::fabs(number - value.mean) - deviation) / value.weight;
  }
  double shape_statistic(size_t view, double day);
  double spread_statistic(double number);
  double trend_statistic(double number);
  double hour_statistic(double number, double day, double& expected);
};

double Surprise::State::shape_statistic(size_t view, double day) {
  const Window& window = kWindows[view];
  // A series that never moved has no scale to measure shapes with.
  if (count < window.values || deviation == 0) return 1e-9;
  Shape shape;
  double mean = 0;
  for (size_t d = 0; d < kSegments; ++d) {
    size_t begin = d * window.values / kSegments, end = (d + 1) * window.values / kSegments;
    double sum = 0;
    for (size_t k = begin; k < end; ++k) sum += back(window.values - 1 - k);
    shape[d] = sum / static_cast<double>(end - begin);
    mean += shape[d] / kSegments;
  }
  if (window.centred)
    for (size_t d = 0; d < kSegments; ++d) shape[d] -= mean;
  double turn = 2 * std::numbers::pi * day;
  shape[kSegments] = kPhase * scale() * std::cos(turn);
  shape[kSegments + 1] = kPhase * scale() * std::sin(turn);
  return books[view].learn(shape, window.centred ? 0 : value.mean, scale(), window.radius, count) +
         1e-9;
}

double Surprise::State::spread_statistic(double number) {
  static const double keep = keep_of(kHalfLife);
  uint64_t values = std::min(count + 1, kSpreadValues);
  double mean = 0, square = 0;
  for (uint64_t k = 0; k < values; ++k) mean += back(k);
  mean /= static_cast<double>(values);
  for (uint64_t k = 0; k < values; ++k) square += (back(k) - mean) * (back(k) - mean);
  double off = number - whole_mean;
  whole_mean += off / static_cast<double>(count + 1);
  whole_variance += (off * (number - whole_mean) - whole_variance) / static_cast<double>(count + 1);
  double spread_now = std::log(std::sqrt(square / static_cast<double>(values)) +
                               1e-3 * std::sqrt(whole_variance) + 1e-12);
  double score = spread.score(spread_now);
  spread.add(spread_now, keep);
  return score;
}

double Surprise::State::trend_statistic(double number) {
  static const double keep = keep_of(kTrendHalfLife);
  if (count == 0) fast = slow = number;
  fast += kFast * (number - fast);
  slow += kSlow * (number - slow);
  double score = trend.score(fast - slow);
  trend.add(fast - slow, keep);
  return score;
}

double Surprise::State::hour_statistic(double number, double day, double& expected) {
  static const double keep = keep_of(kHalfLife);
  auto slot = std::min<size_t>(static_cast<size_t>(day * 24), 23);
  bool seen = season_count[slot] > 0;
  expected = seen ? double{season[slot]} : value.mean;
  double off = seen ? number - expected : 0;
  if (season_count[slot] < UINT32_MAX) ++season_count[slot];
  double rate = std::max(kSeasonRate, 1.0 / season_count[slot]);
  season[slot] += static_cast<float>(rate * (number - double{season[slot]}));
  double score = hour.score(off);
  hour.add(off, keep);
  return score;
}

std::string_view name_of(SurpriseView view) {
  constexpr std::array<std::string_view, kSurpriseViews> kNames = {"shape of 8 values",
                                                                   "shape of 16 values",
                                                                   "level of 24 values",
                                                                   "shape of 32 values",
                                                                   "level of 128 values",
                                                                   "spread of 50 values",
                                                                   "trend",
                                                                   "hour of the day"};
  return kNames[static_cast<size_t>(view)];
}

Surprise::Surprise(SurpriseOptions options)
    : options_(options), state_(std::make_unique<State>()) {}
Surprise::Surprise(Surprise&&) noexcept = default;
Surprise& Surprise::operator=(Surprise&&) noexcept = default;
Surprise::~Surprise() = default;
size_t Surprise::memory_bytes() { return sizeof(Surprise) + sizeof(State); }

SurpriseReading Surprise::learn(Timestamp time, double number) {
  State& state = *state_;
  SurpriseReading reading;
  reading.surprise = state.joined;
  reading.bar = options_.threshold + options_.habit_weight * state.habit;
  if (!std::isfinite(number)) return reading;
  number = std::clamp(number, -kLargest, kLargest);
  auto since_midnight = time - std::chrono::floor<std::chrono::days>(time);
  double day = static_cast<double>(Duration(since_midnight).count()) / 86'400'000;

  state.take(number);
  std::array<double, kSurpriseViews> statistics;
  for (size_t view = 0; view < kShapeViews; ++view)
    statistics[view] = state.shape_statistic(view, day);
  statistics[static_cast<size_t>(SurpriseView::kSpread)] = state.spread_statistic(number);
  statistics[static_cast<size_t>(SurpriseView::kTrend)] = state.trend_statistic(number);
  statistics[static_cast<size_t>(SurpriseView::kHour)] =
      state.hour_statistic(number, day, reading.expected);

  double sum = 0, most = -1;
  for (size_t view = 0; view < kSurpriseViews; ++view) {
    LogHistogram& histogram = state.histograms[view];
    double surprise = state.count >= kWarmUp ? histogram.surprise(statistics[view]) : 0;
    histogram.add(statistics[view]);
    sum += std::pow(surprise, kPower);
    if (surprise <= most) continue;
    most = surprise;
    reading.view = static_cast<SurpriseView>(view);
  }
  double joined = std::pow(sum / kSurpriseViews, 1 / kPower);
  state.joined += kSmooth * (joined - state.joined);
  state.habit *= std::exp2(-1 / options_.habit_half_life);
  reading.surprise = state.joined;
  reading.bar = options_.threshold + options_.habit_weight * state.habit;
  reading.alarm = state.joined >= reading.bar && state.count >= state.next_alarm;
  if (reading.alarm) {
    state.next_alarm = state.count + options_.values_between;
    state.habit += 1;
  }
  ++state.count;
  return reading;
}

}  // namespace cairn::anomaly
