#include "monitor/metric_store.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace cairn::monitor {

namespace {

constexpr std::array<std::string_view, Unit::kCount> kUnits = {"Seconds",
                                                               "Microseconds",
                                                               "Milliseconds",
                                                               "Bytes",
                                                               "Kilobytes",
                                                               "Megabytes",
                                                               "Gigabytes",
                                                               "Terabytes",
                                                               "Bits",
                                                               "Kilobits",
                                                               "Megabits",
                                                               "Gigabits",
                                                               "Terabits",
                                                               "Percent",
                                                               "Count",
                                                               "Bytes/Second",
                                                               "Kilobytes/Second",
                                                               "Megabytes/Second",
                                                               "Gigabytes/Second",
                                                               "Terabytes/Second",
                                                               "Bits/Second",
                                                               "Kilobits/Second",
                                                               "Megabits/Second",
                                                               "Gigabits/Second",
                                                               "Terabits/Second",
                                                               "Count/Second",
                                                               "None"};

constexpr uint32_t kLatest = 4'262'304'000;  // 2105-01-26: a point and its tier fit into 32 bits
// What stays when memory is short.
constexpr std::array<uint32_t, MetricStore::kTiers> kLeastKept = {600, 900, 1800, 10800};
constexpr uint32_t kUniformLimit = UINT32_MAX;

std::string key_of(const MetricId& id) {
  std::string key = id.space;
  key += '\0';
  key += id.name;
  for (const Dimension& dimension : id.dimensions) {
    key += '\0';
    key += dimension.name;
    key += '\1';
    key += dimension.value;
  }
  return key;
}

Error wrong(std::string message) { return {ErrorCode::kInvalidInput, std::move(message)}; }

int64_t seconds(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

uint32_t clamp_seconds(Timestamp time) {
  return static_cast<uint32_t>(std::clamp<int64_t>(seconds(time), 0, UINT32_MAX));
}

uint32_t floor_to(uint32_t time, uint32_t step) { return time - time % step; }

void join_sets(StatisticSet& to, const StatisticSet& set) {
  if (to.count == 0) {
    to = set;
    return;
  }
  to.count += set.count;
  to.sum += set.sum;
  to.minimum = std::min(to.minimum, set.minimum);
  to.maximum = std::max(to.maximum, set.maximum);
}

}  // namespace

bool MetricStore::is_dimension_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::optional<Unit> Unit::parse(std::string_view text) {
  auto found = std::find(kUnits.begin(), kUnits.end(), text);
  if (found == kUnits.end()) return std::nullopt;
  Unit unit;
  unit.index_ = static_cast<uint8_t>(found - kUnits.begin());
  return unit;
}

std::string_view Unit::text() const { return kUnits[index_]; }

std::string MetricId::text() const {
  std::string text = space + " " + name;
  for (size_t i = 0; i < dimensions.size(); ++i) {
    text += i == 0 ? " {" : ", ";
    text += dimensions[i].name + "=" + dimensions[i].value;
  }
  if (!dimensions.empty()) text += "}";
  return text;
}

size_t Periods::count() const {
  if (!starts.empty()) return starts.size();
  if (to <= from || period_seconds == 0) return 0;
  return static_cast<size_t>((to - from) / std::chrono::seconds(period_seconds));
}

Timestamp Periods::start(size_t period) const {
  if (!starts.empty()) return period < starts.size() ? starts[period] : to;
  return from + std::chrono::seconds(period_seconds) * static_cast<int64_t>(period);
}

size_t Periods::at(Timestamp time) const {
  if (starts.empty())
    return static_cast<size_t>((time - from) / std::chrono::seconds(period_seconds));
  auto after = std::upper_bound(starts.begin(), starts.end(), time);
  return static_cast<size_t>(after - starts.begin()) - 1;
}

Periods Periods::align() const {
  auto floor = [this](Timestamp time) {
    int64_t at = seconds(time), step = period_seconds;
    return Timestamp(std::chrono::seconds(at - ((at % step) + step) % step));
  };
  return {floor(from), floor(to), period_seconds};
}

MetricStore::MetricStore(Limits limits) : limits_(limits) {}
MetricStore::~MetricStore() = default;

Status MetricStore::check(const MetricId& id) const {
  auto named = [](const char* what, const std::string& text, size_t limit) -> Status {
    if (text.empty()) return wrong(std::string(what) + " is empty");
    if (text.size() > limit)
      return wrong(std::string(what) + " is longer than " + std::to_string(limit) + " bytes");
    return {};
  };
  TRY(named("the namespace", id.space, kNameBytesLimit));
  if (id.space.front() == ':') return wrong("a namespace does not begin with a colon");
  TRY(named("the metric's name", id.name, kNameBytesLimit));
  if (id.dimensions.size() > kDimensionsLimit)
    return wrong("more than " + std::to_string(kDimensionsLimit) + " dimensions");
  for (size_t i = 0; i < id.dimensions.size(); ++i) {
    const Dimension& dimension = id.dimensions[i];
    TRY(named("the name of a dimension", dimension.name, kNameBytesLimit));
    TRY(named("the value of a dimension", dimension.value, kValueBytesLimit));
    if (!is_dimension_text(dimension.name) || !is_dimension_text(dimension.value))
      return wrong("a dimension has other than printable ASCII characters");
    if (i > 0 && id.dimensions[i - 1].name == dimension.name)
      return wrong("the dimension " + dimension.name + " stands twice");
  }
  return {};
}

Result<MetricRef> MetricStore::metric(MetricId id) {
  std::sort(id.dimensions.begin(), id.dimensions.end());
  std::string key = key_of(id);
  if (auto known = by_key_.find(key); known != by_key_.end()) return known->second;
  TRY(check(id));
  if (series_.size() >= limits_.metrics)
    return Error{ErrorCode::kExhausted, "more than " + std::to_string(limits_.metrics) +
                                            " metrics: " + id.text() + " is not kept"};
  auto ref = static_cast<MetricRef>(series_.size());
  identity_bytes_ += 2 * key.size() + 160 + id.dimensions.size() * sizeof(Dimension);
  Series& series = series_.emplace_back();
  if (auto held = held_.find(key); held != held_.end()) series.held = held->second;
  ids_.push_back(std::move(id));
  by_key_.emplace(std::move(key), ref);
  ++metrics_;
  return ref;
}

std::optional<MetricRef> MetricStore::find(const MetricId& id) const {
  MetricId sorted = id;
  std::sort(sorted.dimensions.begin(), sorted.dimensions.end());
  auto known = by_key_.find(key_of(sorted));
  if (known == by_key_.end()) return std::nullopt;
  return known->second;
}

const MetricId& MetricStore::id(MetricRef metric) const { return ids_[metric]; }
size_t MetricStore::metrics() const { return metrics_; }

std::vector<MetricRef> MetricStore::list(std::string_view space) const {
  std::vector<MetricRef> refs;
  for (const auto& [key, ref] : by_key_) {
    if (space.empty() || ids_[ref].space == space) refs.push_back(ref);
  }
  return refs;
}

MetricStore::Series& MetricStore::series_of(MetricRef metric, Unit unit) {
  uint32_t at = metric;
  // The first unit that comes is the metric's own.
  bool fresh = series_[at].changes == 0;
  if (fresh) series_[at].unit = unit;
  while (!(series_[at].unit == unit)) {
    if (series_[at].next != 0) {
      at = series_[at].next;
      continue;
    }
    series_[at].next = static_cast<uint32_t>(series_.size());
    at = series_[at].next;
    series_.emplace_back().unit = unit;
    series_[at].held = series_[metric].held;
    ids_.emplace_back();
    identity_bytes_ += 160;
  }
  return series_[at];
}

Samples MetricStore::samples_of(const Point& point) const {
  if (point.count == 0) return details_.get(point.bits);
  Samples samples;
  samples.add(std::bit_cast<double>(point.bits), point.count);
  return samples;
}

void MetricStore::free_detail(const Point& point) {
  if (point.count == 0) details_.remove(point.bits);
}

void MetricStore::join(Point& point, const Samples& samples) {
  auto alike = [](const Samples& one) {
    const StatisticSet& set = one.set();
    return set.minimum == set.maximum && set.count < kUniformLimit &&
           set.count == std::floor(set.count) && set.sum == set.minimum * set.count;
  };
  bool empty = point.count == 0 && point.bits == UINT64_MAX;
  // Most often: one more of the same value.
  if (point.count != 0 && alike(samples) &&
      std::bit_cast<double>(point.bits) == samples.set().minimum &&
      samples.set().count + point.count < kUniformLimit) {
    point.count += static_cast<uint32_t>(samples.set().count);
    return;
  }
  Samples all;
  if (!empty) {
    all = samples_of(point);
    free_detail(point);
  }
  all.merge(samples);
  if (alike(all)) {
    point.count = static_cast<uint32_t>(all.set().count);
    point.bits = std::bit_cast<uint64_t>(all.set().minimum);
  } else {
    point.count = 0;
    point.bits = details_.put(all);
  }
}

void MetricStore::put(Series& series, uint32_t time, const Samples& samples, size_t tier) {
  std::vector<Point>& points = series.tiers[tier];
  time = floor_to(time, kTierSeconds[tier]);
  auto place = points.end();
  if (!points.empty() && points.back().time >= time) {
    place = std::lower_bound(points.begin(), points.end(), time,
                             [](const Point& point, uint32_t at) { return point.time < at; });
  }
  if (place == points.end() || place->time != time) {
    size_t before = points.capacity();
    if (points.size() == before) {
      // By an eighth, not twofold: of 100,000 metrics much would stand empty.
      auto offset = place - points.begin();
      points.reserve(before + std::max<size_t>(4, before / 8));
      place = points.begin() + offset;
    }
    place = points.insert(place, Point{time, 0, UINT64_MAX});
    point_bytes_ += (points.capacity() - before) * sizeof(Point);
  }
  join(*place, samples);
}

Status MetricStore::add(MetricRef metric, Timestamp time, double value, double count, Unit unit,
                        bool high_resolution) {
  if (!std::isfinite(value) || std::abs(value) > kLargestValue)
    return wrong(std::isfinite(value) ? "the value is beyond ±2^360"
                                      : "the value is not finite (NaN or infinite)");
  if (!std::isfinite(count) || count <= 0) return wrong("the count of a value is not above 0");
  Samples samples;
  samples.add(value, count);
  return add(metric, time, samples, unit, high_resolution);
}

Status MetricStore::add(MetricRef metric, Timestamp time, const Samples& samples, Unit unit,
                        bool high_resolution) {
  if (samples.empty()) return {};
  const StatisticSet& set = samples.set();
  if (!std::isfinite(set.sum) || !std::isfinite(set.count) || !std::isfinite(set.minimum) ||
      !std::isfinite(set.maximum))
    return wrong("the samples are not finite (NaN or infinite)");
  int64_t at = seconds(time);
  if (at < 0 || at > kLatest) return wrong("the time " + format_time(time) + " is out of range");
  auto second = static_cast<uint32_t>(at);
  newest_ = std::max(newest_, second);
  Series& series = series_of(metric, unit);
  ++series.changes;
  // What is older than its tier's span belongs to the tier that has that time now.
  size_t tier = high_resolution ? 0 : 1;
  while (tier + 1 < kTiers && second < expired_ && expired_ - second > kept_of(series, tier))
    ++tier;
  put(series, second, samples, tier);
  if (memory_bytes() > limits_.memory_bytes) shrink();
  return {};
}

template <typename Visit>
void MetricStore::visit(MetricRef metric, uint32_t from, uint32_t to, std::optional<Unit> unit,
                        Visit visit) const {
  for (uint32_t at = metric;; at = series_[at].next) {
    const Series& series = series_[at];
    if (!unit || *unit == series.unit) {
      for (size_t tier = 0; tier < kTiers; ++tier) {
        const std::vector<Point>& points = series.tiers[tier];
        auto point = std::lower_bound(points.begin(), points.end(), from,
                                      [](const Point& a, uint32_t b) { return a.time < b; });
        for (; point != points.end() && point->time < to; ++point) visit(*point, tier);
      }
    }
    if (series.next == 0) return;
  }
}

Values MetricStore::read(MetricRef metric, const Statistic& statistic, const Periods& periods,
                         std::optional<Unit> unit) const {
  size_t count = periods.count();
  Values values(count);
  if (count == 0) return values;
  uint32_t from = clamp_seconds(periods.from), period = periods.period_seconds;
  const uint32_t to = clamp_seconds(periods.start(count));
  auto place = [&](const Point& point) {
    return periods.starts.empty() ? (point.time - from) / period
                                  : periods.at(Timestamp(std::chrono::seconds(point.time)));
  };
  auto each = [&](auto& sums, auto add) {
    visit(metric, from, to, unit, [&](const Point& point, size_t tier) {
      if (period % kTierSeconds[tier] == 0) add(sums[place(point)], point);
    });
  };
  if (statistic.needs_values()) {
    std::vector<Samples> sums(count);
    each(sums, [&](Samples& to_join, const Point& point) { to_join.merge(samples_of(point)); });
    for (size_t i = 0; i < count; ++i) values[i] = sums[i].value(statistic);
    return values;
  }
  std::vector<StatisticSet> sums(count);
  each(sums, [&](StatisticSet& to_join, const Point& point) {
    if (point.count == 0) {
      join_sets(to_join, details_.set(point.bits));
    } else {
      double value = std::bit_cast<double>(point.bits), samples = point.count;
      join_sets(to_join, {samples, samples * value, value, value});
    }
  });
  for (size_t i = 0; i < count; ++i) {
    Samples all;
    if (sums[i].count > 0) all.add(sums[i]);
    values[i] = all.value(statistic);
  }
  return values;
}

Samples MetricStore::samples(MetricRef metric, Timestamp from, Timestamp to,
                             std::optional<Unit> unit) const {
  Samples all;
  visit(metric, clamp_seconds(from), clamp_seconds(to), unit,
        [&](const Point& point, size_t) { all.merge(samples_of(point)); });
  return all;
}

std::optional<Timestamp> MetricStore::next_point(MetricRef metric, Timestamp from) const {
  uint32_t first = UINT32_MAX, after = clamp_seconds(from);
  for (uint32_t at = metric;; at = series_[at].next) {
    for (const std::vector<Point>& points : series_[at].tiers) {
      auto point = std::lower_bound(points.begin(), points.end(), after,
                                    [](const Point& a, uint32_t b) { return a.time < b; });
      if (point != points.end()) first = std::min(first, point->time);
    }
    if (series_[at].next == 0) break;
  }
  if (first == UINT32_MAX) return std::nullopt;
  return Timestamp(std::chrono::seconds(first));
}

uint64_t MetricStore::changes(MetricRef metric) const {
  uint64_t changes = 0;
  for (uint32_t at = metric;; at = series_[at].next) {
    changes += series_[at].changes;
    if (series_[at].next == 0) return changes;
  }
}

uint32_t MetricStore::kept_of(const Series& series, size_t tier) const {
  return std::max(kept_[tier], std::min(series.held, kTierKept[tier]));
}

void MetricStore::hold(const MetricId& id, Duration span) {
  MetricId sorted = id;
  std::sort(sorted.dimensions.begin(), sorted.dimensions.end());
  const std::string key = key_of(sorted);
  uint32_t& held = held_[key];
  held = std::max(held, static_cast<uint32_t>(std::clamp<int64_t>(span / std::chrono::seconds(1), 0,
                                                                  kTierKept[kTiers - 1])));
  auto known = by_key_.find(key);
  if (known == by_key_.end()) return;
  for (uint32_t at = known->second;; at = series_[at].next) {
    series_[at].held = held;
    if (series_[at].next == 0) return;
  }
}

void MetricStore::expire(Series& series, uint32_t now) {
  for (size_t tier = 0; tier < kTiers; ++tier) {
    std::vector<Point>& points = series.tiers[tier];
    if (points.empty()) continue;
    uint32_t kept = kept_of(series, tier), least = now > kept ? now - kept : 0;
    // Whole points of the next tier only.
    if (tier + 1 < kTiers) least = floor_to(least, kTierSeconds[tier + 1]);
    if (points.front().time >= least) continue;
    auto end = std::lower_bound(points.begin(), points.end(), least,
                                [](const Point& a, uint32_t b) { return a.time < b; });
    for (auto point = points.begin(); point != end; ++point) {
      if (tier + 1 < kTiers) put(series, point->time, samples_of(*point), tier + 1);
      free_detail(*point);
    }
    size_t before = points.capacity();
    points.erase(points.begin(), end);
    if (points.size() * 4 < before) points.shrink_to_fit();
    point_bytes_ -= (before - points.capacity()) * sizeof(Point);
  }
}

void MetricStore::expire(Timestamp now) {
  expired_ = std::max(expired_, clamp_seconds(now));
  for (Series& series : series_) expire(series, expired_);
}

/// The tier that takes most memory and may still be kept shorter; kTiers when there is none.
size_t MetricStore::largest_tier() const {
  std::array<size_t, kTiers> bytes{};
  for (const Series& series : series_) {
    for (size_t tier = 0; tier < kTiers; ++tier) {
      bytes[tier] += series.tiers[tier].size() * sizeof(Point);
      for (const Point& point : series.tiers[tier])
        if (point.count == 0) bytes[tier] += details_.packed(point.bits).size();
    }
  }
  size_t largest = kTiers;
  for (size_t tier = 0; tier < kTiers; ++tier) {
    if (kept_[tier] <= kLeastKept[tier] || bytes[tier] == 0) continue;
    if (largest == kTiers || bytes[tier] > bytes[largest]) largest = tier;
  }
  return largest;
}

void MetricStore::shrink() {
  expire(Timestamp(std::chrono::seconds(newest_)));
  // Room is made for an eighth more, so that this is rare.
  size_t wanted = limits_.memory_bytes - limits_.memory_bytes / 8;
  for (size_t tier = largest_tier(); memory_bytes() > wanted && tier < kTiers;
       tier = largest_tier()) {
    kept_[tier] = std::max(kept_[tier] / 2, kLeastKept[tier]);
    for (Series& series : series_) {
      expire(series, expired_);
      for (std::vector<Point>& points : series.tiers) {
        point_bytes_ -= points.capacity() * sizeof(Point);
        points.shrink_to_fit();
        point_bytes_ += points.capacity() * sizeof(Point);
      }
    }
  }
  // When nothing more can go the limit gives way, a step at a time, so that not every sample tries
  // again: the number of metrics is what bounds memory then.
  limits_.memory_bytes = std::max(limits_.memory_bytes, memory_bytes() + limits_.memory_bytes / 32);
}

Duration MetricStore::kept(size_t tier) const { return std::chrono::seconds(kept_[tier]); }

size_t MetricStore::memory_bytes() const {
  return identity_bytes_ + series_.capacity() * (sizeof(Series) + sizeof(MetricId)) + point_bytes_ +
         details_.memory_bytes();
}

}  // namespace cairn::monitor
