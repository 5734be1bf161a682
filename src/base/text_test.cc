#include "base/text.h"

#include "base/find_text.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(Text, Globs) {
  struct Row {
    const char *pattern, *text;
    bool match;
  };
  for (const Row& row : {Row{"", "", true},
                         {"*", "", true},
                         {"a*", "ABC", true},
                         {"a?c", "abc", true},
                         {"a?c", "ac", false},
                         {"*b*", "abc", true},
                         {"*.txt", "a.txt.txt", true},
                         {"abc", "abcd", false},
                         {"a*b*c", "axxbyyc", true},
                         {"a*b*c", "axxbyy", false},
                         {"**", "x", true}}) {
    EXPECT_EQ(glob_match_ignore_case(row.pattern, row.text), row.match)
        << row.pattern << " ~ " << row.text;
  }
}

TEST(Text, Numbers) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(1234567), "1,234,567");
  EXPECT_EQ(format_bytes(812), "812 B");
  EXPECT_EQ(format_bytes(1024), "1.0 KiB");
  EXPECT_EQ(format_bytes(18035507), "17.2 MiB");
  EXPECT_EQ(format_bytes(1048576 - 1), "1.0 MiB");
  EXPECT_EQ(format_seconds(0.416), "0.42 s");
  EXPECT_EQ(format_seconds(12.34), "12.3 s");
  EXPECT_EQ(format_seconds(200), "3 min 20 s");
  EXPECT_EQ(format_seconds(7500), "2 h 05 min");
  EXPECT_EQ(plural(1, "event"), "1 event");
  EXPECT_EQ(plural(2000, "event"), "2,000 events");
  EXPECT_EQ(plural(2, "entry", "entries"), "2 entries");
}

TEST(Text, WidthAndTruncation) {
  EXPECT_EQ(display_width("naïve"), 5u);
  EXPECT_EQ(display_width("東京"), 4u);
  EXPECT_EQ(display_width("e\xCC\x81"), 1u);
  EXPECT_EQ(truncate_to_width("abcdef", 4), "abc…");
  EXPECT_EQ(truncate_to_width("東京都", 4), "東…");
  EXPECT_EQ(truncate_to_width("abc", 3), "abc");
  EXPECT_EQ(truncate_middle("arn:aws:iam::1:user/alice", 11), "arn:a…alice");
}

TEST(Text, PrintableDefusesTerminals) {
  EXPECT_EQ(printable("plain ünï"), "plain ünï");
  EXPECT_EQ(printable("\x1b[31mred\x07"), "\\x1B[31mred\\x07");
  EXPECT_EQ(printable("a\nb"), "a\\x0Ab");
  EXPECT_EQ(printable("\xE2\x80\xAE"
                      "evil"),
            "\\u202Eevil");
  EXPECT_EQ(printable("\xFF\xC0"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(printable(std::string_view("\0x", 2)), "\\x00x");
}

TEST(Text, Utf8) {
  EXPECT_TRUE(is_valid_utf8("ünï 東 \xF0\x9F\x98\x80"));
  for (const char* bad :
       {"\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\x80", "\xE0\x80\x80"}) {
    EXPECT_FALSE(is_valid_utf8(bad)) << bad;
  }
  EXPECT_EQ(repair_utf8("a\xFF"
                        "b"),
            "a\xEF\xBF\xBD"
            "b");
}

TEST(Text, EditDistance) {
  EXPECT_EQ(edit_distance("contians", "contains", 3), 2u);
  EXPECT_EQ(edit_distance("same", "same", 3), 0u);
  EXPECT_EQ(edit_distance("abc", "xyz", 1), 2u);
}

TEST(Text, ContainsIgnoringCaseAgreesWithTheObviousWay) {
  unsigned seed = 5;
  auto next = [&seed] { return seed = seed * 1103515245u + 12345u, (seed >> 16) & 0x7FFF; };
  constexpr std::string_view kLetters = "aAbB@`[{1\xC3\xA4";
  auto random_text = [&](size_t size) {
    std::string text;
    while (text.size() < size) text += kLetters[next() % kLetters.size()];
    return text;
  };
  for (int i = 0; i < 20000; ++i) {
    std::string text = random_text(next() % 70), needle = to_lower(random_text(next() % 5));
    bool expected = to_lower(text).find(needle) != std::string::npos;
    EXPECT_EQ(contains_ignore_case(text, needle), expected) << text << " / " << needle;
  }
}

}  // namespace
}  // namespace cairn
