#include "base/time.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace cairn {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// A calendar reading as written, before it becomes an instant.
struct Reading {
  int64_t year = 1970;
  unsigned month = 1, day = 1, hour = 0, minute = 0, second = 0, milli = 0;
  int offset_minutes = 0;
};

std::optional<Timestamp> to_timestamp(const Reading& r) {
  if (r.year < -9999 || r.year > 9999) return std::nullopt;
  std::chrono::year_month_day date{std::chrono::year(static_cast<int>(r.year)),
                                   std::chrono::month(r.month), std::chrono::day(r.day)};
  // Second 60 is a leap second: it is read as the first second of the next minute.
  if (!date.ok() || r.hour > 23 || r.minute > 59 || r.second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + hours(r.hour) + minutes(r.minute) + seconds(r.second) +
         Duration(r.milli) - minutes(r.offset_minutes);
}

/// Reads digits from the front of a text; keeps count of where it is.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool done() const { return at_ == text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void skip_blanks() {
    while (peek() == ' ') ++at_;
  }
  /// Exactly `width` digits.
  bool digits(size_t width, unsigned& value) {
    if (at_ + width > text_.size()) return false;
    value = 0;
    for (size_t i = 0; i < width; ++i) {
      char c = text_[at_ + i];
      if (!is_digit(c)) return false;
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    at_ += width;
    return true;
  }
  /// One to nine digits after a decimal point, as milliseconds.
  bool fraction(unsigned& milli) {
    size_t begin = at_;
    milli = 0;
    unsigned scale = 100;
    while (is_digit(peek())) {
      milli += static_cast<unsigned>(peek() - '0') * scale;
      scale /= 10;
      ++at_;
    }
    return at_ > begin && at_ - begin <= 9;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

/// "Z", "+02:00", "+0200", "-05", or nothing.
bool read_offset(Scanner& in, Reading& r) {
  if (in.take('Z') || in.take('z')) return true;
  int sign = in.take('+') ? 1 : in.take('-') ? -1 : 0;
  if (sign == 0) return in.done() || in.peek() == ' ';
  unsigned hour = 0, minute = 0;
  if (!in.digits(2, hour)) return false;
  in.take(':');
  if (is_digit(in.peek()) && !in.digits(2, minute)) return false;
  if (hour > 23 || minute > 59) return false;
  r.offset_minutes = sign * static_cast<int>(hour * 60 + minute);
  return true;
}

bool read_clock(Scanner& in, Reading& r, bool& has_seconds) {
  has_seconds = false;
  if (!in.digits(2, r.hour)) return false;
  in.skip_blanks();
  if (!in.take(':')) return false;
  in.skip_blanks();
  if (!in.digits(2, r.minute)) return false;
  in.skip_blanks();
  if (in.take(':')) {
    in.skip_blanks();
    if (!in.digits(2, r.second)) return false;
    has_seconds = true;
    if ((in.take('.') || in.take(',')) && !in.fraction(r.milli)) return false;
  }
  in.skip_blanks();
  return read_offset(in, r);
}

bool read_date(Scanner& in, Reading& r) {
  unsigned year = 0;
  if (!in.digits(4, year)) return false;
  r.year = year;
  return in.take('-') && in.digits(2, r.month) && in.take('-') && in.digits(2, r.day);
}

std::optional<Timestamp> parse_epoch(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  size_t point = std::min(text.find('.'), text.size());
  std::string_view whole = text.substr(0, point);
  // 9 digits is 1973, 13 digits milliseconds of today; fewer would take a year for a time.
  if (whole.size() < 9 || whole.size() > 14 || !std::all_of(whole.begin(), whole.end(), is_digit)) {
    return std::nullopt;
  }
  int64_t value = 0;
  for (char c : whole) value = value * 10 + (c - '0');
  if (whole.size() <= 10) value *= 1000;
  Timestamp time{Duration(negative ? -value : value)};
  return time;
}

/// The form every native record has, without any loop: YYYY-MM-DDThh:mm:ssZ.
std::optional<Timestamp> parse_native(std::string_view text) {
  if (text.size() != 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':' || text[19] != 'Z') {
    return std::nullopt;
  }
  unsigned bad = 0;
  auto two = [&](size_t i) {
    auto high = static_cast<unsigned>(text[i] - '0'),
         low = static_cast<unsigned>(text[i + 1] - '0');
    bad |= static_cast<unsigned>(high > 9) | static_cast<unsigned>(low > 9);
    return high * 10 + low;
  };
  Reading r{
      static_cast<int64_t>(two(0) * 100 + two(2)), two(5), two(8), two(11), two(14), two(17), 0, 0};
  if (bad != 0) return std::nullopt;
  return to_timestamp(r);
}

}  // namespace

std::optional<Timestamp> parse_event_time(std::string_view text) {
  if (auto native = parse_native(text)) return native;
  text = trim(text);
  Scanner in(text);
  Reading r;
  if (!read_date(in, r)) return parse_epoch(text);
  if (!in.take('T') && !in.take('t') && in.peek() != ' ') return std::nullopt;
  in.skip_blanks();
  bool has_seconds = false;
  if (!read_clock(in, r, has_seconds) || !has_seconds) return std::nullopt;
  in.skip_blanks();
  if (!in.done()) return std::nullopt;
  return to_timestamp(r);
}

namespace {

std::string format_parts(Timestamp time, char separator, std::string_view suffix) {
  auto day = std::chrono::floor<days>(time);
  std::chrono::year_month_day date{day};
  auto rest = (time - day).count();
  std::array<char, 48> buffer{};
  int written = std::snprintf(
      buffer.data(), buffer.size(), "%04d-%02u-%02u%c%02lld:%02lld:%02lld",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), separator, static_cast<long long>(rest / 3600000),
      static_cast<long long>(rest / 60000 % 60), static_cast<long long>(rest / 1000 % 60));
  std::string text(buffer.data(), static_cast<size_t>(written));
  if (suffix == "Z" && rest % 1000 != 0) {
    std::snprintf(buffer.data(), buffer.size(), ".%03d", static_cast<int>(rest % 1000));
    text += buffer.data();
  }
  text += suffix;
  return text;
}

}  // namespace

std::string format_time(Timestamp time) { return format_parts(time, 'T', "Z"); }
std::string format_time_short(Timestamp time) { return format_parts(time, ' ', ""); }
std::string format_date(Timestamp time) {
  return format_time(time).substr(0, format_time(time).find('T'));
}

namespace {

Error bad_time(std::string_view text) {
  return Error{
      ErrorCode::kInvalidInput,
      "cannot read \"" + printable(text) +
          "\" as a time; write 2024-01-31, 2024-01-31T10:00, 2024-01-31T10:00:00Z, 2024-01, 2024, "
          "today, yesterday, or an age such as 30d, 12h, 90m"};
}

/// Reads "30d" as its parts; nothing when it is no length of time.
std::optional<Duration> read_age(std::string_view text) {
  if (text.size() < 2 || text.size() > 9) return std::nullopt;
  int64_t value = 0;
  for (char c : text.substr(0, text.size() - 1)) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  switch (ascii_lower(text.back())) {
    case 's':
      return seconds(value);
    case 'm':
      return minutes(value);
    case 'h':
      return hours(value);
    case 'd':
      return hours(24 * value);
    case 'w':
      return hours(24 * 7 * value);
    default:
      return std::nullopt;
  }
}

/// "2024", "2024-01" or "2024-01-31": the whole period, first instant and the first after it.
std::optional<std::pair<Timestamp, Timestamp>> read_period(std::string_view text) {
  Scanner in(text);
  unsigned year = 0, month = 0, day = 0;
  if (!in.digits(4, year)) return std::nullopt;
  std::chrono::year y{static_cast<int>(year)};
  auto at = [](std::chrono::year_month_day date) { return Timestamp(std::chrono::sys_days(date)); };
  if (in.done()) return std::pair{at(y / 1 / 1), at((y + std::chrono::years(1)) / 1 / 1)};
  if (!in.take('-') || !in.digits(2, month) || month < 1 || month > 12) return std::nullopt;
  std::chrono::year_month ym = y / std::chrono::month(month);
  if (in.done()) return std::pair{at(ym / 1), at((ym + std::chrono::months(1)) / 1)};
  if (!in.take('-') || !in.digits(2, day) || !in.done()) return std::nullopt;
  std::chrono::year_month_day date = ym / std::chrono::day(day);
  if (!date.ok()) return std::nullopt;
  return std::pair{at(date), at(date) + hours(24)};
}

}  // namespace

Result<Timestamp> parse_human_time(std::string_view text, Timestamp now, TimeEdge edge) {
  text = trim(text);
  auto pick = [&](Timestamp begin, Timestamp end) {
    return edge == TimeEdge::kStart ? begin : end - Duration(1);
  };
  Timestamp today = std::chrono::floor<days>(now);
  if (equals_ignore_case(text, "now")) return now;
  if (equals_ignore_case(text, "today")) return pick(today, today + hours(24));
  if (equals_ignore_case(text, "yesterday")) return pick(today - hours(24), today);
  if (auto age = read_age(text)) return now - *age;
  if (auto period = read_period(text)) return pick(period->first, period->second);

  Scanner in(text);
  Reading r;
  if (!read_date(in, r) || (!in.take('T') && !in.take('t') && in.peek() != ' '))
    return bad_time(text);
  in.skip_blanks();
  bool has_seconds = false;
  if (!read_clock(in, r, has_seconds)) return bad_time(text);
  in.skip_blanks();
  auto time = in.done() ? to_timestamp(r) : std::nullopt;
  if (!time) return bad_time(text);
  Duration precision = has_seconds ? Duration(seconds(1)) : Duration(minutes(1));
  return r.milli != 0 ? *time : pick(*time, *time + precision);
}

Result<Duration> parse_duration(std::string_view text) {
  if (auto age = read_age(trim(text))) return *age;
  return Error{
      ErrorCode::kInvalidInput,
      "cannot read \"" + printable(text) + "\" as a length of time; write 90s, 15m, 1h, 7d or 2w"};
}

std::string format_duration(Duration duration) {
  int64_t total = duration.count() / 1000;
  if (total < 0) return "-" + format_duration(-duration);
  auto two = [](int64_t large, const char* large_unit, int64_t small, const char* small_unit) {
    std::string text = std::to_string(large) + " " + large_unit;
    if (small > 0) text += " " + std::to_string(small) + " " + small_unit;
    return text;
  };
  if (total < 60) return std::to_string(total) + " s";
  if (total < 3600) return std::to_string(total / 60) + " min";
  if (total < 86400) return two(total / 3600, "h", total / 60 % 60, "min");
  return two(total / 86400, "d", total / 3600 % 24, "h");
}

}  // namespace cairn
