#pragma once

// A door of `dashboard`: queries of CloudWatch Logs Insights over CloudTrail events, as SQL on
// Athena's table.
//
//   SOURCE 'group' | filter errorCode like /Denied/ | stats count(*) as n by userIdentity.arn as
//   who | sort n desc | limit 10
//
// Taken: SOURCE, fields, display, filter, stats (count, count_distinct, min, max, sum, avg, by),
// sort, limit. Not taken: parse, dedup, pattern, unnest, bin() and other functions, and fields or
// filters of what stats or limit left: an error. What a query compares with a number, adds up or
// finds the most of in JSON is a number; what else is there is none, and counts as missing. Rows
// come in one order: as sorted, then by the groups, or the newest first.

#include "base/result.h"
#include "base/time.h"

#include <optional>
#include <string>
#include <string_view>

namespace cairn::dashboard {

/// The events that are asked, by eventTime; both ends are in it.
struct TimeRange {
  std::optional<Timestamp> from, to;
};

/// Returns one SELECT from cloudtrail_logs. Fails with kInvalidInput for what is no query, and with
/// kUnsupported for what is not taken, telling which.
Result<std::string> insights_sql(std::string_view query, const TimeRange& range = {});

}  // namespace cairn::dashboard
