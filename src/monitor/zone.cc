#include "monitor/zone.h"

#include "base/text.h"

namespace cairn::monitor {

Result<Duration> parse_zone(std::string_view text) {
  if (text == "UTC" || text == "Z" || text == "GMT" || text == "Etc/UTC") return Duration{};
  Error unknown{ErrorCode::kUnsupported, "the time zone " + printable(text) +
                                             " is neither UTC nor an offset such as +02:00"};
  if (text.size() < 5 || (text[0] != '+' && text[0] != '-')) return unknown;
  std::string digits;
  for (char c : text.substr(1)) {
    if (c == ':' && digits.size() == 2) continue;
    if (!is_digit(c)) return unknown;
    digits += c;
  }
  if (digits.size() != 4) return unknown;
  int hours = (digits[0] - '0') * 10 + digits[1] - '0';
  int minutes = (digits[2] - '0') * 10 + digits[3] - '0';
  if (hours > 14 || minutes > 59 || minutes % 5 != 0) return unknown;
  Duration east = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return text[0] == '-' ? -east : east;
}

}  // namespace cairn::monitor
