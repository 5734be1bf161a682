#include "monitor/mute_rule.h"

#include "base/text.h"
#include "monitor/property_reader.h"

#include <algorithm>
#include <array>

namespace cairn::monitor {

namespace {

using std::chrono::minutes;

constexpr Duration kLeast = minutes(1), kMost = std::chrono::hours(15 * 24);
constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                      "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kDays = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

std::optional<int> whole(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  int number = 0;
  for (char c : text) {
    if (!is_digit(c)) return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

template <size_t kSize>
std::optional<int> named(std::string_view text, const std::array<std::string_view, kSize>& names,
                         int first) {
  for (size_t i = 0; i < kSize; ++i) {
    if (equals_ignore_case(text, names[i])) return static_cast<int>(i) + first;
  }
  return whole(text);
}

/// One field of a cron expression as a set of bits: "*", "1,5", "1-5", "*/15", "MON-FRI".
template <typename Read>
std::optional<uint64_t> cron_set(std::string_view field, int least, int most, Read read) {
  uint64_t set = 0;
  for (std::string_view part : split(field, ',')) {
    int step = 1;
    if (size_t slash = part.find('/'); slash != std::string_view::npos) {
      auto given = whole(part.substr(slash + 1));
      if (!given || *given == 0) return std::nullopt;
      step = *given;
      part = part.substr(0, slash);
    }
    int from = least, to = most;
    if (part != "*" && part != "?") {
      size_t dash = part.find('-');
      auto first = read(part.substr(0, dash));
      auto last = dash == std::string_view::npos ? first : read(part.substr(dash + 1));
      if (!first || !last) return std::nullopt;
      from = *first;
      to = dash == std::string_view::npos && step > 1 ? most : *last;
    }
    if (from < least || to > most || from > to) return std::nullopt;
    for (int at = from; at <= to; at += step) set |= uint64_t{1} << at;
  }
  return set;
}

}  // namespace

Result<Duration> parse_iso_duration(std::string_view text) {
  Error wrong{ErrorCode::kInvalidInput,
              "\"" + std::string(text) + "\" is no duration such as PT1H30M or P2D"};
  if (!text.starts_with('P') || text.size() < 3) return wrong;
  Duration sum{};
  bool time = false;
  std::string_view rest = text.substr(1);
  while (!rest.empty()) {
    if (rest.front() == 'T' && !time) {
      time = true;
      rest.remove_prefix(1);
      if (rest.empty()) return wrong;
      continue;
    }
    size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    auto number = whole(rest.substr(0, digits));
    if (!number || digits == rest.size()) return wrong;
    char unit = rest[digits];
    if (!time && unit == 'D') {
      sum += std::chrono::hours(24 * *number);
    } else if (time && unit == 'H') {
      sum += std::chrono::hours(*number);
    } else if (time && unit == 'M') {
      sum += minutes(*number);
    } else if (time && unit == 'S') {
      sum += std::chrono::seconds(*number);
    } else {
      return wrong;
    }
    rest.remove_prefix(digits + 1);
  }
  return sum;
}

std::optional<MuteRule::Cron> MuteRule::parse_cron(std::string_view text) {
  std::vector<std::string_view> fields;
  for (std::string_view field : split(text, ' ')) {
    if (!field.empty()) fields.push_back(field);
  }
  if (fields.size() != 5) return std::nullopt;
  auto day_of_week = [](std::string_view word) {
    auto day = named(word, kDays, 0);
    return day == 7 ? std::optional<int>(0) : day;  // both are Sunday
  };
  auto minute = cron_set(fields[0], 0, 59, whole), hour = cron_set(fields[1], 0, 23, whole);
  auto day = cron_set(fields[2], 1, 31, whole);
  auto month =
      cron_set(fields[3], 1, 12, [](std::string_view word) { return named(word, kMonths, 1); });
  auto weekday = cron_set(fields[4], 0, 6, day_of_week);
  if (!minute || !hour || !day || !month || !weekday) return std::nullopt;
  auto any = [](std::string_view field) { return field == "*" || field == "?"; };
  return Cron{*minute, *hour, *day, *month, *weekday, any(fields[2]), any(fields[4])};
}

Result<MuteRule> MuteRule::parse(const JsonTree& tree, uint32_t node) {
  PropertyReader properties(tree, node);
  TRY(properties.check_object("a mute rule"));
  MuteRule rule;
  TRY_ASSIGN(rule.name_, properties.text_or("Name", ""));
  TRY_ASSIGN(uint32_t schedule, properties.object("Rule"));
  TRY_ASSIGN(schedule, PropertyReader(tree, schedule).object("Schedule"));
  TRY(rule.read_schedule(tree, schedule));
  for (auto [name, to] :
       {std::pair("StartDate", &rule.from_), std::pair("ExpireDate", &rule.to_)}) {
    if (!properties.has(name)) continue;
    TRY_ASSIGN(std::string text, properties.text(name));
    *to = parse_event_time(text);
    if (!*to) return PropertyReader::wrong(name, "is no time: " + text);
  }
  TRY_ASSIGN(uint32_t targets, properties.object("MuteTargets"));
  TRY_ASSIGN(uint32_t names, PropertyReader(tree, targets).array("AlarmNames"));
  for (uint32_t item = names + 1; item < tree[names].next; item = tree[item].next) {
    if (!tree[item].is_string())
      return PropertyReader::wrong("AlarmNames", "holds other than texts");
    rule.alarms_.emplace_back(tree[item].text);
  }
  if (rule.alarms_.empty() || rule.alarms_.size() > kAlarmsLimit)
    return PropertyReader::wrong("AlarmNames", "must name 1 to 100 alarms");
  return rule;
}

Status MuteRule::read_schedule(const JsonTree& tree, uint32_t node) {
  PropertyReader properties(tree, node);
  TRY_ASSIGN(std::string zone, properties.text_or("Timezone", "UTC"));
  auto parsed = Zone::parse(zone);
  if (!parsed.ok()) return std::move(parsed).error().with_context("Timezone");
  zone_ = parsed.value();
  TRY_ASSIGN(std::string duration, properties.text("Duration"));
  auto length = parse_iso_duration(duration);
  if (!length.ok()) return std::move(length).error().with_context("Duration");
  length_ = length.value();
  if (length_ < kLeast || length_ > kMost)
    return PropertyReader::wrong("Duration", "is not from PT1M to P15D");
  TRY_ASSIGN(std::string text, properties.text("Expression"));
  std::string_view expression = text;
  auto inner = [&](std::string_view name) -> std::optional<std::string_view> {
    if (!expression.starts_with(name) || !expression.ends_with(')')) return std::nullopt;
    return expression.substr(name.size(), expression.size() - name.size() - 1);
  };
  if (auto cron = inner("cron(")) {
    cron_ = parse_cron(*cron);
    if (cron_) return {};
  } else if (auto once = inner("at(")) {
    std::string full(*once);
    if (full.size() == 16) full += ":00";
    if (auto time = parse_event_time(full)) {
      once_ = zone_.first_at(*time);
      return {};
    }
  }
  return PropertyReader::wrong(
      "Expression", "is neither cron(minutes hours day month weekday) nor at(2026-01-31T12:00): " +
                        printable(text));
}

bool MuteRule::begins(Timestamp minute) const {
  const Timestamp local = zone_.local(minute);
  auto day = std::chrono::floor<std::chrono::days>(local);
  std::chrono::year_month_day date(day);
  auto within = std::chrono::floor<minutes>(local - day).count();
  auto has = [](uint64_t set, auto bit) { return (set >> static_cast<unsigned>(bit) & 1) != 0; };
  if (!has(cron_->minutes, within % 60) || !has(cron_->hours, within / 60)) return false;
  if (!has(cron_->months, static_cast<unsigned>(date.month()))) return false;
  bool on_day = has(cron_->days, static_cast<unsigned>(date.day()));
  bool on_weekday = has(cron_->weekdays, std::chrono::weekday(day).c_encoding());
  // As cron does: of two given days either will do.
  if (!cron_->any_day && !cron_->any_weekday) return on_day || on_weekday;
  return on_day && on_weekday;
}

bool MuteRule::mutes(const std::string& alarm, Timestamp time) const {
  if (std::find(alarms_.begin(), alarms_.end(), alarm) == alarms_.end()) return false;
  if ((from_ && time < *from_) || (to_ && time >= *to_)) return false;
  if (!cron_) return time >= once_ && time < once_ + length_;
  Timestamp minute = std::chrono::floor<minutes>(time);
  for (; time - minute < length_; minute -= minutes(1)) {
    if (begins(minute)) return true;
  }
  return false;
}

}  // namespace cairn::monitor
