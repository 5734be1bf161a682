#pragma once

// One call by one caller becomes one record.

#include "simulate/builtin.h"
#include "simulate/caller.h"
#include "simulate/delivery.h"
#include "simulate/playbook.h"

#include <string>
#include <string_view>
#include <vector>

namespace cairn::simulate {

/// What a record says.
struct Action {
  const Caller* caller = nullptr;
  const Call* call = nullptr;
  size_t region = kHomeRegion;  // global services are recorded in us-east-1 whatever this says
  Seconds time = 0;
  std::string_view error;                      // "", "denied" or a code of the call
  const CommonError* failure = nullptr;        // instead of `error`: one that any call may come to
  bool may_fail = true;                        // the call's own errors may happen
  std::string_view via;                        // the service that makes the call for the caller
  std::string_view shared_id;                  // sharedEventID, of what two accounts see
  const std::vector<Binding>* with = nullptr;  // stronger than the caller's scope
  const Scope* given = nullptr;                // stronger than both
};

/// What became of it.
struct Recorded {
  std::string_view event_id;  // until the next record
  size_t region = 0;          // where it was recorded
  bool failed = false;
};

/// Unusual activity, as CloudTrail Insights reports it.
struct Insight {
  const Caller* caller = nullptr;
  const Call* call = nullptr;
  size_t region = kHomeRegion;
  Seconds start = 0, end = 0;
  int64_t calls = 0;
  std::string_view error;  // a code: unusual errors; empty: unusual calls
};

/// Writes records into an Outbox. One thread at a time.
class Recorder : private Filler {
 public:
  /// Records look as they did on `day`: older ones have older event versions.
  Recorder(const Organization& organization, Outbox& outbox, Random random_source, Seconds day);

  Recorded record(const Action& action);
  /// Writes the two records, Start and End, of an Insight.
  void record(const Insight& insight);
  /// Fills in a text that is no record, as the caller would: for names that are chosen once and
  /// used in many records.
  std::string text(const Template& text, const Caller& caller, size_t region, Seconds time);
  /// Returns a fresh id that two records share.
  std::string shared_id();
  uint64_t failures() const { return failures_; }
  uint64_t records() const { return outbox_.records(); }

 private:
  std::string_view value(Slot slot) override;
  const Template& made_of(Slot slot) override;
  void set(Slot slot, std::string_view text);
  bool append_builtin(std::string& out, Slot slot);
  [[noreturn]] void nothing_for(Slot slot) const;
  void append_identity(std::string& out);
  void append_error(std::string& out, std::string_view code);
  void append_body(std::string& out);
  void append_tail(std::string& out);
  void append_insight(std::string& out, const Insight& insight, bool start,
                      std::string_view shared_id);
  std::string_view choose_error();
  std::string_view denied_code() const;
  void append_denied_message(std::string& out);

  const Playbook& book_ = playbook();
  const Organization& organization_;
  Outbox& outbox_;
  Random random_;
  int newest_minor_;  // of the event version
  int minor_ = 0;     // of this record
  uint64_t failures_ = 0;

  // Blanks of the record that is being written: text_[slot] counts when stamp_[slot] is this
  // record's.
  std::vector<std::string_view> text_;
  std::vector<std::string> storage_;
  std::vector<uint64_t> stamp_;
  std::vector<int32_t> inventory_of_;  // by slot; -1 for none
  uint64_t record_ = 0;

  const Action* action_ = nullptr;
  size_t region_ = 0;
  std::string event_id_, time_text_;
  Seconds time_of_text_ = -1;
};

}  // namespace cairn::simulate
