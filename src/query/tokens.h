#pragma once

// SQL text as a row of tokens, with what stands between them, so that printing them gives the text
// back.

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace cairn::query {

struct Token {
  enum class Kind : uint8_t {
    kWord,    // an identifier or key word
    kQuoted,  // "an identifier"
    kString,  // 'text'
    kNumber,
    kSymbol,  // one operator or punctuation mark: ( ) , . ; -> <= || …
    kEnd,
  };
  Kind kind = Kind::kEnd;
  std::string text;    // as written, quotes included
  std::string before;  // blanks and comments in front
  size_t offset = 0;   // of the text, in the statement

  bool is(std::string_view symbol) const { return kind == Kind::kSymbol && text == symbol; }
  /// An unquoted word, in any case.
  bool is_word(std::string_view word) const;
  bool is_identifier() const { return kind == Kind::kWord || kind == Kind::kQuoted; }
  /// The identifier's name in lower case, without quotes; of a string its content.
  std::string name() const;
};

/// Limits of a statement.
inline constexpr size_t kStatementBytes = 1u << 20;
// Open at once. The parser of DuckDB takes minutes for 100,000.
inline constexpr size_t kOpenBrackets = 500;

/// Cuts a statement into tokens; the last is kEnd. Fails with kInvalidInput at a string, quoted
/// name or comment that does not end, and above kStatementBytes.
Result<std::vector<Token>> read_tokens(std::string_view sql);
std::string print_tokens(const std::vector<Token>& tokens);

/// Cuts a text at its semicolons; empty statements do not count. Fails like read_tokens().
Result<std::vector<std::string>> split_statements(std::string_view text);

}  // namespace cairn::query
