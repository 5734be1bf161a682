#include "rules/sigma_correlation.h"

#include "rules/rules.h"

#include <gtest/gtest.h>

namespace cairn::rules {
namespace {

const char* const kTwoRules = R"(title: First
id: a
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: A}, condition: s}
---
title: Second
id: b
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: B}, condition: s}
---
)";

struct Loaded {
  FieldTable fields;
  Diagnostics diagnostics;
  RuleSet rules;

  explicit Loaded(const std::string& documents)
      : rules(RuleSet::load_sigma(std::vector<RuleFile>{{"t.yml", kTwoRules + documents}}, {},
                                  fields, diagnostics)) {}
  /// The first remark, or what the last rule asks for.
  std::string answer() const {
    if (!diagnostics.empty()) return diagnostics.items()[0].message;
    return rules.explain(rules.size() - 1);
  }
};

TEST(SigmaCorrelation, AsksTable) {
  const struct {
    std::string correlation, answer;
  } kRows[] = {
      {"{type: event_count, rules: a, group-by: user, timespan: 5m, condition: {gte: 3}}",
       "event_count over a gte 3 within 5 min by user"},
      {"{type: event_count, rules: [a, B], timespan: 1h, condition: {gt: 1, lte: 5}}",
       "event_count over a, b gt 1 lte 5 within 1 h"},
      {"{type: value_count, rules: [First], group-by: [x, y], timespan: 1d, condition: {field: [f, "
       "g], gte: 2}}",
       "value_count of f g over a gte 2 within 1 d by x, y"},
      {"{type: value_percentile, rules: a, timespan: 30s, condition: {field: f, gte: 2, "
       "percentile: "
       "95}}",
       "value_percentile 95 of f over a gte 2 within 30 s"},
      {"{type: temporal, rules: [a, b], timespan: 5m, condition: a and not (b or a)}",
       "temporal (a and not (b or a)) within 5 min"},
      {"{type: temporal_ordered, rules: [a, b], aliases: {u: {a: x.y, b: z}}, group-by: u, "
       "timespan: "
       "2w}",
       "temporal_ordered over a, b within 14 d by u"},

      {"[a]", "correlation must be a map"},
      {"{type: temporal_orderd, rules: [a, b], timespan: 5m}",
       "no correlation is of type \"temporal_orderd\""},
      {"{type: temporal, timespan: 5m}", "the correlation lists no rules"},
      {"{type: temporal, rules: [a, b]}", "the correlation has no timespan"},
      {"{type: temporal, rules: [a, b], timespan: 5 minutes}",
       "timespan: expected a number and s, m, h, d, w, M or y"},
      {"{type: temporal, rules: [a, b], timespan: 0s}",
       "timespan: expected a number and s, m, h, d, w, M or y"},
      {"{type: event_count, rules: a, timespan: 5m}", "the correlation has no condition"},
      {"{type: event_count, rules: a, timespan: 5m, condition: {gte: x}}",
       "a count is compared with a number"},
      {"{type: event_count, rules: a, timespan: 5m, condition: {atleast: 3}}",
       "unknown comparison \"atleast\""},
      {"{type: value_sum, rules: a, timespan: 5m, condition: {gte: 3}}",
       "the condition names no field"},
      {"{type: temporal_ordered, rules: [a, b], timespan: 5m, condition: a and b}",
       "only a temporal correlation has a condition in words"},
      {"{type: temporal, rules: [a, b], timespan: 5m, condition: a and c}",
       "the condition names \"c\", which is not among the rules"},
      {"{type: temporal, rules: [a, b], timespan: 5m, condition: (a and b}",
       "a closing parenthesis is missing"},
      {"{type: temporal, rules: [a, nowhere], timespan: 5m}",
       "no loaded rule is called \"nowhere\""},
      {"{type: temporal, rules: [a, b], aliases: {u: {a: x}}, group-by: u, timespan: 5m}",
       "the alias \"u\" has no field for this rule"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(Loaded("title: c\nid: c\ncorrelation: " + row.correlation + "\n").answer(),
              row.answer)
        << row.correlation;
  }
}

TEST(SigmaCorrelation, RulesThatAreOnlyParts) {
  const std::string count =
      "title: c\nid: c\ncorrelation: {type: event_count, rules: a, timespan: 5m, condition: {gte: "
      "3}";
  Loaded quiet(count + "}\n"), both(count + ", generate: true}\n");
  EXPECT_TRUE(quiet.rules.info(0).silent);
  EXPECT_FALSE(quiet.rules.info(1).silent);
  EXPECT_FALSE(quiet.rules.info(2).silent);
  EXPECT_FALSE(both.rules.info(0).silent);
  EXPECT_EQ(quiet.rules.counts().correlations, 1u);
}

TEST(SigmaCorrelation, RefersToOthersInAnyOrder) {
  const std::string outer =
      "title: outer\nid: o\ncorrelation: {type: temporal_ordered, rules: [i, b], group-by: x, "
      "timespan: 1h}\n---\n";
  auto inner = [](const std::string& group_by) {
    return "title: inner\nid: i\ncorrelation: {type: event_count, rules: a, group-by: [" +
           group_by + "], timespan: 5m, condition: {gte: 3}}\n";
  };
  Loaded good(outer + inner("x, y"));
  ASSERT_EQ(good.rules.correlations().size(), 2u) << good.answer();
  EXPECT_EQ(good.rules.info(good.rules.correlations()[0].rule).id, "i");
  EXPECT_EQ(good.rules.correlations()[1].sources[0].rule, good.rules.correlations()[0].rule);
  EXPECT_EQ(Loaded(outer + inner("y")).answer(), "this correlation does not group by \"x\"");
  Loaded circle(
      "title: c\nid: c\ncorrelation: {type: temporal, rules: [a, d], timespan: 1h}\n---\n"
      "title: d\nid: d\ncorrelation: {type: temporal, rules: [b, c], timespan: 1h}\n");
  EXPECT_EQ(
      circle.answer(),
      "correlations refer to each other in a circle, or to one that has an error, or are nested "
      "too deeply: \"d\"");
  EXPECT_EQ(circle.rules.counts().rejected, 2u);
}

// Each stands before the one that it refers to: every level takes a pass over those left.
TEST(SigmaCorrelation, NestAHundredDeepAndNoDeeper) {
  auto nested = [](int levels) {
    std::string text;
    for (int i = levels; i > 0; --i) {
      std::string under = i == 1 ? "a" : "c" + std::to_string(i - 1);
      std::string id = "c" + std::to_string(i);
      text += "title: " + id + "\nid: " + id +
              "\ncorrelation: {type: event_count, rules: " + under +
              ", timespan: 1h, condition: {gte: 2}}\n---\n";
    }
    return text;
  };
  EXPECT_EQ(Loaded(nested(100)).rules.correlations().size(), 100u);
  Loaded deeper(nested(101));
  EXPECT_EQ(deeper.rules.correlations().size(), 100u);
  EXPECT_EQ(deeper.rules.counts().rejected, 1u);
}

TEST(SigmaCorrelation, AllowLists) {
  const std::string inner =
      "title: c\nid: c\ncorrelation: {type: temporal, rules: [a, b], timespan: 1h}\n"
      "cairn: {allow: [{account: \"111122223333\"}]}\n";
  Loaded loaded(inner);
  EXPECT_TRUE(loaded.diagnostics.empty()) << loaded.answer();
  EXPECT_EQ(loaded.rules.info(2).allow.size(), 1u);
  Loaded outer(inner +
               "---\ntitle: d\nid: d\ncorrelation: {type: event_count, rules: c, timespan: 1h, "
               "condition: {gte: 2}}\ncairn: {allow: [{account: \"111122223333\"}]}\n");
  EXPECT_EQ(outer.answer(), "an allow-list has no effect on what other correlations found");
  EXPECT_EQ(outer.rules.counts().correlations, 2u);
}

TEST(SigmaCorrelation, State) {
  const std::string values =
      "{type: value_count, rules: a, group-by: u, timespan: 30d, condition: {field: ip, gte: 1}}";
  const std::string two_values =
      "{type: value_count, rules: a, timespan: 30d, condition: {field: [ip, u], gte: 1}}";
  const std::string counts =
      "{type: event_count, rules: [a, b], timespan: 90d, condition: {gte: 20}}";
  const std::string both = "{type: temporal, rules: [a, b], timespan: 30m}";
  const struct {
    std::string correlation, state, answer;
  } kRows[] = {
      {values, "{kind: first_seen}",
       "first_seen of ip over a after learning for 30 d within 30 d by u"},
      {values, "{kind: first_seen, learn: 7d, network: 24}",
       "first_seen of ip over a after learning for 7 d within 30 d by u"},
      {values, "{kind: first_seen, learn: 7d, as: country}",
       "first_seen of ip as country over a after learning for 7 d within 30 d by u"},
      {values, "{kind: first_seen, learn: 7d, as: asn}",
       "first_seen of ip as asn over a after learning for 7 d within 30 d by u"},
      {values, "{kind: travel, speed: 900, distance: 300}",
       "travel of ip faster than 900 km/h and farther than 300 km over a within 30 d by u"},
      {values, "{kind: travel, speed: 0.5}",
       "travel of ip faster than 0.5 km/h over a within 30 d by u"},
      {counts, "{kind: idle}", "idle over a, b within 90 d"},
      {both, "{kind: absence, of: b}", "absence over b, a within 30 min"},
      {counts, "{kind: ratio, of: b, gte: 0.5}", "ratio 0.5 over b, a gte 20 within 90 d"},
      {values, "{kind: first_sen}", "state: no kind is called \"first_sen\""},
      {values, "idle", "state: expected a map"},
      {counts, "{kind: first_seen}", "this kind of state needs \"type: value_count\""},
      {values, "{kind: first_seen, learn: soon}", "learn: expected a length of time such as 7d"},
      {values, "{kind: first_seen, network: 33}",
       "network: expected a number of bits from 1 to 32"},
      {values, "{kind: first_seen, lern: 7d}", "unknown key \"lern\""},
      {values, "{kind: first_seen, as: city}",
       "as: an address is looked at as its country or its asn"},
      {values, "{kind: first_seen, as: asn, network: 24}",
       "an address is looked at as its network, or as its place"},
      {two_values, "{kind: first_seen, as: asn}", "a place is of one address"},
      {two_values, "{kind: travel, speed: 900}", "a place is of one address"},
      {values, "{kind: travel}", "nobody says how fast is too fast"},
      {values, "{kind: travel, speed: fast}", "speed: expected a number"},
      {values, "{kind: travel, speed: 900, distance: -1}", "distance: expected a number"},
      {counts, "{kind: travel, speed: 900}", "this kind of state needs \"type: value_count\""},
      {both, "{kind: absence}", "an absence is of other rules after one of the rules"},
      {both, "{kind: absence, of: c}", "\"c\" is not one of at least two rules"},
      {counts, "{kind: ratio, of: b}", "a ratio is of one rule's events to those of the others"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(Loaded("title: c\nid: c\ncorrelation: " + row.correlation +
                     "\ncairn: {state: " + row.state + "}\n")
                  .answer(),
              row.answer)
        << row.state;
  }
}

}  // namespace
}  // namespace cairn::rules
