#include "monitor/metric_alarm.h"

#include "monitor/state_text.h"

#include <gtest/gtest.h>

namespace cairn::monitor {
namespace {

const Timestamp kStart = *parse_event_time("2024-03-01T10:00:00Z");
Timestamp at(int64_t seconds) { return kStart + std::chrono::seconds(seconds); }

Result<MetricAlarm> parse(const std::string& more) {
  JsonTree tree;
  TRY(tree.parse(R"({"AlarmName":"A",)" + more + "}"));
  return MetricAlarm::parse(tree, 0);
}

const std::string kMetric = R"("Namespace":"N","MetricName":"M","Statistic":"Sum",)";
const std::string kOver = R"("ComparisonOperator":"GreaterThanThreshold","Threshold":50)";

struct World {
  MetricStore store{{}};
  BandKeeper bands{nullptr};

  void add(int64_t second, double value) {
    MetricRef ref = store.metric({"N", "M", {}}).value();
    EXPECT_TRUE(store.add(ref, at(second), value).ok());
  }
  Evaluation judge(const MetricAlarm& alarm, int64_t now, AlarmState current) {
    auto evaluation = alarm.evaluate(store, at(now), current, bands);
    EXPECT_TRUE(evaluation.ok()) << evaluation.error().message;
    return std::move(evaluation).value_or({});
  }
};

TEST(MetricAlarm, WordsItsReasonsAsAwsDoes) {
  struct Row {
    const char* name;
    std::string properties;
    std::vector<std::pair<int64_t, double>> points;
    AlarmState before;
    const char* state;
    const char* reason;
  };
  const std::string one = kMetric + kOver + R"(,"Period":60,"EvaluationPeriods":1)";
  const std::string many =
      kMetric + kOver + R"(,"Period":60,"EvaluationPeriods":5,"DatapointsToAlarm":3)";
  const AlarmState ok = AlarmState::kOk, alarm = AlarmState::kAlarm;
  const Row rows[] = {
      {"raised",
       one,
       {{240, 99.5}},
       ok,
       "ALARM",
       "Threshold Crossed: 1 out of the last 1 datapoints [99.5 (01/03/24 10:04:00)] was greater "
       "than the threshold (50.0) (minimum 1 datapoint for OK -> ALARM transition)."},
      {"back",
       one,
       {{240, 1}},
       alarm,
       "OK",
       "Threshold Crossed: 1 out of the last 1 datapoints [1.0 (01/03/24 10:04:00)] was not "
       "greater than the threshold (50.0) (minimum 1 datapoint for ALARM -> OK transition)."},
      {"several",
       many,
       {{0, 60}, {60, 1}, {120, 70}, {180, 2}, {240, 1e7}},
       ok,
       "ALARM",
       "Threshold Crossed: 3 out of the last 5 datapoints [1.0E7 (01/03/24 10:04:00), 70.0 "
       "(01/03/24 10:02:00), 60.0 (01/03/24 10:00:00)] were greater than the threshold (50.0) "
       "(minimum 3 datapoints for OK -> ALARM transition)."},
      {"several back",
       many,
       {{0, 60}, {60, 1}, {120, 70}, {180, 2}, {240, 3}},
       alarm,
       "OK",
       "Threshold Crossed: 3 out of the last 5 datapoints [3.0 (01/03/24 10:04:00), 2.0 "
       "(01/03/24 10:03:00), 1.0 (01/03/24 10:01:00)] were not greater than the threshold (50.0) "
       "(minimum 3 datapoints for ALARM -> OK transition)."},
      {"nothing", one, {}, ok, "INSUFFICIENT_DATA", "Insufficient Data: 1 datapoint was unknown."},
      {"nothing of five",
       many,
       {},
       ok,
       "INSUFFICIENT_DATA",
       "Insufficient Data: 5 datapoints were unknown."},
      {"treated as fine",
       one + R"(,"TreatMissingData":"notBreaching")",
       {},
       alarm,
       "OK",
       "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was "
       "treated as [NonBreaching]."},
      {"treated as breaching",
       many + R"(,"TreatMissingData":"breaching")",
       {},
       ok,
       "ALARM",
       "Threshold Crossed: no datapoints were received for 5 periods and 5 missing datapoints were "
       "treated as [Breaching]."},
      {"some treated",
       many + R"(,"TreatMissingData":"breaching")",
       {{180, 60}},
       ok,
       "ALARM",
       "Threshold Crossed: 1 out of the last 5 datapoints [60.0 (01/03/24 10:03:00)] was greater "
       "than the threshold (50.0) and 4 missing datapoints were treated as [Breaching] (minimum 3 "
       "datapoints for OK -> ALARM transition)."},
      {"at least",
       kMetric +
           R"("ComparisonOperator":"GreaterThanOrEqualToThreshold","Threshold":1,"Period":60,"EvaluationPeriods":1)",
       {{240, 1}},
       ok,
       "ALARM",
       "Threshold Crossed: 1 out of the last 1 datapoints [1.0 (01/03/24 10:04:00)] was greater "
       "than or equal to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition)."},
  };
  for (const Row& row : rows) {
    World world;
    for (auto [second, value] : row.points) world.add(second, value);
    auto parsed = parse(row.properties);
    ASSERT_TRUE(parsed.ok()) << row.name << ": " << parsed.error().message;
    Evaluation evaluation = world.judge(parsed.value(), 300, row.before);
    EXPECT_EQ(to_string(evaluation.state), row.state) << row.name;
    EXPECT_EQ(parsed.value().reason(evaluation), row.reason) << row.name;
  }
}

TEST(MetricAlarm, TellsItsDatapointsAsJson) {
  World world;
  world.add(180, 60);
  world.add(181, 7);
  world.add(240, 1);
  MetricAlarm alarm =
      parse(kMetric + kOver + R"(,"Period":60,"EvaluationPeriods":2,"DatapointsToAlarm":1)")
          .value();
  Evaluation evaluation = world.judge(alarm, 300, AlarmState::kOk);
  EXPECT_EQ(
      alarm.reason_data(evaluation, at(300) + Duration(985)),
      R"({"version":"1.0","queryDate":"2024-03-01T10:05:00.985+0000","startDate":"2024-03-01T10:03:00.000+0000","statistic":"Sum","period":60,"recentDatapoints":[67,1],"threshold":50,"evaluatedDatapoints":[{"timestamp":"2024-03-01T10:04:00.000+0000","sampleCount":1,"value":1},{"timestamp":"2024-03-01T10:03:00.000+0000","sampleCount":2,"value":67}]})");
}

TEST(MetricAlarm, SlidingWindowsAreCutBackFromNow) {
  World world;
  world.add(60, 60);  // in 10:01
  MetricAlarm alarm = parse(kMetric + kOver + R"(,"Period":300,"EvaluationPeriods":1)").value();
  EXPECT_TRUE(alarm.due(at(360)));
  EXPECT_FALSE(alarm.due(at(361)));
  Evaluation evaluation = world.judge(alarm, 360, AlarmState::kOk);  // minutes 2 to 6
  EXPECT_EQ(evaluation.state, AlarmState::kAlarm);
  EXPECT_EQ(evaluation.datapoints.back().start, at(60));
  EXPECT_EQ(world.judge(alarm, 60, AlarmState::kOk).state, AlarmState::kInsufficientData);
}

TEST(MetricAlarm, WallClockWindowsAreWholePeriods) {
  struct Row {
    const char* period;
    const char* zone;
    const char* due;
    const char* not_due;
  };
  const Row rows[] = {
      {"300", "UTC", "2024-03-01T10:05:00Z", "2024-03-01T10:06:00Z"},
      {"3600", "UTC", "2024-03-01T10:00:00Z", "2024-03-01T10:30:00Z"},
      {"3600", "+05:30", "2024-03-01T10:30:00Z", "2024-03-01T10:00:00Z"},
      {"86400", "UTC", "2024-03-01T00:00:00Z", "2024-03-01T10:00:00Z"},
      {"86400", "-0200", "2024-03-01T02:00:00Z", "2024-03-01T00:00:00Z"},
      {"604800", "UTC", "2024-03-04T00:00:00Z", "2024-03-03T00:00:00Z"},  // a Monday
      {"604800", "+01:00", "2024-03-03T23:00:00Z", "2024-03-04T00:00:00Z"},
      // Clocks go forward on 2024-03-31 at 01:00 UTC, and back on 2024-10-27 at 01:00.
      {"86400", "Europe/Berlin", "2024-03-30T23:00:00Z", "2024-03-30T22:00:00Z"},
      {"86400", "Europe/Berlin", "2024-03-31T22:00:00Z", "2024-03-31T23:00:00Z"},
      {"86400", "Europe/Berlin", "2024-10-27T23:00:00Z", "2024-10-27T22:00:00Z"},
      {"604800", "Europe/Berlin", "2024-03-31T22:00:00Z", "2024-04-01T00:00:00Z"},
      {"3600", "Asia/Kolkata", "2024-03-01T10:30:00Z", "2024-03-01T10:00:00Z"},
      {"3600", "Europe/Berlin", "2024-10-27T01:00:00Z", "2024-10-27T01:30:00Z"},
      // Midnight is skipped: the day begins at 01:00.
      {"86400", "America/Santiago", "2024-09-08T04:00:00Z", "2024-09-08T05:00:00Z"},
  };
  for (const Row& row : rows) {
    auto alarm =
        parse(kMetric + kOver + R"(,"EvaluationPeriods":1,"Period":)" + row.period +
              R"(,"EvaluationWindow":{"WallClockWindow":{"Timezone":")" + row.zone + R"("}})");
    ASSERT_TRUE(alarm.ok()) << alarm.error().message;
    EXPECT_TRUE(alarm.value().due(*parse_event_time(row.due))) << row.period << row.zone;
    EXPECT_FALSE(alarm.value().due(*parse_event_time(row.not_due))) << row.period << row.zone;
  }
  World world;
  world.add(60, 60);
  MetricAlarm alarm =
      parse(kMetric + kOver +
            R"(,"EvaluationPeriods":1,"Period":300,"EvaluationWindow":{"WallClockWindow":{}})")
          .value();
  Evaluation evaluation = world.judge(alarm, 300, AlarmState::kOk);
  EXPECT_EQ(evaluation.state, AlarmState::kAlarm);
  EXPECT_EQ(evaluation.datapoints.back().start, at(0));
  EXPECT_EQ(world.judge(alarm, 600, AlarmState::kOk).state, AlarmState::kInsufficientData);
}

TEST(MetricAlarm, DaysAreAsLongAsClocksSay) {
  MetricAlarm alarm =
      parse(kMetric + R"("ComparisonOperator":"GreaterThanOrEqualToThreshold","Threshold":1,)"
                      R"("EvaluationPeriods":3,"DatapointsToAlarm":3,"Period":86400,)"
                      R"("EvaluationWindow":{"WallClockWindow":{"Timezone":"Europe/Berlin"}})")
          .value();
  auto time = [](const char* text) { return *parse_event_time(text); };
  MetricStore store({});
  MetricRef ref = store.metric({"N", "M", {}}).value();
  // A sample in the first and in the last minute of 30 March, 31 March (23 hours) and 1 April.
  for (const char* text : {"2024-03-29T23:00:00Z", "2024-03-30T22:59:00Z", "2024-03-30T23:00:00Z",
                           "2024-03-31T21:59:00Z", "2024-03-31T22:00:00Z", "2024-04-01T21:59:00Z"})
    ASSERT_TRUE(store.add(ref, time(text), 1).ok());
  BandKeeper bands(nullptr);
  const Timestamp end = time("2024-04-01T22:00:00Z");
  ASSERT_TRUE(alarm.due(end));
  EXPECT_EQ(alarm.looks_back(end), time("2024-03-29T23:00:00Z"));
  Evaluation evaluation = alarm.evaluate(store, end, AlarmState::kOk, bands).value();
  EXPECT_EQ(evaluation.state, AlarmState::kAlarm);
  ASSERT_EQ(evaluation.datapoints.size(), 3u);
  for (const Datapoint& point : evaluation.datapoints) {
    EXPECT_EQ(point.value, 2);
    EXPECT_EQ(point.samples, 2);
  }
  EXPECT_EQ(evaluation.datapoints[1].end - evaluation.datapoints[1].start, std::chrono::hours(23));
}

TEST(MetricAlarm, IsDueByItsPeriod) {
  auto alarm = [](const char* more) { return parse(kMetric + kOver + more).value(); };
  EXPECT_TRUE(alarm(R"(,"Period":10,"EvaluationPeriods":1)").due(at(10)));
  EXPECT_FALSE(alarm(R"(,"Period":10,"EvaluationPeriods":1)").due(at(15)));
  EXPECT_FALSE(alarm(R"(,"Period":60,"EvaluationPeriods":1)").due(at(10)));
  EXPECT_TRUE(alarm(R"(,"Period":3600,"EvaluationPeriods":24)").due(at(60)));
  EXPECT_FALSE(
      alarm(R"(,"Period":3600,"EvaluationPeriods":25)").due(at(60)));  // over a day: hourly
  EXPECT_TRUE(alarm(R"(,"Period":3600,"EvaluationPeriods":25)").due(at(3600)));
}

TEST(MetricAlarm, LowSampleCountsMayKeepTheState) {
  struct Row {
    const char* statistic;
    int samples;
    bool enough;
  };
  const Row rows[] = {{"p99", 999, false}, {"p99", 1000, true}, {"p90", 99, false},
                      {"p90", 100, true},  {"p50", 19, false},  {"p50", 20, true},
                      {"p10", 99, false},  {"p10", 100, true}};
  for (const Row& row : rows) {
    World world;
    MetricRef ref = world.store.metric({"N", "M", {}}).value();
    ASSERT_TRUE(world.store.add(ref, at(0), 60, row.samples).ok());
    const std::string base = R"("Namespace":"N","MetricName":"M","ExtendedStatistic":")" +
                             std::string(row.statistic) + R"(",)" + kOver +
                             R"(,"Period":60,"EvaluationPeriods":1)";
    MetricAlarm judged = parse(base).value();
    MetricAlarm ignoring = parse(base + R"(,"EvaluateLowSampleCountPercentile":"ignore")").value();
    EXPECT_EQ(world.judge(judged, 60, AlarmState::kOk).state, AlarmState::kAlarm);
    EXPECT_EQ(world.judge(ignoring, 60, AlarmState::kOk).state,
              row.enough ? AlarmState::kAlarm : AlarmState::kOk)
        << row.statistic << " of " << row.samples;
  }
}

const std::string kMath =
    R"("EvaluationPeriods":1,"Metrics":[{"Id":"e","Expression":"m * 10"},{"Id":"m","ReturnData":false,"MetricStat":{"Metric":{"Namespace":"N","MetricName":"M"},"Period":60,"Stat":"Sum"}}],)";

TEST(MetricAlarm, WatchesExpressions) {
  World world;
  world.add(0, 6);
  MetricAlarm alarm = parse(kMath + kOver).value();
  EXPECT_EQ(alarm.period_seconds(), 60u);
  Evaluation evaluation = world.judge(alarm, 60, AlarmState::kOk);
  EXPECT_EQ(evaluation.state, AlarmState::kAlarm);
  EXPECT_EQ(evaluation.datapoints.back().value, 60);
}

/// Expects what it saw last, give or take 1.
class LastValue : public BandModel {
 public:
  std::optional<Usual> at(Timestamp) const override { return usual_; }
  void learn(Timestamp, double value) override { usual_ = Usual{value, 1}; }

 private:
  std::optional<Usual> usual_;
};

TEST(MetricAlarm, ComparesWithABand) {
  const std::string metrics =
      R"j("EvaluationPeriods":1,"ThresholdMetricId":"b","Metrics":[{"Id":"b","Expression":"ANOMALY_DETECTION_BAND(m, 3)"},{"Id":"m","MetricStat":{"Metric":{"Namespace":"N","MetricName":"M"},"Period":60,"Stat":"Sum"}}],"ComparisonOperator":)j";
  struct Row {
    const char* comparison;
    double value;
    const char* state;
    const char* reason;  // a part
  };
  const Row rows[] = {
      {"LessThanLowerOrGreaterThanUpperThreshold", 14, "ALARM",
       "Thresholds Crossed: 1 out of the last 1 datapoints [14.0 (01/03/24 10:01:00)] was less "
       "than "
       "the lower thresholds [7.0] or greater than the upper thresholds [13.0] (minimum 1 "
       "datapoint "
       "for OK -> ALARM transition)."},
      {"LessThanLowerOrGreaterThanUpperThreshold", 6, "ALARM", "[6.0"},
      {"LessThanLowerOrGreaterThanUpperThreshold", 13, "OK", "was not less than the lower"},
      {"GreaterThanUpperThreshold", 14, "ALARM", "was greater than the upper thresholds [13.0] ("},
      {"GreaterThanUpperThreshold", 6, "OK", "was not greater than the upper thresholds [13.0]"},
      {"LessThanLowerThreshold", 6, "ALARM", "was less than the lower thresholds [7.0] ("},
      {"LessThanLowerThreshold", 14, "OK", "was not less"},
  };
  for (const Row& row : rows) {
    World world;
    world.bands = BandKeeper([] { return std::make_unique<LastValue>(); });
    auto alarm = parse(metrics + "\"" + row.comparison + "\"");
    ASSERT_TRUE(alarm.ok()) << alarm.error().message;
    world.add(0, 10);
    // Nothing was known of the first.
    EXPECT_EQ(world.judge(alarm.value(), 60, AlarmState::kOk).state, AlarmState::kInsufficientData);
    world.add(60, row.value);
    Evaluation evaluation = world.judge(alarm.value(), 120, AlarmState::kInsufficientData);
    EXPECT_EQ(to_string(evaluation.state), row.state) << row.comparison << row.value;
    EXPECT_NE(alarm.value().reason(evaluation).find(row.reason), std::string::npos)
        << alarm.value().reason(evaluation);
    EXPECT_NE(alarm.value().reason_data(evaluation, at(120)).find("recentUpperThresholds\":[13]"),
              std::string::npos);
  }
  World world;  // no model
  auto none = parse(metrics + R"("LessThanLowerThreshold")")
                  .value()
                  .evaluate(world.store, at(60), AlarmState::kOk, world.bands);
  EXPECT_EQ(none.error().code, ErrorCode::kUnsupported);
}

TEST(MetricAlarm, RefusesWhatPutMetricAlarmRefuses) {
  const std::string rest = kOver + R"(,"EvaluationPeriods":1,"Period":60)";
  auto with = [](const std::string& from, const std::string& to) {
    std::string text = kMath + kOver;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  const std::pair<std::string, const char*> rows[] = {
      {rest, "MetricName or Metrics is missing"},
      {R"("MetricName":"M","Statistic":"Sum",)" + rest, "Namespace is missing"},
      {R"("Namespace":"N","MetricName":"M",)" + rest, "Statistic or ExtendedStatistic is missing"},
      {R"("Namespace":"N","MetricName":"M","Statistic":"p99",)" + rest, "does not take p99"},
      {R"("Namespace":"N","MetricName":"M","ExtendedStatistic":"Sum",)" + rest,
       "does not take Sum"},
      {R"("Namespace":"N","MetricName":"M","Statistic":"Median",)" + rest, "is no statistic"},
      {R"("Namespace":":N","MetricName":"M","Statistic":"Sum",)" + rest, "begin with a colon"},
      {R"j("EvaluationPeriods":1,"ThresholdMetricId":"b","Metrics":[{"Id":"b","Expression":"ANOMALY_DETECTION_BAND(m, -3)"},{"Id":"m","MetricStat":{"Metric":{"Namespace":"N","MetricName":"M"},"Period":60,"Stat":"Sum"}}],"ComparisonOperator":"GreaterThanUpperThreshold")j",
       "the band's width is not above 0"},
      {kMetric + kOver + R"(,"EvaluationPeriods":1)", "Period is missing"},
      {kMetric + rest + R"(,"Unit":"Pounds")", "Unit is no unit"},
      {kMetric + rest + R"(,"AlarmActions":["a","b","c","d","e","f"])", "more than 5"},
      {kMetric + rest + R"(,"AlarmActions":"a")", "AlarmActions is no list"},
      {kMetric + rest + R"(,"ActionsEnabled":"yes")", "neither true nor false"},
      {kMetric + rest + R"(,"EvaluationWindow":{"WallClockWindow":{"Timezone":"Mars/Olympus"}})",
       "neither a name such as Europe/Berlin nor an offset"},
      {R"("EvaluationCriteria":{},)" + rest, "PromQL"},
      {kMetric +
           R"("ComparisonOperator":"LessThanLowerThreshold","EvaluationPeriods":1,"Period":60)",
       "needs Metrics"},
      {with("m * 10", "m *"), "Expression e: character 4"},
      {with("m * 10", "n * 10"), "there is no metric n"},
      {with("m * 10", "e * 10"), "is made from itself"},
      {with("m * 10", "AVG(m)"), "come to one number"},
      {with("m * 10", "[m, m]"), "come to several series"},
      {with(R"("ReturnData":false)", R"("ReturnData":true)"), "more than one with ReturnData"},
      {with(R"("Id":"m")", R"("Id":"e")"), "stands twice"},
      {with(R"("Id":"m")", R"("Id":"M")"), "must begin in lower case"},
      {with(R"("Expression":"m * 10")", R"("Label":"x")"), "needs either"},
      {kMath + R"("ComparisonOperator":"LessThanLowerThreshold","ThresholdMetricId":"e")",
       "names no ANOMALY_DETECTION_BAND"},
  };
  for (const auto& [text, part] : rows) {
    auto alarm = parse(text);
    ASSERT_FALSE(alarm.ok()) << text;
    EXPECT_NE(alarm.error().message.find(part), std::string::npos) << alarm.error().message;
  }
}

TEST(StateText, WritesAsJavaAndCloudWatchDo) {
  EXPECT_EQ(state_number(50), "50.0");
  EXPECT_EQ(state_number(0), "0.0");
  EXPECT_EQ(state_number(-0.25), "-0.25");
  EXPECT_EQ(state_number(12345678), "1.2345678E7");
  EXPECT_EQ(state_number(0.0001), "1.0E-4");
  EXPECT_EQ(state_number(9999999), "9999999.0");
  Timestamp time = *parse_event_time("2022-07-22T15:57:45Z");
  EXPECT_EQ(long_time(time), "Friday 22 July, 2022 15:57:45 UTC");
  EXPECT_EQ(state_time(time + Duration(7)), "2022-07-22T15:57:45.007+0000");
}

}  // namespace
}  // namespace cairn::monitor
