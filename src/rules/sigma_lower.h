#pragma once

#include "rules/sigma_values.h"

#include <optional>

namespace cairn::rules {

/// Turns a rule's selections and conditions into one expression (not yet bound). Returns nothing
/// after reporting errors.
std::optional<Expression> lower_rule(const SigmaRule& rule, const Placeholders& placeholders,
                                     Remarks& remarks);

/// Turns a filter into what its rules are joined with by `and`. A condition that begins with `not`
/// says what to keep and is taken as it stands; any other says what to take away, and is negated.
/// Of several conditions each takes away its own. Returns nothing after reporting errors.
std::optional<Expression> lower_filter(SigmaFilter filter, const Placeholders& placeholders,
                                       Remarks& remarks);

}  // namespace cairn::rules
