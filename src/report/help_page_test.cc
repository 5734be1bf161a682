#include "report/report.h"

#include <gtest/gtest.h>

namespace cairn::report {
namespace {

std::string shown(std::string_view markdown) {
  TerminalStyle style;
  style.width = 80;
  return render_help_page(markdown, style);
}

TEST(HelpPage, ShowsWhatThePagesUse) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"# `cairn scan`: a title\n", "cairn scan: a title\n"},
      {"One *two* **three** `four *x*` 5 * 6.\n", "  One two three four *x* 5 * 6.\n"},
      {"goes on\nhere\n\nnext\n", "  goes on here\n\n  next\n"},
      {"a\n\n\n\nb\n", "  a\n\n  b\n"},
      {"See [the rules](sigma.md#levels), [spec](https://example.com/x.md).\n",
       "  See the rules (cairn help sigma), spec.\n"},
      {"- one\n- two goes\n  on\n1. three\n", "    - one\n    - two goes on\n    1. three\n"},
      {"    cairn scan '*'  x\n", "    cairn scan '*'  x\n"},
      {"```\na  b\n```\n", "    a  b\n"},
      {"| option | meaning |\n|---|---|\n| `--a|b-or-more` | does `x` |\n",
       "  --a|b-or-more\n        does x\n"},
      {"| code | meaning |\n|---|---|\n| 10 | found |\n", "10        found\n"},
      {"| a | b | c |\n|---|---|---|\n| 1 | 2 | 3 |\n", "  1\n        b: 2\n        c: 3\n"},
      {"odd [ and ] and [half](\n", "  odd [ and ] and [half](\n"},
      {"\x1b[31mred\n", "  \\x1B[31mred\n"},
      {"", ""},
  };
  for (const auto& [markdown, text] : rows) {
    std::string expected(text);
    std::string got = shown(markdown);
    // The last line end of a file makes one blank line more.
    if (got.ends_with("\n\n") && !expected.ends_with("\n\n")) got.pop_back();
    if (got == "\n") got.clear();
    EXPECT_EQ(got, expected) << markdown;
  }
}

TEST(HelpPage, WrapsToTheWidth) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "word ";
  std::string page = shown(text);
  for (std::string_view rest = page; !rest.empty();) {
    size_t end = rest.find('\n');
    EXPECT_LE(end, 80u);
    rest.remove_prefix(end + 1);
  }
}

}  // namespace
}  // namespace cairn::report
