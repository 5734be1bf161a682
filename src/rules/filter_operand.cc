#include "rules/filter_operand.h"

#include "rules/pattern_text.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>

namespace cairn::rules {

namespace {

constexpr std::string_view kSymbols = ":_#=@/;,-";
constexpr std::string_view kOperators = "^$?[]{}|\\*+.";
constexpr std::string_view kClasses = "dDsSwW";
constexpr int64_t kRegexMemory = 8 << 20;

bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool compares(Comparison comparison, double value, double number) {
  switch (comparison) {
    case Comparison::kEqual:
      return value == number;
    case Comparison::kNotEqual:
      return value != number;
    case Comparison::kLess:
      return value < number;
    case Comparison::kLessOrEqual:
      return value <= number;
    case Comparison::kGreater:
      return value > number;
    case Comparison::kGreaterOrEqual:
      return value >= number;
  }
  return false;
}

/// Equal or not; a text has no order.
bool is_wanted(Comparison comparison, bool equal) {
  if (comparison == Comparison::kEqual) return equal;
  return comparison == Comparison::kNotEqual && !equal;
}

/// Rewrites the expression for RE2 while checking it.
class RegexChecker {
 public:
  explicit RegexChecker(std::string_view body) : body_(body) {}

  bool run() {
    if (body_.empty()) return fail("the expression between the percent signs is empty");
    while (at_ < body_.size()) {
      char c = body_[at_];
      bool good = c == '\\' ? escape() : c == '{' ? repetition() : c == '[' ? set() : plain(c);
      if (!good) return false;
    }
    return true;
  }
  const std::string& out() const { return out_; }
  const std::string& reason() const { return reason_; }
  size_t place() const { return at_; }

 private:
  bool fail(std::string reason) {
    reason_ = std::move(reason);
    return false;
  }

  bool plain(char c) {
    bool known = is_alphanumeric(c) || c == ' ' || kSymbols.find(c) != std::string_view::npos ||
                 kOperators.find(c) != std::string_view::npos;
    if (c == '(' || c == ')')
      return fail("parentheses are not allowed; \\x28 and \\x29 match them");
    if (!known) {
      return fail("this character is not allowed in an expression; \\xHH matches any of ASCII");
    }
    out_ += c;
    ++at_;
    return true;
  }

  bool escape() {
    if (at_ + 1 >= body_.size()) return fail("the expression ends in a backslash");
    char c = body_[at_ + 1];
    if (kClasses.find(c) != std::string_view::npos) {
      out_ += body_.substr(at_, 2);
    } else if (c == 'x') {
      if (at_ + 3 >= body_.size() || !is_hex(body_[at_ + 2]) || !is_hex(body_[at_ + 3]))
        return fail("\\x takes two hexadecimal digits");
      out_ += body_.substr(at_, 4);
      at_ += 2;
    } else if (kOperators.find(c) != std::string_view::npos) {
      out_ += body_.substr(at_, 2);
    } else if (kSymbols.find(c) != std::string_view::npos) {
      out_ += c == '-' ? "\\-" : std::string(1, c);
    } else {
      return fail("no such escape; \\d \\s \\w, their capitals, \\xHH and symbols are known");
    }
    at_ += 2;
    return true;
  }

  bool repetition() {
    size_t end = body_.find('}', at_);
    if (end == std::string_view::npos) return fail("{ is not closed");
    std::string_view inner = body_.substr(at_ + 1, end - at_ - 1);
    size_t comma = inner.find(',');
    std::string_view low = inner.substr(0, comma);
    std::string_view high =
        comma == std::string_view::npos ? std::string_view() : inner.substr(comma + 1);
    bool digits = std::all_of(low.begin(), low.end(), is_digit) &&
                  std::all_of(high.begin(), high.end(), is_digit);
    if (!digits || (low.empty() && high.empty()))
      return fail("a repetition is {m}, {m,}, {,n} or {m,n}");
    out_ += "{" + std::string(low.empty() ? "0" : low);
    if (comma != std::string_view::npos) out_ += "," + std::string(high);
    out_ += "}";
    at_ = end + 1;
    return true;
  }

  /// A set of characters: operators stand for themselves in it.
  bool set() {
    out_ += body_[at_++];
    if (at_ < body_.size() && body_[at_] == '^') out_ += body_[at_++];
    bool first = true;
    while (at_ < body_.size() && (body_[at_] != ']' || first)) {
      first = false;
      if (body_[at_] == '[') out_ += '\\';  // RE2 knows [:alpha:]
      if (body_[at_] == '\\' ? !escape() : !plain(body_[at_])) return false;
    }
    if (at_ == body_.size()) return fail("[ is not closed");
    out_ += body_[at_++];
    return true;
  }

  std::string_view body_;
  size_t at_ = 0;
  std::string out_, reason_;
};

}  // namespace

std::optional<double> parse_decimal(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || !(is_digit(digits[0]) || digits[0] == '.')) return std::nullopt;
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

FilterOperand make_operand(std::string text, bool quoted) {
  FilterOperand operand;
  operand.quoted = quoted;
  if (text.find('*') != std::string::npos) {
    operand.kind = FilterOperand::Kind::kGlob;
    size_t from = 0;
    for (size_t star; (star = text.find('*', from)) != std::string::npos; from = star + 1) {
      operand.glob.append_text(std::string_view(text).substr(from, star - from));
      operand.glob.append(PatternPart::Kind::kAnyRun);
    }
    operand.glob.append_text(std::string_view(text).substr(from));
  } else if (auto number = parse_decimal(text); number && !quoted) {
    operand.kind = FilterOperand::Kind::kNumber;
    operand.number = *number;
  }
  operand.text = std::move(text);
  return operand;
}

bool FilterOperand::holds(Comparison comparison, std::string_view value, bool is_number) const {
  const bool has_order = comparison != Comparison::kEqual && comparison != Comparison::kNotEqual;
  switch (kind) {
    case Kind::kRegex:
      return is_wanted(comparison, re2::RE2::PartialMatch({value.data(), value.size()}, *regex));
    case Kind::kGlob:
      return is_wanted(comparison, glob.matches(value));
    case Kind::kNumber: {
      auto decimal = parse_decimal(value);
      if (!decimal) return comparison == Comparison::kNotEqual;
      return compares(comparison, *decimal, number);
    }
    case Kind::kText:
      break;
  }
  if (!has_order) return is_wanted(comparison, value == text);
  auto wanted = parse_decimal(text), decimal = parse_decimal(value);
  return is_number && wanted && decimal && compares(comparison, *decimal, *wanted);
}

std::shared_ptr<const re2::RE2> compile_filter_regex(std::string_view body, std::string& reason,
                                                     size_t& place) {
  RegexChecker checker(body);
  place = 0;
  if (!checker.run()) {
    reason = checker.reason();
    place = checker.place();
    return nullptr;
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(kRegexMemory);
  auto regex = std::make_shared<const re2::RE2>(checker.out(), options);
  if (regex->ok()) return regex;
  reason = "not a regular expression: " + regex->error();
  return nullptr;
}

}  // namespace cairn::rules
