#include "dashboard/insights.h"

// Tokens first: words (`userIdentity.arn`, `@message`), numbers, 'texts', /expressions/, signs.
// Then command after command; each only moves forwards, and conditions nest to a named depth.

#include "base/text.h"

#include <algorithm>
#include <array>
#include <iterator>
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

class Translator {
 public:
  explicit Translator(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

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
    if (!order_.empty()) sql += " ORDER BY " + order_;
    return sql + " LIMIT " + std::to_string(limit_);
  }

 private:
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
    if (take("fields") || take("display")) return fields();
    if (take("filter")) {
      TRY_ASSIGN(std::string condition, any(0));
      where_ += where_.empty() ? "(" + condition + ")" : " AND (" + condition + ")";
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
      limit_ = std::min(10'000, std::max(1, std::atoi(amount.text.c_str())));
      return {};
    }
    if (now().kind == Token::Kind::kWord)
      return unsupported("the command \"" + printable(now().text) + "\"");
    return invalid("expected a command");
  }

  // `userIdentity.arn` is a struct's member, `requestParameters.x` is inside JSON text.
  Result<std::string> field(const std::string& name) {
    std::string lower = to_lower(name);
    if (lower == "@timestamp") return std::string("eventtime");
    if (lower == "@message") return unsupported("@message");
    size_t dot = lower.find('.');
    std::string first = lower.substr(0, dot);
    if (std::find(kJsonColumns.begin(), kJsonColumns.end(), first) == kJsonColumns.end() ||
        dot == std::string::npos)
      return lower;
    return "json_extract_scalar(" + first + ", " + sql_text("$." + name.substr(dot + 1)) + ")";
  }

  Result<std::string> column() {
    Token word = next();
    if (word.kind != Token::Kind::kWord) return invalid("expected a field");
    if (is("(")) return unsupported("the function \"" + printable(word.text) + "\"");
    TRY_ASSIGN(std::string text, field(word.text));
    std::string name = word.text;
    if (take("as")) name = next().text;
    return text + " AS " + sql_name(name);
  }

  Status fields() {
    columns_.clear();
    do {
      TRY_ASSIGN(std::string text, column());
      columns_ += (columns_.empty() ? "" : ", ") + text;
    } while (take(","));
    return {};
  }

  Status stats() {
    columns_.clear();
    groups_.clear();
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
      TRY_ASSIGN(argument, field(next().text));
    }
    if (!take(")")) return invalid("expected ) after " + function);
    std::string name = function;
    if (take("as")) name = next().text;
    std::string call = function == "count_distinct" ? "count(DISTINCT " + argument + ")"
                                                    : function + "(" + argument + ")";
    return call + " AS " + sql_name(name);
  }

  Status sort() {
    order_.clear();
    do {
      Token word = next();
      if (word.kind != Token::Kind::kWord) return invalid("sort takes fields");
      // A name given before, or a field.
      std::string name = sql_name(word.text);
      if (columns_.find("AS " + name) == std::string::npos) {
        TRY_ASSIGN(name, field(word.text));
      }
      bool down = take("desc");
      if (!down) take("asc");
      order_ += (order_.empty() ? "" : ", ") + name + (down ? " DESC" : "");
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
      TRY_ASSIGN(std::string name, field(next().text));
      if (!take(")")) return invalid("expected ) after ispresent");
      return name + " IS NOT NULL";
    }
    return comparison();
  }

  Result<std::string> comparison() {
    Token word = next();
    if (word.kind != Token::Kind::kWord) return invalid("expected a field in filter");
    TRY_ASSIGN(std::string name, field(word.text));
    bool negated = take("not");
    if (take("like") || take("=~")) {
      Token pattern = next();
      std::string prefix = negated ? "NOT " : "";
      if (pattern.kind == Token::Kind::kRegex)
        return prefix + "regexp_like(" + name + ", " + sql_text(pattern.text) + ")";
      if (pattern.kind != Token::Kind::kText) return invalid("like takes a text or /expression/");
      return prefix + "strpos(" + name + ", " + sql_text(pattern.text) + ") > 0";
    }
    if (take("in")) return list(name, negated);
    Token sign = next();
    constexpr std::string_view kSigns[] = {"=", "!=", "<", "<=", ">", ">="};
    if (std::find(std::begin(kSigns), std::end(kSigns), sign.text) == std::end(kSigns))
      return invalid("expected =, !=, <, <=, >, >=, like or in after " + printable(word.text));
    TRY_ASSIGN(std::string value, operand(name));
    return name + " " + (sign.text == "!=" ? "<>" : sign.text) + " " + value;
  }

  Result<std::string> list(const std::string& name, bool negated) {
    if (!take("[")) return invalid("expected [ after in");
    std::string values;
    do {
      TRY_ASSIGN(std::string value, operand(name));
      values += (values.empty() ? "" : ", ") + value;
    } while (take(","));
    if (!take("]")) return invalid("expected ] after in");
    return name + (negated ? " NOT IN (" : " IN (") + values + ")";
  }

  // Truth is 0 and 1 there, and a text in Athena's table; all columns are texts.
  Result<std::string> operand(const std::string& name) {
    Token value = next();
    if (value.kind == Token::Kind::kText) return sql_text(value.text);
    if (value.kind != Token::Kind::kNumber && value.kind != Token::Kind::kWord)
      return invalid("expected a value");
    if (name == "readonly" && (value.text == "0" || value.text == "1"))
      return std::string(value.text == "1" ? "'true'" : "'false'");
    return sql_text(value.text);
  }

  std::vector<Token> tokens_;
  size_t at_ = 0;
  std::string columns_, where_, groups_, order_;
  int limit_ = kDefaultLimit;
};

}  // namespace

Result<std::string> insights_sql(std::string_view query) {
  if (query.size() > kQueryBytesLimit) return invalid("the query is longer than 10,000 characters");
  TRY_ASSIGN(auto tokens, tokens_of(query));
  return Translator(std::move(tokens)).run();
}

}  // namespace cairn::dashboard
