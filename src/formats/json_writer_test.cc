#include "formats/json_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace cairn {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonWriter, EscapesStrings) {
  struct Row {
    std::string_view input, expected;
  };
  const Row rows[] = {
      {"", R"("")"},
      {"plain", R"("plain")"},
      {"a\"b\\c/d", R"("a\"b\\c/d")"},
      {"\n\r\t", R"("\n\r\t")"},
      {std::string_view("\0\x01\x1b\x7f", 4), R"("\u0000\u0001\u001b\u007f")"},
      {"gr\xC3\xBC\xC3\x9F \xE2\x82\xAC", "\"gr\xC3\xBC\xC3\x9F \xE2\x82\xAC\""},
      {"x\xE2\x80\xA8y\xE2\x80\xA9z", R"("x\u2028y\u2029z")"},
      {"bad\xFF", "\"bad\xEF\xBF\xBD\""},
      {"cut\xE2\x80", "\"cut\xEF\xBF\xBD\xEF\xBF\xBD\""},
  };
  for (const Row& row : rows) EXPECT_EQ(quoted(row.input), row.expected);
}

TEST(JsonWriter, BuildsNestedDocuments) {
  JsonWriter json;
  json.begin_object().member("count", 3).key("names").begin_array().value("a").begin_object();
  json.end_object().begin_array().end_array().null().end_array();
  json.member("truth", true).member("text", std::string("x")).key("raw").raw("[1,2]").end_object();
  EXPECT_EQ(std::move(json).take(),
            R"({"count":3,"names":["a",{},[],null],"truth":true,"text":"x","raw":[1,2]})");
}

TEST(JsonWriter, WritesNumbersExactly) {
  JsonWriter json;
  json.begin_array();
  json.value(std::numeric_limits<uint64_t>::max()).value(std::numeric_limits<int64_t>::min());
  json.value(0.1).value(1e300).value(-0.5).value(std::nan("")).value(HUGE_VAL).value(2u);
  json.end_array();
  EXPECT_EQ(json.text(), "[18446744073709551615,-9223372036854775808,0.1,1e+300,-0.5,null,null,2]");
}

TEST(JsonWriterDeathTest, RefusesWrongNesting) {
  EXPECT_DEATH(JsonWriter().end_object(), "check failed");
  EXPECT_DEATH(JsonWriter().begin_object().value("no key"), "check failed");
  EXPECT_DEATH(JsonWriter().begin_object().end_array(), "check failed");
  EXPECT_DEATH(JsonWriter().value(1).value(2), "check failed");
}

}  // namespace
}  // namespace cairn
