#include "query/tokens.h"

#include "base/text.h"

#include <array>

namespace cairn::query {

namespace {

constexpr std::array<std::string_view, 14> kLongSymbols = {
    "->>", "->", "<=", ">=", "<>", "!=", "||", "::", "=>", ":=", "!~", "==", "//", "**"};

bool starts_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool continues_word(char c) { return starts_word(c) || is_digit(c) || c == '$'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

class Lexer {
 public:
  explicit Lexer(std::string_view sql) : sql_(sql) {}

  Result<std::vector<Token>> run() {
    std::vector<Token> tokens;
    size_t open = 0;
    do {
      size_t begin = at_;
      TRY(skip_blanks());
      Token token;
      token.before = sql_.substr(begin, at_ - begin);
      token.offset = at_;
      TRY(read(token));
      token.text = sql_.substr(token.offset, at_ - token.offset);
      if (token.is("(") || token.is("[")) ++open;
      if ((token.is(")") || token.is("]")) && open > 0) --open;
      if (open > kOpenBrackets)
        return Error{ErrorCode::kExhausted,
                     "the statement has more than 500 brackets inside each other"};
      tokens.push_back(std::move(token));
    } while (tokens.back().kind != Token::Kind::kEnd);
    return tokens;
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }
  static Error unended(std::string_view what, size_t offset) {
    return Error{ErrorCode::kInvalidInput, "the " + std::string(what) +
                                               " that begins at character " +
                                               std::to_string(offset + 1) + " does not end"};
  }

  Status skip_blanks() {
    while (at_ < sql_.size()) {
      if (is_blank(peek())) {
        ++at_;
      } else if (peek() == '-' && peek(1) == '-') {
        while (at_ < sql_.size() && peek() != '\n') ++at_;
      } else if (peek() == '/' && peek(1) == '*') {
        size_t end = sql_.find("*/", at_ + 2);
        if (end == std::string_view::npos) return unended("comment", at_);
        at_ = end + 2;
      } else {
        break;
      }
    }
    return {};
  }

  Status read(Token& token) {
    if (at_ >= sql_.size()) return {};
    char c = peek();
    if (c == '\'' || c == '"') {
      token.kind = c == '"' ? Token::Kind::kQuoted : Token::Kind::kString;
      return read_quoted(c);
    }
    if (starts_word(c)) {
      token.kind = Token::Kind::kWord;
      while (continues_word(peek())) ++at_;
    } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
      token.kind = Token::Kind::kNumber;
      read_number();
    } else {
      token.kind = Token::Kind::kSymbol;
      for (std::string_view symbol : kLongSymbols) {
        if (sql_.substr(at_, symbol.size()) == symbol) {
          at_ += symbol.size();
          return {};
        }
      }
      ++at_;
    }
    return {};
  }

  /// A doubled quote stands for one.
  Status read_quoted(char quote) {
    size_t begin = at_++;
    while (at_ < sql_.size()) {
      if (peek() != quote) {
        ++at_;
      } else if (peek(1) == quote) {
        at_ += 2;
      } else {
        ++at_;
        return {};
      }
    }
    return unended(quote == '"' ? "quoted name" : "text in quotes", begin);
  }

  void read_number() {
    while (is_digit(peek()) || peek() == '.' || peek() == '_') ++at_;
    if ((peek() == 'e' || peek() == 'E') &&
        (is_digit(peek(1)) || ((peek(1) == '-' || peek(1) == '+') && is_digit(peek(2))))) {
      at_ += 2;
      while (is_digit(peek())) ++at_;
    }
  }

  std::string_view sql_;
  size_t at_ = 0;
};

}  // namespace

bool Token::is_word(std::string_view word) const {
  return kind == Kind::kWord && equals_ignore_case(text, word);
}

std::string Token::name() const {
  if (kind != Kind::kQuoted && kind != Kind::kString)
    return kind == Kind::kWord ? to_lower(text) : text;
  std::string content;
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    content += text[i];
    if (text[i] == text[0]) ++i;
  }
  return kind == Kind::kQuoted ? to_lower(content) : content;
}

Result<std::vector<Token>> read_tokens(std::string_view sql) {
  if (sql.size() > kStatementBytes)
    return Error{ErrorCode::kExhausted, "the statement is longer than 1 MiB"};
  return Lexer(sql).run();
}

std::string print_tokens(const std::vector<Token>& tokens) {
  std::string sql;
  for (const Token& token : tokens) {
    sql += token.before;
    sql += token.text;
  }
  return sql;
}

Result<std::vector<std::string>> split_statements(std::string_view text) {
  TRY_ASSIGN(auto tokens, read_tokens(text));
  std::vector<std::string> statements;
  std::vector<Token> statement;
  for (Token& token : tokens) {
    bool end = token.is(";") || token.kind == Token::Kind::kEnd;
    if (!end) {
      statement.push_back(std::move(token));
    } else if (!statement.empty()) {
      statement.front().before.clear();
      statements.push_back(print_tokens(statement));
      statement.clear();
    }
  }
  return statements;
}

}  // namespace cairn::query
