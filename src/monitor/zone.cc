#include "monitor/zone.h"

#include "base/text.h"

#include <date/tz.h>

#include <exception>
#include <optional>
#include <string>

namespace cairn::monitor {

namespace {

std::optional<Duration> parse_offset(std::string_view text) {
  if (text == "UTC" || text == "Z" || text == "GMT" || text == "Etc/UTC") return Duration{};
  if (text.size() < 5 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  std::string digits;
  for (char c : text.substr(1)) {
    if (c == ':' && digits.size() == 2) continue;
    if (!is_digit(c)) return std::nullopt;
    digits += c;
  }
  if (digits.size() != 4) return std::nullopt;
  int hours = (digits[0] - '0') * 10 + digits[1] - '0';
  int minutes = (digits[2] - '0') * 10 + digits[3] - '0';
  if (hours > 14 || minutes > 59 || minutes % 5 != 0) return std::nullopt;
  Duration east = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return text[0] == '-' ? -east : east;
}

// The library tells errors by exceptions only.

bool has_database() {
  static const bool found = [] {
    try {
      return !date::get_tzdb().zones.empty();
    } catch (const std::exception&) {
      return false;
    }
  }();
  return found;
}

const date::time_zone* find_zone(std::string_view name) {
  try {
    const date::time_zone* zone = date::locate_zone(name);
    zone->get_info(date::sys_seconds{});  // reads its file
    return zone;
  } catch (const std::exception&) {
    return nullptr;
  }
}

date::local_time<Duration> as_local(Timestamp time) {
  return date::local_time<Duration>(time.time_since_epoch());
}

}  // namespace

Result<Zone> Zone::parse(std::string_view text) {
  Zone zone;
  if (auto east = parse_offset(text)) {
    zone.east_ = *east;
    return zone;
  }
  const bool is_name = !text.empty() && text[0] != '+' && text[0] != '-';
  if (is_name && !has_database())
    return Error{ErrorCode::kUnavailable, "the time zone " + printable(text) +
                                              ": this machine has no time zones (install tzdata)"};
  if (is_name) zone.named_ = find_zone(text);
  if (zone.named_ == nullptr)
    return Error{ErrorCode::kInvalidInput,
                 "the time zone " + printable(text) +
                     " is neither a name such as Europe/Berlin nor an offset such as +02:00"};
  return zone;
}

Timestamp Zone::local(Timestamp time) const {
  if (named_ == nullptr) return time + east_;
  return Timestamp(named_->to_local(time).time_since_epoch());
}

Timestamp Zone::first_at(Timestamp local) const {
  if (named_ == nullptr) return local - east_;
  return named_->to_sys(as_local(local), date::choose::earliest);
}

}  // namespace cairn::monitor
