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
  bool may_fail = true;                        // the call's own errors may happen
  std::string_view via;                        // the service that makes the call for the caller
  const std::vector<Binding>* with = nullptr;  // stronger than the caller's scope
};

/// What became of it.
struct Recorded {
  std::string_view event_id;  // until the next record
  size_t region = 0;          // where it was recorded
  bool failed = false;
};

/// Writes records into a Delivery. One thread.
class Recorder : private Filler {
 public:
  Recorder(const Organization& organization, Delivery& delivery, Random random_source);

  Recorded record(const Action& action);
  /// Fills in a text that is no record, as the caller would: for names that are chosen once and
  /// used in many records.
  std::string text(const Template& text, const Caller& caller, size_t region, Seconds time);
  uint64_t failures() const { return failures_; }

 private:
  std::string_view value(Slot slot) override;
  void set(Slot slot, std::string_view text);
  bool append_builtin(std::string& out, Slot slot);
  [[noreturn]] void nothing_for(Slot slot) const;
  void append_identity(std::string& out);
  void append_error(std::string& out, std::string_view code);
  void append_body(std::string& out);
  void append_tail(std::string& out);
  std::string_view choose_error();
  std::string_view denied_code() const;
  void append_denied_message(std::string& out);

  const Organization& organization_;
  Delivery& delivery_;
  Random random_;
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
