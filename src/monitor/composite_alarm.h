#pragma once

// A door of `monitor`: the rules of composite alarms.
//
//   TRY_ASSIGN(auto rule, CompositeRule::parse("ALARM(A) AND NOT ALARM(B)"));
//   bool raised = rule.holds([&](const std::string& name) { return state_of(name); });
//
// Source: "Create a composite alarm" and the API model of PutCompositeAlarm (AlarmRule). NOT binds
// before AND, AND before OR; words of the language may be in any case.

#include "base/result.h"
#include "monitor/alarm.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::monitor {

/// A rule that can be asked. A value; asking is safe from many threads.
class CompositeRule {
 public:
  static constexpr size_t kMaxBytes = 10'240;
  static constexpr size_t kMaxAlarms = 100, kMaxDepth = 100;

  /// Fails with kInvalidInput, the message telling the place in characters from 1, when the text is
  /// no rule, is too long or too deep, or names too many alarms.
  static Result<CompositeRule> parse(std::string_view text);

  /// The alarms it names, by name or ARN as written, in order, each once.
  const std::vector<std::string>& alarms() const { return alarms_; }
  /// True when the composite alarm is in ALARM, else it is OK. `state_of` is asked for each alarm
  /// that matters.
  bool holds(const std::function<AlarmState(const std::string& name)>& state_of) const;

 private:
  class Parser;
  struct Step {
    enum class Kind : uint8_t { kAnd, kOr, kNot, kConstant, kState, kAtLeast };
    explicit Step(Kind what) : kind(what) {}
    Kind kind;
    bool value = false;  // of a constant; of kAtLeast: counts those not in the state
    AlarmState state = AlarmState::kOk;
    uint32_t least = 0;            // of kAtLeast
    bool percent = false;          // `least` is a share of all
    std::vector<uint32_t> alarms;  // of kState (one) and kAtLeast
    std::vector<uint32_t> parts;   // of kAnd, kOr, kNot: steps
  };
  bool holds(uint32_t step, const std::function<AlarmState(const std::string&)>& state_of) const;

  std::vector<Step> steps_;  // the last is the whole rule
  std::vector<std::string> alarms_;
};

}  // namespace cairn::monitor
