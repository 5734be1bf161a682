#pragma once

// Matches in event-time order in, findings out.
//
// A finding holds the matches of one rule and one key from its first match until the rule's window
// has passed; the next match after that starts another. Windows therefore depend on nothing but the
// events themselves. Events without a readable time come last and form one finding per rule and
// key.

#include "detect/flat_map.h"
#include "detect/match_record.h"
#include "detect/run.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace cairn::detect {

/// A list of distinct values: the first kListedValues as they come, the number of all up to
/// kExactDistinct.
class DistinctList {
 public:
  void add(std::string_view value);
  uint64_t count() const { return hashes_ ? hashes_->size() : values_.size(); }
  /// Returns the values, sorted.
  std::vector<std::string> take() &&;

 private:
  std::vector<std::string> values_;
  size_t last_ = 0;                           // of the value added last: the next is often the same
  std::unique_ptr<FlatMap<uint8_t>> hashes_;  // once values_ is full
};

/// One thread.
class Grouper {
 public:
  /// Finished findings go to the sorter (finding_record.h).
  Grouper(const Run& run, SpillSorter& findings);

  /// Adds one event's matches; events must come in the order of the match sorter, each once. Fails
  /// when the sorter does.
  Status add(const MatchRecord& record);
  /// Ends all findings, and writes all counts about matches to the outcome. Call once.
  Status finish(Outcome& outcome);

 private:
  struct Open {
    Finding finding;
    std::string key;    // with the rule, what its matches share
    Timestamp end{};    // first instant that belongs to the next window
    bool kept = false;  // false: above the limit, only the window is followed
    DistinctList event_names, source_ips, regions, targets, user_agents, error_codes, principals;
  };

  void add_to_group(const MatchedRule& matched, const MatchRecord& record);
  Open& open_group(const MatchedRule& matched, const MatchRecord& record);
  void start(Open& open, uint32_t rule, const MatchRecord& record);
  void count_times(const EventView& event, const std::array<bool, kLevelCount>& levels);
  void end_minute();
  void close(Open& open);
  void keep(const Status& done) {
    if (!done.ok() && status_.ok()) status_ = done;
  }
  void close_expired(Timestamp now);

  const Run& run_;
  std::unordered_map<uint64_t, std::unique_ptr<Open>> open_;  // by hash of rule and key
  size_t sweep_at_;
  SpillSorter& findings_;
  Status status_;  // the first failure
  size_t kept_open_ = 0;
  std::array<uint64_t, kLevelCount> by_level_{};
  std::string key_, payload_;  // reused
  uint64_t not_kept_ = 0, matched_events_ = 0;
  std::vector<uint64_t> rule_matches_, rule_allowed_;
  std::map<std::pair<Level, int64_t>, uint64_t> match_hours_, match_minutes_;
  int64_t minute_ = 0;  // events come in time order: one minute after another
  std::array<uint64_t, kLevelCount> in_minute_{};
};

}  // namespace cairn::detect
