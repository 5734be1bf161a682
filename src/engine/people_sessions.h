#pragma once

// The sessions that report.html shows below principals.

#include "base/result.h"
#include "detect/detect.h"
#include "geo/geo.h"
#include "identity/session_tree.h"

#include <span>
#include <vector>

namespace cairn::engine {

/// Returns trees with the busiest sessions of the first principals that stand out (a finding of at
/// least level low, or something unusual), the sessions that these came from, and some that they
/// opened: a few hundred at most. Fails when the log does.
Result<std::vector<identity::OriginTree>> sessions_of_people(
    const identity::SessionLog& log, std::span<const PrincipalProfile> people,
    const geo::Atlas& atlas);

}  // namespace cairn::engine
