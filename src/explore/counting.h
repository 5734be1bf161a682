#pragma once

// Counting values over all events: exactly, with each event counted once however many trails
// delivered it, in memory that does not grow with the events or with the values.
//
// A worker's ValueCounter numbers the texts it meets and keeps one small row an event: fingerprint,
// time, the numbers. Full buffers go to a scratch file, divided by fingerprint, so that afterwards
// the copies of an event meet in one division and each division can be counted on its own. Texts
// that the dictionary has no room for any more are kept as they are, in a sorter beside the rows.

#include "base/result.h"
#include "base/time.h"
#include "model/event.h"
#include "sys/files.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::explore {

/// What is counted of an event besides its values.
struct Occurrence {
  uint64_t fingerprint = 0;  // cloudtrail::content_fingerprint
  int64_t time_ms = 0;
  bool time_known = false;
  bool failed = false;
};

/// How often a value occurred. Times are milliseconds since 1970; first > last when none is known.
struct Count {
  uint64_t events = 0, failed = 0;
  int64_t first_ms = INT64_MAX, last_ms = INT64_MIN;

  void add(const Occurrence& occurrence);
  bool time_known() const { return first_ms <= last_ms; }
  bool operator==(const Count&) const = default;
};

/// Collects values in one or several dimensions (principal, address, …). One thread.
class ValueCounter {
 public:
  ValueCounter(Files& files, size_t dimensions, size_t memory_bytes);
  ~ValueCounter();
  ValueCounter(const ValueCounter&) = delete;
  ValueCounter& operator=(const ValueCounter&) = delete;

  /// Adds an event with one value for each dimension. With one dimension an event may be added
  /// several times, with several values: it counts once for each. An error (full temporary folder)
  /// is kept and returned by count_values().
  void add(const Occurrence& occurrence, std::span<const std::string_view> values);

 private:
  friend class CountMerge;
  struct State;
  std::unique_ptr<State> state_;
};

/// The sums over all events, each once.
struct CountTotals {
  Count events;
  uint64_t copies = 0;                  // more records of events already counted
  std::vector<uint64_t> different;      // values, by dimension
  std::map<int64_t, uint64_t> hours;    // hours since 1970 → events
  std::map<int64_t, uint64_t> minutes;  // the same by minutes; empty above kMinutesLimit
  static constexpr size_t kMinutesLimit = 10'000;
  static constexpr size_t kHoursLimit = 200'000;  // later ones are not told apart
};

struct CountOptions {
  size_t memory_bytes = 16u << 20;
  /// Values are ordered by their first part (append_part) before their count.
  bool by_first_part = false;
};

/// Takes values one after another: by dimension, most events first, then in order of text. Returns
/// an error to stop.
using CountVisitor =
    std::function<Status(size_t dimension, std::string_view value, const Count& count)>;

/// Merges the counters of all workers and visits every value; `totals` is complete before the first
/// visit. Fails with kUnavailable when scratch files cannot be used.
Status count_values(std::span<ValueCounter* const> counters, Files& files,
                    const CountOptions& options, CountTotals& totals, const CountVisitor& visit);

/// The most frequent values of one dimension.
struct ValueList {
  std::string name;        // the column's
  uint64_t different = 0;  // values in all
  uint64_t events = 0;     // that have a value
  struct Value {
    std::string text;
    Count count;
  };
  std::vector<Value> values;  // most events first
};

/// Several values as one text that orders as they do. kMissing stands for no value.
void append_part(std::string& text, FieldKind kind, std::string_view value);
struct Part {
  FieldKind kind = FieldKind::kMissing;
  std::string text;
  bool operator==(const Part&) const = default;
};
/// Reads what append_part() wrote.
std::vector<Part> read_parts(std::string_view text);

/// A stretch of time that events are counted by.
enum class Period : uint8_t { kNone, kHour, kDay, kWeek, kMonth };
std::optional<Period> parse_period(std::string_view name);
/// Returns "2024-01-31T10", "2024-01-31", "2024-W05" (ISO 8601) or "2024-01".
std::string period_of(Timestamp time, Period period);

}  // namespace cairn::explore
