#pragma once

// A door of `monitor`: a store of metrics as bytes, and back. Numbers and texts are base/pack.h's.
//
//   newest time, expired time, four spans (metric_store.h: kept())
//   metrics, each: namespace, name, dimensions (name, value)
//                  units, each: unit, four tiers, each: points
//   point: steps of its tier since the one before (the first: since 1970), samples of one value,
//          that value; or 0, and several as in samples_pool.h
//
// A point takes some 4 bytes, in memory 16.

#include "monitor/metric_store.h"

#include <functional>
#include <string>
#include <string_view>

namespace cairn {
class StoredReader;
}

namespace cairn::monitor {

/// Writes all metrics that have points, and reads them again.
class MetricArchive {
 public:
  /// Gives the bytes out in pieces of some `piece_bytes`, so that they are never there as a whole.
  using Sink = std::function<Status(std::string_view piece)>;
  static constexpr size_t kPieceBytes = 1 << 20;
  static Status save(const MetricStore& store, const Sink& sink, size_t piece_bytes = kPieceBytes);
  /// Into an empty store, from any bytes. When the reader is not ok() afterwards the store is of no
  /// use. Fails as MetricStore::metric() does.
  static Status restore(StoredReader& bytes, MetricStore& store);

 private:
  class Saver;
  class Restorer;
};

}  // namespace cairn::monitor
