#include "monitor/state_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace cairn::monitor {

namespace {

struct Parts {
  int year, month, day, hour, minute, second, millisecond, weekday;
};

Parts parts_of(Timestamp time) {
  auto day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss clock(time - day);
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          static_cast<int>(clock.hours().count()),
          static_cast<int>(clock.minutes().count()),
          static_cast<int>(clock.seconds().count()),
          static_cast<int>(clock.subseconds().count()),
          static_cast<int>(std::chrono::weekday(day).c_encoding())};
}

template <typename... Numbers>
std::string print(const char* format, Numbers... numbers) {
  std::array<char, 96> text{};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  int size = std::snprintf(text.data(), text.size(), format, numbers...);
#pragma GCC diagnostic pop
  return {text.data(), static_cast<size_t>(size)};
}

}  // namespace

std::string state_number(double number) {
  double size = std::abs(number);
  std::array<char, 64> text{};
  bool plain = size == 0 || (size >= 1e-3 && size < 1e7);
  auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  auto end = std::to_chars(text.data(), text.data() + text.size(), number, format);
  if (end.ec != std::errc()) return std::to_string(number);
  std::string written(text.data(), end.ptr);
  size_t exponent = written.find('e');
  std::string power;
  if (exponent != std::string::npos) {
    power = "E" + std::to_string(std::stoi(written.substr(exponent + 1)));
    written.resize(exponent);
  }
  if (written.find('.') == std::string::npos) written += ".0";
  return written + power;
}

std::string state_time(Timestamp time) {
  Parts at = parts_of(time);
  return print("%04d-%02d-%02dT%02d:%02d:%02d.%03d+0000", at.year, at.month, at.day, at.hour,
               at.minute, at.second, at.millisecond);
}

std::string point_time(Timestamp time) {
  Parts at = parts_of(time);
  return print("%02d/%02d/%02d %02d:%02d:%02d", at.day, at.month, at.year % 100, at.hour, at.minute,
               at.second);
}

std::string long_time(Timestamp time) {
  static constexpr const char* kDays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                          "Thursday", "Friday", "Saturday"};
  static constexpr const char* kMonths[] = {"January",   "February", "March",    "April",
                                            "May",       "June",     "July",     "August",
                                            "September", "October",  "November", "December"};
  Parts at = parts_of(time);
  return std::string(kDays[at.weekday]) + print(" %02d ", at.day) + kMonths[at.month - 1] +
         print(", %d %02d:%02d:%02d UTC", at.year, at.hour, at.minute, at.second);
}

std::string counted(size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

}  // namespace cairn::monitor
