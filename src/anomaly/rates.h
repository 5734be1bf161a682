#pragma once

// A door of `anomaly`: API calls and errors that come far more often, or far less, than in the week
// before; told as CloudTrail Insights tells them.
//
//   RateWatch watch({}, [](const RateInsight& insight) { … });
//   for (each call, in order of time) watch.add(call);
//   watch.finish();
//
// A series is account × region × API, or account × region × API × error code. Its calls are counted
// by the minute; a window is five minutes, and is judged when its last minute is over:
//
//   expected λ  = calls a minute in the 7 days before the window × 5; the same hour of the day, and
//                 the same hour a week ago, when they say more (for drops: less)
//   many        P(N ≥ k) < 10^-6, k ≥ 5 and k ≥ 3 λ
//   few         P(N ≤ k) < 10^-9 in three windows running, λ ≥ 20, while the account's other calls
//               go on
//
// N is Poisson, or negative binomial when the hours of the baseline differ more than Poisson's
// would: what comes in bursts every night is not told every night. An insight ends when three
// windows running are ordinary. Accounts with less than a day of history are silent.
// docs/reference/insights.md has the rest.

#include "anomaly/call.h"
#include "base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::anomaly {

/// log10 of the chance that a count is at least `count` (or, of count_at_most, at most) when `mean`
/// are expected and the variance is `dispersion` times the mean; up to 1 is Poisson. `mean` must be
/// above 0.
double log10_at_least(uint64_t count, double mean, double dispersion);
double log10_at_most(uint64_t count, double mean, double dispersion);

struct RateAttribution {
  std::string value;
  double average = 0;  // calls a minute
};

/// Who and what was behind the calls, most first, at most kAttributed of each.
struct RateAttributes {
  std::string_view attribute;  // "userIdentityArn", "userAgent", "errorCode"
  std::vector<RateAttribution> insight, baseline;
};
inline constexpr size_t kAttributed = 5;

/// One end of an insight. Start and End of one insight have the same `shared_id`.
struct RateInsight {
  bool end = false;
  bool drop = false;
  bool management = true;  // else of data events
  std::string account, region, source, name;
  std::string error_code;     // "": the rate of calls, else of this error
  Timestamp start{}, time{};  // when the unusual began; and, of an End, when it was over
  uint64_t calls = 0;         // from start to time; of a Start: in the window
  double baseline_average = 0, insight_average = 0;  // a minute
  uint32_t baseline_minutes = 0, duration_minutes = 0;
  double log10_chance = 0;  // of the window that began it
  std::vector<RateAttributes> attributes;
  uint64_t shared_id = 0;

  /// Says it in words: "RunInstances in us-east-1: usually 1.2 an hour, now 61 a minute for 5
  /// min; 290 of 305 by role/deploy".
  std::string sentence() const;
};

/// Appends an Insight event as CloudTrail writes it (one line, no line end).
void append_insight_json(std::string& out, const RateInsight& insight);

struct RateOptions {
  /// The longest silent are forgotten first. Those of the present minute stay: when they are as
  /// many, new ones are passed over.
  uint64_t max_series = 50'000;
  Timestamp latest = Timestamp::max();  // calls after it (a clock that is wrong) are left out
};

struct RateTotals {
  uint64_t series = 0, forgotten = 0, from_the_future = 0;
  uint64_t passed_over = 0;  // calls that would have begun a series beyond the limit
  uint64_t insights = 0;     // starts
};

/// Watches all series of all accounts. One thread.
class RateWatch {
 public:
  using Sink = std::function<Status(const RateInsight&)>;
  RateWatch(RateOptions options, Sink sink);
  ~RateWatch();

  /// Takes a call; its time must not be before that of the last one (such a call counts as of the
  /// last one's time). Fails when the sink does.
  Status add(const Call& call);
  /// Tells what still goes on as over with the last call.
  Status finish();
  RateTotals totals() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::anomaly
