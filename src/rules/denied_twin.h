#pragma once

// `cairn.denied: twin`: the same rule for calls that were refused.

#include "rules/predicate.h"

#include <optional>

namespace cairn::rules {

/// Returns the condition of the refused attempt: what the rule asks of caller, service and call;
/// what it asks of the parameters, unless the record has none (most refused calls have none);
/// nothing of what only calls that worked have; and an error code that says "not allowed". Nothing
/// when the rule names no calls: its twin would be every refused call.
std::optional<Expression> denied_twin(const Expression& rule);

}  // namespace cairn::rules
