#pragma once

// A door of `monitor`: an alarm on metrics, from its properties to a state with its reason.
//
//   TRY_ASSIGN(MetricAlarm alarm, MetricAlarm::parse(tree, properties));
//   if (alarm.due(now)) {
//     TRY_ASSIGN(Evaluation found, alarm.evaluate(store, now, state, bands));
//     …
//   }
//
// Windows. A sliding window is cut back from the moment of evaluation: at 10:06 the newest
// datapoint of a 300 s alarm is 10:01 to 10:06. A wall clock window has datapoints of whole periods
// since midnight (weeks: since Monday) in its time zone, and is judged only when one ends.
//
// Source: "Using Amazon CloudWatch alarms", "Evaluating an alarm", PutMetricAlarm's API model; the
// texts of reasons follow those that AWS shows in its guides. docs/reference/monitor.md lists what
// is chosen here.

#include "base/result.h"
#include "base/time.h"
#include "formats/json_tree.h"
#include "monitor/alarm.h"
#include "monitor/metric_query.h"
#include "monitor/zone.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cairn::monitor {

/// What happens when an alarm changes its state.
struct AlarmActions {
  static constexpr size_t kLimit = 5;  // of each list
  bool enabled = true;
  std::vector<std::string> alarm, ok, insufficient_data;

  const std::vector<std::string>& of(AlarmState state) const;
  /// Reads ActionsEnabled, AlarmActions, OKActions and InsufficientDataActions.
  static Result<AlarmActions> parse(const JsonTree& tree, uint32_t node);
};

/// A datapoint that an evaluation looked at.
struct Datapoint {
  Timestamp start{}, end{};
  double value = 0;
  double samples = 0;           // 0 for expressions
  double lower = 0, upper = 0;  // of the band, when there is one
  bool breaching = false;
};

/// What an evaluation came to.
struct Evaluation {
  AlarmState state = AlarmState::kInsufficientData;
  std::vector<Datapoint> datapoints;  // the considered ones, oldest first
  size_t missing = 0;                 // of EvaluationPeriods
};

/// Keeps what is usual for the metrics that alarms draw bands around: models learn each period once
/// it is over. One thread.
class BandKeeper {
 public:
  /// Without a maker there are no bands.
  explicit BandKeeper(BandMaker maker) : maker_(std::move(maker)) {}
  /// Returns upper and lower bounds for periods, each from what was known when it began. Fails with
  /// kUnsupported without a maker.
  Result<std::pair<Values, Values>> band(const MetricStat& stat, double width,
                                         const Periods& periods, const MetricStore& store);

 private:
  static constexpr size_t kRemembered = 2048;  // periods whose band is still known

  struct Model {
    std::unique_ptr<BandModel> model;
    std::optional<int64_t> next;  // the first period not yet learned, since 1970
    int64_t first = 0;            // of `known`
    std::deque<std::optional<BandModel::Usual>> known;
  };
  void learn(Model& model, const MetricStat& stat, int64_t until, const MetricStore& store);

  BandMaker maker_;
  std::map<std::string, Model> models_;
};

/// An alarm on one metric or on an expression. A value; evaluating changes nothing of it.
class MetricAlarm {
 public:
  /// Reads the properties of an AWS::CloudWatch::Alarm (the object `node`). Fails with
  /// kInvalidInput, the message naming the property, for what PutMetricAlarm refuses, and with
  /// kUnsupported for PromQL alarms.
  static Result<MetricAlarm> parse(const JsonTree& tree, uint32_t node);

  AlarmDefinition& rule() { return rule_; }  // for what-if: its threshold
  const AlarmDefinition& rule() const { return rule_; }
  const std::string& name() const { return rule_.name; }
  const std::string& description() const { return description_; }
  const AlarmActions& actions() const { return actions_; }
  const MetricQueries& queries() const { return queries_; }
  uint32_t period_seconds() const { return rule_.period_seconds; }
  /// The time that an evaluation at `now` looks back to.
  Timestamp looks_back(Timestamp now) const;

  /// True when the alarm is judged at this time (a whole second): every minute, every 10 seconds
  /// for shorter periods, every hour when it looks at more than a day; when a period ends in a wall
  /// clock window.
  bool due(Timestamp now) const;
  /// How often it may be due, in seconds: 10 or 60.
  uint32_t step_seconds() const { return rule_.period_seconds < 60 ? 10 : 60; }

  /// Judges the store's points of before `now`. Fails when an expression cannot be worked out.
  Result<Evaluation> evaluate(const MetricStore& store, Timestamp now, AlarmState current,
                              BandKeeper& bands) const;
  /// Says why, as StateReason does.
  std::string reason(const Evaluation& evaluation) const;
  /// The same as StateReasonData: JSON.
  std::string reason_data(const Evaluation& evaluation, Timestamp now) const;

 private:
  class Reader;
  Timestamp newest_end(Timestamp now) const;
  /// The moment when, as clocks of the zone show it, the wall clock period ends that is `back`
  /// periods before the newest one.
  Timestamp wall_clock_end(Timestamp now, int64_t back) const;
  Periods periods(Timestamp now) const;
  bool too_few_samples(const MetricStore& store, const Evaluation& evaluation) const;

  AlarmDefinition rule_;
  std::string description_;
  AlarmActions actions_;
  MetricQueries queries_;
  std::string watched_, band_;  // ids; band_: ThresholdMetricId
  bool ignore_few_samples_ = false;
  Zone zone_;  // of a wall clock window
};

}  // namespace cairn::monitor
