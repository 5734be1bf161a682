#include "rules/predicate_filter_pattern.h"

#include "base/text.h"
#include "rules/filter_operand.h"
#include "rules/filter_pattern.h"
#include "rules/pattern.h"
#include "rules/pattern_writing.h"
#include "rules/predicate_check.h"
#include "rules/predicate_sql.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace cairn::rules {

namespace {

using Kind = Expression::Kind;

constexpr double kExactWhole = 9007199254740992.0;  // 2^53

/// One character of an expression between percent signs: what AWS allows there as it is, anything
/// else by its number.
void append_regex_character(std::string& out, char c, bool ignore_case) {
  constexpr std::string_view kAsItIs = " :_#=@/;,";
  constexpr std::string_view kEscaped = "^$?[]{}|\\*+.";
  constexpr char kDigits[] = "0123456789ABCDEF";
  const bool letter = ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
  if (letter && ignore_case) {
    (((out += '[') += ascii_lower(c)) += static_cast<char>(ascii_lower(c) - 32)) += ']';
  } else if (letter || is_digit(c) || kAsItIs.find(c) != std::string_view::npos) {
    out += c;
  } else if (kEscaped.find(c) != std::string_view::npos) {
    (out += '\\') += c;
  } else {
    auto byte = static_cast<uint8_t>(c);
    ((out += "\\x") += kDigits[byte >> 4]) += kDigits[byte & 15];
  }
}

Result<std::string> regex_of(const Pattern& pattern, bool ignore_case) {
  std::string out;
  if (!pattern.starts_with_any_run()) out += '^';
  const auto& parts = pattern.parts();
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool outer = i == 0 || i + 1 == parts.size();
    if (parts[i].kind == PatternPart::Kind::kAnyRun && !outer) out += "[\\s\\S]*";
    if (parts[i].kind == PatternPart::Kind::kOneCharacter) out += "[\\s\\S]";
    for (char c : parts[i].text) {
      if ((c & 0x80) != 0) return refusal("expressions of filter patterns hold ASCII only");
      append_regex_character(out, c, ignore_case);
    }
  }
  if (!pattern.ends_with_any_run()) out += '$';
  return out;
}

/// `"text"` or `"*text"`, where `*` is the wildcard; nothing when the pattern has more than that.
std::optional<std::string> quoted(const Pattern& pattern) {
  std::string out = "\"";
  for (const PatternPart& part : pattern.parts()) {
    if (part.kind == PatternPart::Kind::kOneCharacter) return std::nullopt;
    if (part.kind == PatternPart::Kind::kAnyRun) out += '*';
    for (char c : part.text) {
      if (c == '*') return std::nullopt;
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + "\"";
}

bool has_letters(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c & 0x80) != 0; });
}

class FilterWriter {
 public:
  explicit FilterWriter(bool plain) : plain_(plain) {}

  Result<PatternText> write(const Expression& expression) {
    TRY_ASSIGN(std::string text, condition(expression, false));
    return accepted_by<FilterPattern>("CloudWatch Logs", "{ " + text + " }", assumptions_);
  }

 private:
  Result<std::string> condition(const Expression& expression, bool negated) {
    switch (expression.kind) {
      case Kind::kNot:
        return condition(expression.children.front(), !negated);
      case Kind::kPredicate: {
        auto text = predicate(expression.predicate, negated);
        if (text.ok()) return text;
        return refusal_of(expression.predicate, text.error().message, negated);
      }
      case Kind::kAnd:
      case Kind::kOr:
        break;
      default:
        return refusal("this kind of condition has no form in a filter pattern");
    }
    const bool both = (expression.kind == Kind::kAnd) != negated;
    if (expression.children.empty()) return refusal("a pattern must ask for something");
    std::vector<std::string> parts;
    for (const Expression& child : expression.children) {
      TRY_ASSIGN(std::string part, condition(child, negated));
      parts.push_back(std::move(part));
    }
    return joined(parts, both ? " && " : " || ");
  }

  static std::string joined(const std::vector<std::string>& parts, const char* sign) {
    return parts.size() == 1 ? parts.front() : "(" + join(parts, sign) + ")";
  }

  Result<std::string> selector(std::string_view field) const {
    JsonSelector selector;
    for (std::string_view key : split(field, '.')) {
      if (key.find('\'') != std::string_view::npos) return refusal("a name with a quotation mark");
      selector.parts.push_back({JsonSelector::Part::Kind::kKey, std::string(key), 0});
    }
    return selector.to_string();
  }

  Result<std::string> predicate(const Predicate& predicate, bool negated) {
    if (predicate.on_record())
      return refusal("words are looked for in the text as it is, case and escapes included");
    const FieldShape shape = field_shape(predicate.field);
    text_ = shape == FieldShape::kText;
    if (shape == FieldShape::kAny && !plain_) {
      return refusal(
          printable(predicate.field) +
          " may be an array or lead through one, which a selector does not enter; with plain "
          "fields (--plain-fields) it is taken for a single value");
    }
    if (shape == FieldShape::kAny) {
      assumptions_.insert(predicate.field +
                          " is a single text, number or boolean: no array on the way, no array or "
                          "object at its end");
    }
    TRY_ASSIGN(std::string field, selector(predicate.field));
    switch (predicate.op) {
      case Operator::kHasValue:
        return negated ? no_value(field) : some_value(field);
      case Operator::kExists:
        return negated ? field + " NOT EXISTS"
                       : "(" + some_value(field) + " || " + field + " IS NULL)";
      case Operator::kNullOrMissing:
        return negated ? some_value(field) : no_value(field);
      case Operator::kEquals:
      case Operator::kStartsWith:
      case Operator::kEndsWith:
      case Operator::kContains:
      case Operator::kGlob:
        return texts(field, predicate, negated);
      case Operator::kRegex:
        return regexes(field, predicate, negated);
      case Operator::kNumberEquals:
      case Operator::kLess:
      case Operator::kLessOrEqual:
      case Operator::kGreater:
      case Operator::kGreaterOrEqual:
        return numbers(field, predicate, negated);
      case Operator::kCidr:
        return refusal("expressions of filter patterns have no groups, which networks need");
      default:
        return refusal("a filter pattern cannot say this");
    }
  }

  std::string booleans(const std::string& field) const {
    return text_ ? "" : " || " + field + " IS TRUE || " + field + " IS FALSE";
  }
  std::string some_value(const std::string& field) const {
    return text_ ? field + " = \"*\"" : "(" + field + " = \"*\"" + booleans(field) + ")";
  }
  static std::string no_value(const std::string& field) {
    return "(" + field + " NOT EXISTS || " + field + " IS NULL)";
  }

  /// `tests`: of which all must hold when negated, any when not. A comparison is never true of a
  /// boolean, nor `!=` of what is missing or null.
  std::string completed(const std::string& field, const std::vector<std::string>& tests,
                        bool negated, bool takes_true, bool takes_false) const {
    std::vector<std::string> any{joined(tests, negated ? " && " : " || ")};
    if (negated) {
      any.push_back(field + " NOT EXISTS");
      any.push_back(field + " IS NULL");
    }
    if (!text_ && takes_true != negated) any.push_back(field + " IS TRUE");
    if (!text_ && takes_false != negated) any.push_back(field + " IS FALSE");
    return joined(any, " || ");
  }

  Result<std::string> texts(const std::string& field, const Predicate& predicate, bool negated) {
    const std::string sign = negated ? " != " : " = ";
    std::vector<std::string> tests, expressions;
    bool takes_true = false, takes_false = false;
    for (const std::string& operand : predicate.operands) {
      Pattern pattern = pattern_of(predicate.op, operand);
      takes_true = takes_true || pattern.matches("true");
      takes_false = takes_false || pattern.matches("false");
      const bool folds = predicate.ignore_case && has_letters(operand);
      auto plain = folds ? std::nullopt : quoted(pattern);
      if (plain) {
        tests.push_back(field + sign + *plain);
        continue;
      }
      TRY_ASSIGN(std::string expression, regex_of(pattern, predicate.ignore_case));
      expressions.push_back(std::move(expression));
    }
    if (!expressions.empty()) tests.push_back(field + sign + "%" + join(expressions, "|") + "%");
    return completed(field, tests, negated, takes_true, takes_false);
  }

  Result<std::string> regexes(const std::string& field, const Predicate& predicate, bool negated) {
    std::vector<std::string> tests;
    bool takes_true = false, takes_false = false;
    for (const std::string& operand : predicate.operands) {
      std::string reason;
      size_t place = 0;
      if (operand.find("{,") != std::string::npos)
        return refusal("{,n} is a repetition for AWS only");
      auto regex = compile_filter_regex(operand, reason, place);
      if (regex == nullptr || operand.find('%') != std::string::npos)
        return refusal(regex == nullptr ? reason : "an expression cannot hold a percent sign");
      FilterOperand value;
      value.kind = FilterOperand::Kind::kRegex;
      value.regex = regex;
      takes_true = takes_true || value.holds(Comparison::kEqual, "true", false);
      takes_false = takes_false || value.holds(Comparison::kEqual, "false", false);
      tests.push_back(field + (negated ? " != %" : " = %") + operand + "%");
    }
    return completed(field, tests, negated, takes_true, takes_false);
  }

  Result<std::string> numbers(const std::string& field, const Predicate& predicate, bool negated) {
    if (predicate.part != TimePart::kNone) return refusal("a filter pattern takes no time apart");
    if (negated) return refusal("`not` also holds for what is no number, which no comparison does");
    std::vector<std::string> tests;
    for (const std::string& operand : predicate.operands) {
      auto number = parse_number(operand);
      if (!number || (number->is_whole && std::abs(number->value) >= kExactWhole))
        return refusal("whole numbers from 2^53 on are not exact as doubles");
      constexpr const char* kSigns[] = {" = ", " < ", " <= ", " > ", " >= "};
      size_t sign =
          static_cast<size_t>(predicate.op) - static_cast<size_t>(Operator::kNumberEquals);
      tests.push_back(field + kSigns[sign] + operand);
    }
    return joined(tests, " || ");
  }

  bool plain_;
  bool text_ = true;  // the field of the predicate at hand is a column of texts
  std::set<std::string> assumptions_;
};

}  // namespace

Result<PatternText> filter_pattern_of(const Expression& expression, bool plain_fields) {
  return FilterWriter(plain_fields).write(expression);
}

}  // namespace cairn::rules
