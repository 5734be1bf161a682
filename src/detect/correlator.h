#pragma once

// Rules over several events: matches in event-time order in, the events that took part out.
//
// Windows slide: an event completes a correlation when it and the events before it, no further back
// than the timespan, fulfil the condition. Conditions that more events can undo (lt, lte, eq, neq,
// `not`) are judged when a window closes: it opens with a group's first event and lasts the
// timespan. See docs/reference/sigma.md, "Correlations".

#include "base/pack.h"
#include "detect/candidates.h"
#include "detect/evidence.h"
#include "detect/match_record.h"
#include "detect/run.h"
#include "model/correlation.h"
#include "sys/spill.h"

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::detect {

/// Windows of one group hold this many events; of more the oldest are forgotten.
inline constexpr size_t kWindowEvents = 100'000;

/// One thread.
class Correlator {
 public:
  /// The events that took part go to `matches`, in the form of the match sorter (match_record.h),
  /// each as a match of the correlation's own rule.
  /// `sorters`: of the candidates; they must outlive it.
  Correlator(const Run& run, const std::vector<SpillSorter*>& sorters, SpillSorter& matches);
  ~Correlator();

  /// Adds one event's matches, as the match sorter has them and where; events must come in its
  /// order, each once. Those without a time take no part. With Options::lateness they wait for
  /// younger ones.
  Status add(std::string_view payload, EventPlace place);
  /// Judges the events that waited long enough, when the youngest of all events is of `last_ms`.
  Status judge_waiting(int64_t last_ms);
  /// Judges the windows that are still open. Call once.
  Status finish();
  /// Instead of finish(), when another run goes on: judges only what later events cannot undo.
  Status pause();
  /// Returns what is remembered, for restore() of another run; before pause(), which tells of
  /// failures. `texts`: of the payloads' collectors.
  std::string save(const std::vector<const SharedTexts*>& texts);
  /// Takes up what another run saved (Options::state); before the first add(). What correlations
  /// remembered that are gone, or ask for something else now, is dropped and counted as forgotten.
  /// Fails with kInvalidInput when the bytes are no saved state, whatever they are: this correlator
  /// is of no use then.
  Status restore();
  /// Events that waited in the run before, in the form of the match sorter: they are to come in
  /// with those of this run, in order. Of restore(); call once.
  std::vector<EncodedMatch> take_waiting() { return std::move(restored_); }
  /// Groups that were forgotten because not even what tells of those on disk has room
  /// (Options::correlation_bytes), or that later rules do not ask for.
  uint64_t forgotten_groups() const { return forgotten_groups_; }
  /// True of a correlation that asks for places, had events, and knew the place of none.
  bool saw_no_place(size_t correlation) const { return saw_places_[correlation] == Seen::kUnknown; }

 private:
  struct Entry;
  class Group;
  class GroupTable;
  class Shelf;
  class Judge;
  class Restorer;
  struct Arrival;

  struct Waiting {
    int64_t time_ms;
    EventPlace place;
  };

  Status judge(int64_t now_ms, EventPlace place);
  Status judge_oldest();
  std::vector<uint64_t> layouts() const;
  void save_waiting(const std::vector<const SharedTexts*>& texts, std::string& body);
  bool read_values(const Run::Source& places, const CaptureReader& captured, Arrival& arrival);
  bool read_place(std::string_view address, Arrival& arrival);
  Group& group_of(const Arrival& arrival);
  std::vector<uint64_t> definitions() const;
  void arrive(const Arrival& arrival);
  void note_value(const Arrival& arrival, Group& group);
  void await(const Arrival& arrival, Group& group);
  void note_spot(const Arrival& arrival, Group& group);
  void overdue(size_t correlation, Group& group, int64_t now_ms);
  void emit_at_once(const Arrival& arrival, Group& group);
  void drop_unprepared(Group& group, size_t settled_before, int64_t oldest_ms);
  void settle(size_t correlation, Group& group);
  void complete(size_t correlation, Group& group, int64_t from_ms);
  EvidenceRef evidence_from(const Group& group, int64_t from_ms);
  void emit(size_t correlation, Group& group, Entry& entry);
  Status tell(EventPlace event, uint32_t rule);
  void feed_outer(size_t correlation, const Group& group, int64_t time_ms,
                  const EvidenceRef& evidence);
  bool slides(size_t correlation) const;
  void sweep(int64_t now_ms);
  void settle_over(size_t correlation, int64_t over_ms);
  void make_room(int64_t now_ms);
  void grow_room();
  void put_away();
  void settle_all(size_t correlation);
  void keep(const Status& done) {
    if (!done.ok() && status_.ok()) status_ = done;
  }

  const Run& run_;
  std::span<const Correlation> correlations_;
  Candidates candidates_;
  SpillSorter& matches_;
  std::vector<bool> at_close_;  // by correlation: judged when a window closes
  enum class Seen : uint8_t { kNothing, kUnknown, kKnown };
  std::vector<Seen> saw_places_;  // by correlation
  // By rule: the correlations that look at it, and as which source.
  std::vector<std::vector<std::pair<size_t, size_t>>> readers_;
  size_t held_bytes_ = 0;           // of the groups and lists of evidence: outlives them
  std::vector<GroupTable> groups_;  // by correlation
  std::unique_ptr<Shelf> shelf_;    // groups that are away
  size_t room_bytes_ = 0;           // for what is held, up to Options::correlation_bytes
  uint64_t read_before_ = 0;        // from the shelf, when room was made last
  std::deque<Waiting> waiting_;     // for younger events, in order
  std::vector<EncodedMatch> restored_;
  size_t group_count_ = 0, sweep_at_;
  uint64_t forgotten_groups_ = 0;
  Status status_;
  // Reused.
  std::unique_ptr<Arrival> arrival_;
  std::vector<MatchedRule> rules_;
  CaptureReader captured_;
  std::string bytes_, payload_, shown_key_;
  EncodedMatch match_;
  std::vector<int64_t> chain_before_;
};

}  // namespace cairn::detect
