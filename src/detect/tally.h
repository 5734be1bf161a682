#pragma once

// Sums over events: of a run, of its hours and minutes. They do not depend on the order of events
// or on how they are shared between tallies.

#include "detect/flat_map.h"
#include "detect/row_store.h"

#include <cstdint>
#include <limits>
#include <map>
#include <string>

namespace cairn::detect {

/// Limits of what a run's counts may hold in memory; beyond, see each use.
inline constexpr size_t kHoursKept = 200'000;
inline constexpr size_t kMinutesKept = 10'000;

/// Sums over events.
struct Counts {
  uint64_t events = 0, errors = 0, writes = 0, sign_ins_without_mfa = 0;
  uint64_t global_calls = 0;                               // of services without regions
  int64_t first_ms = std::numeric_limits<int64_t>::max();  // over events with a time
  int64_t last_ms = std::numeric_limits<int64_t>::min();

  void add(const Row& row);
  void add(const Counts& other);
  /// Takes off what copies of events added. Copies have the times of what remains.
  void remove(const Counts& copies);
  bool has_time() const { return first_ms <= last_ms; }
  int64_t span_ms() const { return has_time() ? last_ms - first_ms : 0; }

  void pack(std::string& out) const;
  static Counts unpack(std::string_view& rest);
};

/// Takes events of one thread.
class Tally {
 public:
  using Hours = std::map<int64_t, uint64_t>;
  using AccountHours = std::map<std::string, Hours>;

  Tally();

  void add(const Row& row);
  /// Ends adding: the sums are complete.
  void close() { end_run(); }

  const Counts& total() const { return total_; }
  uint64_t without_time() const { return without_time_; }

  /// Adds this tally's hours (since 1970) to `hours`, which then holds the kHoursKept earliest at
  /// most.
  void add_hours_to(Hours& hours) const;
  /// The same for minutes. Returns false when there are more than kMinutesKept: then `minutes` is
  /// meaningless.
  bool add_minutes_to(Hours& minutes) const;
  /// The same per account. Returns false when there are more than kHoursKept: then `hours` is
  /// meaningless.
  bool add_account_hours_to(AccountHours& hours, size_t& count) const;

  /// Takes this tally's sums off others that held these events.
  void remove_from(Hours& hours, Hours& minutes, AccountHours& account_hours) const;

 private:
  void end_run();
  void keep_earliest_hours();

  FlatMap<uint64_t> hours_;    // hour → events
  FlatMap<uint64_t> minutes_;  // minute → events
  bool minutes_full_ = false;
  FlatMap<uint64_t> account_hours_;  // account and hour → events
  bool account_hours_full_ = false;
  Counts total_;
  uint64_t without_time_ = 0;
  // Events of one account and minute come in runs.
  int64_t run_minute_ = 0;
  uint64_t run_account_ = 0, run_events_ = 0;
};

}  // namespace cairn::detect
