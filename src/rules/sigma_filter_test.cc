// Filter documents: which rules they are joined to, what they take away, and what is wrong with
// them.

#include "rules/event_for_test.h"
#include "rules/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::rules {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kLogSource = "logsource: {product: aws, service: cloudtrail}\n";

// `names` are lines such as "id: one\n".
std::string rule_text(std::string_view names, std::string_view value) {
  return std::string(names) + kLogSource + "detection: {s: {f: " + std::string(value) +
         "}, condition: s}\n";
}

std::string filter_text(std::string_view filter) {
  return "title: a filter\n" + std::string(kLogSource) + "filter: {" + std::string(filter) + "}\n";
}

struct Loaded {
  explicit Loaded(std::vector<RuleFile> given)
      : files(std::move(given)), rules(RuleSet::load_sigma(files, {}, fields, diagnostics)) {}

  std::string codes() const {
    std::string out;
    for (const Diagnostic& remark : diagnostics.items()) {
      out += (out.empty() ? "" : " ") + remark.code;
    }
    return out;
  }
  std::vector<std::string> explained() const {
    std::vector<std::string> out;
    for (size_t i = 0; i < rules.size(); ++i) out.push_back(rules.explain(i));
    return out;
  }

  std::vector<RuleFile> files;
  FieldTable fields;
  Diagnostics diagnostics;
  RuleSet rules;
};

TEST(SigmaFilters, AlwaysTakeAwayTable) {
  const struct {
    std::string_view filter, expression;
  } kRows[] = {
      // What is described is taken away …
      {"s: {g: 1}, condition: s", R"((f = "a" and not g = "1"))"},
      {"s: {g: 1, h: 2}, condition: s", R"((f = "a" and not (g = "1" and h = "2")))"},
      {"s: {g: 1}, t: {h: 2}, condition: s and not t",
       R"((f = "a" and not (g = "1" and not h = "2")))"},
      {"s_1: {g: 1}, s_2: {h: 2}, condition: 1 of s_*",
       R"((f = "a" and not (g = "1" or h = "2")))"},
      {"s: [word], condition: s", R"((f = "a" and not record contains "word"))"},
      // … and what `not` describes is already the rest.
      {"s: {g: 1}, condition: not s", R"((f = "a" and not g = "1"))"},
      {"s: {g: 1}, condition: NOT (s)", R"((f = "a" and not g = "1"))"},
      {"s: {g: 1}, condition: (not s)", R"((f = "a" and not g = "1"))"},
      {"s: {g: 1}, t: {h: 2}, condition: not s and not t",
       R"((f = "a" and not g = "1" and not h = "2"))"},
      {"s: {g: 1}, t: {h: 2}, condition: not s or t", R"((f = "a" and (not g = "1" or h = "2")))"},
      {"s: {g: 1}, condition: not 1 of s*", R"((f = "a" and not g = "1"))"},
      // Each of several conditions takes away its own.
      {"s: {g: 1}, t: {h: 2}, condition: [s, t]", R"((f = "a" and not (g = "1" or h = "2")))"},
      {"s: {g: 1}, t: {h: 2}, condition: [not s, not t]",
       R"((f = "a" and not (g = "1" or h = "2")))"},
  };
  for (const auto& row : kRows) {
    Loaded loaded({{"r.yml", rule_text("title: t\n", "a") + "---\n" + filter_text(row.filter)}});
    EXPECT_THAT(loaded.explained(), ElementsAre(row.expression)) << row.filter;
    EXPECT_EQ(loaded.codes(), "") << row.filter;
    EXPECT_EQ(loaded.rules.counts().filters, 1u) << row.filter;
  }
}

TEST(SigmaFilters, AreJoinedToTheRulesTheyListTable) {
  const std::string rules = rule_text("id: Id-1\nname: one\ntitle: First\n", "a") + "---\n" +
                            rule_text("name: two\ntitle: Second\n", "b") + "---\n" +
                            rule_text("id: Id-3\ntitle: Second\n", "c");
  const struct {
    std::string_view list;
    bool first, second, third;
    std::string_view codes;
  } kRows[] = {
      {"rules: [id-1], ", true, false, false, ""},
      {"rules: [ID-3, Id-1], ", true, false, true, ""},
      {"rules: [one], ", true, false, false, ""},
      {"rules: [two], ", false, true, false, ""},
      {"rules: two, ", false, true, false, ""},
      {"rules: [First], ", true, false, false, ""},
      {"rules: [second], ", false, true, true, ""},
      {"rules: [one, First, Id-1, one], ", true, false, false, ""},
      {"rules: any, ", true, true, true, ""},
      {"rules: Any, ", true, true, true, ""},
      {"rules: [any], ", true, true, true, ""},
      {"rules: 'any', ", true, true, true, ""},
      {"", true, true, true, ""},
      {"rules: [nobody], ", false, false, false, "sigma-unknown-rule"},
      {"rules: [nobody, one], ", true, false, false, "sigma-unknown-rule"},
      {"rules: [r.yml], ", false, false, false, "sigma-unknown-rule"},
  };
  for (const auto& row : kRows) {
    const std::string filter = filter_text(std::string(row.list) + "s: {g: 1}, condition: s");
    auto expected = [](std::string_view value, bool filtered) {
      std::string own = "f = \"" + std::string(value) + "\"";
      return filtered ? "(" + own + " and not g = \"1\")" : own;
    };
    // After its rules, before them, and in files of its own.
    const std::vector<RuleFile> kOrders[] = {
        {{"r.yml", rules + "---\n" + filter}},
        {{"r.yml", filter + "---\n" + rules}},
        {{"a-filter.yml", filter}, {"r.yml", rules}},
        {{"r.yml", rules}, {"z-filter.yml", filter}},
    };
    for (const auto& files : kOrders) {
      Loaded loaded(files);
      EXPECT_THAT(loaded.explained(),
                  ElementsAre(expected("a", row.first), expected("b", row.second),
                              expected("c", row.third)))
          << row.list;
      EXPECT_EQ(loaded.codes(), row.codes) << row.list;
      EXPECT_EQ(loaded.rules.counts().loaded, 3u) << row.list;
      EXPECT_EQ(loaded.rules.counts().filters, 1u) << row.list;
      EXPECT_EQ(loaded.rules.counts().documents, 4u) << row.list;
    }
  }
}

TEST(SigmaFilters, TakeEventsAway) {
  Loaded loaded({{"f.yml", filter_text("rules: [t], s: {g: [1, 2]}, condition: s")},
                 {"r.yml", rule_text("title: t\n", "a")},
                 {"g.yml", filter_text("rules: [t], s: {h: 3}, condition: not s")}});
  ASSERT_EQ(loaded.codes(), "");
  EXPECT_THAT(loaded.explained(),
              ElementsAre(R"((f = "a" and not g = any of ("1", "2") and not h = "3"))"));
  EXPECT_EQ(loaded.rules.counts().filters, 2u);
  loaded.fields.freeze();
  const struct {
    const char* event;
    bool matches;
  } kRows[] = {
      {R"({"f": "a"})", true},
      {R"({"f": "b"})", false},
      {R"({"f": "a", "g": 2})", false},
      {R"({"f": "a", "g": 3})", true},
      {R"({"f": "a", "h": 3})", false},
      {R"({"f": "a", "g": 1, "h": 3})", false},
      {R"({"f": "a", "g": 3, "h": 1})", true},
  };
  Matcher matcher(loaded.rules);
  for (const auto& row : kRows) {
    EventForTest event(loaded.fields, row.event);
    std::vector<uint32_t> fast, slow;
    matcher.match(event.event(), fast);
    matcher.match_slowly(event.event(), slow);
    EXPECT_EQ(fast.size(), row.matches ? 1u : 0u) << row.event;
    EXPECT_EQ(fast, slow) << row.event;
  }
}

TEST(SigmaFilters, KeepTheirNamesAndNeedsApart) {
  // Both have a selection `s`; `1 of them` sees only its own; the rule needs what the filter needs.
  Loaded loaded(
      {{"r.yml", "title: t\n" + std::string(kLogSource) +
                     "detection: {s: {eventName: A}, r: {f: 1}, condition: 1 of them and s}\n"},
       {"f.yml", filter_text("rules: any, s: {g: null}, condition: 1 of them")}});
  EXPECT_EQ(loaded.codes(), "");
  EXPECT_THAT(
      loaded.explained(),
      ElementsAre(R"(((eventName = "a" or f = "1") and eventName = "a" and not g is null))"));
  EXPECT_THAT(loaded.rules.info(0).needed_fields, ElementsAre("eventName", "g"));
  EXPECT_TRUE(loaded.fields.find("g"));
}

TEST(SigmaFilters, BrokenOnesAreRejectedAloneTable) {
  const struct {
    std::string_view filter, code;
    size_t column, length;  // filter_text() puts the filter on line 3, its first key at column 10
  } kRows[] = {
      {"rules: any, s: {g|contians: 1}, condition: s", "sigma-unknown-modifier", 28, 8},
      {"rules: any, s: {g|re: '('}, condition: s", "sigma-regex", 33, 1},
      {"rules: any, s: {g: 1}, condition: r", "sigma-unknown-selection", 44, 1},
      {"rules: any, s: {g: 1}, condition: s s", "sigma-condition-syntax", 46, 1},
      {"rules: any, s: {g: 1}", "sigma-missing-condition", 9, 1},
      {"rules: any, condition: s", "sigma-missing-selection", 9, 1},
      {"rules: any, s: {}, condition: s", "sigma-empty-selection", 22, 1},
      {"rules: any, s: {g|expand: '%x%'}, condition: s", "sigma-placeholder", 37, 3},
      {"rules: [], s: {g: 1}, condition: s", "sigma-empty-list", 10, 5},
      {"rules: null, s: {g: 1}, condition: s", "sigma-empty-list", 10, 5},
      {"rules: {t: 1}, s: {g: 1}, condition: s", "sigma-value-type", 17, 1},
      {"rules: [[t]], s: {g: 1}, condition: s", "sigma-value-type", 18, 1},
  };
  for (const auto& row : kRows) {
    Loaded loaded({{"f.yml", filter_text(row.filter) + "---\n" +
                                 filter_text("rules: t, s: {h: 1}, condition: s")},
                   {"r.yml", rule_text("title: t\n", "a")}});
    ASSERT_EQ(loaded.codes(), row.code) << row.filter;
    const Diagnostic& remark = loaded.diagnostics.items()[0];
    EXPECT_EQ(remark.file, "f.yml") << row.filter;
    EXPECT_EQ(remark.line, 3u) << row.filter;
    EXPECT_EQ(remark.column, row.column) << row.filter;
    EXPECT_EQ(remark.length, row.length) << row.filter;
    EXPECT_FALSE(remark.source_line.empty()) << row.filter;
    EXPECT_THAT(loaded.explained(), ElementsAre(R"((f = "a" and not h = "1"))")) << row.filter;
    EXPECT_EQ(loaded.rules.counts().rejected, 1u) << row.filter;
    EXPECT_EQ(loaded.rules.counts().filters, 1u) << row.filter;
  }
}

TEST(SigmaFilters, ReportUnknownRulesReadably) {
  Loaded loaded({{"f.yml", "title: x\n" + std::string(kLogSource) +
                               "filter:\n  rules:\n    - Root loggin\n    - 7b1e\n"
                               "  s: {g: 1}\n  condition: s\n"},
                 {"r.yml", rule_text("title: Root login\n", "a")}});
  ASSERT_EQ(loaded.codes(), "sigma-unknown-rule sigma-unknown-rule");
  EXPECT_EQ(format_text(loaded.diagnostics.items()[0]),
            "f.yml:5:7: warning: no loaded rule is called \"Root loggin\" [sigma-unknown-rule]\n"
            "        - Root loggin\n"
            "          ^~~~~~~~~~~\n"
            "  hint: did you mean \"root login\"?\n");
  EXPECT_THAT(loaded.diagnostics.items()[1].hint, testing::StartsWith("list rules by id"));
  EXPECT_EQ(loaded.rules.counts().filters, 1u);
}

TEST(SigmaFilters, ForOtherLogsAreNotLookedAt) {
  Loaded loaded({{"r.yml", rule_text("title: t\n", "a")},
                 {"f.yml",
                  "title: x\nlogsource: {product: windows}\n"
                  "filter: {rules: any, s: {g|magic: 1}, condition: s}\n"}});
  EXPECT_THAT(loaded.diagnostics.items(), IsEmpty());
  EXPECT_THAT(loaded.explained(), ElementsAre(R"(f = "a")"));
  EXPECT_EQ(loaded.rules.counts().other_log_source, 1u);
  EXPECT_EQ(loaded.rules.counts().filters, 0u);
}

TEST(SigmaFilters, HostileSizesAreRefused) {
  std::string rules, selections;
  for (int i = 0; i < 220; ++i) {
    rules += rule_text("title: t\nid: r" + std::to_string(i) + "\n", "a") + "---\n";
  }
  for (int i = 0; i < 10'000; ++i) {
    selections += "s" + std::to_string(i) + ": {g: " + std::to_string(i) + "}, ";
  }
  Loaded loaded({{"r.yml", rules + filter_text(selections + "condition: 1 of s*")},
                 {"f.yml", filter_text("s: {a: 1, b: 2}, condition: s")}});
  EXPECT_EQ(loaded.codes(), "sigma-too-large");
  EXPECT_EQ(loaded.rules.size(), 220u);
  EXPECT_EQ(loaded.rules.explain(7), R"((f = "a" and not (a = "1" and b = "2")))");
  EXPECT_EQ(loaded.rules.counts().rejected, 1u);
  EXPECT_EQ(loaded.rules.counts().filters, 1u);
}

}  // namespace
}  // namespace cairn::rules
