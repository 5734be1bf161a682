#pragma once

// A condition as a filter pattern of CloudWatch Logs over the record's JSON.
//
// Filter patterns mind case: a text whose case is ignored becomes a regular expression of sets,
// `%^[aA][bB]$%`, of which a pattern may have two. `not` is moved to the predicates.

#include "base/result.h"
#include "rules/pattern_writing.h"
#include "rules/predicate.h"

namespace cairn::rules {

/// Fails with kUnsupported and the reason.
Result<PatternText> filter_pattern_of(const Expression& expression, bool plain_fields);

}  // namespace cairn::rules
