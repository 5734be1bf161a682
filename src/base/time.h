#pragma once

// Instants in UTC with millisecond resolution, and the ways people and CloudTrail write them.

#include "base/result.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace cairn {

using Duration = std::chrono::milliseconds;
/// UTC instant; any year from -9999 to 9999.
using Timestamp = std::chrono::sys_time<Duration>;

/// Parses `eventTime`. Native records write YYYY-MM-DDThh:mm:ssZ (spec/cloudtrail-log.md section
/// 4); converted data also has a space for the T, fractions of 1 to 9 digits, an offset (+02:00,
/// +0000), blanks inside the time, no Z, and epoch seconds or milliseconds. Returns nothing when it
/// is none of these or the date does not exist.
std::optional<Timestamp> parse_event_time(std::string_view text);

/// Returns "2024-01-31T12:00:00Z"; milliseconds are written only when not zero.
std::string format_time(Timestamp time);
/// Returns "2024-01-31 12:00:00" for tables.
std::string format_time_short(Timestamp time);
/// Returns "2024-01-31".
std::string format_date(Timestamp time);

/// Which end of a period a human date means: `--from 2024-01-01` is its first instant, `--to
/// 2024-01-01` its last.
enum class TimeEdge { kStart, kEnd };

/// Parses what people type: `2024-01-01`, `2024-01`, `2024`, `2024-01-01T10:00`, `2024-01-01
/// 10:00:05`, RFC 3339 with offset, `now`, `today`, `yesterday`, and ages such as `30d`, `12h`,
/// `90m`, `2w` (before now). Times without an offset are UTC. For kEnd a date, month, year, day
/// name or minute means its end (inclusive, last millisecond). Fails with kInvalidInput and a
/// message that lists the accepted forms.
Result<Timestamp> parse_human_time(std::string_view text, Timestamp now, TimeEdge edge);

/// Parses a length of time: `90s`, `15m`, `1h`, `7d`, `2w`. Fails with kInvalidInput.
Result<Duration> parse_duration(std::string_view text);
/// Returns a length of time as people say it: "45 s", "12 min", "3 h 20 min", "5 d 2 h".
std::string format_duration(Duration duration);

}  // namespace cairn
