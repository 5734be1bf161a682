#include "rules/sigma_condition.h"

// The grammar; keywords in any case, `not` binds tightest, then `and`, then `or`:
//
//   condition  := either
//   either     := both ( "or" both )*
//   both       := negated ( "and" negated )*
//   negated    := "not" negated | primary
//   primary    := "(" either ")" | ( "1" | "any" | "all" ) "of" ( "them" | pattern ) | name
//
// A name is any run of characters but blanks, parentheses and "|"; a pattern is a name with `*`
// anywhere. The old form `condition | count() by x > 5` is refused: it counts over time, which
// correlation documents do.

#include "base/text.h"

#include <string>
#include <string_view>
#include <vector>

namespace cairn::rules {
namespace {

using Kind = SigmaCondition::Kind;

constexpr size_t kNestingLimit = 100;  // parentheses and `not` inside each other

struct Token {
  std::string_view text;  // empty at the end
  size_t offset = 0;
};

std::vector<Token> tokenize(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::vector<Token> tokens;
  for (size_t i = 0; i < text.size();) {
    if (kBlanks.find(text[i]) != kBlanks.npos) {
      ++i;
      continue;
    }
    size_t end = i + 1;
    if (text[i] != '(' && text[i] != ')' && text[i] != '|') {
      end = std::min(text.find_first_of(" \t\r\n()|", i), text.size());
    }
    tokens.push_back({text.substr(i, end - i), i});
    i = end;
  }
  tokens.push_back({{}, text.size()});
  return tokens;
}

class ConditionParser {
 public:
  ConditionParser(const YamlNode& scalar, Remarks& remarks)
      : scalar_(scalar), remarks_(remarks), tokens_(tokenize(scalar.text)) {}

  std::optional<SigmaCondition> run() {
    auto condition = either(0);
    if (!condition) return std::nullopt;
    if (peek() == "|") return refuse_aggregation();
    if (!at_end()) return unexpected("expected \"and\", \"or\" or the end");
    return condition;
  }

 private:
  using Parsed = std::optional<SigmaCondition>;

  std::string_view peek(size_t ahead = 0) const {
    size_t index = std::min(next_ + ahead, tokens_.size() - 1);
    return tokens_[index].text;
  }
  bool at_end() const { return peek().empty(); }
  bool is(std::string_view keyword, size_t ahead = 0) const {
    return equals_ignore_case(peek(ahead), keyword);
  }
  bool accept(std::string_view keyword) {
    if (!is(keyword)) return false;
    ++next_;
    return true;
  }

  Parsed fail(const char* code, std::string message, std::string hint) {
    const Token& token = tokens_[next_];
    remarks_.error(code, remarks_.at(scalar_, token.offset, token.text.size()), std::move(message),
                   std::move(hint));
    return std::nullopt;
  }

  Parsed unexpected(std::string_view expected) {
    std::string found = at_end() ? "the condition ends" : "\"" + printable(peek()) + "\"";
    return fail("sigma-condition-syntax", std::string(expected) + ", found " + found, "");
  }

  Parsed refuse_aggregation() {
    return fail("sigma-aggregation",
                "no correlation says what this counting in a condition asks for",
                "count, sum, avg and near are read, each with a timeframe; else keep the part "
                "before \"|\" as "
                "the rule and write a correlation document");
  }

  template <typename Operand>
  Parsed chain(Kind kind, std::string_view keyword, Operand operand) {
    Parsed first = operand();
    if (!first || !is(keyword)) return first;
    SigmaCondition all{kind, {}, 0, {}};
    all.children.push_back(std::move(*first));
    while (accept(keyword)) {
      Parsed more = operand();
      if (!more) return std::nullopt;
      all.children.push_back(std::move(*more));
    }
    return all;
  }

  Parsed either(size_t depth) {
    return chain(Kind::kOr, "or", [&] { return both(depth); });
  }
  Parsed both(size_t depth) {
    return chain(Kind::kAnd, "and", [&] { return negated(depth); });
  }

  Parsed negated(size_t depth) {
    if (depth > kNestingLimit) {
      return fail("sigma-condition-nesting",
                  "nested deeper than " + format_count(kNestingLimit) + " levels", "");
    }
    if (!is("not")) return primary(depth);
    ++next_;
    Parsed operand = negated(depth + 1);
    if (!operand) return std::nullopt;
    SigmaCondition out{Kind::kNot, {}, 0, {}};
    out.children.push_back(std::move(*operand));
    return out;
  }

  Parsed primary(size_t depth) {
    if (accept("(")) {
      Parsed inner = either(depth + 1);
      if (!inner) return std::nullopt;
      if (peek() == "|") return refuse_aggregation();
      if (!accept(")")) return unexpected("expected \")\"");
      return inner;
    }
    if (is("of", 1)) return quantified();
    std::string_view word = peek();
    if (word.empty() || word == ")" || word == "|" || is("and") || is("or") || is("of")) {
      return unexpected("expected the name of a selection");
    }
    if (word.find('*') != word.npos) {
      return fail("sigma-condition-syntax", "a pattern needs \"1 of\" or \"all of\" before it",
                  "write \"1 of " + printable(word) + "\" or \"all of " + printable(word) + "\"");
    }
    return name(Kind::kName);
  }

  Parsed quantified() {
    bool all = is("all");
    if (!all && !is("1") && !is("any")) {
      return fail("sigma-condition-syntax", "\"" + printable(peek()) + " of\" is not supported",
                  "use \"1 of\", \"any of\" or \"all of\"");
    }
    next_ += 2;
    std::string_view word = peek();
    if (word.empty() || word == "(" || word == ")" || word == "|") {
      return unexpected("expected \"them\" or a pattern of names");
    }
    return name(all ? Kind::kAllOf : Kind::kAnyOf);
  }

  SigmaCondition name(Kind kind) {
    const Token& token = tokens_[next_++];
    return {kind, std::string(token.text), token.offset, {}};
  }

  const YamlNode& scalar_;
  Remarks& remarks_;
  std::vector<Token> tokens_;
  size_t next_ = 0;
};

}  // namespace

std::optional<SigmaCondition> parse_condition(const YamlNode& scalar, Remarks& remarks) {
  return ConditionParser(scalar, remarks).run();
}

bool begins_with_not(const SigmaCondition& condition) {
  const SigmaCondition* first = &condition;
  while (first->kind == Kind::kAnd || first->kind == Kind::kOr) first = &first->children.front();
  return first->kind == Kind::kNot;
}

std::string to_string(const SigmaCondition& condition) {
  switch (condition.kind) {
    case Kind::kName:
      return condition.name;
    case Kind::kAnyOf:
      return "any of " + condition.name;
    case Kind::kAllOf:
      return "all of " + condition.name;
    case Kind::kNot:
      return "not " + to_string(condition.children.front());
    case Kind::kAnd:
    case Kind::kOr:
      break;
  }
  std::string out = "(";
  for (const SigmaCondition& child : condition.children) {
    if (&child != &condition.children.front()) {
      out += condition.kind == Kind::kAnd ? " and " : " or ";
    }
    out += to_string(child);
  }
  return out + ')';
}

}  // namespace cairn::rules
