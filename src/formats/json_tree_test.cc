#include "formats/json_tree.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

/// The tree as text: {key=value …}, [value …], "string", number, literal.
std::string dump(const JsonTree& tree, uint32_t at) {
  const JsonTree::Node& node = tree[at];
  if (node.is_string()) return "\"" + std::string(node.text) + "\"";
  if (node.is_scalar()) return std::string(node.text);
  bool object = node.kind == JsonTree::Kind::kObject;
  std::string out(1, object ? '{' : '[');
  for (uint32_t child = at + 1; child < node.next; child = tree[child].next) {
    if (out.size() > 1) out += ' ';
    if (object) out += std::string(tree[child].key) + "=";
    out += dump(tree, child);
  }
  return out + (object ? "}" : "]");
}

TEST(JsonTree, ReadsTable) {
  const struct {
    std::string_view text, dump;
  } kRows[] = {
      {"{}", "{}"},
      {"[]", "[]"},
      {R"( {"a": 1.50, "b": [true, null, "x\u00e9\n"], "c": {"d": {}}} )",
       "{a=1.50 b=[true null \"x\xC3\xA9\n\"] c={d={}}}"},
      {R"({"a\"b": false, "": -0.0})", "{a\"b=false =-0.0}"},
      {R"({"a": 9007199254740993, "b": 12345678901234567890123, "a": 2})",
       "{a=9007199254740993 b=12345678901234567890123 a=2}"},
      {R"([[], [[1]], {}])", "[[] [[1]] {}]"},
  };
  JsonTree tree;
  for (const auto& row : kRows) {
    Status status = tree.parse(row.text);
    ASSERT_TRUE(status.ok()) << row.text << ": " << status.error().message;
    EXPECT_EQ(dump(tree, 0), row.dump) << row.text;
  }
}

TEST(JsonTree, RefusesTable) {
  std::string deep(JsonTree::kNestingLimit + 2, '[');
  deep += std::string(JsonTree::kNestingLimit + 2, ']');
  for (const std::string& text : {std::string(""),
                                  std::string(" "),
                                  std::string("1"),
                                  std::string("\"x\""),
                                  std::string("null"),
                                  std::string("{"),
                                  std::string("[1,]"),
                                  std::string("{\"a\":}"),
                                  std::string("{\"a\" 1}"),
                                  std::string("{\"a\":1} x"),
                                  std::string("{} {}"),
                                  std::string("{\"a\":\"\xFF\"}"),
                                  std::string("{\"a\":\"\\q\"}"),
                                  std::string("{\"a\":01}"),
                                  std::string("{\"a\":nul}"),
                                  std::string("{\"a\":truex}"),
                                  std::string("{\"a\":1e999}"),
                                  std::string("{\"a\":\"b}"),
                                  std::string("{a:1}"),
                                  std::string("[1 2]"),
                                  deep}) {
    JsonTree tree;
    EXPECT_FALSE(tree.parse(text).ok()) << text.substr(0, 60);
    EXPECT_TRUE(tree.nodes().empty());
    EXPECT_LE(tree.offset(), text.size());
  }
}

TEST(JsonTree, FindsTheLastOfSameKeysAndPlaces) {
  JsonTree tree;
  ASSERT_TRUE(tree.parse(R"({"a": {"x": 1}, "b": 2, "a": 3})").ok());
  EXPECT_EQ(tree[tree.find(0, "a")].text, "3");
  EXPECT_EQ(tree[tree.find(0, "b")].offset, 21u);
  EXPECT_EQ(tree.find(0, "x"), 0u);
  EXPECT_EQ(tree.find(tree.find(0, "b"), "x"), 0u);
}

}  // namespace
}  // namespace cairn
