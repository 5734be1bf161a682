#pragma once

// A door of `monitor`: metrics and their datapoints, kept as CloudWatch keeps them.
//
//   MetricStore store({});
//   TRY_ASSIGN(MetricRef logins, store.metric({"LogMetrics", "FailedLogins", {}}));
//   TRY(store.add(logins, time, 1, 1));
//   TRY_ASSIGN(Statistic sum, Statistic::parse("Sum"));
//   Values values = store.read(logins, sum, {from, to, 300});
//
// A metric is its namespace, name and exact set of dimensions; samples of different units are kept
// apart. Samples fall into seconds (high resolution) or minutes. Points of a second are kept 3
// hours, then joined to minutes; those are kept 15 days, then joined to 5 minutes; those 63 days,
// then to hours; those 455 days. When memory is short the span whose points take most of it is
// halved until everything fits: kept() tells.
//
// Source: "CloudWatch concepts", "Metrics retention"; PutMetricData's API model for the limits.

#include "base/result.h"
#include "base/time.h"
#include "monitor/samples_pool.h"
#include "monitor/statistic.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cairn::monitor {

/// The 27 units of PutMetricData, in its order; kNone for none said.
class Unit {
 public:
  static constexpr uint8_t kCount = 27;
  constexpr Unit() = default;  // None
  /// Reads "Count", "Bytes/Second" …; nothing for other texts.
  static std::optional<Unit> parse(std::string_view text);
  std::string_view text() const;
  bool operator==(const Unit&) const = default;

 private:
  uint8_t index_ = kCount - 1;
};

struct Dimension {
  std::string name, value;
  auto operator<=>(const Dimension&) const = default;
};

/// What identifies a metric. A value; the order of the dimensions does not matter.
struct MetricId {
  std::string space;  // the namespace
  std::string name;
  std::vector<Dimension> dimensions;

  /// Returns "LogMetrics FailedLogins" or "LogMetrics FailedLogins {Account=1, Region=2}".
  std::string text() const;
  auto operator<=>(const MetricId&) const = default;
};

/// A metric of a store, as a small number.
using MetricRef = uint32_t;

/// A stretch of time cut into periods from `from` on. A last period that `to` cuts is not in it.
/// Whole seconds; `from` is taken as it is: align() puts it where CloudWatch's graphs have it.
struct Periods {
  Timestamp from{}, to{};
  uint32_t period_seconds = 60;
  /// When periods are of unequal length, as days with a change of clocks: where each begins, from
  /// `from` on. The last ends with `to`.
  std::vector<Timestamp> starts = {};

  size_t count() const;
  Timestamp start(size_t period) const;
  Timestamp end(size_t period) const { return start(period + 1); }
  /// The period that a time of the stretch is in.
  size_t at(Timestamp time) const;
  /// Periods of one length: the same stretch with both ends put back to a multiple of the period
  /// since 1970.
  Periods align() const;
};

/// One value for each period; nothing stands for a period without data.
using Values = std::vector<std::optional<double>>;

/// Metrics with their points. One thread.
class MetricStore {
 public:
  static constexpr size_t kTiers = 4;
  /// Seconds of a point of each tier, and how long such points are kept.
  static constexpr std::array<uint32_t, kTiers> kTierSeconds = {1, 60, 300, 3600};
  static constexpr std::array<uint32_t, kTiers> kTierKept = {3 * 3600, 15 * 86400, 63 * 86400,
                                                             455 * 86400};
  static constexpr double kLargestValue = 0x1p360;  // and the least is its negative
  /// True for what the name or the value of a dimension may consist of: printable ASCII.
  static bool is_dimension_text(std::string_view text);
  static constexpr size_t kDimensionsLimit = 30, kNameBytesLimit = 255, kValueBytesLimit = 1024;

  struct Limits {
    size_t metrics = 1'000'000;        // with their units
    size_t memory_bytes = 160u << 20;  // of metrics and points; a process needs half as much more
  };

  explicit MetricStore(Limits limits);
  ~MetricStore();
  MetricStore(const MetricStore&) = delete;
  MetricStore& operator=(const MetricStore&) = delete;

  /// Returns a metric, new or known. Fails with kInvalidInput for an identity that PutMetricData
  /// refuses, and with kExhausted at a limit.
  Result<MetricRef> metric(MetricId id);
  std::optional<MetricRef> find(const MetricId& id) const;
  const MetricId& id(MetricRef metric) const;
  size_t metrics() const;
  /// All metrics of a namespace, or all; in no order. For lists and SEARCH().
  std::vector<MetricRef> list(std::string_view space = {}) const;

  /// Adds samples at a time: to its second with `high_resolution`, else to its minute, also when
  /// that is long past (late data corrects its minute) or already joined to a longer one. Fails
  /// with kInvalidInput for values that are not finite or too large, for a count that is not above
  /// 0, and for times before 1970 or after 2105.
  Status add(MetricRef metric, Timestamp time, double value, double count = 1, Unit unit = {},
             bool high_resolution = false);
  Status add(MetricRef metric, Timestamp time, const Samples& samples, Unit unit = {},
             bool high_resolution = false);

  /// Returns the statistic for each period; of all units together when none is given. Points that
  /// are longer than the period are left out, as CloudWatch answers only in the resolution that is
  /// still there.
  Values read(MetricRef metric, const Statistic& statistic, const Periods& periods,
              std::optional<Unit> unit = {}) const;
  /// Returns the samples themselves, of [from, to).
  Samples samples(MetricRef metric, Timestamp from, Timestamp to,
                  std::optional<Unit> unit = {}) const;
  /// The time of the first point at or after a time; nothing when there is none.
  std::optional<Timestamp> next_point(MetricRef metric, Timestamp from) const;
  /// Grows when the metric's points change.
  uint64_t changes(MetricRef metric) const;

  /// Keeps points of a metric, now or once it is there, for at least so long, however short memory
  /// is; not longer than its tiers are kept.
  void hold(const MetricId& id, Duration span);
  /// Joins and forgets what is older than its span before `now`. To be called now and then (an hour
  /// is often enough); add() does it itself when memory is short.
  void expire(Timestamp now);
  /// How long points of a tier are kept in this store.
  Duration kept(size_t tier) const;
  size_t memory_bytes() const;

 private:
  friend class MetricArchive;

  /// Samples of one stretch: `count` of one value, or those of a detail (count 0).
  struct Point {
    uint32_t time = 0;  // seconds since 1970
    uint32_t count = 0;
    uint64_t bits = 0;  // of the value; or the detail
  };
  struct Series {
    Unit unit;
    uint32_t next = 0;  // the metric's series of another unit; 0: none
    uint32_t changes = 0;
    uint32_t held = 0;  // seconds
    std::array<std::vector<Point>, kTiers> tiers;
  };

  Status check(const MetricId& id) const;
  Series& series_of(MetricRef metric, Unit unit);
  void put(Series& series, uint32_t time, const Samples& samples, size_t tier);
  void join(Point& point, const Samples& samples);
  void expire(Series& series, uint32_t now);
  size_t largest_tier() const;
  void shrink();
  Samples samples_of(const Point& point) const;
  template <typename Visit>
  void visit(MetricRef metric, uint32_t from, uint32_t to, std::optional<Unit> unit,
             Visit visit) const;
  uint32_t kept_of(const Series& series, size_t tier) const;
  void free_detail(const Point& point);

  Limits limits_;
  std::vector<Series> series_;  // those of further units stand among them
  std::vector<MetricId> ids_;   // of the same numbers; empty for further units
  std::unordered_map<std::string, MetricRef> by_key_;
  std::unordered_map<std::string, uint32_t> held_;  // seconds, by key
  SamplesPool details_;
  std::array<uint32_t, kTiers> kept_ = kTierKept;
  uint32_t newest_ = 0, expired_ = 0;  // seconds
  size_t metrics_ = 0, identity_bytes_ = 0, point_bytes_ = 0;
};

}  // namespace cairn::monitor
