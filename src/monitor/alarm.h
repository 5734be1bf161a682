#pragma once

// A door of `monitor`: CloudWatch metric alarms, judged as CloudWatch judges them.
//
//   JsonTree tree;
//   TRY(tree.parse(properties));  // of AWS::CloudWatch::Alarm
//   TRY_ASSIGN(AlarmDefinition alarm, parse_alarm(tree, 0));
//   state = evaluate(alarm, points, state);
//
// Source: "Using Amazon CloudWatch alarms", "Configuring how alarms treat missing data" with its
// two tables, and the API model of PutMetricAlarm; docs/reference/monitor.md says what those leave
// open and what is chosen here.

#include "base/result.h"
#include "formats/json_tree.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cairn::monitor {

enum class AlarmState : uint8_t { kOk, kAlarm, kInsufficientData };
/// Returns "OK", "ALARM" or "INSUFFICIENT_DATA".
std::string_view to_string(AlarmState state);
/// Reads what to_string() writes.
std::optional<AlarmState> parse_alarm_state(std::string_view text);

enum class MissingData : uint8_t { kMissing, kIgnore, kBreaching, kNotBreaching };
enum class Comparison : uint8_t {
  kGreater,
  kGreaterOrEqual,
  kLess,
  kLessOrEqual,
  // With an anomaly band:
  kOutside,
  kBelow,
  kAbove
};
constexpr bool is_band(Comparison comparison) { return comparison >= Comparison::kOutside; }

/// What an alarm on one series of numbers looks at.
struct AlarmDefinition {
  std::string name;  // AlarmName; may be empty
  Comparison comparison = Comparison::kGreater;
  double threshold = 0;
  uint32_t evaluation_periods = 1;   // N
  uint32_t datapoints_to_alarm = 1;  // M
  uint32_t period_seconds = 0;       // 0: not said
  MissingData missing_data = MissingData::kMissing;
  bool wall_clock = false;  // evaluated over aligned periods, not sliding ones
};

/// Reads the properties of an AWS::CloudWatch::Alarm (the object `node`) as CloudFormation and
/// PutMetricAlarm take them; numbers may be texts. Properties that do not change the state are not
/// looked at. Fails with kInvalidInput, the message naming the property, when one that matters is
/// missing, of another kind or out of its limits. `bands` says whether comparisons with an anomaly
/// band are taken; they have no threshold.
Result<AlarmDefinition> parse_alarm(const JsonTree& tree, uint32_t node, bool bands = false);

/// How many of the newest points are looked at: more than N, so that late points are waited for.
size_t evaluation_range(const AlarmDefinition& alarm);

/// Judges the newest evaluation_range() of the points, oldest first; nothing stands for a period
/// without data. Older ones than are given count as periods without data. `current` is the state
/// that stays when the points do not decide.
AlarmState evaluate(const AlarmDefinition& alarm, std::span<const std::optional<double>> points,
                    AlarmState current);

/// A period: without data, or with data that breaches or does not.
enum class PointKind : uint8_t { kMissing, kFine, kBreaching };
/// The same for points already held against the threshold or band.
AlarmState evaluate(const AlarmDefinition& alarm, std::span<const PointKind> points,
                    AlarmState current);
/// Holds a value against the alarm's threshold, or against a band.
bool breaches(const AlarmDefinition& alarm, double value, double lower = 0, double upper = 0);

}  // namespace cairn::monitor
