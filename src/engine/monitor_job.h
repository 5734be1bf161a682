#pragma once

// Jobs with CloudWatch alarms.

#include "base/result.h"
#include "engine/engine.h"

#include <functional>
#include <string>
#include <string_view>

namespace cairn::engine {

/// Reads lines {"alarm": PROPERTIES, "datapoints": [number or null, oldest first], "state": STATE}
/// from a file (/dev/stdin too) and hands over one answer each: the state that the alarm comes to,
/// or "error: …". PROPERTIES are those of an AWS::CloudWatch::Alarm, or the whole resource. Those
/// of an AWS::CloudWatch::CompositeAlarm take "states" (an object: alarm → state) for "datapoints".
Status try_alarms(World world, const std::string& path,
                  const std::function<Status(std::string_view)>& print);

}  // namespace cairn::engine
