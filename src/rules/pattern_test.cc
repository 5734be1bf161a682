#include "rules/pattern.h"

#include <gtest/gtest.h>

namespace cairn::rules {
namespace {

// Texts in brackets, wildcards as themselves: `a\*b*` is "[a*b]*".
std::string dump(const Pattern& pattern) {
  std::string out;
  for (const PatternPart& part : pattern.parts()) {
    switch (part.kind) {
      case PatternPart::Kind::kText:
        out += "[" + part.text + "]";
        break;
      case PatternPart::Kind::kAnyRun:
        out += "*";
        break;
      case PatternPart::Kind::kOneCharacter:
        out += "?";
        break;
    }
  }
  return out;
}

TEST(Pattern, ReadsEscapes) {
  const struct {
    std::string_view written, dump, printed;
  } kRows[] = {
      {R"()", "", R"()"},
      {R"(abc)", "[abc]", R"(abc)"},
      {R"(a*b?c)", "[a]*[b]?[c]", R"(a*b?c)"},
      {R"(***)", "*", R"(*)"},
      {R"(*?*)", "*?*", R"(*?*)"},
      {R"(\*)", "[*]", R"(\*)"},
      {R"(\?)", "[?]", R"(\?)"},
      {R"(\\)", R"([\])", R"(\)"},
      {R"(\)", R"([\])", R"(\)"},
      {R"(\\*)", R"([\]*)", R"(\\*)"},
      {R"(\\\*)", R"([\*])", R"(\\\*)"},
      {R"(\\\\)", R"([\\])", R"(\\\)"},
      {R"(\\\\\)", R"([\\\])", R"(\\\\\)"},
      {R"(C:\Windows\x)", R"([C:\Windows\x])", R"(C:\Windows\x)"},
      {R"(C:\\Windows)", R"([C:\Windows])", R"(C:\Windows)"},
      {R"(\d+\%x\%)", R"([\d+\%x\%])", R"(\d+\%x\%)"},
      {R"(a\)", R"([a\])", R"(a\)"},
  };
  for (const auto& row : kRows) {
    Pattern pattern = Pattern::parse(row.written);
    EXPECT_EQ(dump(pattern), row.dump) << row.written;
    EXPECT_EQ(pattern.to_string(), row.printed) << row.written;
  }
}

TEST(Pattern, PrintAndParseAreInverse) {
  // Every text over these characters up to length 6.
  const std::string_view kAlphabet = R"(a*?\)";
  std::vector<std::string> texts = {""};
  for (size_t i = 0; i < texts.size() && texts[i].size() < 6; ++i) {
    for (char c : kAlphabet) texts.push_back(texts[i] + c);
  }
  for (const std::string& text : texts) {
    Pattern pattern = Pattern::parse(text);
    ASSERT_EQ(Pattern::parse(pattern.to_string()), pattern) << text;
    ASSERT_EQ(Pattern::parse(Pattern::plain(text).to_string()), Pattern::plain(text)) << text;
  }
}

TEST(Pattern, MatchesTable) {
  const struct {
    std::string_view written, text;
    bool matches;
  } kRows[] = {
      {"", "", true},          {"", "a", false},
      {"*", "", true},         {"*", "a\nb", true},
      {"a*", "a", true},       {"a*c", "abbc", true},
      {"a*c", "abb", false},   {"*b*", "abc", true},
      {"?", "", false},        {"?", "é", true},
      {"??", "é", false},      {"a?c", "a日c", true},
      {"?", "\n", true},       {"*?", "", false},
      {"*?", "x", true},       {"a*b*c", "aXbYbZc", true},
      {"*aab", "aaaab", true}, {R"(\*)", "*", true},
      {R"(\*)", "x", false},   {R"(\\*)", R"(\x)", true},
      {"?", "\xFF", true},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(Pattern::parse(row.written).matches(row.text), row.matches)
        << row.written << " on " << row.text;
  }
}

// The definition, by recursion.
bool matches_by_definition(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return matches_by_definition(pattern.substr(1), text) ||
           (!text.empty() && matches_by_definition(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) &&
         matches_by_definition(pattern.substr(1), text.substr(1));
}

TEST(Pattern, AgreesWithTheDefinitionOnAllSmallCases) {
  std::vector<std::string> patterns = {""}, texts = {""};
  for (size_t i = 0; patterns[i].size() < 5; ++i) {
    for (char c : std::string_view("ab*?")) patterns.push_back(patterns[i] + c);
  }
  for (size_t i = 0; texts[i].size() < 5; ++i) {
    for (char c : std::string_view("ab")) texts.push_back(texts[i] + c);
  }
  for (const std::string& written : patterns) {
    Pattern pattern = Pattern::parse(written);
    for (const std::string& text : texts) {
      ASSERT_EQ(pattern.matches(text), matches_by_definition(written, text))
          << written << " on " << text;
    }
  }
}

}  // namespace
}  // namespace cairn::rules
