#pragma once

// How a rule's condition fares with one event, part by part: for `cairn rules explain`.

#include "model/event.h"
#include "model/explanation.h"
#include "rules/rules.h"

#include <cstddef>

namespace cairn::rules {

/// Of one field so many values are shown, and of one value so many bytes.
inline constexpr size_t kExplainedValues = 8, kExplainedBytes = 4000;
/// Of a list so many objects are explained.
inline constexpr size_t kExplainedElements = 50;

/// Returns the explanation of a rule of single events; its `holds` is the matcher's answer. The
/// event must be of the field table that the set was loaded with.
Explanation explain(const RuleSet& rules, size_t rule, const Event& event);

}  // namespace cairn::rules
