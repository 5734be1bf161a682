// Functions of Athena in C++: JSON by path, dates by format, addresses, URLs.

#include "base/text.h"
#include "query/addresses.h"
#include "query/athena.h"
#include "query/date_formats.h"
#include "query/json_path.h"

#include <charconv>
#include <chrono>
#include <map>
#include <optional>

namespace cairn::query {

namespace {

using duck::Scalar;
using duck::ScalarFunction;
using duck::ScalarKind;
using Arguments = std::span<const Scalar>;

Scalar null_value() {
  Scalar value;
  value.null = true;
  return value;
}
Scalar text_value(std::string_view text) {
  Scalar value;
  value.text = text;
  return value;
}
Scalar integer_value(int64_t number) {
  Scalar value;
  value.integer = number;
  return value;
}

/// Paths are constants in nearly every query: the last one of each thread is kept.
Result<const JsonPath*> path_of(std::string_view text) {
  struct Last {
    std::string text;
    std::optional<JsonPath> path;
  };
  thread_local Last last;
  if (!last.path || last.text != text) {
    TRY_ASSIGN(auto path, JsonPath::parse(text));
    last.text = text;
    last.path = std::move(path);
  }
  return &*last.path;
}

bool is_scalar(const JsonValue& value) {
  return value.kind != JsonKind::kObject && value.kind != JsonKind::kArray;
}

Result<Scalar> json_extract_scalar(Arguments arguments, std::string& scratch) {
  TRY_ASSIGN(const JsonPath* path, path_of(arguments[1].text));
  auto value = find_json(arguments[0].text, *path);
  if (!value || !is_scalar(*value) || value->kind == JsonKind::kNull) return null_value();
  if (value->kind != JsonKind::kString) return text_value(value->text);
  scratch = json_scalar_text(*value);
  return text_value(scratch);
}

Result<Scalar> json_extract(Arguments arguments, std::string& scratch) {
  TRY_ASSIGN(const JsonPath* path, path_of(arguments[1].text));
  auto value = find_json(arguments[0].text, *path);
  if (!value) return null_value();
  scratch.clear();
  append_compact_json(value->text, scratch);
  return text_value(scratch);
}

/// A member of a JSON column by dots: scalars as text, objects and arrays as JSON.
Result<Scalar> json_member(Arguments arguments, std::string& scratch) {
  TRY_ASSIGN(const JsonPath* path, path_of(arguments[1].text));
  auto value = find_json(arguments[0].text, *path, true);
  if (!value || value->kind == JsonKind::kNull) return null_value();
  scratch = json_scalar_text(*value);
  return text_value(scratch);
}

/// CAST(json AS VARCHAR): what is no scalar has no text.
Result<Scalar> json_text(Arguments arguments, std::string& scratch) {
  auto value = find_json(arguments[0].text, JsonPath());
  if (!value || value->kind == JsonKind::kNull) return null_value();
  if (!is_scalar(*value))
    return Error{ErrorCode::kInvalidInput, "Cannot cast '" +
                                               truncate_to_width(printable(value->text), 60) +
                                               "' to VARCHAR: it is no scalar; use json_format"};
  scratch = json_scalar_text(*value);
  return text_value(scratch);
}

Result<Scalar> try_json_text(Arguments arguments, std::string& scratch) {
  auto value = json_text(arguments, scratch);
  return value.ok() ? std::move(value) : null_value();
}

Result<Scalar> json_array_length(Arguments arguments, std::string&) {
  auto elements = json_elements(arguments[0].text);
  if (!elements || trim(arguments[0].text).front() != '[') return null_value();
  return integer_value(static_cast<int64_t>(elements->size()));
}

Result<Scalar> json_size(Arguments arguments, std::string&) {
  TRY_ASSIGN(const JsonPath* path, path_of(arguments[1].text));
  auto value = find_json(arguments[0].text, *path);
  if (!value) return null_value();
  if (is_scalar(*value)) return integer_value(0);
  auto elements = json_elements(value->text);
  return elements ? integer_value(static_cast<int64_t>(elements->size())) : null_value();
}

Result<Scalar> json_array_get(Arguments arguments, std::string& scratch) {
  auto elements = json_elements(arguments[0].text);
  if (!elements || trim(arguments[0].text).front() != '[') return null_value();
  auto count = static_cast<int64_t>(elements->size());
  int64_t index = arguments[1].integer;
  if (index < 0) index += count;
  if (index < 0 || index >= count) return null_value();
  scratch.clear();
  append_compact_json((*elements)[static_cast<size_t>(index)].text, scratch);
  return text_value(scratch);
}

template <typename Same>
Result<Scalar> contains_element(std::string_view json, Same same) {
  auto elements = json_elements(json);
  if (!elements || trim(json).front() != '[') return null_value();
  for (const JsonValue& element : *elements) {
    if (same(element)) return integer_value(1);
  }
  return integer_value(0);
}

Result<Scalar> array_contains_text(Arguments arguments, std::string&) {
  return contains_element(arguments[0].text, [&](const JsonValue& element) {
    return element.kind == JsonKind::kString && json_scalar_text(element) == arguments[1].text;
  });
}
Result<Scalar> array_contains_boolean(Arguments arguments, std::string&) {
  JsonKind wanted = arguments[1].integer != 0 ? JsonKind::kTrue : JsonKind::kFalse;
  return contains_element(arguments[0].text,
                          [&](const JsonValue& element) { return element.kind == wanted; });
}
Result<Scalar> array_contains_number(Arguments arguments, std::string&) {
  return contains_element(arguments[0].text, [&](const JsonValue& element) {
    double number = 0;
    const char* end = element.text.data() + element.text.size();
    return element.kind == JsonKind::kNumber &&
           std::from_chars(element.text.data(), end, number).ptr == end &&
           number == arguments[1].number;
  });
}

Result<Scalar> is_json_scalar(Arguments arguments, std::string&) {
  auto value = find_json(arguments[0].text, JsonPath());
  if (!value)
    return Error{ErrorCode::kInvalidInput,
                 "Invalid JSON: " + truncate_to_width(printable(arguments[0].text), 60)};
  return integer_value(is_scalar(*value) ? 1 : 0);
}

// Dates.

template <DateStyle style>
Result<Scalar> parse_by_format(Arguments arguments, std::string&) {
  TRY_ASSIGN(int64_t instant, parse_date(arguments[0].text, arguments[1].text, style));
  return integer_value(instant);
}

template <DateStyle style>
Result<Scalar> write_by_format(Arguments arguments, std::string& scratch) {
  scratch.clear();
  TRY(format_date(arguments[0].integer, arguments[1].text, style, scratch));
  return text_value(scratch);
}

constexpr int64_t kDayMicroseconds = int64_t{86400} * 1000000;

/// Adds months; the day stays within the month.
int64_t add_months(int64_t microseconds, int64_t months) {
  using namespace std::chrono;
  sys_time<std::chrono::microseconds> instant{std::chrono::microseconds(microseconds)};
  auto day = floor<days>(instant);
  year_month_day date(day);
  date += std::chrono::months(months);
  if (!date.ok()) date = date.year() / date.month() / last;
  return (sys_days(date) + (instant - day)).time_since_epoch() / std::chrono::microseconds(1);
}

Result<int64_t> add_unit(std::string_view unit, int64_t count, int64_t microseconds) {
  struct Length {
    std::string_view name;
    int64_t microseconds, months;
  };
  static constexpr Length kLengths[] = {{"millisecond", 1000, 0},
                                        {"second", 1000000, 0},
                                        {"minute", 60000000, 0},
                                        {"hour", 3600000000, 0},
                                        {"day", kDayMicroseconds, 0},
                                        {"week", 7 * kDayMicroseconds, 0},
                                        {"month", 0, 1},
                                        {"quarter", 0, 3},
                                        {"year", 0, 12}};
  constexpr int64_t kMost = 1000000000;  // of any unit: within what an instant holds, or refused
  for (const Length& length : kLengths) {
    if (!equals_ignore_case(unit, length.name)) continue;
    int64_t step = 0, sum = 0;
    bool far = length.months != 0 ? count > 120000 || count < -120000
                                  : __builtin_mul_overflow(count, length.microseconds, &step) ||
                                        __builtin_add_overflow(microseconds, step, &sum);
    if (far || (length.microseconds >= kDayMicroseconds && (count > kMost || count < -kMost)))
      return Error{ErrorCode::kInvalidInput, "date_add: the date is out of range"};
    return length.months != 0 ? add_months(microseconds, count * length.months) : sum;
  }
  return Error{ErrorCode::kInvalidInput, "'" + printable(unit) + "' is not a valid unit of time"};
}

Result<Scalar> date_add_instant(Arguments arguments, std::string&) {
  TRY_ASSIGN(int64_t sum, add_unit(arguments[0].text, arguments[1].integer, arguments[2].integer));
  return integer_value(sum);
}

Result<Scalar> date_add_day(Arguments arguments, std::string&) {
  std::string_view unit = arguments[0].text;
  for (std::string_view small : {"millisecond", "second", "minute", "hour"}) {
    if (equals_ignore_case(unit, small))
      return Error{ErrorCode::kInvalidInput, "'" + printable(unit) + "' is not a valid DATE field"};
  }
  TRY_ASSIGN(int64_t sum,
             add_unit(unit, arguments[1].integer, arguments[2].integer * kDayMicroseconds));
  return integer_value(sum / kDayMicroseconds - (sum % kDayMicroseconds < 0 ? 1 : 0));
}

template <bool zone>
Result<Scalar> iso_instant(Arguments arguments, std::string& scratch) {
  scratch.clear();
  TRY(format_date(arguments[0].integer,
                  zone ? "yyyy-MM-dd'T'HH:mm:ss.SSSX" : "yyyy-MM-dd'T'HH:mm:ss.SSS",
                  DateStyle::kJava, scratch));
  return text_value(scratch);
}
Result<Scalar> iso_day(Arguments arguments, std::string& scratch) {
  scratch.clear();
  TRY(format_date(arguments[0].integer * kDayMicroseconds, "yyyy-MM-dd", DateStyle::kJava,
                  scratch));
  return text_value(scratch);
}

// Addresses.

Result<Scalar> cidr_contains(Arguments arguments, std::string&) {
  auto network = read_network(arguments[0].text);
  if (!network)
    return Error{ErrorCode::kInvalidInput, "Invalid CIDR: " + printable(arguments[0].text)};
  auto address = read_address(arguments[1].text);
  if (!address) return null_value();  // a service's name, "AWS Internal"
  return integer_value(network->contains(*address) ? 1 : 0);
}

Result<Scalar> try_address(Arguments arguments, std::string& scratch) {
  auto address = read_address(arguments[0].text);
  if (!address) return null_value();
  scratch = address->text();
  return text_value(scratch);
}

Result<Scalar> address_text(Arguments arguments, std::string& scratch) {
  TRY_ASSIGN(Scalar value, try_address(arguments, scratch));
  if (value.null)
    return Error{ErrorCode::kInvalidInput, "Cannot cast value to IPADDRESS: " +
                                               truncate_to_width(printable(arguments[0].text), 60) +
                                               " (TRY_CAST gives NULL instead)"};
  return value;
}

// URLs: RFC 3986, appendix B.

struct Url {
  std::string_view protocol, host, port, path, query, fragment;
};

std::optional<Url> read_url(std::string_view text) {
  Url url;
  size_t scheme = text.find("://");
  if (scheme == std::string_view::npos || text.find(' ') != std::string_view::npos)
    return std::nullopt;
  url.protocol = text.substr(0, scheme);
  std::string_view rest = text.substr(scheme + 3);
  if (size_t at = rest.find('#'); at != std::string_view::npos) {
    url.fragment = rest.substr(at + 1);
    rest = rest.substr(0, at);
  }
  if (size_t at = rest.find('?'); at != std::string_view::npos) {
    url.query = rest.substr(at + 1);
    rest = rest.substr(0, at);
  }
  size_t slash = std::min(rest.find('/'), rest.size());
  url.path = rest.substr(slash);
  std::string_view authority = rest.substr(0, slash);
  if (size_t at = authority.rfind('@'); at != std::string_view::npos)
    authority = authority.substr(at + 1);
  size_t colon = authority.rfind(':');
  bool port =
      colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  url.host = port ? authority.substr(0, colon) : authority;
  if (port) url.port = authority.substr(colon + 1);
  return url;
}

template <std::string_view Url::*part>
Result<Scalar> url_part(Arguments arguments, std::string&) {
  auto url = read_url(arguments[0].text);
  return url ? text_value((*url).*part) : null_value();
}

Result<Scalar> url_port(Arguments arguments, std::string&) {
  auto url = read_url(arguments[0].text);
  int64_t port = 0;
  if (!url || url->port.empty()) return null_value();
  const char* end = url->port.data() + url->port.size();
  if (std::from_chars(url->port.data(), end, port).ptr != end) return null_value();
  return integer_value(port);
}

Result<Scalar> url_parameter(Arguments arguments, std::string&) {
  auto url = read_url(arguments[0].text);
  if (!url) return null_value();
  for (std::string_view pair : split(url->query, '&')) {
    size_t equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) == arguments[1].text)
      return text_value(equals < pair.size() ? pair.substr(equals + 1) : std::string_view());
  }
  return null_value();
}

}  // namespace

std::vector<ScalarFunction> athena_functions() {
  using Kind = ScalarKind;
  constexpr Kind kText = Kind::kText, kInteger = Kind::kInteger, kBoolean = Kind::kBoolean;
  std::vector<ScalarFunction> list;
  auto add = [&](std::string name, std::vector<Kind> arguments, Kind result,
                 Result<Scalar> (*call)(Arguments, std::string&)) {
    list.push_back({std::move(name), std::move(arguments), result, true, call});
  };
  add("json_extract_scalar", {kText, kText}, kText, json_extract_scalar);
  add("athena_json_extract", {kText, kText}, Kind::kJson, json_extract);
  add("athena_json_member", {kText, kText}, kText, json_member);
  add("athena_json_text", {kText}, kText, json_text);
  add("athena_try_json_text", {kText}, kText, try_json_text);
  add("athena_json_array_length", {kText}, kInteger, json_array_length);
  add("json_size", {kText, kText}, kInteger, json_size);
  add("json_array_get", {kText, kInteger}, Kind::kJson, json_array_get);
  add("json_array_contains", {kText, kText}, kBoolean, array_contains_text);
  add("json_array_contains", {kText, kBoolean}, kBoolean, array_contains_boolean);
  add("json_array_contains", {kText, Kind::kDouble}, kBoolean, array_contains_number);
  add("is_json_scalar", {kText}, kBoolean, is_json_scalar);

  add("date_parse", {kText, kText}, Kind::kTimestamp, parse_by_format<DateStyle::kMysql>);
  add("parse_datetime", {kText, kText}, Kind::kInstant, parse_by_format<DateStyle::kJava>);
  add("athena_date_format", {Kind::kTimestamp, kText}, kText, write_by_format<DateStyle::kMysql>);
  add("athena_format_datetime", {Kind::kTimestamp, kText}, kText,
      write_by_format<DateStyle::kJava>);
  add("athena_date_add", {kText, kInteger, Kind::kTimestamp}, Kind::kTimestamp, date_add_instant);
  add("athena_date_add", {kText, kInteger, Kind::kInstant}, Kind::kInstant, date_add_instant);
  add("athena_date_add", {kText, kInteger, Kind::kDate}, Kind::kDate, date_add_day);
  add("to_iso8601", {Kind::kTimestamp}, kText, iso_instant<false>);
  add("to_iso8601", {Kind::kInstant}, kText, iso_instant<true>);
  add("to_iso8601", {Kind::kDate}, kText, iso_day);

  add("cidr_contains", {kText, kText}, kBoolean, cidr_contains);
  add("athena_ip", {kText}, kText, address_text);
  add("athena_try_ip", {kText}, kText, try_address);

  add("url_extract_protocol", {kText}, kText, url_part<&Url::protocol>);
  add("url_extract_host", {kText}, kText, url_part<&Url::host>);
  add("url_extract_path", {kText}, kText, url_part<&Url::path>);
  add("url_extract_query", {kText}, kText, url_part<&Url::query>);
  add("url_extract_fragment", {kText}, kText, url_part<&Url::fragment>);
  add("url_extract_port", {kText}, kInteger, url_port);
  add("url_extract_parameter", {kText, kText}, kText, url_parameter);
  return list;
}

}  // namespace cairn::query
