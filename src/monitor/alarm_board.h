#pragma once

// A door of `monitor`: all alarms together, moved on by a clock.
//
//   TRY_ASSIGN(auto board, AlarmBoard::make(std::move(setup)));
//   for (auto now = board->start(begin); now <= end; now = *board->next(now, store))
//     board->step(now, store, [&](BoardEvent event) { … });
//
// At each step metric alarms that are due are judged, then composite alarms whose children changed
// (those that others are made of first), then actions run that nothing keeps from it. Alarms
// without data sleep until there is some, so a quiet year costs little.
//
// Source: as in metric_alarm.h; "Create a composite alarm", "Alarm suppression".

#include "monitor/composite_alarm.h"
#include "monitor/metric_alarm.h"
#include "monitor/mute_rule.h"
#include "monitor/suppression.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cairn {
class StoredReader;
}

namespace cairn::monitor {

/// A composite alarm as defined.
struct CompositeAlarm {
  std::string name, description;
  CompositeRule rule;
  AlarmActions actions;
  std::string suppressor;  // "": none
  Duration wait{}, extension{};

  /// Reads the properties of an AWS::CloudWatch::CompositeAlarm (the object `node`). Fails with
  /// kInvalidInput, the message naming the property.
  static Result<CompositeAlarm> parse(const JsonTree& tree, uint32_t node);
};

/// Something that an alarm did.
struct BoardEvent {
  enum class Kind : uint8_t {
    kState,    // it changed its state
    kActions,  // a suppression ended, and the actions of its state run
  };
  Kind kind = Kind::kState;
  Timestamp time{};
  size_t alarm = 0;  // metric alarms first, then composite ones
  AlarmState before = AlarmState::kInsufficientData, after = AlarmState::kInsufficientData;
  std::string reason, reason_data;
  std::vector<Datapoint> datapoints;  // of metric alarms: those that were considered
  std::vector<std::string> actions;   // ARNs of the state
  std::string not_run;                // why they do not run; "": they do

  /// As history items say it: "Alarm updated from OK to ALARM".
  std::string summary() const;
};

/// All alarms of one account and region. One thread.
class AlarmBoard {
 public:
  struct Setup {
    std::vector<MetricAlarm> alarms;
    std::vector<CompositeAlarm> composites;
    std::vector<MuteRule> mute_rules;
    BandMaker bands;  // may be empty
    std::string account = "123456789012", region = "us-east-1";
  };

  /// Fails with kInvalidInput when two alarms have one name or composite alarms go in a circle.
  static Result<std::unique_ptr<AlarmBoard>> make(Setup setup);
  AlarmBoard(const AlarmBoard&) = delete;
  AlarmBoard& operator=(const AlarmBoard&) = delete;

  size_t size() const { return watches_.size(); }
  bool is_composite(size_t alarm) const { return alarm >= setup_.alarms.size(); }
  const std::string& name(size_t alarm) const { return watches_[alarm].name; }
  AlarmState state(size_t alarm) const { return watches_[alarm].state; }
  const MetricAlarm& metric_alarm(size_t alarm) const { return setup_.alarms[alarm]; }
  const CompositeAlarm& composite(size_t alarm) const {
    return setup_.composites[alarm - setup_.alarms.size()];
  }
  std::string arn(size_t alarm) const;
  /// Remarks, one for each: children and suppressors that are not here, expressions that could not
  /// be worked out.
  const std::vector<std::string>& remarks() const { return remarks_; }

  /// The first time to step to, at or after a time.
  Timestamp start(Timestamp begin) const;
  /// Judges what is due at `now`. Times must not go back.
  void step(Timestamp now, const MetricStore& store,
            const std::function<void(BoardEvent)>& happened);
  /// The next time at which something can happen with the points that the store has; nothing when
  /// all alarms wait for points that are not there.
  std::optional<Timestamp> next(Timestamp now, const MetricStore& store) const;

  /// Has the store keep what the alarms look back at, however short its memory is: a day at most,
  /// or a week; for anomaly bands the two weeks that they are learned from.
  void hold(MetricStore& store) const;

  /// The states of all alarms as bytes (base/pack.h), and back, by name: an alarm that is not among
  /// them is new. What wakes them is found anew, so that the next step judges all. The bytes may be
  /// any; this board is of no use when the reader is not ok() afterwards.
  void save(std::string& out) const;
  void restore(StoredReader& bytes);

 private:
  struct Watch {
    std::string name;
    AlarmState state = AlarmState::kInsufficientData;
    bool fresh = true;              // never judged
    std::optional<Timestamp> wake;  // nothing: when a metric changes
    uint64_t changes = 0;           // of its metrics, when it was judged
    std::vector<size_t> children;   // of a composite alarm
    std::optional<size_t> suppressor;
    Suppression suppression;
    std::string problem;
  };

  explicit AlarmBoard(Setup setup);
  Status connect();
  Status order_composites();
  std::optional<size_t> find(const std::string& reference) const;
  uint64_t changes_of(const MetricAlarm& alarm, const MetricStore& store) const;
  void sleep(size_t alarm, Timestamp now, const MetricStore& store);
  void judge(size_t alarm, Timestamp now, const MetricStore& store,
             const std::function<void(BoardEvent)>& happened);
  void judge_composite(size_t alarm, Timestamp now,
                       const std::function<void(BoardEvent)>& happened);
  void finish(BoardEvent event, const AlarmActions& actions,
              const std::function<void(BoardEvent)>& happened);
  const AlarmActions& actions_of(size_t alarm) const;
  std::string muted_by(size_t alarm, Timestamp now) const;

  Setup setup_;
  std::vector<Watch> watches_;
  std::vector<size_t> order_;  // composite alarms, children first
  std::map<std::string, size_t> by_name_;
  std::vector<bool> changed_;  // in this step
  BandKeeper bands_;
  std::vector<std::string> remarks_;
  uint32_t step_seconds_ = 60;
};

}  // namespace cairn::monitor
