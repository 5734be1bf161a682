#include "monitor/alarm_board.h"

#include <gtest/gtest.h>

namespace cairn::monitor {
namespace {

const Timestamp kStart = *parse_event_time("2024-03-01T10:00:00Z");
Timestamp at(int64_t seconds) { return kStart + std::chrono::seconds(seconds); }

MetricAlarm metric_alarm(const std::string& name, const std::string& more = "") {
  JsonTree tree;
  EXPECT_TRUE(
      tree.parse(
              R"({"Namespace":"N","Statistic":"Sum","Period":60,"EvaluationPeriods":1,"Threshold":1,"TreatMissingData":"notBreaching","ComparisonOperator":"GreaterThanOrEqualToThreshold","AlarmName":")" +
              name + R"(","MetricName":")" + name + "\"" + more + "}")
          .ok());
  return MetricAlarm::parse(tree, 0).value();
}

Result<CompositeAlarm> composite(const std::string& name, const std::string& rule,
                                 const std::string& more = "") {
  JsonTree tree;
  EXPECT_TRUE(
      tree.parse(R"({"AlarmName":")" + name + R"(","AlarmRule":")" + rule + "\"" + more + "}")
          .ok());
  return CompositeAlarm::parse(tree, 0);
}

struct World {
  MetricStore store{{}};
  AlarmBoard::Setup setup;
  std::vector<BoardEvent> events;
  size_t steps = 0;

  void add(const std::string& metric, int64_t second) {
    ASSERT_TRUE(store.add(store.metric({"N", metric, {}}).value(), at(second), 1).ok());
  }
  /// "A+60": A comes into ALARM at second 60; "A-": to OK, "A?": to INSUFFICIENT_DATA; "A!":
  /// actions run; in brackets why they do not.
  std::string run(int64_t until) {
    auto board = AlarmBoard::make(std::move(setup));
    if (!board.ok()) return board.error().message;
    AlarmBoard& alarms = *board.value();
    std::string text;
    std::optional<Timestamp> now = alarms.start(at(0));
    for (; now && *now <= at(until); now = alarms.next(*now, store)) {
      ++steps;
      alarms.step(*now, store, [&](BoardEvent event) {
        const char* mark = event.kind == BoardEvent::Kind::kActions ? "!"
                           : event.after == AlarmState::kAlarm      ? "+"
                           : event.after == AlarmState::kOk         ? "-"
                                                                    : "?";
        if (!text.empty()) text += ' ';
        text += alarms.name(event.alarm) + mark +
                std::to_string((event.time - kStart) / std::chrono::seconds(1));
        if (!event.not_run.empty()) text += "[" + event.not_run + "]";
        events.push_back(std::move(event));
      });
    }
    for (const std::string& remark : alarms.remarks()) text += " | " + remark;
    return text;
  }
};

TEST(AlarmBoard, RaisesAndClears) {
  World world;
  world.setup.alarms.push_back(metric_alarm("A"));
  world.add("A", 130);
  // At 180 the minute from 120 is over; points older than the range of three do not count.
  EXPECT_EQ(world.run(3600), "A-0 A+180 A-360");
  EXPECT_EQ(world.events[1].summary(), "Alarm updated from OK to ALARM");
  EXPECT_EQ(world.events[1].datapoints.size(), 1u);
}

TEST(AlarmBoard, SleepsWhileThereIsNothingToJudge) {
  World world;
  world.setup.alarms.push_back(metric_alarm("A"));
  world.add("A", 86'400 * 300);
  EXPECT_EQ(world.run(86'400 * 365), "A-0 A+25920060 A-25920240");
  EXPECT_LT(world.steps, 10u);
}

TEST(AlarmBoard, CompositeAlarmsFollowTheirChildren) {
  struct Row {
    const char* rule;
    const char* history;  // A raises at 180 and B at 240, both clear three minutes later
  };
  const Row rows[] = {
      {"ALARM(A) AND NOT ALARM(B)", "C-0 C+180 C-240"},
      {"ALARM(A) OR ALARM(B)", "C-0 C+180 C-420"},
      {"ALARM(A) AND ALARM(B)", "C-0 C+240 C-360"},
      {"AT_LEAST(2, ALARM, (A, B))", "C-0 C+240 C-360"},
      {"OK(A)", "C+0 C-180 C+360"},
      {"TRUE", "C+0"},
      {"FALSE", "C-0"},
      {"ALARM(\\\"arn:aws:cloudwatch:us-east-1:123456789012:alarm:A\\\")", "C-0 C+180 C-360"},
      {"INSUFFICIENT_DATA(Z)",
       "C+0 | composite alarm C names Z, which is not here: it stays in INSUFFICIENT_DATA"},
  };
  for (const Row& row : rows) {
    World world;
    world.setup.alarms.push_back(metric_alarm("A"));
    world.setup.alarms.push_back(metric_alarm("B"));
    world.setup.composites.push_back(composite("C", row.rule).value());
    world.add("A", 120);
    world.add("B", 180);
    std::string all = world.run(3600), history;
    for (size_t from = 0; from < all.size();) {
      size_t end = all[from] == '|' ? all.size() : std::min(all.find(' ', from), all.size());
      std::string word = all.substr(from, end - from);
      if (word[0] == 'C' || word[0] == '|') history += (history.empty() ? "" : " ") + word;
      from = end + 1;
    }
    EXPECT_EQ(history, row.history) << row.rule;
  }
}

TEST(AlarmBoard, ACompositeAlarmSaysWhatTriggeredIt) {
  World world;
  world.setup.alarms.push_back(metric_alarm("A"));
  world.setup.composites.push_back(composite("C", "ALARM(A)").value());
  world.setup.composites.push_back(composite("D", "ALARM(C)").value());
  world.add("A", 120);
  EXPECT_EQ(world.run(200), "A-0 C-0 D-0 A+180 C+180 D+180");
  EXPECT_EQ(world.events[4].reason,
            "arn:aws:cloudwatch:us-east-1:123456789012:alarm:A transitioned to ALARM at Friday 01 "
            "March, 2024 10:03:00 UTC");
  EXPECT_EQ(
      world.events[4].reason_data,
      R"({"triggeringAlarms":[{"arn":"arn:aws:cloudwatch:us-east-1:123456789012:alarm:A","state":{"value":"ALARM","timestamp":"2024-03-01T10:03:00.000+0000"}}]})");
}

TEST(AlarmBoard, ActionsAreKeptFromRunning) {
  const std::string acting = R"(,"AlarmActions":["arn:topic"])";
  World world;
  world.setup.alarms.push_back(metric_alarm("A", acting));
  world.setup.alarms.push_back(metric_alarm("B", acting + R"(,"ActionsEnabled":false)"));
  world.setup.alarms.push_back(metric_alarm("M", acting));
  JsonTree tree;
  ASSERT_TRUE(
      tree.parse(
              R"j({"Name":"night","MuteTargets":{"AlarmNames":["M"]},"Rule":{"Schedule":{"Expression":"at(2024-03-01T10:00)","Duration":"PT1H"}}})j")
          .ok());
  world.setup.mute_rules.push_back(MuteRule::parse(tree, 0).value());
  for (const char* name : {"A", "B", "M"}) world.add(name, 0);
  EXPECT_EQ(world.run(100), "A-0 B-0 M-0 A+60 B+60[ActionsEnabled is false] M+60[muted by night]");
}

TEST(AlarmBoard, CompositeAlarmsAreSuppressed) {
  const std::string more =
      R"(,"AlarmActions":["arn:topic"],"ActionsSuppressor":"S","ActionsSuppressorWaitPeriod":90,"ActionsSuppressorExtensionPeriod":30)";
  World alone;
  alone.setup.alarms.push_back(metric_alarm("A"));
  alone.setup.alarms.push_back(metric_alarm("S"));
  alone.setup.composites.push_back(composite("C", "ALARM(A)", more).value());
  alone.add("A", 120);
  EXPECT_EQ(alone.run(300), "A-0 S-0 C-0 A+180 C+180[suppressed: WaitPeriod] C!270");

  World both;
  both.setup.alarms.push_back(metric_alarm("A"));
  both.setup.alarms.push_back(metric_alarm("S"));
  both.setup.composites.push_back(composite("C", "ALARM(A)", more).value());
  both.add("A", 300);
  both.add("A", 360);
  both.add("A", 480);
  both.add("A", 600);
  both.add("S", 300);
  // S clears at 540: 30 seconds later the actions run.
  EXPECT_EQ(both.run(600), "A-0 S-0 C-0 A+360 S+360 C+360[suppressed: Alarm] S-540 C!570");
}

TEST(AlarmBoard, ASuppressorMayBeACompositeJudgedLater) {
  World world;
  world.setup.alarms.push_back(metric_alarm("A"));
  world.setup.alarms.push_back(metric_alarm("B"));
  world.setup.composites.push_back(
      composite(
          "C", "ALARM(A)",
          R"(,"AlarmActions":["arn:topic"],"ActionsSuppressor":"S","ActionsSuppressorWaitPeriod":90,"ActionsSuppressorExtensionPeriod":30)")
          .value());
  world.setup.composites.push_back(composite("S", "ALARM(B)").value());
  for (int64_t second : {300, 360, 420, 480, 540, 600}) world.add("A", second);
  world.add("B", 300);
  // S clears at 540, after C was judged there, and nothing happens after it but C's extension.
  EXPECT_EQ(world.run(600),
            "A-0 B-0 C-0 S-0 A+360 B+360 C+360[suppressed: WaitPeriod] S+360 B-540 S-540 C!570");
}

TEST(AlarmBoard, RefusesWhatCannotWork) {
  World twice;
  twice.setup.alarms.push_back(metric_alarm("A"));
  twice.setup.composites.push_back(composite("A", "TRUE").value());
  EXPECT_EQ(twice.run(0), "two alarms are called A");
  World circle;
  circle.setup.composites.push_back(composite("C", "ALARM(D)").value());
  circle.setup.composites.push_back(composite("D", "ALARM(E)").value());
  circle.setup.composites.push_back(composite("E", "ALARM(C)").value());
  circle.setup.composites.push_back(composite("F", "TRUE").value());
  EXPECT_EQ(circle.run(0), "composite alarms go in a circle: C, D, E");
  EXPECT_NE(composite("C", "ALARM(").error().message.find("AlarmRule"), std::string::npos);
  EXPECT_NE(composite("C", "TRUE", R"(,"ActionsSuppressor":"S")")
                .error()
                .message.find("ActionsSuppressorWaitPeriod is missing"),
            std::string::npos);
  EXPECT_NE(composite("C", "TRUE", R"(,"ActionsSuppressorWaitPeriod":1)")
                .error()
                .message.find("needs ActionsSuppressor"),
            std::string::npos);
}

}  // namespace
}  // namespace cairn::monitor
