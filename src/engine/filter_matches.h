#pragma once

// Which events metric filters match, and what they add: collected by workers in any order, then one
// sorted list, copies of an event out of it.

#include "engine/reading.h"
#include "engine/replay_job.h"
#include "monitor/metric_filter.h"
#include "monitor/metric_query.h"
#include "rules/rules.h"

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace cairn::engine {

/// Texts as small numbers; 0 is "".
class TextNumbers {
 public:
  TextNumbers() { number(""); }
  uint32_t number(std::string_view text);
  const std::string& text(uint32_t number) const { return *texts_[number]; }
  size_t size() const { return texts_.size(); }

 private:
  std::unordered_map<std::string, uint32_t> numbers_;
  std::vector<const std::string*> texts_;  // keys of `numbers_`
};

/// One event that one filter matched.
struct FilterMatch {
  int64_t time_ms = 0;  // at which it counts
  int64_t event_ms = 0;
  uint64_t fingerprint = 0;
  double value = 0;
  uint32_t filter = 0;
  uint32_t dimensions = 0;  // "name\1value\0…"
  uint32_t action = 0, principal = 0, address = 0, resource = 0, event_id = 0;
  bool has_sample = true;
};

/// The filters of a stack, ready to be asked of events.
struct FilterProgram {
  FieldTable fields;
  StandardFields standard;
  std::unique_ptr<rules::RuleSet> rules;  // rule i is filter `filters[i]`
  std::vector<uint32_t> filters;
  std::vector<uint32_t> native;  // filters that no rule stands for
  SlotId first_resource = kNoSlot;

  static std::unique_ptr<FilterProgram> make(const std::vector<monitor::MetricFilter>& filters);
};

/// All matches, by time, with their texts.
struct FilterMatches {
  std::vector<FilterMatch> matches;
  TextNumbers texts;
  monitor::MinuteLog minutes;
  uint64_t copies = 0, without_time = 0, from_future = 0;

  explicit FilterMatches(size_t filters) : minutes(filters) {}
};

/// Collects matches of one worker.
class FilterConsumer : public EventConsumer {
 public:
  FilterConsumer(const FilterProgram& program, const std::vector<monitor::MetricFilter>& filters,
                 EventClock clock, Timestamp latest, size_t evidence_limit);

  uint64_t consume(const Event& event, const std::string& file) override;
  bool begin_input(const cloudtrail::Input& input) override;
  bool begin_member(const cloudtrail::Input& member) override;

  /// Moves what all workers found into one list.
  static FilterMatches merge(std::span<const std::unique_ptr<FilterConsumer>> workers,
                             size_t filters);

 private:
  void take(uint32_t filter, const Event& event, Timestamp time);

  const FilterProgram& program_;
  const std::vector<monitor::MetricFilter>& filters_;
  const EventClock clock_;
  const Timestamp latest_;
  const size_t evidence_limit_;
  rules::Matcher matcher_;
  rules::LogEvent log_event_;
  bool log_event_set_ = false;
  std::vector<uint32_t> matched_;
  std::optional<Timestamp> delivered_;
  FilterMatches found_;
};

/// Puts all matches into a store, with the default values of the quiet minutes before
/// `quiet_until`.
Status fill_store(const FilterMatches& found, const std::vector<monitor::MetricFilter>& filters,
                  monitor::MetricStore& store, Timestamp quiet_until = Timestamp::max());
/// Tells which events are behind the breaching datapoints of a change.
AlarmEvidence evidence_of(const FilterMatches& found,
                          const std::vector<monitor::MetricFilter>& filters,
                          const monitor::MetricAlarm& alarm, const monitor::BoardEvent& event);
/// Returns what makes models of what is usual: the room anomaly's.
monitor::BandMaker anomaly_bands();

}  // namespace cairn::engine
