#include "rules/case_fold.h"

#include <gtest/gtest.h>

namespace cairn::rules {
namespace {

TEST(CaseFold, Table) {
  const struct {
    std::string_view text, folded;
  } kRows[] = {
      {"", ""},
      {"PutObject-123_[Z]@", "putobject-123_[z]@"},
      {"ÀÉÖØÞ×ß÷ÿ", "àéöøþ×ß÷ÿ"},
      {"ĀŐŹŽĲ", "āőźžĳ"},
      {"ŸƠƯǍǞǸȢɎ", "ÿơưǎǟǹȣɏ"},
      {"ΆΈΌΏΑΡΣΫ", "άέόώαρσϋ"},
      {"ͰͶϘ", "ͱͷϙ"},
      {"ЀЏАЯѠӀӁӐ", "ѐџаяѡӏӂӑ"},
      {"ԱՖ", "աֆ"},
      {"ḀẠỾ", "ḁạỿ"},
      {"ＡＺ", "ａｚ"},
      {"日本İſ", "日本İſ"},  // no pair, or one of another length
      {"\xFF\xC3", "\xFF\xC3"},
      {"\xE1\xB8"
       "A",
       "\xE1\xB8"
       "a"},
  };
  for (const auto& row : kRows) {
    std::string text(row.text), scratch;
    fold_case(text);
    EXPECT_EQ(text, row.folded) << row.text;
    EXPECT_EQ(folded(row.text, scratch), row.folded) << row.text;
    EXPECT_EQ(folded(row.folded, scratch), row.folded) << row.text;
  }
}

}  // namespace
}  // namespace cairn::rules
