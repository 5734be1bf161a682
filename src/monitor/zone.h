#pragma once

#include "base/result.h"
#include "base/time.h"

#include <string_view>

namespace cairn::monitor {

/// Reads a time zone that is UTC or an offset ("+02:00", "-0330", in steps of 5 minutes): how far
/// east it is. Fails with kUnsupported for named zones.
Result<Duration> parse_zone(std::string_view text);

}  // namespace cairn::monitor
