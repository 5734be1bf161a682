#include "rules/explain.h"

#include "rules/json_event.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace cairn::rules {
namespace {

std::string shown(const Explanation& part) {
  std::string out = part.decides ? "!" : "";
  out += part.holds ? "yes " : "no ";
  switch (part.kind) {
    case Explanation::Kind::kAll:
      out += part.test.empty() ? "all" : part.test;
      break;
    case Explanation::Kind::kAny:
      out += "any";
      break;
    case Explanation::Kind::kNone:
      out += "not";
      break;
    case Explanation::Kind::kElement:
      out += "some " + part.field;
      break;
    case Explanation::Kind::kTest:
      out += part.field + " " + part.test + " <";
      for (const std::string& value : part.values) out += " " + value;
      if (!part.other_field.empty()) out += " | " + part.other_field;
      for (const std::string& value : part.other_values) out += " " + value;
      return out + ">";
  }
  if (part.children.empty()) return out;
  out += "(";
  for (const Explanation& child : part.children)
    out += (&child == &part.children.front() ? "" : ", ") + shown(child);
  return out + ")";
}

std::string explained(std::string_view detection, std::string_view more, std::string_view event) {
  std::string rule =
      "title: t\ndetection:\n" + std::string(detection) + "  condition: c\n" + std::string(more);
  size_t at = rule.find("condition: c\n");
  if (rule.find("\n  d:") != std::string::npos) rule.replace(at, 12, "condition: c and not d");
  FieldTable fields;
  Diagnostics diagnostics;
  std::vector<RuleFile> files{{"t.yml", rule}};
  LoadOptions options;
  options.any_log_source = true;
  RuleSet set = RuleSet::load_sigma(files, options, fields, diagnostics);
  if (set.size() != 1) return "not loaded";
  fields.freeze();
  JsonEvent json(fields);
  if (!json.set(std::string(event)).ok()) return "no event";
  Explanation whole = explain(set, 0, json.event());
  Matcher matcher(set);
  std::vector<uint32_t> matched;
  matcher.match(json.event(), matched);
  EXPECT_EQ(whole.holds, !matched.empty());
  return shown(whole);
}

TEST(Explain, Table) {
  const struct {
    std::string_view detection, more, event, want;
  } kRows[] = {
      {"  c: {a: x}\n", "", R"({"a":"X"})", R"(!yes a = "x" < "X">)"},
      {"  c: {a: x}\n", "", "{}", R"(!no a = "x" <>)"},
      {"  c: {a: x, b|gt: 3}\n", "", R"({"a":"x","b":2})",
       R"(!no all(yes a = "x" < "x">, !no b > 3 < 2>))"},
      {"  c: [{a: x}, {b: y}]\n", "", R"({"a":null,"b":["y","z"]})",
       R"(!yes any(no a = "x" < null>, !yes b = "y" < ["y","z"] "y" "z">))"},
      {"  c: {a: x}\n  d: {e: null}\n", "", R"({"a":"x"})",
       R"(!no all(yes a = "x" < "x">, !no not(!yes e is null <>)))"},
      {"  c: {a|fieldref: b}\n", "", R"({"a":"x","b":"y"})", R"(!no a = field b < "x" | b "y">)"},
      {"  c: {a: x}\n", "cairn:\n  where: {element: l, has: {p: 22, q: 0.0.0.0/0}}\n",
       R"({"a":"x","l":[{"p":22,"q":"10.0.0.0/8"},{"p":443,"q":"0.0.0.0/0"}]})",
       R"w(!no all(yes a = "x" < "x">, !no some l()w"
       R"w(!no element 1(yes p = "22" < 22>, !no q = "0.0.0.0/0" < "10.0.0.0/8">), )w"
       R"w(!no element 2(!no p = "22" < 443>, yes q = "0.0.0.0/0" < "0.0.0.0/0">))))w"},
      {"  c: [hello]\n", "", R"({"a":"oh hello"})", R"(!yes record contains "hello" <>)"},
  };
  for (const auto& row : kRows)
    EXPECT_EQ(explained(row.detection, row.more, row.event), row.want) << row.detection;
}

}  // namespace
}  // namespace cairn::rules
