#pragma once

#include "rules/remarks.h"
#include "rules/sigma.h"

#include <optional>

namespace cairn::rules {

/// Parses the text of a `condition`. On an error, reports it (exactly one) and returns nothing.
/// Names are not looked up here.
std::optional<SigmaCondition> parse_condition(const YamlNode& scalar, Remarks& remarks);

}  // namespace cairn::rules
