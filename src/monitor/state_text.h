#pragma once

// Numbers and times as CloudWatch writes them in states.

#include "base/time.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace cairn::monitor {

/// Returns a number as Java writes a double: 1.0, 0.25, 1.0E7.
std::string state_number(double number);
/// Returns "2019-10-02T17:04:40.985+0000".
std::string state_time(Timestamp time);
/// Returns "02/10/19 16:59:00".
std::string point_time(Timestamp time);
/// Returns "Friday 22 July, 2022 15:57:45 UTC".
std::string long_time(Timestamp time);
/// Returns "1 datapoint", "3 datapoints".
std::string counted(size_t count, std::string_view what);

}  // namespace cairn::monitor
