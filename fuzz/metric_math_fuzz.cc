// A metric math expression of any bytes: refused with its place, or evaluated over two short series
// with gaps, each result as long as the periods.

#include "monitor/metric_math.h"

#include "base/check.h"

#include <cmath>
#include <cstddef>
#include <cstdint>

using cairn::monitor::MathSeries;
using cairn::monitor::MathValue;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);  // NOLINT
  auto math = cairn::monitor::MetricMath::parse(text);
  if (!math.ok()) {
    CAIRN_CHECK(!math.error().message.empty());
    return 0;
  }
  cairn::monitor::MathContext context;
  cairn::Timestamp start(std::chrono::hours(475'000));
  context.periods = {start, start + std::chrono::minutes(4), 60};
  context.resolve = [](const std::string& id) -> cairn::Result<MathValue> {
    MathValue value{MathValue::Kind::kSeries, {}, {}};
    value.series.push_back({id, {1.5, {}, 0, -1e300}});
    return value;
  };
  context.metrics = []() -> cairn::Result<std::vector<MathSeries>> {
    return std::vector<MathSeries>{{"a", {1, 2, {}, 4}}, {"b", {{}, {}, {}, {}}}};
  };
  context.band =
      [](const MathSeries& series,
         double) -> cairn::Result<std::pair<cairn::monitor::Values, cairn::monitor::Values>> {
    return std::pair(series.values, series.values);
  };
  auto value = math.value().evaluate(context);
  if (!value.ok()) return 0;
  for (const MathSeries& series : value.value().series) {
    CAIRN_CHECK(series.values.size() == 4);
    for (const auto& point : series.values) CAIRN_CHECK(!point || std::isfinite(*point));
  }
  return 0;
}
