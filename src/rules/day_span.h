#pragma once

// A span of the day: "20:00-06:00+01:00", beyond midnight too, in a fixed zone.

#include <optional>
#include <string_view>

namespace cairn::rules {

struct DaySpan {
  int from_minute = 0, to_minute = 0;  // of the day; the end is not part of it
  int zone_minutes = 0;                // east of Greenwich
  unsigned days = 0x7F;                // bit 0 is Monday; of the local date

  /// Tells whether a time (any that Cairn reads) stands in it. False for what is no time.
  bool contains(std::string_view time) const;
};

/// Parses "FROM-TO", then a zone or nothing for UTC ("Z", "+05:30"), then " mon,tue" or nothing for
/// every day. FROM and TO are HH:MM; equal ones are the whole day.
std::optional<DaySpan> parse_day_span(std::string_view text);

}  // namespace cairn::rules
