#include "monitor/mute_rule.h"

#include <gtest/gtest.h>

namespace cairn::monitor {
namespace {

Result<MuteRule> parse(const std::string& expression, const std::string& duration,
                       const std::string& zone = "UTC", const std::string& more = "") {
  JsonTree tree;
  TRY(tree.parse(
      R"({"Name":"night","MuteTargets":{"AlarmNames":["A","B"]},"Rule":{"Schedule":{"Expression":")" +
      expression + R"(","Duration":")" + duration + R"(","Timezone":")" + zone + "\"}}" + more +
      "}"));
  return MuteRule::parse(tree, 0);
}

TEST(MuteRule, MutesInItsTimes) {
  struct Row {
    const char *expression, *duration, *zone;
    const char *muted, *not_muted;  // 2024-03-01 is a Friday
  };
  const Row rows[] = {
      {"cron(0 2 * * *)", "PT2H", "UTC", "2024-03-01T03:59:59Z", "2024-03-01T04:00:00Z"},
      {"cron(0 2 * * *)", "PT2H", "UTC", "2024-03-01T02:00:00Z", "2024-03-01T01:59:59Z"},
      {"cron(0 2 * * *)", "PT2H", "+01:00", "2024-03-01T01:00:00Z", "2024-03-01T03:00:00Z"},
      {"cron(0 22 * * FRI)", "PT4H", "UTC", "2024-03-02T01:00:00Z", "2024-03-01T01:00:00Z"},
      {"cron(0 0 * * 6-6)", "P1D", "UTC", "2024-03-02T12:00:00Z", "2024-03-03T12:00:00Z"},
      {"cron(*/30 9-17 * * MON-FRI)", "PT1M", "UTC", "2024-03-01T09:30:10Z",
       "2024-03-01T09:31:10Z"},
      {"cron(0 0 1 * *)", "P2D", "UTC", "2024-03-02T23:59:00Z", "2024-03-03T00:00:00Z"},
      {"cron(0 0 1,15 MAR SUN)", "PT1H", "UTC", "2024-03-03T00:10:00Z", "2024-03-02T00:10:00Z"},
      {"at(2024-03-01T12:00)", "PT30M", "UTC", "2024-03-01T12:29:59Z", "2024-03-02T12:00:00Z"},
      {"at(2024-03-01T12:00)", "PT30M", "-05:00", "2024-03-01T17:00:00Z", "2024-03-01T12:00:00Z"},
      // By the clocks of New York, which go forward on 10 March at 02:00.
      {"cron(0 1 * * *)", "PT30M", "America/New_York", "2024-03-09T06:10:00Z",
       "2024-03-09T05:10:00Z"},
      {"cron(0 4 * * *)", "PT30M", "America/New_York", "2024-03-10T08:10:00Z",
       "2024-03-10T09:10:00Z"},
      {"at(2024-07-01T12:00)", "PT30M", "America/New_York", "2024-07-01T16:10:00Z",
       "2024-07-01T17:10:00Z"},
  };
  for (const Row& row : rows) {
    auto rule = parse(row.expression, row.duration, row.zone);
    ASSERT_TRUE(rule.ok()) << row.expression << ": " << rule.error().message;
    EXPECT_TRUE(rule.value().mutes("A", *parse_event_time(row.muted))) << row.expression;
    EXPECT_FALSE(rule.value().mutes("A", *parse_event_time(row.not_muted))) << row.expression;
    EXPECT_FALSE(rule.value().mutes("C", *parse_event_time(row.muted))) << row.expression;
  }
  auto ended = parse("cron(0 2 * * *)", "PT2H", "UTC", R"(,"ExpireDate":"2024-03-01T00:00:00Z")");
  EXPECT_FALSE(ended.value().mutes("A", *parse_event_time("2024-03-01T03:00:00Z")));
  EXPECT_TRUE(ended.value().mutes("A", *parse_event_time("2024-02-01T03:00:00Z")));
}

TEST(MuteRule, RefusesOthers) {
  const std::pair<Result<MuteRule>, const char*> rows[] = {
      {parse("cron(0 2 * *)", "PT1H"), "Expression is neither"},
      {parse("cron(60 2 * * *)", "PT1H"), "Expression is neither"},
      {parse("cron(5-1 2 * * *)", "PT1H"), "Expression is neither"},
      {parse("cron(*/0 2 * * *)", "PT1H"), "Expression is neither"},
      {parse("cron(0 2 * * XXX)", "PT1H"), "Expression is neither"},
      {parse("at(yesterday)", "PT1H"), "Expression is neither"},
      {parse("rate(1 day)", "PT1H"), "Expression is neither"},
      {parse("cron(0 2 * * *)", "1h"), "no duration"},
      {parse("cron(0 2 * * *)", "PT"), "no duration"},
      {parse("cron(0 2 * * *)", "PT30S"), "from PT1M to P15D"},
      {parse("cron(0 2 * * *)", "P16D"), "from PT1M to P15D"},
      {parse("cron(0 2 * * *)", "PT1H", "Europe/Bärlin"), "Timezone: the time zone Europe/Bärlin"},
      {parse("cron(0 2 * * *)", "PT1H", "../../etc/passwd"), "is neither a name such as"},
      {parse("cron(0 2 * * *)", "PT1H", ""), "is neither a name such as"},
      {parse("cron(0 2 * * *)", "PT1H", "+25:00"), "is neither a name such as"},
      {parse("cron(0 2 * * *)", "PT1H", "UTC", R"(,"StartDate":"soon")"), "StartDate is no time"},
  };
  for (const auto& [rule, part] : rows) {
    ASSERT_FALSE(rule.ok()) << part;
    EXPECT_NE(rule.error().message.find(part), std::string::npos) << rule.error().message;
  }
}

}  // namespace
}  // namespace cairn::monitor
