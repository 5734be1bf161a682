#include "monitor/alarm.h"

#include <gtest/gtest.h>

#include <vector>

namespace cairn::monitor {
namespace {

using Points = std::vector<std::optional<double>>;

/// "0 - X": a point that does not breach, none, one that does.
Points points(std::string_view text) {
  Points points;
  for (char c : text) {
    if (c == ' ') continue;
    points.push_back(c == '-' ? std::nullopt : std::optional<double>(c == 'X' ? 2 : 0));
  }
  return points;
}

AlarmDefinition alarm(uint32_t needed, uint32_t periods, MissingData missing) {
  AlarmDefinition alarm;
  alarm.threshold = 1;
  alarm.evaluation_periods = periods;
  alarm.datapoints_to_alarm = needed;
  alarm.missing_data = missing;
  return alarm;
}

// The tables of "Configuring how CloudWatch alarms treat missing data", and rows that follow.
TEST(Alarm, TreatsMissingDataAsTheTablesSay) {
  struct Row {
    uint32_t needed, periods;
    const char* points;
    const char* missing;  // "keep": the state stays
    const char* ignore;
    const char* breaching;
    const char* not_breaching;
  };
  const char *ok = "OK", *in_alarm = "ALARM", *none = "INSUFFICIENT_DATA", *keep = "keep";
  const Row rows[] = {
      {3, 3, "0 - X - X", ok, ok, ok, ok},
      {3, 3, "0 - - - -", ok, ok, ok, ok},
      {3, 3, "- - - - -", none, keep, in_alarm, ok},
      {3, 3, "0 X X - X", in_alarm, in_alarm, in_alarm, in_alarm},
      {3, 3, "- - X - -", in_alarm, keep, in_alarm, ok},
      {2, 3, "0 - X - X", in_alarm, in_alarm, in_alarm, in_alarm},
      {2, 3, "0 0 X 0 X", in_alarm, in_alarm, in_alarm, in_alarm},
      {2, 3, "0 - X - -", ok, ok, in_alarm, ok},
      {2, 3, "- - - - 0", ok, ok, in_alarm, ok},
      {2, 3, "- - - X -", in_alarm, keep, in_alarm, ok},
      {3, 3, "- - - - X", keep, keep, in_alarm, ok},
      {3, 3, "- - - X -", keep, keep, in_alarm, ok},
      {3, 3, "- - X X -", in_alarm, keep, in_alarm, ok},
      {3, 3, "- X - - -", in_alarm, keep, in_alarm, ok},
      // Only the newest five are looked at, and of them the newest three that came.
      {3, 3, "X X X 0 0 - - -", ok, ok, ok, ok},
      {1, 1, "X - -", in_alarm, in_alarm, in_alarm, in_alarm},
      {1, 1, "X - - -", none, keep, in_alarm, ok},
      {1, 1, "X 0", ok, ok, ok, ok},
      {1, 1, "", none, keep, in_alarm, ok},
      {2, 3, "X X", in_alarm, in_alarm, in_alarm, in_alarm},
  };
  for (const Row& row : rows) {
    const char* expected[] = {row.missing, row.ignore, row.breaching, row.not_breaching};
    for (size_t i = 0; i < 4; ++i) {
      for (AlarmState current :
           {AlarmState::kOk, AlarmState::kAlarm, AlarmState::kInsufficientData}) {
        AlarmState state = evaluate(alarm(row.needed, row.periods, static_cast<MissingData>(i)),
                                    points(row.points), current);
        EXPECT_EQ(to_string(state), expected[i] == keep ? to_string(current) : expected[i])
            << row.needed << " of " << row.periods << ": " << row.points << ", treatment " << i;
      }
    }
  }
}

TEST(Alarm, ComparesWithTheThreshold) {
  struct Row {
    Comparison comparison;
    bool below, at, above;
  };
  const Row rows[] = {{Comparison::kGreater, false, false, true},
                      {Comparison::kGreaterOrEqual, false, true, true},
                      {Comparison::kLess, true, false, false},
                      {Comparison::kLessOrEqual, true, true, false}};
  for (const Row& row : rows) {
    AlarmDefinition one = alarm(1, 1, MissingData::kMissing);
    one.comparison = row.comparison;
    const std::pair<double, bool> cases[] = {{0.5, row.below}, {1, row.at}, {1.5, row.above}};
    for (auto [value, raised] : cases) {
      EXPECT_EQ(evaluate(one, Points{value}, AlarmState::kOk),
                raised ? AlarmState::kAlarm : AlarmState::kOk)
          << value;
    }
  }
}

TEST(Alarm, AWallClockWindowLooksNoFurther) {
  AlarmDefinition one = alarm(3, 3, MissingData::kMissing);
  EXPECT_EQ(evaluation_range(one), 5u);
  EXPECT_EQ(evaluation_range(alarm(1, 12, MissingData::kMissing)), 16u);
  one.wall_clock = true;
  EXPECT_EQ(evaluation_range(one), 3u);
  EXPECT_EQ(evaluate(one, points("X X - - -"), AlarmState::kOk), AlarmState::kInsufficientData);
}

TEST(Alarm, ReadsProperties) {
  const std::string base =
      R"("ComparisonOperator":"GreaterThanThreshold","EvaluationPeriods":3,"Threshold":"5.5")";
  struct Row {
    const char* name;
    std::string text, error;  // error: a part of it; "" = read
  };
  const Row rows[] = {
      {"least", "{" + base + "}", ""},
      {"numbers as texts",
       R"({"ComparisonOperator":"LessThanThreshold","EvaluationPeriods":"3","Threshold":"-1e3","DatapointsToAlarm":"2","Period":"300"})",
       ""},
      {"null is not there", "{" + base + R"(,"DatapointsToAlarm":null})", ""},
      {"no comparison", R"({"EvaluationPeriods":3,"Threshold":1})",
       "ComparisonOperator is missing"},
      {"no threshold", R"({"ComparisonOperator":"GreaterThanThreshold","EvaluationPeriods":3})",
       "Threshold is missing"},
      {"no periods", R"({"ComparisonOperator":"GreaterThanThreshold","Threshold":3})",
       "EvaluationPeriods is missing"},
      {"case",
       R"({"ComparisonOperator":"greaterthanthreshold","EvaluationPeriods":3,"Threshold":1})",
       "ComparisonOperator is not"},
      {"band",
       R"({"ComparisonOperator":"LessThanLowerThreshold","EvaluationPeriods":3,"Threshold":1})",
       "anomaly band"},
      {"M over N", "{" + base + R"(,"DatapointsToAlarm":4})", "more than EvaluationPeriods"},
      {"M zero", "{" + base + R"(,"DatapointsToAlarm":0})", "DatapointsToAlarm is no whole number"},
      {"half a period", "{" + base + R"(,"DatapointsToAlarm":1.5})", "no whole number"},
      {"missing data", "{" + base + R"(,"TreatMissingData":"Breaching"})",
       "TreatMissingData is not missing, ignore, breaching or notBreaching"},
      {"period", "{" + base + R"(,"Period":45})", "Period is not 10, 20, 30"},
      {"a day", "{" + base + R"(,"Period":1800})", ""},
      {"over a day",
       R"({"ComparisonOperator":"GreaterThanThreshold","EvaluationPeriods":49,"Threshold":1,"Period":1800})",
       "more than 86400 seconds"},
      {"a week",
       R"({"ComparisonOperator":"GreaterThanThreshold","EvaluationPeriods":168,"Threshold":1,"Period":3600})",
       ""},
      {"two statistics", "{" + base + R"(,"Statistic":"Sum","ExtendedStatistic":"p99"})",
       "beside Statistic"},
      {"wall clock",
       "{" + base + R"(,"Period":120,"EvaluationWindow":{"WallClockWindow":{"Timezone":"UTC"}}})",
       "wall clock"},
      {"no object", "[]", "an alarm is an object"},
      {"a list for a number",
       R"({"ComparisonOperator":"GreaterThanThreshold","EvaluationPeriods":[3],"Threshold":1})",
       "EvaluationPeriods is no number"},
  };
  for (const Row& row : rows) {
    JsonTree tree;
    ASSERT_TRUE(tree.parse(row.text).ok()) << row.name;
    auto read = parse_alarm(tree, 0);
    if (row.error.empty()) {
      EXPECT_TRUE(read.ok()) << row.name << ": " << read.error().message;
    } else {
      ASSERT_FALSE(read.ok()) << row.name;
      EXPECT_NE(read.error().message.find(row.error), std::string::npos)
          << row.name << ": " << read.error().message;
    }
  }
  JsonTree tree;
  ASSERT_TRUE(
      tree.parse("{" + base + R"(,"TreatMissingData":"notBreaching","AlarmName":"a"})").ok());
  AlarmDefinition read = parse_alarm(tree, 0).value();
  EXPECT_EQ(read.name, "a");
  EXPECT_EQ(read.threshold, 5.5);
  EXPECT_EQ(read.datapoints_to_alarm, 3u);
  EXPECT_EQ(read.missing_data, MissingData::kNotBreaching);
}

}  // namespace
}  // namespace cairn::monitor
