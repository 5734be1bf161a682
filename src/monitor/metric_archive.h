#pragma once

// A door of `monitor`: a store of metrics as bytes, and back.

#include "monitor/metric_store.h"

#include <string>

namespace cairn {
class PackReader;
}

namespace cairn::monitor {

/// Writes all metrics with their points, and reads them again. The bytes are base/pack.h's: who
/// keeps them sees to it that they come back whole.
class MetricArchive {
 public:
  static void save(const MetricStore& store, std::string& out);
  /// Into an empty store.
  static Status restore(PackReader& bytes, MetricStore& store);
};

}  // namespace cairn::monitor
