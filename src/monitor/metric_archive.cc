#include "monitor/metric_archive.h"

#include "base/pack.h"

#include <bit>

namespace cairn::monitor {

namespace {

void pack_double(std::string& out, double value) {
  pack_number(out, std::bit_cast<uint64_t>(value));
}
double read_double(PackReader& in) { return std::bit_cast<double>(in.number()); }

}  // namespace

/// Samples as bytes.
class PointCodec {
 public:
  static void save(const Samples& samples, std::string& out) {
    for (double value :
         {samples.set_.count, samples.set_.sum, samples.set_.minimum, samples.set_.maximum})
      pack_double(out, value);
    pack_number(out, samples.steps_);
    pack_number(out, samples.known_ ? 1 : 0);
    pack_number(out, samples.values_.size());
    for (const Samples::ValueCount& entry : samples.values_) {
      pack_double(out, entry.value);
      pack_double(out, entry.count);
    }
  }
  static Samples restore(PackReader& in) {
    Samples samples;
    for (double* value :
         {&samples.set_.count, &samples.set_.sum, &samples.set_.minimum, &samples.set_.maximum})
      *value = read_double(in);
    samples.steps_ = static_cast<uint8_t>(in.number());
    samples.known_ = in.number() != 0;
    for (uint64_t left = in.number(); left > 0; --left) {
      double value = read_double(in);
      samples.values_.push_back({value, read_double(in)});
    }
    return samples;
  }
};

void MetricArchive::save(const MetricStore& store, std::string& out) {
  pack_number(out, store.newest_);
  pack_number(out, store.expired_);
  for (uint32_t kept : store.kept_) pack_number(out, kept);
  pack_number(out, store.metrics_);
  for (MetricRef metric = 0; metric < store.ids_.size(); ++metric) {
    const MetricId& id = store.ids_[metric];
    if (id.name.empty()) continue;  // a further unit of another
    pack_text(out, id.space);
    pack_text(out, id.name);
    pack_number(out, id.dimensions.size());
    for (const Dimension& dimension : id.dimensions) {
      pack_text(out, dimension.name);
      pack_text(out, dimension.value);
    }
    for (uint32_t at = metric;; at = store.series_[at].next) {
      const MetricStore::Series& series = store.series_[at];
      pack_text(out, series.unit.text());
      for (const auto& points : series.tiers) {
        pack_number(out, points.size());
        for (const MetricStore::Point& point : points) {
          pack_number(out, point.time);
          PointCodec::save(store.samples_of(point), out);
        }
      }
      pack_number(out, series.next == 0 ? 0 : 1);
      if (series.next == 0) break;
    }
  }
}

Status MetricArchive::restore(PackReader& in, MetricStore& store) {
  store.newest_ = static_cast<uint32_t>(in.number());
  store.expired_ = static_cast<uint32_t>(in.number());
  for (uint32_t& kept : store.kept_) kept = static_cast<uint32_t>(in.number());
  for (uint64_t left = in.number(); left > 0; --left) {
    MetricId id;
    id.space = in.text();
    id.name = in.text();
    for (uint64_t dimensions = in.number(); dimensions > 0; --dimensions) {
      std::string name(in.text());
      id.dimensions.push_back({std::move(name), std::string(in.text())});
    }
    TRY_ASSIGN(MetricRef metric, store.metric(std::move(id)));
    do {
      auto unit = Unit::parse(in.text());
      MetricStore::Series& series = store.series_of(metric, unit.value_or(Unit()));
      for (size_t tier = 0; tier < MetricStore::kTiers; ++tier) {
        for (uint64_t points = in.number(); points > 0; --points) {
          auto time = static_cast<uint32_t>(in.number());
          store.put(series, time, PointCodec::restore(in), tier);
          ++series.changes;
        }
      }
    } while (in.number() != 0);
  }
  return {};
}

}  // namespace cairn::monitor
