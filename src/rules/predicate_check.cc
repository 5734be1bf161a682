#include "rules/predicate_check.h"

#include "base/check.h"
#include "base/find_text.h"
#include "base/text.h"
#include "base/time.h"
#include "rules/case_fold.h"
#include "rules/day_span.h"
#include "rules/pattern_rule.h"
#include "rules/policy.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <unordered_set>
#include <utility>

namespace cairn::rules {
namespace {

constexpr size_t kFewValues = 30;  // of a field: less work to compare each with each than to hash
constexpr int64_t kRegexBytesLimit = 4 << 20;  // program and automaton of one regular expression

bool compares(Operator op, const Number& left, const Number& right) {
  auto decide = [op](auto a, auto b) {
    switch (op) {
      case Operator::kLess:
        return a < b;
      case Operator::kLessOrEqual:
        return a <= b;
      case Operator::kGreater:
        return a > b;
      case Operator::kGreaterOrEqual:
        return a >= b;
      default:
        return a == b;
    }
  };
  if (left.is_whole && right.is_whole) return decide(left.whole, right.whole);
  return decide(left.value, right.value);
}

bool compares(Operator op, std::string_view value, std::string_view operand) {
  switch (op) {
    case Operator::kStartsWith:
    case Operator::kFieldStartsWith:
      return value.starts_with(operand);
    case Operator::kEndsWith:
    case Operator::kFieldEndsWith:
      return value.ends_with(operand);
    case Operator::kContains:
    case Operator::kFieldContains:
      return value.find(operand) != std::string_view::npos;
    default:
      return value == operand;
  }
}

int64_t iso_week(std::chrono::sys_days day) {
  using namespace std::chrono;
  // The week's Thursday decides which year it belongs to.
  sys_days thursday = day + days(4 - static_cast<int>(weekday(day).iso_encoding()));
  sys_days january_first = sys_days(year_month_day(thursday).year() / January / 1);
  return (thursday - january_first).count() / 7 + 1;
}

struct CalendarTime {
  std::chrono::year_month_day date;
  int64_t hour = 0, minute = 0;
};

// "YYYY-MM-DDThh:mm…" or with a space for the T.
std::optional<CalendarTime> read_calendar_time(std::string_view text) {
  auto digits = [text](size_t at, size_t count) {
    int value = 0;
    for (char c : text.substr(at, count)) value = is_digit(c) ? value * 10 + (c - '0') : -100000;
    return value;
  };
  if (text.size() < 16 || text[4] != '-' || text[7] != '-' || text[13] != ':') return std::nullopt;
  if (text[10] != 'T' && text[10] != ' ') return std::nullopt;
  int month = digits(5, 2), day = digits(8, 2);
  CalendarTime time;
  time.hour = digits(11, 2);
  time.minute = digits(14, 2);
  if (digits(0, 4) < 0 || month < 1 || day < 1) return std::nullopt;
  if (time.hour < 0 || time.hour > 23 || time.minute < 0 || time.minute > 59) return std::nullopt;
  time.date = std::chrono::year(digits(0, 4)) / month / day;
  return time.date.ok() ? std::optional(time) : std::nullopt;
}

std::optional<CalendarTime> read_time(std::string_view text) {
  if (auto written = read_calendar_time(text)) return written;
  auto instant = parse_event_time(text);
  if (!instant) return std::nullopt;
  auto day = std::chrono::floor<std::chrono::days>(*instant);
  auto minutes = std::chrono::duration_cast<std::chrono::minutes>(*instant - day).count();
  return CalendarTime{day, minutes / 60, minutes % 60};
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  char small = ascii_lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// Reads the four digits after "\u" at `at`; -1 when they are not there.
int32_t read_unicode_escape(std::string_view raw, size_t at) {
  if (at + 6 > raw.size() || raw[at] != '\\' || raw[at + 1] != 'u') return -1;
  int32_t code = 0;
  for (size_t i = at + 2; i < at + 6; ++i) {
    int digit = hex_value(raw[i]);
    if (digit < 0) return -1;
    code = code * 16 + digit;
  }
  return code;
}

void append_utf8(std::string& out, uint32_t code) {
  auto put = [&out](uint32_t byte) {
    out.push_back(static_cast<char>(static_cast<uint8_t>(byte)));
  };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

// Undoes the escape at `at`; returns its length. What is no escape of JSON stays.
size_t append_unescaped(std::string& out, std::string_view raw, size_t at) {
  char c = at + 1 < raw.size() ? raw[at + 1] : '\0';
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
  if (size_t named = kNames.find(c); c != '\0' && named != std::string_view::npos) {
    out += kValues[named];
    return 2;
  }
  int32_t code = read_unicode_escape(raw, at);
  if (code < 0) {
    out += raw[at];
    return 1;
  }
  auto high = static_cast<uint32_t>(code);
  if (high >= 0xD800 && high < 0xDC00) {
    int32_t low = read_unicode_escape(raw, at + 6);
    if (low >= 0xDC00 && low < 0xE000) {
      append_utf8(out, 0x10000 + ((high - 0xD800) << 10) + (static_cast<uint32_t>(low) - 0xDC00));
      return 12;
    }
  }
  append_utf8(out, high >= 0xD800 && high < 0xE000 ? 0xFFFD : high);
  return 6;
}

}  // namespace

std::optional<Number> parse_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  size_t first = text.starts_with('-') ? 1 : 0;
  if (first >= text.size() || !(is_digit(text[first]) || text[first] == '.')) return std::nullopt;
  const char* end = text.data() + text.size();
  Number number;
  auto whole = std::from_chars(text.data(), end, number.whole);
  number.is_whole = whole.ec == std::errc() && whole.ptr == end;
  if (number.is_whole) {
    number.value = static_cast<double>(number.whole);
    return number;
  }
  auto parsed = std::from_chars(text.data(), end, number.value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

std::optional<int64_t> time_part(std::string_view text, TimePart part) {
  auto time = read_time(text);
  if (!time) return std::nullopt;
  switch (part) {
    case TimePart::kMinute:
      return time->minute;
    case TimePart::kHour:
      return time->hour;
    case TimePart::kDay:
      return static_cast<int64_t>(static_cast<unsigned>(time->date.day()));
    case TimePart::kWeek:
      return iso_week(std::chrono::sys_days(time->date));
    case TimePart::kMonth:
      return static_cast<int64_t>(static_cast<unsigned>(time->date.month()));
    case TimePart::kYear:
      return static_cast<int>(time->date.year());
    case TimePart::kNone:
      break;
  }
  return std::nullopt;
}

std::unique_ptr<re2::RE2> compile_regex(std::string_view text) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexBytesLimit);
  return std::make_unique<re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
}

struct PredicateCheck::LazyRegex {
  explicit LazyRegex(std::string text_in) : text(std::move(text_in)) {}

  const RE2& get() {
    std::call_once(once, [this] {
      regex = compile_regex(text);
      CAIRN_CHECK(regex->ok());
    });
    return *regex;
  }

  const std::string text;
  std::once_flag once;
  std::unique_ptr<RE2> regex;
};

PredicateCheck::PredicateCheck(const Predicate& predicate) : predicate_(predicate) {
  ascii_ = std::all_of(predicate.operands.begin(), predicate.operands.end(), [](const auto& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
  });
  for (const std::string& operand : predicate.operands) {
    if (predicate.op == Operator::kGlob) {
      patterns_.push_back(Pattern::parse(operand));
    } else if (predicate.op == Operator::kRegex) {
      regexes_.push_back(std::make_unique<LazyRegex>(operand));
    } else if (predicate.op == Operator::kCidr) {
      bool host_bits = false;
      auto network = parse_network(operand, host_bits);
      CAIRN_CHECK(network.has_value());
      networks_.push_back(*network);
    } else if (predicate.op >= Operator::kNumberEquals &&
               predicate.op <= Operator::kGreaterOrEqual) {
      auto number = parse_number(operand);
      CAIRN_CHECK(number.has_value());
      numbers_.push_back(*number);
    } else if (predicate.op == Operator::kTimeOfDay) {
      auto span = parse_day_span(operand);
      CAIRN_CHECK(span.has_value());
      day_spans_.push_back(*span);
    }
  }
  Diagnostics ignored;
  if (predicate.op == Operator::kFilterPattern) {
    auto parsed = FilterPattern::parse(predicate.operands[0], "pattern", ignored);
    CAIRN_CHECK(parsed.has_value());
    filter_ = std::make_unique<FilterPattern>(std::move(*parsed));
  } else if (predicate.op == Operator::kEventPattern) {
    auto parsed = EventPattern::parse(predicate.operands[0], "pattern", ignored);
    CAIRN_CHECK(parsed.has_value());
    parsed->join_sign_in_spellings();
    event_pattern_ = std::make_unique<EventPattern>(std::move(*parsed));
  }
  if (predicate.op == Operator::kElement)
    element_ = std::make_unique<ElementCheck>(*predicate.inner);
}

PredicateCheck::PredicateCheck(PredicateCheck&&) noexcept = default;
PredicateCheck& PredicateCheck::operator=(PredicateCheck&&) noexcept = default;
PredicateCheck::~PredicateCheck() = default;

bool PredicateCheck::holds(const Event& event, CheckScratch& scratch) const {
  if (filter_ != nullptr || event_pattern_ != nullptr) return holds_for_pattern(event, scratch);
  if (predicate_.on_record()) {
    if (predicate_.op >= Operator::kHasValue) return predicate_.op != Operator::kNullOrMissing;
    if (holds_for(event.raw(), scratch)) return true;
    std::string_view plain = unescaped_record(event.raw(), scratch.record);
    return plain.data() != event.raw().data() && holds_for(plain, scratch);
  }
  std::span<const FieldValue> values = event.all(predicate_.slot);
  auto has_value = [](const FieldValue& value) { return value.has_value(); };
  auto is_null = [](const FieldValue& value) { return value.is_null(); };
  switch (predicate_.op) {
    case Operator::kExists:
      return !values.empty();
    case Operator::kHasValue:
      return std::any_of(values.begin(), values.end(), has_value);
    case Operator::kNullOrMissing:
      return values.empty() || std::any_of(values.begin(), values.end(), is_null);
    case Operator::kFieldEquals:
    case Operator::kFieldStartsWith:
    case Operator::kFieldEndsWith:
    case Operator::kFieldContains:
      return holds_for_fields(event, scratch);
    case Operator::kGrants:
    case Operator::kElement:
      return holds_for_documents(event, scratch);
    default:
      return std::any_of(values.begin(), values.end(), [&](const FieldValue& value) {
        return value.has_value() && holds_for(value.text, scratch);
      });
  }
}

bool PredicateCheck::holds_for(std::string_view value, CheckScratch& scratch) const {
  switch (predicate_.op) {
    case Operator::kRegex: {
      re2::StringPiece text(value.data(), value.size());
      return std::any_of(regexes_.begin(), regexes_.end(), [text](const auto& regex) {
        return RE2::PartialMatch(text, regex->get());
      });
    }
    case Operator::kCidr: {
      auto address = parse_address(value);
      return address &&
             std::any_of(networks_.begin(), networks_.end(),
                         [&](const Network& network) { return network.contains(*address); });
    }
    case Operator::kPrefixBits:
      return std::any_of(predicate_.operands.begin(), predicate_.operands.end(),
                         [&](const std::string& bits) { return has_prefix_bits(value, bits); });
    case Operator::kTimeOfDay:
      return std::any_of(day_spans_.begin(), day_spans_.end(),
                         [&](const DaySpan& span) { return span.contains(value); });
    case Operator::kCovers:
    case Operator::kGrants:
    case Operator::kElement:
    case Operator::kFilterPattern:
    case Operator::kEventPattern:
      return false;  // these need more than one value
    default:
      return numbers_.empty() ? holds_for_text(value, scratch) : holds_for_number(value);
  }
}

bool PredicateCheck::holds_for_pattern(const Event& event, CheckScratch& scratch) const {
  if (filter_ != nullptr) {
    if (!scratch.log) scratch.log = std::make_unique<LogEvent>();
    scratch.log->set(event.raw());
    return filter_->matches(*scratch.log);
  }
  const FieldTable& fields = event.fields();
  auto text = [&](std::string_view path) {
    auto slot = fields.find(path);
    return slot ? event.text(*slot) : std::string_view();
  };
  std::string_view account = text("recipientAccountId");
  if (account.empty()) account = text("userIdentity.accountId");
  write_envelope(event.raw(), text("eventSource"), text("eventType"), text("eventID"), account,
                 text("awsRegion"), text("eventTime"), scratch.document);
  if (!scratch.json) scratch.json = std::make_unique<JsonTree>();
  return scratch.json->parse(scratch.document).ok() && event_pattern_->matches(*scratch.json);
}

bool PredicateCheck::holds_for_documents(const Event& event, CheckScratch& scratch) const {
  if (!scratch.json) scratch.json = std::make_unique<JsonTree>();
  for (const FieldValue& value : event.all(predicate_.slot)) {
    if (!value.has_value()) continue;
    std::string_view text = policy_text(value.text, scratch.document);
    if (!text.starts_with('{') && !text.starts_with('[')) continue;
    if (!scratch.json->parse(text).ok()) continue;
    if (predicate_.op == Operator::kElement) {
      if (element_->holds(*scratch.json, scratch)) return true;
      continue;
    }
    PolicyGrants grants = read_policy(*scratch.json, event.text(predicate_.other_slot));
    for (const std::string& wanted : predicate_.operands) {
      if ((wanted == kGrantsAdmin && grants.admin) ||
          (wanted == kGrantsEveryone && grants.everyone) ||
          (wanted == kGrantsForeign && grants.foreign))
        return true;
    }
  }
  return false;
}

bool PredicateCheck::holds_for_text(std::string_view value, CheckScratch& scratch) const {
  // Folding turns no other letter into one of ASCII, so both ways give the same answer.
  if (predicate_.ignore_case && ascii_ && predicate_.op == Operator::kContains) {
    return std::any_of(
        predicate_.operands.begin(), predicate_.operands.end(),
        [value](const std::string& operand) { return contains_ignore_case(value, operand); });
  }
  if (predicate_.ignore_case) value = folded(value, scratch.fold);
  if (predicate_.op == Operator::kGlob) {
    return std::any_of(patterns_.begin(), patterns_.end(),
                       [value](const Pattern& pattern) { return pattern.matches(value); });
  }
  return std::any_of(
      predicate_.operands.begin(), predicate_.operands.end(),
      [&](const std::string& operand) { return compares(predicate_.op, value, operand); });
}

bool PredicateCheck::holds_for_number(std::string_view value) const {
  std::optional<Number> number;
  if (predicate_.part == TimePart::kNone) {
    number = parse_number(value);
  } else if (auto part = time_part(value, predicate_.part)) {
    number = Number{static_cast<double>(*part), *part, true};
  }
  return number && std::any_of(numbers_.begin(), numbers_.end(), [&](const Number& operand) {
           return compares(predicate_.op, *number, operand);
         });
}

bool PredicateCheck::have_one_in_common(std::span<const FieldValue> values,
                                        std::span<const FieldValue> others,
                                        CheckScratch& scratch) const {
  auto seen_as = [&](const FieldValue& value) {
    return predicate_.ignore_case ? folded(value.text, scratch.fold) : value.text;
  };
  std::unordered_set<std::string> known;
  for (const FieldValue& value : values)
    if (value.has_value()) known.emplace(seen_as(value));
  return std::any_of(others.begin(), others.end(), [&](const FieldValue& other) {
    return other.has_value() && known.contains(std::string(seen_as(other)));
  });
}

bool PredicateCheck::holds_for_fields(const Event& event, CheckScratch& scratch) const {
  std::span<const FieldValue> values = event.all(predicate_.slot);
  std::span<const FieldValue> others = event.all(predicate_.other_slot);
  if (predicate_.op == Operator::kFieldEquals && values.size() > kFewValues &&
      others.size() > kFewValues)
    return have_one_in_common(values, others, scratch);
  for (const FieldValue& value : values) {
    if (!value.has_value()) continue;
    std::string_view left = predicate_.ignore_case ? folded(value.text, scratch.fold) : value.text;
    for (const FieldValue& other : others) {
      if (!other.has_value()) continue;
      std::string_view right =
          predicate_.ignore_case ? folded(other.text, scratch.other_fold) : other.text;
      if (compares(predicate_.op, left, right)) return true;
    }
  }
  return false;
}

std::string_view unescaped_record(std::string_view raw, std::string& scratch) {
  size_t at = raw.find('\\');
  if (at == std::string_view::npos) return raw;
  scratch.clear();
  size_t copied = 0;
  while (at != std::string_view::npos) {
    scratch.append(raw.substr(copied, at - copied));
    copied = at + append_unescaped(scratch, raw, at);
    at = raw.find('\\', copied);
  }
  scratch.append(raw.substr(copied));
  return scratch;
}

bool holds(const Expression& expression, const Event& event, CheckScratch& scratch) {
  auto child_holds = [&](const Expression& child) { return holds(child, event, scratch); };
  switch (expression.kind) {
    case Expression::Kind::kAnd:
      return std::all_of(expression.children.begin(), expression.children.end(), child_holds);
    case Expression::Kind::kOr:
      return std::any_of(expression.children.begin(), expression.children.end(), child_holds);
    case Expression::Kind::kNot:
      return !child_holds(expression.children.front());
    case Expression::Kind::kPredicate:
      return PredicateCheck(expression.predicate).holds(event, scratch);
  }
  return false;
}

}  // namespace cairn::rules
