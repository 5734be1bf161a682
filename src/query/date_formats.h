#pragma once

// The two ways in which Trino's functions describe dates: MySQL's (`%Y-%m-%d %H:%i:%s`, date_parse
// and date_format) and Java's (`yyyy-MM-dd HH:mm:ss`, parse_datetime and format_datetime).

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::query {

enum class DateStyle { kMysql, kJava };

/// Reads a text; microseconds since 1970, UTC. Fields that the format lacks are those of 1970-01-01
/// 00:00:00. Fails with kInvalidInput for a text that does not fit, kUnsupported for a field of the
/// format that is not known.
Result<int64_t> parse_date(std::string_view text, std::string_view format, DateStyle style);

/// Writes an instant. Fails with kUnsupported for a field that is not known.
Status format_date(int64_t microseconds, std::string_view format, DateStyle style,
                   std::string& out);

}  // namespace cairn::query
