#pragma once

// Whether a composite alarm's actions run: its ActionsSuppressor, WaitPeriod and ExtensionPeriod.
//
//   state changes ─► suppressor in ALARM: suppressed
//                └► else wait W: the suppressor comes to ALARM meanwhile: suppressed
//                                the state changes again: wait anew
//                                over: run the actions of the state
//   suppressor leaves ALARM ─► wait E: the state changes: wait W instead
//                                      over: run the actions of the state
//
// Source: "Alarm suppression" (composite alarm actions) of the CloudWatch user guide.

#include "base/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn {
class StoredReader;
}

namespace cairn::monitor {

/// Why actions do not run, by ActionsSuppressedBy.
enum class SuppressedBy : uint8_t { kNothing, kAlarm, kWaitPeriod, kExtensionPeriod };
/// Returns "", "Alarm", "WaitPeriod" or "ExtensionPeriod".
std::string_view to_string(SuppressedBy by);

/// The suppression of one composite alarm. A value; times must not go back.
class Suppression {
 public:
  Suppression() = default;
  Suppression(Duration wait, Duration extension) : wait_(wait), extension_(extension) {}

  /// The composite alarm changed its state.
  void on_change(Timestamp time);
  /// The suppressor came into ALARM, or left it.
  void on_suppressor(Timestamp time, bool in_alarm);
  /// When a timer ends; nothing when none runs.
  std::optional<Timestamp> ends() const { return ends_; }
  /// Asks once at a time: true when the actions of the state that the alarm has now are to run.
  bool run_actions(Timestamp now);
  SuppressedBy by() const { return by_; }
  /// What it knows as bytes (base/pack.h), and back from any bytes; the lengths stay those of the
  /// definition.
  void save(std::string& out) const;
  void restore(StoredReader& bytes);

 private:
  void start(Timestamp time, Duration length, SuppressedBy by);

  Duration wait_{}, extension_{};
  bool suppressor_in_alarm_ = false;
  bool pending_ = false;  // actions wait for the suppressor to leave ALARM
  SuppressedBy by_ = SuppressedBy::kNothing;
  std::optional<Timestamp> ends_;
};

}  // namespace cairn::monitor
