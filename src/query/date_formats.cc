// Both styles become one row of fields, which is then read or written.

#include "query/date_formats.h"

#include "base/text.h"

#include <array>
#include <chrono>
#include <optional>
#include <vector>

namespace cairn::query {

namespace {

enum class Part {
  kLiteral,
  kYear,
  kYearTwo,
  kMonth,
  kMonthName,
  kMonthShort,
  kDay,
  kDayOfYear,
  kHour,
  kHourHalf,  // 1 to 12
  kMinute,
  kSecond,
  kFraction,
  kHalf,  // AM, PM
  kWeekday,
  kWeekdayShort,
  kZone,  // +0000, +00:00, Z
};

struct Field {
  Part part = Part::kLiteral;
  std::string literal;
  size_t width = 0;                  // least digits written; of fractions: digits
  bool colon = false, zulu = false;  // kZone: +00:00, and Z for UTC
};

constexpr std::array<const char*, 12> kMonths = {"January",   "February", "March",    "April",
                                                 "May",       "June",     "July",     "August",
                                                 "September", "October",  "November", "December"};
constexpr std::array<const char*, 7> kWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                  "Thursday", "Friday", "Saturday"};
constexpr size_t kShort = 3;

void add_literal(std::vector<Field>& fields, std::string_view text) {
  if (fields.empty() || fields.back().part != Part::kLiteral) fields.push_back({});
  fields.back().literal += text;
}

Error unknown_field(std::string_view field) {
  return Error{ErrorCode::kUnsupported, "date format: unknown field " + printable(field)};
}

/// Trino's date_format page: %D %U %u %V %w %X are refused there as well.
Result<std::vector<Field>> read_mysql(std::string_view format) {
  std::vector<Field> fields;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      add_literal(fields, format.substr(i, 1));
      continue;
    }
    switch (format[++i]) {
      case 'Y':
        fields.push_back({Part::kYear, "", 4, false, false});
        break;
      case 'y':
        fields.push_back({Part::kYearTwo, "", 2, false, false});
        break;
      case 'm':
        fields.push_back({Part::kMonth, "", 2, false, false});
        break;
      case 'c':
        fields.push_back({Part::kMonth, "", 1, false, false});
        break;
      case 'M':
        fields.push_back({Part::kMonthName, "", 0, false, false});
        break;
      case 'b':
        fields.push_back({Part::kMonthShort, "", 0, false, false});
        break;
      case 'd':
        fields.push_back({Part::kDay, "", 2, false, false});
        break;
      case 'e':
        fields.push_back({Part::kDay, "", 1, false, false});
        break;
      case 'j':
        fields.push_back({Part::kDayOfYear, "", 3, false, false});
        break;
      case 'H':
        fields.push_back({Part::kHour, "", 2, false, false});
        break;
      case 'k':
        fields.push_back({Part::kHour, "", 1, false, false});
        break;
      case 'h':
      case 'I':
        fields.push_back({Part::kHourHalf, "", 2, false, false});
        break;
      case 'l':
        fields.push_back({Part::kHourHalf, "", 1, false, false});
        break;
      case 'i':
        fields.push_back({Part::kMinute, "", 2, false, false});
        break;
      case 's':
      case 'S':
        fields.push_back({Part::kSecond, "", 2, false, false});
        break;
      case 'f':
        fields.push_back({Part::kFraction, "", 6, false, false});
        break;
      case 'p':
        fields.push_back({Part::kHalf, "", 0, false, false});
        break;
      case 'W':
        fields.push_back({Part::kWeekday, "", 0, false, false});
        break;
      case 'a':
        fields.push_back({Part::kWeekdayShort, "", 0, false, false});
        break;
      case 'T': {
        TRY_ASSIGN(auto whole, read_mysql("%H:%i:%s"));
        fields.insert(fields.end(), whole.begin(), whole.end());
        break;
      }
      case 'r': {
        TRY_ASSIGN(auto whole, read_mysql("%h:%i:%s %p"));
        fields.insert(fields.end(), whole.begin(), whole.end());
        break;
      }
      case '%':
        add_literal(fields, "%");
        break;
      default:
        return unknown_field(format.substr(i - 1, 2));
    }
  }
  return fields;
}

Result<Field> java_field(char letter, size_t count) {
  Field field;
  field.width = count;
  switch (letter) {
    case 'y':
    case 'Y':
    case 'u':
      field.part = count == 2 ? Part::kYearTwo : Part::kYear;
      break;
    case 'M':
      field.part = count >= 4 ? Part::kMonthName : count == 3 ? Part::kMonthShort : Part::kMonth;
      break;
    case 'd':
      field.part = Part::kDay;
      break;
    case 'D':
      field.part = Part::kDayOfYear;
      break;
    case 'H':
      field.part = Part::kHour;
      break;
    case 'h':
      field.part = Part::kHourHalf;
      break;
    case 'm':
      field.part = Part::kMinute;
      break;
    case 's':
      field.part = Part::kSecond;
      break;
    case 'S':
      field.part = Part::kFraction;
      break;
    case 'a':
      field.part = Part::kHalf;
      break;
    case 'E':
      field.part = count >= 4 ? Part::kWeekday : Part::kWeekdayShort;
      break;
    case 'Z':
      field.part = Part::kZone;
      field.colon = count == 2;
      break;
    case 'X':
    case 'x':
      field.part = Part::kZone;
      field.colon = count == 3;
      field.zulu = letter == 'X';
      break;
    default:
      return unknown_field(std::string(count, letter));
  }
  return field;
}

Result<std::vector<Field>> read_java(std::string_view format) {
  std::vector<Field> fields;
  for (size_t i = 0; i < format.size();) {
    char c = format[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (c == '\'') {
      // 'text' is literal, '' is a quote.
      size_t end = format.find('\'', i + 1);
      if (end == std::string_view::npos) return unknown_field(format.substr(i));
      add_literal(fields, end == i + 1 ? "'" : format.substr(i + 1, end - i - 1));
      i = end + 1;
    } else if (letter) {
      size_t count = 1;
      while (i + count < format.size() && format[i + count] == c) ++count;
      TRY_ASSIGN(Field field, java_field(c, count));
      fields.push_back(field);
      i += count;
    } else {
      add_literal(fields, format.substr(i, 1));
      ++i;
    }
  }
  return fields;
}

Result<std::vector<Field>> read_format(std::string_view format, DateStyle style) {
  return style == DateStyle::kMysql ? read_mysql(format) : read_java(format);
}

/// Reads the fields of a text, one after the other.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : text_(text) {}

  bool read(const Field& field, bool digits_follow) {
    switch (field.part) {
      case Part::kLiteral:
        if (!text_.substr(at_).starts_with(field.literal)) return false;
        at_ += field.literal.size();
        return true;
      case Part::kYear:
        return number(digits_follow ? 4 : 9, year_);
      case Part::kYearTwo:
        if (!number(2, year_)) return false;
        year_ += year_ < 70 ? 2000 : 1900;
        return true;
      case Part::kMonth:
        return number(2, month_);
      case Part::kMonthName:
        return name(kMonths, 0, month_, 1);
      case Part::kMonthShort:
        return name(kMonths, kShort, month_, 1);
      case Part::kDay:
        return number(2, day_);
      case Part::kDayOfYear:
        return number(3, day_of_year_);
      case Part::kHour:
        return number(2, hour_);
      case Part::kHourHalf:
        return number(2, hour_half_);
      case Part::kMinute:
        return number(2, minute_);
      case Part::kSecond:
        return number(2, second_);
      case Part::kFraction:
        return fraction();
      case Part::kHalf:
        return half();
      case Part::kWeekday:
        return name(kWeekdays, 0, ignored_, 0);
      case Part::kWeekdayShort:
        return name(kWeekdays, kShort, ignored_, 0);
      case Part::kZone:
        return zone();
    }
    return false;
  }

  /// The instant, when everything was read and is a date.
  std::optional<int64_t> finish() const {
    using namespace std::chrono;
    if (at_ != text_.size()) return std::nullopt;
    int hours = hour_;
    if (hour_half_ >= 0) {
      if (hour_half_ < 1 || hour_half_ > 12) return std::nullopt;
      hours = hour_half_ % 12 + (afternoon_ ? 12 : 0);
    }
    if (hours > 23 || minute_ > 59 || second_ > 59) return std::nullopt;
    sys_days days;
    if (day_of_year_ > 0) {
      days = sys_days(year(year_) / 1 / 1) + std::chrono::days(day_of_year_ - 1);
    } else {
      year_month_day date(year(year_), month(static_cast<unsigned>(month_)),
                          day(static_cast<unsigned>(day_)));
      if (!date.ok()) return std::nullopt;
      days = sys_days(date);
    }
    int64_t seconds = int64_t{days.time_since_epoch().count()} * 86400 + hours * 3600 +
                      minute_ * 60 + second_ - offset_seconds_;
    return seconds * 1000000 + microseconds_;
  }

 private:
  bool number(size_t most, int& value) {
    size_t begin = at_;
    int sum = 0;
    while (at_ < text_.size() && at_ - begin < most && is_digit(text_[at_]))
      sum = sum * 10 + (text_[at_++] - '0');
    if (at_ == begin) return false;
    value = sum;
    return true;
  }
  template <size_t N>
  bool name(const std::array<const char*, N>& names, size_t length, int& value, int first) {
    for (size_t i = 0; i < N; ++i) {
      std::string_view word = names[i];
      if (length != 0) word = word.substr(0, length);
      if (!starts_with_ignore_case(text_.substr(at_), word)) continue;
      at_ += word.size();
      value = static_cast<int>(i) + first;
      return true;
    }
    return false;
  }
  bool fraction() {
    size_t begin = at_;
    int64_t unit = 100000;
    microseconds_ = 0;
    for (; at_ < text_.size() && is_digit(text_[at_]) && at_ - begin < 9; ++at_) {
      microseconds_ += (text_[at_] - '0') * unit;
      unit /= 10;
    }
    return at_ > begin;
  }
  bool half() {
    std::string_view rest = text_.substr(at_, 2);
    afternoon_ = equals_ignore_case(rest, "PM");
    if (!afternoon_ && !equals_ignore_case(rest, "AM")) return false;
    at_ += 2;
    return true;
  }
  bool zone() {
    std::string_view rest = text_.substr(at_);
    if (rest.starts_with("Z")) {
      ++at_;
      return true;
    }
    if (rest.empty() || (rest[0] != '+' && rest[0] != '-')) return false;
    int hours = 0, minutes = 0;
    ++at_;
    if (!number(2, hours)) return false;
    if (at_ < text_.size() && text_[at_] == ':') ++at_;
    if (!number(2, minutes)) return false;
    offset_seconds_ = (hours * 3600 + minutes * 60) * (rest[0] == '-' ? -1 : 1);
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
  int year_ = 1970, month_ = 1, day_ = 1, day_of_year_ = 0, hour_ = 0, hour_half_ = -1;
  int minute_ = 0, second_ = 0, ignored_ = 0;
  int64_t microseconds_ = 0, offset_seconds_ = 0;
  bool afternoon_ = false;
};

void append_number(std::string& out, int64_t value, size_t width) {
  std::string digits = std::to_string(value);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

}  // namespace

Result<int64_t> parse_date(std::string_view text, std::string_view format, DateStyle style) {
  TRY_ASSIGN(auto fields, read_format(format, style));
  DateReader reader(text);
  std::optional<int64_t> instant;
  bool good = true;
  for (size_t i = 0; i < fields.size() && good; ++i) {
    bool digits_follow = i + 1 < fields.size() && fields[i + 1].part != Part::kLiteral;
    good = reader.read(fields[i], digits_follow);
  }
  if (good) instant = reader.finish();
  if (!instant)
    return Error{ErrorCode::kInvalidInput, "Invalid format: \"" + printable(text) +
                                               "\" does not fit \"" + printable(format) + "\""};
  return *instant;
}

Status format_date(int64_t microseconds, std::string_view format, DateStyle style,
                   std::string& out) {
  using namespace std::chrono;
  TRY_ASSIGN(auto fields, read_format(format, style));
  sys_time<std::chrono::microseconds> instant{std::chrono::microseconds(microseconds)};
  auto day = floor<days>(instant);
  year_month_day date(day);
  hh_mm_ss time(instant - day);
  int64_t hours = time.hours().count();
  auto month = static_cast<unsigned>(date.month());
  for (const Field& field : fields) {
    switch (field.part) {
      case Part::kLiteral:
        out += field.literal;
        break;
      case Part::kYear:
        append_number(out, static_cast<int>(date.year()), field.width);
        break;
      case Part::kYearTwo:
        append_number(out, static_cast<int>(date.year()) % 100, 2);
        break;
      case Part::kMonth:
        append_number(out, month, field.width);
        break;
      case Part::kMonthName:
        out += kMonths[month - 1];
        break;
      case Part::kMonthShort:
        out += std::string_view(kMonths[month - 1]).substr(0, kShort);
        break;
      case Part::kDay:
        append_number(out, static_cast<unsigned>(date.day()), field.width);
        break;
      case Part::kDayOfYear:
        append_number(out, (day - sys_days(date.year() / 1 / 1)).count() + 1, field.width);
        break;
      case Part::kHour:
        append_number(out, hours, field.width);
        break;
      case Part::kHourHalf:
        append_number(out, hours % 12 == 0 ? 12 : hours % 12, field.width);
        break;
      case Part::kMinute:
        append_number(out, time.minutes().count(), field.width);
        break;
      case Part::kSecond:
        append_number(out, time.seconds().count(), field.width);
        break;
      case Part::kFraction: {
        std::string digits;
        append_number(digits, time.subseconds().count(), 6);
        digits.resize(std::max<size_t>(field.width, 1), '0');
        out += digits;
        break;
      }
      case Part::kHalf:
        out += hours < 12 ? "AM" : "PM";
        break;
      case Part::kWeekday:
        out += kWeekdays[weekday(day).c_encoding()];
        break;
      case Part::kWeekdayShort:
        out += std::string_view(kWeekdays[weekday(day).c_encoding()]).substr(0, kShort);
        break;
      case Part::kZone:
        out += field.zulu ? "Z" : field.colon ? "+00:00" : "+0000";
        break;
    }
  }
  return {};
}

}  // namespace cairn::query
