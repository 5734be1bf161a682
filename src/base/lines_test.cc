#include "base/lines.h"

#include "base/diagnostics.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(Lines, AreThoseOfLineAt) {
  for (const char* text :
       {"", "\n", "a", "a\n", "a\r\nb", "a\n\nb\r\n", "\r\n\n\r", "ab\ncd\nef"}) {
    Lines lines(text);
    for (size_t line = 0; line < 6; ++line)
      EXPECT_EQ(lines.at(line), line_at(text, line)) << '"' << text << "\" " << line;
  }
}

TEST(Lines, BeginAndHold) {
  Lines lines("ab\ncd\n\nef");
  EXPECT_EQ(lines.begin(0), 0U);
  EXPECT_EQ(lines.begin(1), 0U);
  EXPECT_EQ(lines.begin(2), 3U);
  EXPECT_EQ(lines.begin(4), 7U);
  EXPECT_EQ(lines.begin(5), 9U);
  EXPECT_EQ(lines.holding(0), 1U);
  EXPECT_EQ(lines.holding(2), 1U);
  EXPECT_EQ(lines.holding(3), 2U);
  EXPECT_EQ(lines.holding(6), 3U);
  EXPECT_EQ(lines.holding(9), 4U);
}

TEST(Lines, AreShownWhenAPersonCanReadThem) {
  std::string shown(1'000, 'x');
  std::string text = "y\n" + shown;
  EXPECT_EQ(Lines(text).shown(2), shown);
  EXPECT_EQ(shown_line(shown + "x"), "");
}

}  // namespace
}  // namespace cairn
