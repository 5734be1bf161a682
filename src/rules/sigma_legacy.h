#pragma once

// Counting in conditions, as Sigma 1 had it: `selection | count() by field > 5` with a `timeframe`,
// `selection | near other`. Sigma 2 moved it to correlation documents.

#include "rules/remarks.h"

#include <optional>
#include <vector>

namespace cairn::rules {

/// Writes such a rule as Sigma 2 does: rules that are only parts, and the correlation, last.
/// Returns nothing, without a remark, when the rule counts nothing, or something that no
/// correlation does: then it is refused as it stands.
std::optional<std::vector<YamlNode>> translate_aggregation(const YamlNode& document,
                                                           Remarks& remarks);

}  // namespace cairn::rules
