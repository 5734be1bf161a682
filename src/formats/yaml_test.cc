#include "formats/yaml.h"

#include <gtest/gtest.h>

#include <random>

namespace cairn {
namespace {

// The canonical print of a tree: {key: value}, [item], plain as is, "quoted", ~ for null, <tag>
// before what has one.
std::string dump(const YamlNode& node) {
  std::string out = node.tag.empty() ? "" : "<" + node.tag + ">";
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return out + "~";
    case YamlNode::Kind::kScalar:
      return out + (node.quoted ? "\"" + node.text + "\"" : node.text);
    case YamlNode::Kind::kSequence: {
      out += "[";
      for (const YamlNode& item : node.items) out += (out.back() == '[' ? "" : ", ") + dump(item);
      return out + "]";
    }
    case YamlNode::Kind::kMap: {
      out += "{";
      for (const auto& [key, value] : node.members) {
        out += (out.back() == '{' ? "" : ", ") + dump(key) + ": " + dump(value);
      }
      return out + "}";
    }
  }
  return out;
}

std::string dump_text(std::string_view text, Diagnostics& diagnostics) {
  std::string out;
  for (const YamlNode& document : parse_yaml(text, "t.yml", diagnostics).documents) {
    out += (out.empty() ? "" : " --- ") + dump(document);
  }
  return out;
}

TEST(Yaml, ParsesTable) {
  const struct {
    std::string_view text, dump;
  } kRows[] = {
      {"", ""},
      {"a: 1\nb: '1'\nc: \"1\"\n", "{a: 1, b: \"1\", c: \"1\"}"},
      {"a: null\nb: ~\nc:\nd: 'null'\n", "{a: ~, b: ~, c: ~, d: \"null\"}"},
      {"- x\n- [y, z]\n- {k: v}\n", "[x, [y, z], {k: v}]"},
      {"a: >-\n  one\n  two\n", "{a: \"one two\"}"},
      {"a: |\n  one\n  two\n", "{a: \"one\ntwo\n\"}"},
      {"a: plain\n  text\n", "{a: plain text}"},
      {"a: 1\n---\nb: 2\n", "{a: 1} --- {b: 2}"},
      {"a: !Sub x\nb: !GetAtt [x, y]\n", "{a: <!Sub>x, b: <!GetAtt>[x, y]}"},
      {"a: &x {k: 1}\nb: *x\n", "{a: {k: 1}, b: {k: 1}}"},
      {"a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  k: 9\n", "{a: {k: 1, l: 2}, b: {k: 9, l: 2}}"},
      {"b:\n  <<: [{k: 1}, {k: 2, m: 3}]\n", "{b: {k: 1, m: 3}}"},
      {"'<<': x\n", "{\"<<\": x}"},
      {"null: x\n", "{null: x}"},
      {"\xEF\xBB\xBF"
       "a: \xC3\xA9\n",
       "{a: \xC3\xA9}"},
      {"# only a remark\n", ""},
      {"a: 'it''s'\r\nb: \"\\u0041\"\r\n", "{a: \"it's\", b: \"A\"}"},
  };
  for (const auto& row : kRows) {
    Diagnostics diagnostics;
    EXPECT_EQ(dump_text(row.text, diagnostics), row.dump) << row.text;
    EXPECT_TRUE(diagnostics.empty()) << row.text << format_text(diagnostics.items().at(0));
  }
}

TEST(Yaml, ReportsTable) {
  std::string deep(101, '[');
  deep += std::string(101, ']');
  std::string laughs = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'h'; ++c) {
    std::string name(1, c), before(1, static_cast<char>(c - 1));
    laughs += name + ": &" + name + " [*" + before;
    for (int i = 0; i < 9; ++i) laughs += ", *" + before;
    laughs += "]\n";
  }
  const struct {
    std::string text, dump, code;
    size_t line, column;
  } kRows[] = {
      {"a: 1\nb: 2\na: 3\n", "", "yaml-duplicate-key", 3, 1},
      {"x:\n  - a: 1\n    'a': 3\n---\nok: 1\n", "{ok: 1}", "yaml-duplicate-key", 3, 5},
      {"ok: 1\n---\na: [1\n", "{ok: 1}", "yaml-syntax", 0, 0},
      {"a: b: c\n", "", "yaml-syntax", 1, 5},
      {"a: *nowhere\n", "", "yaml-alias", 1, 4},
      {"a: [\xC3\xA9\xC3\xA9, *nowhere]\n", "", "yaml-alias", 1, 11},
      {"? [a]\n: 1\n", "", "yaml-key", 1, 3},
      {"a: &x [*x]\n", "", "yaml-alias", 1, 0},
      {", x\n", "", "yaml-syntax", 1, 1},
      {"--- a\n---\n, x\n", "a", "yaml-syntax", 3, 1},
      {"<<: 3\n", "", "yaml-merge", 1, 5},
      {deep, "", "yaml-nesting", 1, 101},
      {laughs, "", "yaml-alias", 0, 0},
      {"a: 1\nb: \xFF\n", "", "yaml-encoding", 2, 0},
      {std::string("a: \x04 b\n"), "", "yaml-encoding", 1, 4},
      {std::string("a: 1\nb: \0\n", 10), "", "yaml-encoding", 2, 4},
  };
  for (const auto& row : kRows) {
    Diagnostics diagnostics;
    EXPECT_EQ(dump_text(row.text, diagnostics), row.dump) << row.text;
    ASSERT_EQ(diagnostics.items().size(), 1u) << row.text;
    const Diagnostic& remark = diagnostics.items()[0];
    EXPECT_EQ(remark.code, row.code) << row.text;
    EXPECT_EQ(remark.file, "t.yml");
    EXPECT_EQ(remark.severity, DiagnosticSeverity::kError);
    if (row.line > 0) {
      EXPECT_EQ(remark.line, row.line) << row.text;
    }
    if (row.column > 0) {
      EXPECT_EQ(remark.column, row.column) << row.text;
    }
    EXPECT_EQ(parse_yaml(row.text, "", diagnostics).damaged, 1u) << row.text;
  }
}

TEST(Yaml, ShowsTheLineOfARemark) {
  Diagnostics diagnostics;
  parse_yaml("a: 1\n  \nname: x\nname: y\n", "rules/x.yml", diagnostics);
  ASSERT_EQ(diagnostics.items().size(), 1u);
  EXPECT_EQ(format_text(diagnostics.items()[0]),
            "rules/x.yml:4:1: error: the key \"name\" is already on line 3 [yaml-duplicate-key]\n"
            "    name: y\n"
            "    ^~~~\n"
            "  hint: a map holds each key once: rename one, or put the values into one list\n");
}

TEST(Yaml, KeepsPositions) {
  Diagnostics diagnostics;
  auto documents = parse_yaml("a:\n  - b: x\n    c: |\n      y\n", "", diagnostics).documents;
  ASSERT_EQ(documents.size(), 1u);
  const YamlNode& item = documents[0].find("a")->items.at(0);
  EXPECT_EQ(item.find_key("b")->line, 2u);
  EXPECT_EQ(item.find_key("b")->column, 5u);
  EXPECT_EQ(item.find("b")->column, 8u);
  EXPECT_EQ(item.find("c")->line, 3u);
  EXPECT_EQ(item.find("d"), nullptr);
  EXPECT_EQ(item.find("b")->find("x"), nullptr);
}

YamlNode random_node(std::mt19937& random, int depth) {
  auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
  YamlNode node;
  node.kind = static_cast<YamlNode::Kind>(below(depth > 0 ? 4 : 2));
  node.line = below(3) == 0 ? random() : below(200);
  node.column = below(200);
  if (below(4) == 0) node.tag = "!Ref";
  if (node.is_scalar()) {
    node.quoted = below(2) == 0;
    node.text.assign(below(300), static_cast<char>(below(256)));
  }
  for (unsigned i = node.kind >= YamlNode::Kind::kSequence ? below(5) : 0; i > 0; --i) {
    if (node.is_sequence()) {
      node.items.push_back(random_node(random, depth - 1));
    } else {
      YamlNode key = random_node(random, 0);
      key.kind = YamlNode::Kind::kScalar;
      node.members.emplace_back(key, random_node(random, depth - 1));
    }
  }
  return node;
}

TEST(YamlBytes, RoundTrip) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    std::vector<YamlNode> documents;
    for (int i = 0; i < round % 4; ++i) documents.push_back(random_node(random, 4));
    auto back = deserialize_yaml(serialize_yaml(documents));
    ASSERT_TRUE(back.ok());
    ASSERT_EQ(back.value(), documents);
  }
}

TEST(YamlBytes, RefusesDamage) {
  Diagnostics diagnostics;
  std::string bytes = serialize_yaml(
      parse_yaml("a: [1, 'x', {b: ~}]\n---\nc: !Ref d\n", "", diagnostics).documents);
  ASSERT_TRUE(deserialize_yaml(bytes).ok());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(deserialize_yaml(std::string_view(bytes).substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(deserialize_yaml(bytes + "x").ok());
  for (size_t i = 0; i < bytes.size(); ++i) {  // any outcome but a crash
    std::string changed = bytes;
    changed[i] = static_cast<char>(0xFF);
    auto read = deserialize_yaml(changed);
    if (read.ok()) {
      EXPECT_LE(read.value().size(), 2u);
    }
  }
}

}  // namespace
}  // namespace cairn
