#pragma once

// Unique rows in, sums out. One Tally per finishing thread; sums do not depend on the order or the
// number of tallies.

#include "base/result.h"
#include "detect/flat_map.h"
#include "detect/row_store.h"
#include "sys/spill.h"

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
  int64_t first_ms = std::numeric_limits<int64_t>::max();  // over events with a time
  int64_t last_ms = std::numeric_limits<int64_t>::min();

  void add(const Row& row);
  void add(const Counts& other);
  bool has_time() const { return first_ms <= last_ms; }
  int64_t span_ms() const { return has_time() ? last_ms - first_ms : 0; }

  void pack(std::string& out) const;
  static Counts unpack(std::string_view& rest);
};

/// One thread.
class Tally {
 public:
  Tally(Files& files, size_t budget_bytes);

  void add(const Row& row);
  /// Writes what is in memory to the sorter. The first failure of the tally is returned here.
  Status flush();

  const Counts& total() const { return total_; }
  uint64_t without_time() const { return without_time_; }
  /// Sums by context and type: keys as name_key(…, kSums); payload: of a context the
  /// type, then Counts; of a type Counts with `events` alone.
  SpillSorter& sums() { return sums_; }

  /// Adds this tally's hours (since 1970) to `hours`, which then holds the kHoursKept earliest at
  /// most.
  void add_hours_to(std::map<int64_t, uint64_t>& hours) const;
  /// The same for minutes. Returns false when there are more than kMinutesKept: then `minutes` is
  /// meaningless.
  bool add_minutes_to(std::map<int64_t, uint64_t>& minutes) const;
  /// The same per account. Returns false when there are more than kHoursKept: then `hours` is
  /// meaningless.
  bool add_account_hours_to(std::map<std::string, std::map<int64_t, uint64_t>>& hours,
                            size_t& count) const;

 private:
  struct Pair {
    uint64_t context = 0, type = 0;
    Counts counts;
  };
  void flush_pairs();
  void flush_types();
  void keep_earliest_hours();

  size_t pair_limit_;
  Status status_;
  SpillSorter sums_;
  FlatMap<Pair> pairs_;
  FlatMap<uint64_t> types_;    // type → events
  FlatMap<uint64_t> hours_;    // hour → events
  FlatMap<uint64_t> minutes_;  // minute → events
  bool minutes_full_ = false;
  FlatMap<uint64_t> account_hours_;  // account and hour → events
  bool account_hours_full_ = false;
  Counts total_;
  uint64_t without_time_ = 0;
};

}  // namespace cairn::detect
