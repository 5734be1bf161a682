#pragma once

// AWS's patterns as conditions of Cairn: what makes a pattern SQL, Sigma, or a pattern of the other
// language. The opposite of predicate_filter_pattern and predicate_event_pattern, and as exact:
// true for the same records, or refused.
//
// The languages tell texts, numbers, booleans and null apart, Cairn's conditions compare texts.
// That is the same for columns of texts (predicate_sql.h); of other fields it must be taken for
// granted, and only with `plain_fields`.

#include "base/result.h"
#include "rules/predicate.h"

#include <string>
#include <string_view>
#include <vector>

namespace cairn::rules {

struct PatternExpression {
  Expression expression;
  std::vector<std::string> assumptions;  // sorted
};

/// Reads a CloudWatch filter pattern. Fails with kInvalidInput when it is none, with kUnsupported
/// when no condition is the same.
Result<PatternExpression> expression_of_filter(std::string_view text, bool plain_fields);
/// Reads an EventBridge event pattern, as one over CloudTrail's events.
Result<PatternExpression> expression_of_event_pattern(std::string_view text, bool plain_fields);

/// Replaces the patterns in a condition (kFilterPattern, kEventPattern) by conditions. A condition
/// that is all of a pattern and something weaker (pattern_rule.h) becomes the pattern's alone.
Result<PatternExpression> without_patterns(const Expression& expression, bool plain_fields);

}  // namespace cairn::rules
