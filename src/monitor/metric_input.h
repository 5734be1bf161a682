#pragma once

// A door of `monitor`: datapoints in the shape of a PutMetricData request.

#include "monitor/metric_store.h"

#include <string_view>
#include <vector>

namespace cairn::monitor {

/// One datum of a request, checked.
struct MetricDatum {
  MetricId metric;
  Timestamp time{};
  Samples samples;
  Unit unit;
  bool high_resolution = false;
};

/// Reads {"Namespace": …, "MetricData": […]}; a datum without a Timestamp is of `now`. Fails with
/// kInvalidInput, worded as AWS words it, for what PutMetricData refuses: the whole request, also
/// when one datum is wrong. Times long past are taken: old metrics may be replayed.
///
/// Source: PutMetricData and MetricDatum of CloudWatch's API reference.
Result<std::vector<MetricDatum>> parse_metric_data(std::string_view json, Timestamp now);

}  // namespace cairn::monitor
