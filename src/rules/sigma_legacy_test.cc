#include "rules/rules.h"

#include <gtest/gtest.h>

namespace cairn::rules {
namespace {

struct Loaded {
  FieldTable fields;
  Diagnostics diagnostics;
  RuleSet rules;

  explicit Loaded(const std::string& detection)
      : rules(RuleSet::load_sigma(
            std::vector<RuleFile>{{"t.yml",
                                   "title: Many\nid: m\nlevel: high\n"
                                   "logsource: {product: aws, service: cloudtrail}\ndetection:\n"
                                   "  a: {eventName: A}\n  b: {eventName: B}\n" +
                                       detection}},
            {}, fields, diagnostics)) {}
  std::string answer() const {
    if (diagnostics.has_errors()) return diagnostics.items()[0].code;
    return rules.explain(rules.size() - 1);
  }
};

TEST(SigmaLegacy, BecomesACorrelation) {
  const struct {
    const char *detection, *answer;
  } rows[] = {
      {"  condition: a | count() > 5\n  timeframe: 10m\n",
       "event_count over m-part-1 gt 5 within 10 min"},
      {"  condition: a or b | count() by sourceIPAddress >= 5\n  timeframe: 1h\n",
       "event_count over m-part-1 gte 5 within 1 h by sourceIPAddress"},
      {"  condition: a | count(eventName) by userIdentity.arn > 3\n  timeframe: 30s\n",
       "value_count of eventName over m-part-1 gt 3 within 30 s by userIdentity.arn"},
      {"  condition: a | SUM(n) by x < 3.5\n  timeframe: 1d\n",
       "value_sum of n over m-part-1 lt 3.5 within 1 d by x"},
      {"  condition: a | near b\n  timeframe: 5m\n",
       "temporal over m-part-1, m-part-2 within 5 min"},
  };
  for (const auto& row : rows) {
    Loaded loaded(row.detection);
    EXPECT_EQ(loaded.answer(), row.answer) << row.detection;
    ASSERT_FALSE(loaded.diagnostics.empty()) << row.detection;
    EXPECT_EQ(loaded.diagnostics.items()[0].code, "sigma-aggregation");
    EXPECT_EQ(loaded.rules.counts().loaded, 1u);
    EXPECT_EQ(loaded.rules.counts().documents, 1u);
    EXPECT_TRUE(loaded.rules.info(0).silent);
    EXPECT_EQ(loaded.rules.infos().back().id, "m");
    EXPECT_EQ(loaded.rules.infos().back().level, Level::kHigh);
  }
}

TEST(SigmaLegacy, EachPartHasTheSelectionThatItAsksFor) {
  Loaded loaded("  condition: a | near b\n  timeframe: 5m\n");
  EXPECT_EQ(loaded.diagnostics.items().size(), 1u);  // no selection is called unused
  EXPECT_EQ(loaded.rules.explain(0), "eventName = \"a\"");
  EXPECT_EQ(loaded.rules.explain(1), "eventName = \"b\"");
}

TEST(SigmaLegacy, RefusedWhereNoCorrelationSaysIt) {
  for (const char* detection : {
           "  condition: a | count() > 5\n",                  // no timeframe
           "  condition: a | max(n) > 5\n  timeframe: 1m\n",  // no such measure
           "  condition: a | near not b\n  timeframe: 1m\n",  // what is not near
           "  condition: a | near c\n  timeframe: 1m\n",      // no such selection
           "  condition: a | sum() > 5\n  timeframe: 1m\n",
           "  condition: a | count() by x\n  timeframe: 1m\n",
           "  condition: (a | count() > 5)\n  timeframe: 1m\n",
       })
    EXPECT_EQ(Loaded(detection).answer(), "sigma-aggregation") << detection;
}

}  // namespace
}  // namespace cairn::rules
