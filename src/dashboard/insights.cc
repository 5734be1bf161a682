#include "dashboard/insights.h"

// Tokens first: words (`userIdentity.arn`, `@message`), numbers, 'texts', /expressions/, signs.
// Then command after command; each only moves forwards, and conditions nest to a named depth.

#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <map>
#include <set>
#include <vector>

namespace cairn::dashboard {

namespace {

constexpr size_t kQueryBytesLimit = 10'000;  // as AWS
constexpr size_t kDepthLimit = 50;
constexpr int kDefaultLimit = 1'000;

Error invalid(std::string message) { return {ErrorCode::kInvalidInput, std::move(message)}; }
Error unsupported(const std::string& what) {
  return {ErrorCode::kUnsupported, what + " is not done here"};
}

struct Token {
  enum class Kind : uint8_t { kWord, kNumber, kText, kRegex, kSign, kEnd };
  Kind kind = Kind::kEnd;
  std::string text;
};

bool is_word(char c) {
  return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '_' || c == '.' ||
         c == '@';
}

Result<std::vector<Token>> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  for (size_t i = 0; i < text.size();) {
    char c = text[i];
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
      ++i;
      continue;
    }
    bool operand_before = !tokens.empty() && tokens.back().kind != Token::Kind::kSign &&
                          !equals_ignore_case(tokens.back().text, "like");
    if (c == '\'' || c == '"' || c == '`' || (c == '/' && !operand_before)) {
      size_t end = i + 1;
      std::string value;
      for (; end < text.size() && text[end] != c; ++end) {
        if (text[end] == '\\' && end + 1 < text.size() && (c != '/' || text[end + 1] == '/')) ++end;
        value += text[end];
      }
      if (end >= text.size()) return invalid(std::string("a ") + c + " without its end");
      auto kind = c == '/'   ? Token::Kind::kRegex
                  : c == '`' ? Token::Kind::kWord
                             : Token::Kind::kText;
      tokens.push_back({kind, std::move(value)});
      i = end + 1;
    } else if (is_word(c)) {
      size_t end = i;
      while (end < text.size() && is_word(text[end])) ++end;
      std::string word(text.substr(i, end - i));
      bool number = word.find_first_not_of("0123456789.") == std::string::npos;
      tokens.push_back({number ? Token::Kind::kNumber : Token::Kind::kWord, std::move(word)});
      i = end;
    } else {
      size_t length = 1;
      for (std::string_view two : {"!=", "<=", ">=", "=~"}) {
        if (text.substr(i, 2) == two) length = 2;
      }
      tokens.push_back({Token::Kind::kSign, std::string(text.substr(i, length))});
      i += length;
    }
  }
  tokens.push_back({});
  return tokens;
}

std::string sql_text(std::string_view text) {
  std::string result = "'";
  for (char c : text) result += c == '\'' ? "''" : std::string(1, c);
  return result + "'";
}

std::string sql_name(std::string_view name) {
  std::string result = "\"";
  for (char c : name) result += c == '"' ? "\"\"" : std::string(1, c);
  return result + "\"";
}

constexpr std::array<std::string_view, 5> kJsonColumns = {
    "requestparameters", "responseelements", "additionaleventdata", "serviceeventdetails",
    "edgedevicedetails"};

/// A field of an event.
struct Field {
  std::string sql;
  bool is_json = false;  // from JSON text: its numbers are numbers
};

class Translator {
 public:
  Translator(std::vector<Token> tokens, const TimeRange& range) : tokens_(std::move(tokens)) {
    // As texts: eventtime is one, in whole seconds.
    using std::chrono::seconds;
    if (range.from)
      and_where("eventtime >= " + sql_text(format_time(std::chrono::ceil<seconds>(*range.from))));
    if (range.to)
      and_where("eventtime <= " + sql_text(format_time(std::chrono::floor<seconds>(*range.to))));
  }

  Result<std::string> run() {
    for (;;) {
      TRY(command());
      if (now().kind == Token::Kind::kEnd) break;
      if (!take("|")) return invalid("expected | before \"" + printable(now().text) + "\"");
    }
    if (columns_.empty()) columns_ = "eventtime, eventname, useridentity.arn, sourceipaddress";
    std::string sql = "SELECT " + columns_ + " FROM cloudtrail_logs";
    if (!where_.empty()) sql += " WHERE " + where_;
    if (!groups_.empty()) sql += " GROUP BY " + groups_;
    // Rows that are alike in what is sorted come in one order, whatever reads them; without `sort`
    // the newest come first, as AWS has it.
    std::string order = counted_ ? groups_ : "eventtime DESC, eventid";
    if (!order_.empty()) order = order_ + (order.empty() ? "" : ", ") + order;
    if (!order.empty()) sql += " ORDER BY " + order;
    return sql + " LIMIT " + std::to_string(limit_);
  }

 private:
  void and_where(const std::string& condition) {
    where_ += (where_.empty() ? "" : " AND ") + condition;
  }
  const Token& now() const { return tokens_[at_]; }
  Token next() { return tokens_[now().kind == Token::Kind::kEnd ? at_ : at_++]; }
  bool is(std::string_view word) const {
    return now().kind != Token::Kind::kText && now().kind != Token::Kind::kRegex &&
           equals_ignore_case(now().text, word) && now().kind != Token::Kind::kEnd;
  }
  bool take(std::string_view word) {
    if (!is(word)) return false;
    ++at_;
    return true;
  }

  Status command() {
    if (take("SOURCE")) {
      next();
      return {};
    }
    // One SELECT: what comes after works on events, not on their counts.
    for (std::string_view word : {"fields", "display", "filter", "stats"}) {
      if (is(word) && (counted_ || limited_))
        return unsupported(std::string(word) + " after " + (counted_ ? "stats" : "limit"));
    }
    if (take("fields") || take("display")) return fields();
    if (take("filter")) {
      TRY_ASSIGN(std::string condition, any(0));
      and_where("(" + condition + ")");
      return {};
    }
    if (take("stats")) return stats();
    if (take("sort") || take("order")) {
      take("by");
      return sort();
    }
    if (take("limit") || take("head")) {
      Token amount = next();
      if (amount.kind != Token::Kind::kNumber || amount.text.size() > 5)
        return invalid("limit takes a number");
      limited_ = true;
      limit_ = std::min(10'000, std::max(1, std::atoi(amount.text.c_str())));
      return {};
    }
    if (now().kind == Token::Kind::kWord)
      return unsupported("the command \"" + printable(now().text) + "\"");
    return invalid("expected a command");
  }

  // The name of a field, or of a result. Names that need `backticks` are words too.
  Result<std::string> name() {
    Token word = next();
    if (word.kind != Token::Kind::kWord)
      return invalid("expected a field" +
                     (word.text.empty() ? "" : ", not \"" + printable(word.text) + "\""));
    return std::move(word.text);
  }

  // `userIdentity.arn` is a struct's member, `requestParameters.x` is inside JSON text. Only quoted
  // text and plain words of it get into SQL.
  Result<Field> field(const std::string& name) {
    if (auto own = renamed_.find(name); own != renamed_.end()) return own->second;
    std::string lower = to_lower(name);
    if (lower == "@timestamp") return Field{"eventtime", false};
    std::vector<std::string_view> parts = split(name, '.');
    for (std::string_view part : parts) {
      if (part.empty() || part.find_first_of("@\"]\\") != std::string_view::npos)
        return unsupported("the field \"" + printable(name) + "\"");
    }
    bool is_json = std::find(kJsonColumns.begin(), kJsonColumns.end(), to_lower(parts[0])) !=
                   kJsonColumns.end();
    if (is_json && parts.size() > 1) {
      std::string path = "$";
      for (size_t i = 1; i < parts.size(); ++i) path += path_step(parts[i]);
      return Field{"json_extract_scalar(" + to_lower(parts[0]) + ", " + sql_text(path) + ")", true};
    }
    std::string column;
    for (std::string_view part : split(lower, '.')) {
      if (!is_plain(part)) return unsupported("the field \"" + printable(name) + "\"");
      // Quoted, as `user` alone is a function.
      column += (column.empty() ? "" : ".") + sql_name(part);
    }
    return Field{std::move(column), false};
  }

  static bool is_plain(std::string_view part) {
    return !is_digit(part.front()) && std::all_of(part.begin(), part.end(), [](char c) {
      return is_word(c) && c != '.' && c != '@';
    });
  }

  static std::string path_step(std::string_view part) {
    if (part.find_first_not_of("0123456789") == std::string_view::npos)
      return "[" + std::string(part) + "]";
    if (is_plain(part)) return "." + std::string(part);
    return "[\"" + std::string(part) + "\"]";
  }

  // What a result is called: as it is written, or with `as`.
  Result<std::string> result_name(std::string written) {
    if (!take("as")) return written;
    return name();
  }

  Result<std::string> column() {
    TRY_ASSIGN(std::string written, name());
    if (is("(")) return unsupported("the function \"" + printable(written) + "\"");
    TRY_ASSIGN(Field source, field(written));
    TRY_ASSIGN(std::string result, result_name(written));
    std::string text = source.sql + " AS " + sql_name(result);
    results_.insert(result);
    renamed_[result] = std::move(source);
    return text;
  }

  Status fields() {
    columns_.clear();
    results_.clear();
    do {
      TRY_ASSIGN(std::string text, column());
      columns_ += (columns_.empty() ? "" : ", ") + text;
    } while (take(","));
    return {};
  }

  Status stats() {
    columns_.clear();
    results_.clear();
    order_.clear();
    counted_ = true;
    std::string numbers;
    do {
      TRY_ASSIGN(std::string text, aggregate());
      numbers += (numbers.empty() ? "" : ", ") + text;
    } while (take(","));
    if (take("by")) {
      size_t count = 0;
      do {
        TRY_ASSIGN(std::string text, column());
        columns_ += (columns_.empty() ? "" : ", ") + text;
        groups_ += (groups_.empty() ? "" : ", ") + std::to_string(++count);
      } while (take(","));
    }
    columns_ += (columns_.empty() ? "" : ", ") + numbers;
    return {};
  }

  Result<std::string> aggregate() {
    std::string function = to_lower(next().text), argument = "*";
    constexpr std::string_view kKnown[] = {"count", "count_distinct", "min", "max", "sum", "avg"};
    if (std::find(std::begin(kKnown), std::end(kKnown), function) == std::end(kKnown))
      return unsupported("the statistic \"" + printable(function) + "\"");
    if (!take("(")) return invalid("expected ( after " + function);
    if (!take("*")) {
      TRY_ASSIGN(std::string written, name());
      TRY_ASSIGN(Field source, field(written));
      bool counts = function.starts_with("count"), compares = function.starts_with("m");
      argument = counts || (compares && !source.is_json) ? source.sql : number_of(source);
    } else if (function != "count") {
      return invalid(function + " takes a field");
    }
    if (!take(")")) return invalid("expected ) after " + function);
    TRY_ASSIGN(std::string result, result_name(function));
    results_.insert(result);
    std::string call = function == "count_distinct" ? "count(DISTINCT " + argument + ")"
                                                    : function + "(" + argument + ")";
    return call + " AS " + sql_name(result);
  }

  // All columns are texts; what is none of a number is nothing.
  static std::string number_of(const Field& field) {
    return "TRY_CAST(" + field.sql + " AS DOUBLE)";
  }

  Status sort() {
    order_.clear();
    do {
      TRY_ASSIGN(std::string written, name());
      std::string key, text_key;  // numbers first, by their size
      if (counted_) {
        if (!results_.contains(written))
          return unsupported("sorting what stats found by \"" + printable(written) + "\"");
        key = sql_name(written);
      } else {
        TRY_ASSIGN(Field source, field(written));
        key = source.is_json ? number_of(source) : source.sql;
        if (source.is_json) text_key = source.sql;
      }
      bool down = take("desc");
      if (!down) take("asc");
      for (const std::string& part : {key, text_key}) {
        if (!part.empty()) order_ += (order_.empty() ? "" : ", ") + part + (down ? " DESC" : "");
      }
    } while (take(","));
    return {};
  }

  Result<std::string> any(size_t depth) {
    if (depth > kDepthLimit) return invalid("conditions nest too deep");
    TRY_ASSIGN(std::string text, all(depth));
    while (take("or")) {
      TRY_ASSIGN(std::string more, all(depth));
      text += " OR " + more;
    }
    return text;
  }

  Result<std::string> all(size_t depth) {
    TRY_ASSIGN(std::string text, one(depth));
    while (take("and")) {
      TRY_ASSIGN(std::string more, one(depth));
      text += " AND " + more;
    }
    return text;
  }

  Result<std::string> one(size_t depth) {
    if (take("not")) {
      if (depth > kDepthLimit) return invalid("conditions nest too deep");
      TRY_ASSIGN(std::string inner, one(depth + 1));
      return "NOT (" + inner + ")";
    }
    if (take("(")) {
      TRY_ASSIGN(std::string inner, any(depth + 1));
      if (!take(")")) return invalid("expected )");
      return "(" + inner + ")";
    }
    if (take("ispresent")) {
      if (!take("(")) return invalid("expected ( after ispresent");
      TRY_ASSIGN(std::string written, name());
      TRY_ASSIGN(Field source, field(written));
      if (!take(")")) return invalid("expected ) after ispresent");
      return source.sql + " IS NOT NULL";
    }
    return comparison();
  }

  Result<std::string> comparison() {
    TRY_ASSIGN(std::string written, name());
    TRY_ASSIGN(Field source, field(written));
    bool negated = take("not");
    if (take("like") || take("=~")) {
      Token pattern = next();
      std::string prefix = negated ? "NOT " : "";
      if (pattern.kind == Token::Kind::kRegex)
        return prefix + "regexp_like(" + source.sql + ", " + sql_text(pattern.text) + ")";
      if (pattern.kind != Token::Kind::kText) return invalid("like takes a text or /expression/");
      return prefix + "strpos(" + source.sql + ", " + sql_text(pattern.text) + ") > 0";
    }
    if (take("in")) return list(source, negated);
    Token sign = next();
    constexpr std::string_view kSigns[] = {"=", "!=", "<", "<=", ">", ">="};
    if (std::find(std::begin(kSigns), std::end(kSigns), sign.text) == std::end(kSigns))
      return invalid("expected =, !=, <, <=, >, >=, like or in after " + printable(written));
    bool as_number = now().kind == Token::Kind::kNumber && !is_truth(source);
    TRY_ASSIGN(std::string value, operand(source, as_number));
    return (as_number ? number_of(source) : source.sql) + " " +
           (sign.text == "!=" ? "<>" : sign.text) + " " + value;
  }

  Result<std::string> list(const Field& source, bool negated) {
    if (!take("[")) return invalid("expected [ after in");
    bool as_number = !is_truth(source);
    for (size_t i = at_; tokens_[i].kind != Token::Kind::kEnd && tokens_[i].text != "]"; ++i)
      as_number &= tokens_[i].kind == Token::Kind::kNumber || tokens_[i].text == ",";
    std::string values;
    do {
      TRY_ASSIGN(std::string value, operand(source, as_number));
      values += (values.empty() ? "" : ", ") + value;
    } while (take(","));
    if (!take("]")) return invalid("expected ] after in");
    return (as_number ? number_of(source) : source.sql) + (negated ? " NOT IN (" : " IN (") +
           values + ")";
  }

  // Truth is 0 and 1 there, and a text in Athena's table.
  static bool is_truth(const Field& field) { return field.sql == "\"readonly\""; }

  Result<std::string> operand(const Field& field, bool as_number) {
    Token value = next();
    if (value.kind == Token::Kind::kText) return sql_text(value.text);
    if (value.kind != Token::Kind::kNumber && value.kind != Token::Kind::kWord)
      return invalid("expected a value");
    if (as_number) {
      double number = 0;
      const char* end = value.text.data() + value.text.size();
      auto read = std::from_chars(value.text.data(), end, number);
      if (read.ec != std::errc() || read.ptr != end)
        return invalid("\"" + printable(value.text) + "\" is no number");
      return "CAST(" + sql_text(value.text) + " AS DOUBLE)";
    }
    if (is_truth(field) && (value.text == "0" || value.text == "1"))
      return std::string(value.text == "1" ? "'true'" : "'false'");
    return sql_text(value.text);
  }

  std::vector<Token> tokens_;
  size_t at_ = 0;
  std::string columns_, where_, groups_, order_;
  std::set<std::string> results_;           // what the columns are called
  std::map<std::string, Field> renamed_;    // what they stand for
  bool counted_ = false, limited_ = false;  // after stats, after limit
  int limit_ = kDefaultLimit;
};

}  // namespace

Result<std::string> insights_sql(std::string_view query, const TimeRange& range) {
  if (query.size() > kQueryBytesLimit) return invalid("the query is longer than 10,000 characters");
  TRY_ASSIGN(auto tokens, tokens_of(query));
  return Translator(std::move(tokens), range).run();
}

}  // namespace cairn::dashboard
