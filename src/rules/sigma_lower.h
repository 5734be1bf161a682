#pragma once

#include <optional>

#include "rules/sigma_values.h"

namespace cairn::rules {

/// Turns a rule's selections and conditions into one expression (not yet bound). Returns nothing
/// after reporting errors.
std::optional<Expression> lower_rule(const SigmaRule& rule, const Placeholders& placeholders,
                                     Remarks& remarks);

}  // namespace cairn::rules
