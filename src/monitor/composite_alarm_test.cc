#include "monitor/composite_alarm.h"

#include <gtest/gtest.h>

#include <map>

namespace cairn::monitor {
namespace {

TEST(CompositeRule, HoldsAsItsStatesSay) {
  const std::map<std::string, AlarmState> states = {{"A", AlarmState::kAlarm},
                                                    {"B", AlarmState::kAlarm},
                                                    {"C", AlarmState::kInsufficientData},
                                                    {"D", AlarmState::kOk},
                                                    {"E", AlarmState::kOk},
                                                    {"a b\"c", AlarmState::kAlarm},
                                                    {"OK", AlarmState::kOk},
                                                    {"ALARMING", AlarmState::kAlarm}};
  struct Row {
    const char* rule;
    bool holds;
  };
  const Row rows[] = {
      {"ALARM(A) AND NOT ALARM(D)", true},
      {"ALARM(A) AND NOT ALARM(B)", false},
      {"(ALARM(A) OR ALARM(B)) AND OK(C)", false},
      {"AT_LEAST(2, ALARM, (A,B,D,E))", true},
      {"AT_LEAST(3, ALARM, (A,B,D,E))", false},
      {"AT_LEAST(50%, OK, (A,B,D,E))", true},
      {"AT_LEAST(51%, OK, (A,B,D,E))", false},
      {"AT_LEAST(3, NOT OK, (A,B,C,D))", true},
      {"TRUE", true},
      {"false", false},
      {"TRUE OR FALSE AND FALSE", true},
      {"NOT FALSE AND FALSE", false},
      {"NOT (FALSE AND FALSE)", true},
      {"NOT NOT TRUE", true},
      {"INSUFFICIENT_DATA(C)", true},
      {R"(ALARM("a b\"c"))", true},
      {R"(alarm("A"))", true},
      {"  OK ( D )\n AND\tok(OK) ", true},
      {"ALARM(ALARMING)", true},
      {"ALARM(nobody)", false},
  };
  for (const Row& row : rows) {
    auto rule = CompositeRule::parse(row.rule);
    ASSERT_TRUE(rule.ok()) << row.rule << ": " << rule.error().message;
    EXPECT_EQ(rule.value().holds([&](const std::string& name) {
      auto found = states.find(name);
      return found == states.end() ? AlarmState::kInsufficientData : found->second;
    }),
              row.holds)
        << row.rule;
  }
}

TEST(CompositeRule, NamesItsAlarmsOnce) {
  auto rule = CompositeRule::parse("ALARM(B) OR OK(A) OR AT_LEAST(1, ALARM, (A, B, C))");
  ASSERT_TRUE(rule.ok());
  EXPECT_EQ(rule.value().alarms(), (std::vector<std::string>{"B", "A", "C"}));
}

TEST(CompositeRule, SaysWhereItIsWrong) {
  std::string many = "AT_LEAST(1, ALARM, (a0";
  for (int i = 1; i <= 100; ++i) many += ",a" + std::to_string(i);
  struct Row {
    std::string rule, error;
  };
  const Row rows[] = {
      {"", "1 to 10,240 bytes"},
      {std::string(10'241, ' '), "1 to 10,240 bytes"},
      {"ALARM(A) ALARM(B)", "character 10: expected AND, OR or the end"},
      {"ALARM()", "character 7: expected the name"},
      {"ALARM(A", "character 8: expected \")\""},
      {"ALARM(\"A)", "character 10: expected the quote"},
      {"ALARM A", "character 7: expected \"(\""},
      {"BROKEN(A)", "character 1: expected ALARM"},
      {"ALARM(A) AND", "character 13: expected ALARM"},
      {"AT_LEAST(0, ALARM, (A))", "a number from 1 on"},
      {"AT_LEAST(101%, ALARM, (A))", "at most 100 %"},
      {"AT_LEAST(1, ALARM, A)", "names of alarms"},
      {"AT_LEAST(3, ALARM, (A, B))", "it would never hold"},
      {std::string(200, '(') + "TRUE" + std::string(200, ')'), "nested too deeply"},
      {std::string(9000, ' ') + "NOT NOT X", "expected ALARM"},
      {many + "))", "more than 100 alarms"},
  };
  for (const Row& row : rows) {
    auto rule = CompositeRule::parse(row.rule);
    ASSERT_FALSE(rule.ok()) << row.rule;
    EXPECT_NE(rule.error().message.find(row.error), std::string::npos)
        << row.rule.substr(0, 60) << ": " << rule.error().message;
  }
  std::string deep;
  for (int i = 0; i < 2000; ++i) deep += "NOT ";
  EXPECT_FALSE(CompositeRule::parse(deep + "TRUE").ok());
}

}  // namespace
}  // namespace cairn::monitor
