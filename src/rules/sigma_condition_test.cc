#include "rules/sigma_condition.h"

#include <gtest/gtest.h>

namespace cairn::rules {
namespace {

YamlNode scalar(std::string_view text) {
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  node.text = text;
  node.line = node.column = 1;
  return node;
}

TEST(SigmaCondition, ParsesTable) {
  const struct {
    std::string_view text, dump;
  } kRows[] = {
      {"selection", "selection"},
      {"a and b", "(a and b)"},
      {"a or b and c", "(a or (b and c))"},
      {"a and b or c and d", "((a and b) or (c and d))"},
      {"not a and b", "(not a and b)"},
      {"not (a and b)", "not (a and b)"},
      {"not not a", "not not a"},
      {"(a or b) and c", "((a or b) and c)"},
      {"((a))", "a"},
      {"a and not 1 of filter_*", "(a and not any of filter_*)"},
      {"all of them", "all of them"},
      {"ANY OF sel* Or ALL of *x* AND NOT b", "(any of sel* or (all of *x* and not b))"},
      {"1 of them and 1 of p*q", "(any of them and any of p*q)"},
      {"1 of selection", "any of selection"},
      {"a\n  and\tb", "(a and b)"},
      {"(a)and(b)", "(a and b)"},
      {"all", "all"},
      {"any and all", "(any and all)"},
      {"selection-1 and sel.x", "(selection-1 and sel.x)"},
      {"not1 and notx", "(not1 and notx)"},
  };
  for (const auto& row : kRows) {
    Diagnostics diagnostics;
    YamlNode node = scalar(row.text);
    Remarks remarks("", "", diagnostics);
    auto condition = parse_condition(node, remarks);
    ASSERT_TRUE(condition) << row.text << format_text(diagnostics.items().at(0));
    EXPECT_EQ(to_string(*condition), row.dump) << row.text;
  }
}

TEST(SigmaCondition, ReportsTable) {
  const std::string deep_parentheses(200, '(');
  std::string deep_nots;
  for (int i = 0; i < 200; ++i) deep_nots += "not ";
  const struct {
    std::string text, code;
    size_t column, length;
  } kRows[] = {
      {"", "sigma-condition-syntax", 1, 1},
      {"a and", "sigma-condition-syntax", 1, 5},
      {"and a", "sigma-condition-syntax", 1, 3},
      {"a b", "sigma-condition-syntax", 3, 1},
      {"(a", "sigma-condition-syntax", 1, 2},
      {"a)", "sigma-condition-syntax", 2, 1},
      {"a or or b", "sigma-condition-syntax", 6, 2},
      {"not", "sigma-condition-syntax", 1, 3},
      {"2 of sel*", "sigma-condition-syntax", 1, 1},
      {"1 of", "sigma-condition-syntax", 1, 4},
      {"1 of (a, b)", "sigma-condition-syntax", 6, 1},
      {"of them", "sigma-condition-syntax", 1, 2},
      {"sel*", "sigma-condition-syntax", 1, 4},
      {"a | count() > 5", "sigma-aggregation", 3, 1},
      {"a | near b", "sigma-aggregation", 3, 1},
      {"(a | count() by x > 5)", "sigma-aggregation", 4, 1},
      {deep_parentheses, "sigma-condition-nesting", 0, 0},
      {deep_nots, "sigma-condition-nesting", 0, 0},
  };
  for (const auto& row : kRows) {
    Diagnostics diagnostics;
    YamlNode node = scalar(row.text);
    const std::string file = "r.yml";
    Remarks remarks(file, row.text, diagnostics);
    EXPECT_FALSE(parse_condition(node, remarks)) << row.text;
    ASSERT_EQ(diagnostics.items().size(), 1u) << row.text;
    const Diagnostic& remark = diagnostics.items()[0];
    EXPECT_EQ(remark.code, row.code) << row.text;
    if (row.column == 0) continue;
    EXPECT_EQ(remark.line, 1u) << row.text;
    EXPECT_EQ(remark.column, row.column) << row.text;
    EXPECT_EQ(remark.length, row.length) << row.text;
  }
}

TEST(SigmaCondition, FindsNamesInFoldedText) {
  const std::string text = "condition: >-\n  sel and\n  not sel or\n  sel )\n";
  Diagnostics diagnostics;
  auto documents = parse_yaml(text, "r.yml", diagnostics).documents;
  const std::string file = "r.yml";
  Remarks remarks(file, text, diagnostics);
  EXPECT_FALSE(parse_condition(*documents.at(0).find("condition"), remarks));
  ASSERT_EQ(diagnostics.items().size(), 1u);
  EXPECT_EQ(diagnostics.items()[0].line, 4u);
  EXPECT_EQ(diagnostics.items()[0].column, 7u);
  EXPECT_EQ(diagnostics.items()[0].source_line, "  sel )");
}

}  // namespace
}  // namespace cairn::rules
