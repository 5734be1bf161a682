#include "formats/csv.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

std::string field(std::string_view text) {
  std::string out;
  append_csv_field(out, text);
  return out;
}

TEST(Csv, QuotesAndDefusesFields) {
  struct Row {
    std::string_view input, expected;
  };
  const Row rows[] = {
      {"", ""},
      {"plain text", "plain text"},
      {"a,b", "\"a,b\""},
      {"say \"hi\"", "\"say \"\"hi\"\"\""},
      {"two\nlines", "\"two\nlines\""},
      {"two\r\nlines", "\"two\r\nlines\""},
      {"=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""},
      {"=1+1", "'=1+1"},
      {"@SUM(A1)", "'@SUM(A1)"},
      {"+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"},
      {"-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"},
      {"  =1+1", "'  =1+1"},
      {"\t=1+1", "'\t=1+1"},
      {"\r=1+1", "\"'\r=1+1\""},
      {"\n=1+1", "\"'\n=1+1\""},
      {"-12", "-12"},
      {"+3.5e-9", "+3.5e-9"},
      {"-", "'-"},
      {"-12a", "'-12a"},
      {"-.", "'-."},
      {"1e", "1e"},
      {"bell\x07", "bell\xEF\xBF\xBD"},
      {std::string_view("nul\0x", 5), "nul\xEF\xBF\xBDx"},
      {"\x1b[31mred", "\xEF\xBF\xBD[31mred"},
      {"bad \xFF utf8", "bad \xEF\xBF\xBD utf8"},
      {"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
  };
  for (const Row& row : rows) EXPECT_EQ(field(row.input), row.expected) << row.input;
}

TEST(Csv, EndsRowsInCrLf) {
  std::string out;
  append_csv_row(out, {"a", "", "b,c"});
  append_csv_row(out, {});
  EXPECT_EQ(out, "a,,\"b,c\"\r\n\r\n");
}

}  // namespace
}  // namespace cairn
