#pragma once

// One item of a selection (`field|modifiers: values`) → an expression.

#include "rules/predicate.h"
#include "rules/remarks.h"
#include "rules/sigma.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cairn::rules {

using Placeholders = std::map<std::string, std::vector<std::string>>;

/// Applies the modifiers to the values, left to right. Returns nothing after reporting at least one
/// error.
std::optional<Expression> lower_item(const SigmaItem& item, const Placeholders& placeholders,
                                     Remarks& remarks);

}  // namespace cairn::rules
