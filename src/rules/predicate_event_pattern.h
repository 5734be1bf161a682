#pragma once

// A condition as an EventBridge event pattern over `detail`, the CloudTrail record in the envelope.
//
// A pattern has no `not` and no `and` on one field: the condition is multiplied out into branches,
// with `not` at the predicates, where "missing, or anything but" says it. What EventBridge sees
// otherwise than Sigma is refused: types of numbers, array elements, case inside wildcards.

#include "base/result.h"
#include "rules/pattern_writing.h"
#include "rules/predicate.h"

namespace cairn::rules {

/// Fails with kUnsupported and the reason.
Result<PatternText> event_pattern_of(const Expression& expression, bool plain_fields);

}  // namespace cairn::rules
