#pragma once

#include <string_view>

namespace cairn::cloudtrail {

/// Returns what AWS's key layout says a path holds when that is not CloudTrail records: "AWS
/// Config", "VPC flow log", …; "" when it does not say so.
std::string_view other_service_of(std::string_view path);

}  // namespace cairn::cloudtrail
