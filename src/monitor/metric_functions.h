#pragma once

// The functions of metric math: their names and how many arguments they take.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::monitor {

enum class MathFunctionKind : uint8_t {
  // One point each.
  kAbs,
  kCeil,
  kFloor,
  kLog,
  kLog10,
  // All points of a series, or of several at one time.
  kAvg,
  kSum,
  kMin,
  kMax,
  kStddev,
  kDatapointCount,
  // Lists of series.
  kMetrics,
  kMetricCount,
  kFirst,
  kLast,
  kSlice,
  kSort,
  kRemoveEmpty,
  // Neighbours.
  kDiff,
  kDiffTime,
  kRate,
  kRunningSum,
  // Times of points.
  kMinute,
  kHour,
  kDay,
  kDate,
  kMonth,
  kYear,
  kEpoch,
  kPeriod,
  kFill,
  kTimeSeries,
  kIf,
  kBand,
  kSearch,
  kUnsupported
};

struct MathFunction {
  std::string_view name;
  MathFunctionKind kind;
  size_t least, most;  // arguments
  bool looks_at_time = false;
};

/// Returns null when there is none of this name.
const MathFunction* find_function(std::string_view name);
/// Returns "1 argument", "2 or 3 arguments".
std::string arguments_text(const MathFunction& function);

}  // namespace cairn::monitor
