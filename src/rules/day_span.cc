#include "rules/day_span.h"

#include "base/text.h"
#include "base/time.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace cairn::rules {

namespace {

constexpr int kDayMinutes = 24 * 60;
constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/// "HH:MM" at the beginning of a text; 24:00 is allowed.
std::optional<int> take_clock(std::string_view& text) {
  auto digit = [&](size_t at) { return text[at] - '0'; };
  if (text.size() < 5 || text[2] != ':') return std::nullopt;
  for (size_t at : {0u, 1u, 3u, 4u})
    if (!is_digit(text[at])) return std::nullopt;
  int hours = digit(0) * 10 + digit(1), minutes = digit(3) * 10 + digit(4);
  if (minutes > 59 || hours * 60 + minutes > kDayMinutes) return std::nullopt;
  text.remove_prefix(5);
  return hours * 60 + minutes;
}

std::optional<unsigned> parse_days(std::string_view text) {
  unsigned days = 0;
  for (std::string_view word : split(text, ',')) {
    auto day = std::find(kDays.begin(), kDays.end(), word);
    if (day == kDays.end()) return std::nullopt;
    days |= 1u << (day - kDays.begin());
  }
  return days;
}

}  // namespace

std::optional<DaySpan> parse_day_span(std::string_view text) {
  DaySpan span;
  auto from = take_clock(text);
  if (!from || !text.starts_with('-')) return std::nullopt;
  text.remove_prefix(1);
  auto to = take_clock(text);
  if (!to) return std::nullopt;
  span.from_minute = *from % kDayMinutes;
  span.to_minute = *to;
  if (text.starts_with('Z')) {
    text.remove_prefix(1);
  } else if (text.starts_with('+') || text.starts_with('-')) {
    int sign = text[0] == '+' ? 1 : -1;
    text.remove_prefix(1);
    auto zone = take_clock(text);
    if (!zone || *zone > 14 * 60) return std::nullopt;
    span.zone_minutes = sign * *zone;
  }
  if (text.empty()) return span;
  if (!text.starts_with(' ')) return std::nullopt;
  auto days = parse_days(text.substr(1));
  if (!days) return std::nullopt;
  span.days = *days;
  return span;
}

bool DaySpan::contains(std::string_view time) const {
  auto instant = parse_event_time(time);
  if (!instant) return false;
  auto local = *instant + std::chrono::minutes(zone_minutes);
  auto day = std::chrono::floor<std::chrono::days>(local);
  auto minute = std::chrono::duration_cast<std::chrono::minutes>(local - day).count();
  unsigned weekday =
      std::chrono::weekday(std::chrono::sys_days(day.time_since_epoch())).iso_encoding();
  if ((days & (1u << (weekday - 1))) == 0) return false;
  if (from_minute == to_minute % kDayMinutes) return true;
  if (from_minute < to_minute) return minute >= from_minute && minute < to_minute;
  return minute >= from_minute || minute < to_minute;
}

}  // namespace cairn::rules
