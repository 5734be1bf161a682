#include "monitor/suppression.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cairn::monitor {
namespace {

Timestamp at(int64_t second) { return Timestamp(std::chrono::seconds(second)); }

/// "C2": the composite changes at 2; "S3": the suppressor comes into ALARM; "s6": leaves it.
struct Row {
  const char* name;
  std::vector<std::string> events;
  const char* actions;  // the times at which actions run
  const char* by;       // what suppresses in the end
};

// The examples of "Alarm suppression", with WaitPeriod 2 and ExtensionPeriod 3.
TEST(Suppression, FollowsTheExamplesOfTheGuide) {
  const Row rows[] = {
      {"1: suppressor stays OK", {"C2"}, "4", ""},
      {"2: suppressor comes while waiting", {"C2", "S3"}, "", "Alarm"},
      {"3: another change starts the wait anew", {"C2", "C3"}, "5", ""},
      {"4: suppressor was there before", {"S0", "C2"}, "", "Alarm"},
      {"5: suppressor leaves", {"C2", "S3", "s6"}, "9", ""},
      {"6: a change while extending", {"C2", "S3", "s6", "C7"}, "9", ""},
      {"comes back while extending", {"C2", "S3", "s6", "S8"}, "", "Alarm"},
      {"suppressor alone", {"S1", "s5"}, "", ""},
      {"changes in ALARM of the suppressor", {"S0", "C2", "C4", "s6"}, "9", ""},
      {"two changes far apart", {"C2", "C9"}, "4 11", ""},
  };
  for (const Row& row : rows) {
    Suppression suppression(std::chrono::seconds(2), std::chrono::seconds(3));
    std::string actions;
    for (int64_t now = 0; now < 20; ++now) {
      for (const std::string& event : row.events) {
        if (std::stol(event.substr(1)) != now) continue;
        if (event[0] == 'C') suppression.on_change(at(now));
        if (event[0] == 'S' || event[0] == 's') suppression.on_suppressor(at(now), event[0] == 'S');
      }
      if (suppression.run_actions(at(now)))
        actions += (actions.empty() ? "" : " ") + std::to_string(now);
    }
    EXPECT_EQ(actions, row.actions) << row.name;
    EXPECT_EQ(to_string(suppression.by()), row.by) << row.name;
    EXPECT_FALSE(suppression.ends().has_value()) << row.name;
  }
}

TEST(Suppression, TellsWhy) {
  Suppression suppression(std::chrono::seconds(2), std::chrono::seconds(3));
  suppression.on_change(at(0));
  EXPECT_EQ(suppression.by(), SuppressedBy::kWaitPeriod);
  suppression.on_suppressor(at(1), true);
  suppression.on_suppressor(at(4), false);
  EXPECT_EQ(suppression.by(), SuppressedBy::kExtensionPeriod);
  EXPECT_EQ(suppression.ends(), at(7));
}

}  // namespace
}  // namespace cairn::monitor
