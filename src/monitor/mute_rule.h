#pragma once

// Alarm mute rules: stretches of time in which alarms are judged but their actions do not run.
//
// Schedules: `cron(minutes hours day-of-month month day-of-week)` with *, lists, ranges, steps and
// names (MON, JAN), and `at(yyyy-MM-ddThh:mm)`; as long as an ISO 8601 duration from PT1M to P15D.
// Source: PutAlarmMuteRule's API model.

#include "base/result.h"
#include "base/time.h"
#include "formats/json_tree.h"
#include "monitor/zone.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cairn::monitor {

/// Reads "P1DT2H30M". Fails with kInvalidInput.
Result<Duration> parse_iso_duration(std::string_view text);

/// One mute rule. A value.
class MuteRule {
 public:
  static constexpr size_t kAlarmsLimit = 100;

  /// Reads the properties of an AWS::CloudWatch::AlarmMuteRule (the object `node`). Fails with
  /// kInvalidInput, the message naming the property, and as Zone::parse() does.
  static Result<MuteRule> parse(const JsonTree& tree, uint32_t node);

  const std::string& name() const { return name_; }
  /// True when actions of an alarm (by name) do not run at a time.
  bool mutes(const std::string& alarm, Timestamp time) const;

 private:
  struct Cron {
    uint64_t minutes = 0, hours = 0, days = 0, months = 0, weekdays = 0;  // sets of bits
    bool any_day = true, any_weekday = true;
  };
  static std::optional<Cron> parse_cron(std::string_view text);
  Status read_schedule(const JsonTree& tree, uint32_t node);
  bool begins(Timestamp minute) const;

  std::string name_;
  std::vector<std::string> alarms_;
  std::optional<Cron> cron_;
  Timestamp once_{};
  Duration length_{};
  Zone zone_;
  std::optional<Timestamp> from_, to_;
};

}  // namespace cairn::monitor
