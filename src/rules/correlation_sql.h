#pragma once

// A correlation as one SELECT: the events that take part in what it finds. Of an order
// (temporal_ordered) these are the last steps: the events that complete it.
//
//   candidates   the events of each source, with the moment in milliseconds, what they are grouped
//                by and what is counted; copies of an event once
//   judged       over the window that ends with each event: does the condition hold?
//   told         over the window that begins with each event: did it hold in any of them?
//
// An order is a chain of running maxima: per step, the latest beginning of a chain that the step
// can continue. Windows that are judged when they close begin with the first event after the last
// one closed; no window function says that, so these are refused.

#include "base/result.h"
#include "rules/rule_set.h"
#include "rules/sql_text.h"

#include <string>
#include <vector>

namespace cairn::rules {

struct SqlQuery {
  std::string text;
  std::vector<std::string> assumptions;  // sorted
};

/// Fails with kUnsupported and the reason.
Result<SqlQuery> correlation_sql(const RuleSet::Contents& rules, const Correlation& correlation,
                                 SqlDialect dialect, bool plain_fields);

}  // namespace cairn::rules
