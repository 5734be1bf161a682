#include "monitor/metric_archive.h"

#include "base/pack.h"
#include "base/stored_reader.h"

#include <bit>
#include <cmath>

namespace cairn::monitor {

namespace {

constexpr uint32_t kLatest = 4'262'304'000;  // seconds: that of MetricStore::add()

}  // namespace

/// Writes pieces as they get large.
class MetricArchive::Saver {
 public:
  Saver(const MetricStore& store, const Sink& sink, size_t piece_bytes)
      : store_(store), sink_(sink), piece_bytes_(piece_bytes) {}

  Status run() {
    pack_number(out_, store_.newest_);
    pack_number(out_, store_.expired_);
    for (uint32_t kept : store_.kept_) pack_number(out_, kept);
    uint64_t metrics = 0;
    // A metric without points was silent for 15 months.
    for (MetricRef metric = 0; metric < store_.ids_.size(); ++metric)
      metrics += units_of(metric) > 0 ? 1u : 0u;
    pack_number(out_, metrics);
    for (MetricRef metric = 0; metric < store_.ids_.size(); ++metric) {
      uint64_t units = units_of(metric);
      if (units == 0) continue;
      save_id(store_.ids_[metric]);
      pack_number(out_, units);
      for (uint32_t at = metric;; at = store_.series_[at].next) {
        if (has_points(store_.series_[at])) save_series(store_.series_[at]);
        if (store_.series_[at].next == 0) break;
      }
      if (out_.size() >= piece_bytes_) TRY(flush());
    }
    return flush();
  }

 private:
  static bool has_points(const MetricStore::Series& series) {
    for (const auto& points : series.tiers)
      if (!points.empty()) return true;
    return false;
  }
  /// How many units of a metric have points; 0 for a further unit of another.
  uint64_t units_of(MetricRef metric) const {
    if (store_.ids_[metric].name.empty()) return 0;
    uint64_t units = 0;
    for (uint32_t at = metric;; at = store_.series_[at].next) {
      units += has_points(store_.series_[at]) ? 1u : 0u;
      if (store_.series_[at].next == 0) return units;
    }
  }

  void save_id(const MetricId& id) {
    pack_text(out_, id.space);
    pack_text(out_, id.name);
    pack_number(out_, id.dimensions.size());
    for (const Dimension& dimension : id.dimensions) {
      pack_text(out_, dimension.name);
      pack_text(out_, dimension.value);
    }
  }

  void save_series(const MetricStore::Series& series) {
    pack_text(out_, series.unit.text());
    for (size_t tier = 0; tier < MetricStore::kTiers; ++tier) {
      pack_number(out_, series.tiers[tier].size());
      uint32_t before = 0;
      for (const MetricStore::Point& point : series.tiers[tier]) {
        pack_number(out_, (point.time - before) / MetricStore::kTierSeconds[tier]);
        before = point.time;
        pack_number(out_, point.count);
        if (point.count > 0) {
          pack_double(out_, std::bit_cast<double>(point.bits));
        } else {
          pack_text(out_, store_.details_.packed(point.bits));
        }
      }
    }
  }

  Status flush() {
    Status done = sink_(out_);
    out_.clear();
    return done;
  }

  const MetricStore& store_;
  const Sink& sink_;
  const size_t piece_bytes_;
  std::string out_;
};

/// Takes nothing for granted.
class MetricArchive::Restorer {
 public:
  Restorer(StoredReader& in, MetricStore& store) : in_(in), store_(store) {}

  Status run() {
    store_.newest_ = read_time();
    store_.expired_ = read_time();
    for (size_t tier = 0; tier < MetricStore::kTiers; ++tier)
      store_.kept_[tier] = static_cast<uint32_t>(in_.number(MetricStore::kTierKept[tier]));
    constexpr size_t kMetricBytes = 2 + 2 + 1 + 1;  // at least
    for (size_t left = in_.count(kMetricBytes); in_.ok() && left > 0; --left) TRY(read_metric());
    if (in_.ok() && store_.memory_bytes() > store_.limits_.memory_bytes) store_.shrink();
    return {};
  }

 private:
  uint32_t read_time() { return static_cast<uint32_t>(in_.number(kLatest)); }

  Status read_metric() {
    MetricId id;
    id.space = in_.text();
    id.name = in_.text();
    for (size_t left = in_.count(2); in_.ok() && left > 0; --left) {
      std::string name(in_.text());
      id.dimensions.push_back({std::move(name), std::string(in_.text())});
    }
    if (!in_.ok()) return {};
    TRY_ASSIGN(MetricRef metric, store_.metric(std::move(id)));
    if (store_.changes(metric) > 0) in_.fail("a metric stands twice");
    const uint64_t units = in_.number(Unit::kCount);
    if (units == 0) in_.fail("a metric has no points");
    for (uint64_t left = units; in_.ok() && left > 0; --left) {
      auto unit = Unit::parse(in_.text());
      if (!unit) in_.fail("there is no such unit");
      if (in_.ok()) read_series(store_.series_of(metric, *unit));
    }
    return {};
  }

  void read_series(MetricStore::Series& series) {
    if (series.changes > 0) return in_.fail("a unit stands twice");
    for (size_t tier = 0; tier < MetricStore::kTiers; ++tier) {
      std::vector<MetricStore::Point>& points = series.tiers[tier];
      constexpr size_t kPointBytes = 3;  // at least
      const size_t size = in_.count(kPointBytes);
      points.reserve(size);
      uint64_t time = 0;
      for (size_t left = size; in_.ok() && left > 0; --left) {
        const uint64_t steps = in_.number(kLatest);
        if (steps == 0 && !points.empty()) in_.fail("two points of one time");
        time += steps * MetricStore::kTierSeconds[tier];
        if (time > kLatest) in_.fail("a time is out of range");
        read_point(points, static_cast<uint32_t>(time));
      }
      store_.point_bytes_ += points.capacity() * sizeof(MetricStore::Point);
      series.changes += static_cast<uint32_t>(points.size());
    }
    if (series.changes == 0) in_.fail("a unit has no points");
  }

  void read_point(std::vector<MetricStore::Point>& points, uint32_t time) {
    const auto count = static_cast<uint32_t>(in_.number(UINT32_MAX - 1));
    if (count > 0) {
      const double value = read_double(in_);
      if (!(std::abs(value) <= MetricStore::kLargestValue)) in_.fail("a value is out of range");
      if (in_.ok()) points.push_back({time, count, std::bit_cast<uint64_t>(value)});
      return;
    }
    std::string_view samples = in_.text();
    if (!SamplesCode::can_unpack(samples)) in_.fail("the samples of a point are damaged");
    if (in_.ok()) points.push_back({time, 0, store_.details_.put_packed(samples)});
  }

  StoredReader& in_;
  MetricStore& store_;
};

Status MetricArchive::save(const MetricStore& store, const Sink& sink, size_t piece_bytes) {
  return Saver(store, sink, piece_bytes).run();
}

Status MetricArchive::restore(StoredReader& bytes, MetricStore& store) {
  return Restorer(bytes, store).run();
}

}  // namespace cairn::monitor
