#pragma once

// One series of RateWatch: its last five minutes, its last week, and who was behind both.

#include "anomaly/rates.h"

#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace cairn::anomaly {

inline constexpr int64_t kWindowMinutes = 5;
inline constexpr int64_t kBaselineHours = 7 * 24;

/// How often each of a few values came, day by day; the rarest give way to new ones.
class DailyValues {
 public:
  void add(uint32_t value, int64_t day, uint32_t calls);
  /// Calls in the seven days before the end of `day`, most first, at most kAttributed.
  std::vector<std::pair<uint32_t, uint64_t>> most(int64_t day) const;

 private:
  static constexpr size_t kValues = 24, kDays = 8;
  struct Entry {
    uint32_t value = 0;
    int64_t last_day = 0;
    std::array<uint32_t, kDays> calls{};  // by day modulo kDays

    void forget_until(int64_t day);
  };
  std::vector<Entry> entries_;
};

inline constexpr size_t kAttributes = 3;  // identity, user agent, error code

/// Calls of one minute that agree in all attributes.
struct MinuteCalls {
  int64_t minute = 0;
  std::array<uint32_t, kAttributes> values{};
  uint32_t calls = 0;
};

/// What an hour of five-minute windows should hold, and how sure that is.
struct Baseline {
  double a_minute = 0;         // over all of it
  double most = 0, least = 0;  // expected in a window, by the hour of the day and of the week too
  double dispersion = 1;
  int64_t minutes = 0;  // its length
};

struct RateSeries {
  uint32_t account = 0, region = 0, source = 0, name = 0, error = 0;
  bool of_errors = false, management = true;
  uint64_t key = 0;
  int64_t last_minute = 0;  // of its last call

  std::vector<MinuteCalls> recent;  // of the window, in order of time
  struct Hour {
    int64_t hour = 0;
    uint64_t calls = 0;
  };
  std::vector<Hour> hours;  // before the window, in order of time
  std::array<DailyValues, kAttributes> values;

  /// An insight that goes on.
  struct Open {
    bool drop = false;
    int64_t start = 0, last_call = 0;  // minutes; of a drop, the last that was low
    int ordinary = 0;                  // windows running
    uint64_t calls = 0;
    Baseline baseline;
    std::vector<MinuteCalls> behind;  // minute unused
    std::array<std::vector<std::pair<uint32_t, uint64_t>>, kAttributes> before;
    double log10_chance = 0;
    uint64_t shared_id = 0;
  };
  std::unique_ptr<Open> open;
  int low_windows = 0;

  void add(int64_t minute, const std::array<uint32_t, kAttributes>& by);
  /// Moves what is before the window that ends with this minute into the hours.
  void retire(int64_t minute);
  uint64_t in_window() const;
  /// Of the week before the window; `since` is the first minute of the account's history.
  Baseline baseline(int64_t minute, int64_t since) const;
};

/// log10 of the chance when a window is unusual, else 0.
double judge_many(uint64_t calls, const Baseline& baseline);
double judge_few(uint64_t calls, const Baseline& baseline);

}  // namespace cairn::anomaly
