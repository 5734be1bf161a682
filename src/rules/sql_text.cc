#include "rules/sql_text.h"

#include "base/text.h"
#include "rules/case_fold.h"
#include "rules/pattern_writing.h"
#include "rules/portable_regex.h"
#include "rules/predicate_check.h"

#include <cmath>
#include <cstdint>
#include <map>

namespace cairn::rules {

namespace {

constexpr std::string_view kCapitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kSmall = "abcdefghijklmnopqrstuvwxyz";
constexpr double kExactWhole = 9007199254740992.0;  // 2^53: above it a double is not one number
constexpr char kNumberForm[] = "^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$";
constexpr char kNotZero[] = "^[+-]?[0.]*[1-9]";

std::string utf8(uint32_t code) {
  std::string out;
  auto put = [&out](uint32_t byte) { out += static_cast<char>(static_cast<uint8_t>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
  return out;
}

/// Each small letter beyond ASCII that has a capital, with that capital.
const std::map<std::string, std::string>& capitals() {
  static const std::map<std::string, std::string> kMap = [] {
    std::map<std::string, std::string> map;
    for (uint32_t code = 0x80; code < 0xFFFF; ++code) {
      if (code >= 0xD800 && code < 0xE000) continue;
      std::string capital = utf8(code), small = capital;
      fold_case(small);
      if (small != capital) map.emplace(std::move(small), std::move(capital));
    }
    return map;
  }();
  return kMap;
}

std::string translated(SqlDialect dialect, const std::string& text, const std::string& from,
                       const std::string& to) {
  if (from == kCapitals && dialect == SqlDialect::kClickhouse) return "lower(" + text + ")";
  return (dialect == SqlDialect::kClickhouse ? "translateUTF8(" : "translate(") + text + ", '" +
         from + "', '" + to + "')";
}

/// Joins tests of which any may hold.
std::string any_of_tests(const std::vector<std::string>& tests) {
  if (tests.size() == 1) return tests.front();
  return "(" + join(tests, " OR ") + ")";
}

Result<std::string> like(SqlDialect dialect, const std::string& text, const Pattern& pattern) {
  const char escape = dialect == SqlDialect::kClickhouse ? '\\' : '!';
  std::string form;
  bool escaped = false;
  for (const PatternPart& part : pattern.parts()) {
    if (part.kind != PatternPart::Kind::kText) {
      form += part.kind == PatternPart::Kind::kAnyRun ? '%' : '_';
      continue;
    }
    for (char c : part.text) {
      if (c == '%' || c == '_' || c == escape) {
        form += escape;
        escaped = true;
      }
      form += c;
    }
  }
  TRY_ASSIGN(std::string literal, sql_literal(dialect, form));
  std::string out = text + " LIKE " + literal;
  if (escaped && dialect != SqlDialect::kClickhouse) out += " ESCAPE '!'";
  return out;
}

Result<std::string> text_test(SqlDialect dialect, const std::string& text,
                              const Predicate& predicate) {
  std::string value = predicate.ignore_case ? sql_folded(dialect, text, predicate.operands) : text;
  std::vector<std::string> tests;
  if (predicate.op == Operator::kEquals) {
    for (const std::string& operand : predicate.operands) {
      TRY_ASSIGN(std::string literal, sql_literal(dialect, operand));
      tests.push_back(std::move(literal));
    }
    return tests.size() == 1 ? value + " = " + tests.front()
                             : value + " IN (" + join(tests, ", ") + ")";
  }
  for (const std::string& operand : predicate.operands) {
    TRY_ASSIGN(std::string test, like(dialect, value, pattern_of(predicate.op, operand)));
    tests.push_back(std::move(test));
  }
  return any_of_tests(tests);
}

Result<std::string> found(SqlDialect dialect, const std::string& text, std::string_view regex) {
  TRY_ASSIGN(std::string literal, sql_literal(dialect, regex));
  switch (dialect) {
    case SqlDialect::kDuckdb:
      return "regexp_matches(" + text + ", " + literal + ")";
    case SqlDialect::kAthena:
      return "regexp_like(" + text + ", " + literal + ")";
    case SqlDialect::kClickhouse:
      return "match(" + text + ", " + literal + ")";
  }
  return refusal("no such dialect");
}

Result<std::string> regex_test(SqlDialect dialect, const std::string& text,
                               const Predicate& predicate) {
  std::vector<std::string> tests;
  for (const std::string& operand : predicate.operands) {
    std::string expression = operand;
    if (predicate.op == Operator::kCidr) {
      TRY_ASSIGN(expression, network_regex(operand));
    }
    if (dialect == SqlDialect::kAthena) {
      TRY_ASSIGN(expression, portable_regex(expression));
    } else if (dialect == SqlDialect::kClickhouse) {
      expression.insert(0, "(?-s)");  // RE2 too, but there a dot takes line ends
    }
    TRY_ASSIGN(std::string test, found(dialect, text, expression));
    tests.push_back(std::move(test));
  }
  return any_of_tests(tests);
}

std::string_view sign(Operator op) {
  switch (op) {
    case Operator::kLess:
      return " < ";
    case Operator::kLessOrEqual:
      return " <= ";
    case Operator::kGreater:
      return " > ";
    case Operator::kGreaterOrEqual:
      return " >= ";
    default:
      return " = ";
  }
}

bool holds_between(Operator op, double left, double right) {
  switch (op) {
    case Operator::kLess:
      return left < right;
    case Operator::kLessOrEqual:
      return left <= right;
    case Operator::kGreater:
      return left > right;
    case Operator::kGreaterOrEqual:
      return left >= right;
    default:
      return left == right;
  }
}

/// One operand of a comparison of numbers. What is no finite number, or too small to be one, holds
/// for nothing: the casts of databases give infinity and zero there.
Result<std::string> number_test(SqlDialect dialect, const std::string& text, Operator op,
                                const std::string& operand) {
  auto number = parse_number(operand);
  if (!number) return refusal("not a number: " + operand);
  if (number->is_whole && std::abs(number->value) >= kExactWhole)
    return refusal("whole numbers from 2^53 on are not exact as doubles");
  std::string cast = dialect == SqlDialect::kClickhouse ? "toFloat64OrNull(" + text + ")"
                                                        : "TRY_CAST(" + text + " AS DOUBLE)";
  std::string literal = operand.starts_with('+') ? operand.substr(1) : operand;
  if (literal.find_first_of("eE") == std::string::npos) literal += "e0";
  TRY_ASSIGN(std::string form, found(dialect, text, kNumberForm));
  std::string test = "CASE WHEN " + form + " THEN " + cast + std::string(sign(op)) + literal;
  if (holds_between(op, HUGE_VAL, number->value) || holds_between(op, -HUGE_VAL, number->value)) {
    const char* finite = dialect == SqlDialect::kAthena       ? "is_finite("
                         : dialect == SqlDialect::kClickhouse ? "isFinite("
                                                              : "isfinite(";
    test += std::string(" AND ") + finite + cast + ")";
  }
  if (holds_between(op, 0, number->value)) {
    TRY_ASSIGN(std::string not_zero, found(dialect, text, kNotZero));
    test += " AND (" + cast + " <> 0e0 OR NOT " + not_zero + ")";
  }
  return test + " ELSE FALSE END";
}

Result<std::string> number_tests(SqlDialect dialect, const std::string& text,
                                 const Predicate& predicate) {
  if (predicate.part != TimePart::kNone)
    return refusal("parts of a time are read from more forms than the target knows");
  std::vector<std::string> tests;
  for (const std::string& operand : predicate.operands) {
    TRY_ASSIGN(std::string test, number_test(dialect, text, predicate.op, operand));
    tests.push_back(std::move(test));
  }
  return any_of_tests(tests);
}

}  // namespace

Result<std::string> sql_literal(SqlDialect dialect, std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\0') return refusal("a text of SQL cannot hold a NUL");
    if (c == '\'') out += '\'';
    if (c == '\\' && dialect == SqlDialect::kClickhouse) out += '\\';
    out += c;
  }
  return out + "'";
}

std::string sql_folded(SqlDialect dialect, const std::string& text,
                       const std::vector<std::string>& operands) {
  std::string from, to;
  bool letters = false;
  std::map<std::string, std::string> used;
  for (const std::string& operand : operands) {
    for (size_t i = 0; i < operand.size(); ++i) {
      letters = letters || (operand[i] >= 'a' && operand[i] <= 'z');
      if ((operand[i] & 0x80) == 0) continue;
      size_t length = (operand[i] & 0x20) == 0 ? 2 : (operand[i] & 0x10) == 0 ? 3 : 4;
      auto pair = capitals().find(operand.substr(i, length));
      if (pair != capitals().end()) used.insert(*pair);
    }
  }
  if (letters) {
    from = kCapitals;
    to = kSmall;
  }
  for (const auto& [small, capital] : used) {
    from += capital;
    to += small;
  }
  return from.empty() ? text : translated(dialect, text, from, to);
}

std::string sql_folded_fully(SqlDialect dialect, const std::string& text) {
  static const std::pair<std::string, std::string> kAll = [] {
    std::pair<std::string, std::string> all{kCapitals, kSmall};
    for (const auto& [small, capital] : capitals()) {
      all.first += capital;
      all.second += small;
    }
    return all;
  }();
  return translated(dialect, text, kAll.first, kAll.second);
}

Result<std::string> sql_value_test(SqlDialect dialect, const std::string& text,
                                   const Predicate& predicate) {
  switch (predicate.op) {
    case Operator::kEquals:
    case Operator::kStartsWith:
    case Operator::kEndsWith:
    case Operator::kContains:
    case Operator::kGlob:
      return text_test(dialect, text, predicate);
    case Operator::kRegex:
    case Operator::kCidr:
      return regex_test(dialect, text, predicate);
    case Operator::kNumberEquals:
    case Operator::kLess:
    case Operator::kLessOrEqual:
    case Operator::kGreater:
    case Operator::kGreaterOrEqual:
      return number_tests(dialect, text, predicate);
    default:
      return refusal("this operator has no form in SQL");
  }
}

Result<std::string> sql_field_test(SqlDialect dialect, const std::string& left,
                                   const std::string& right, const Predicate& predicate) {
  std::string a = predicate.ignore_case ? sql_folded_fully(dialect, left) : left;
  std::string b = predicate.ignore_case ? sql_folded_fully(dialect, right) : right;
  const bool athena = dialect == SqlDialect::kAthena;
  const bool duckdb = dialect == SqlDialect::kDuckdb;
  switch (predicate.op) {
    case Operator::kFieldEquals:
      return a + " = " + b;
    case Operator::kFieldStartsWith:
      return (dialect == SqlDialect::kClickhouse ? "startsWith(" : "starts_with(") + a + ", " + b +
             ")";
    case Operator::kFieldEndsWith:
      if (athena) return "starts_with(reverse(" + a + "), reverse(" + b + "))";
      return (duckdb ? "ends_with(" : "endsWith(") + a + ", " + b + ")";
    case Operator::kFieldContains:
      if (athena) return "strpos(" + a + ", " + b + ") > 0";
      return duckdb ? "contains(" + a + ", " + b + ")" : "position(" + a + ", " + b + ") > 0";
    default:
      return refusal("this operator has no form in SQL");
  }
}

}  // namespace cairn::rules
