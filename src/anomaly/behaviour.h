#pragma once

// A door of `anomaly`: what a principal has never done before, does far more often than it ever
// did, or is denied again and again; and how odd that is for it and for its account.
//
//   BehaviourWatch watch({}, [](const BehaviourAlert& alert) { … });
//   for (each call, in order of time) watch.add(call);
//   watch.finish();
//
// A principal is judged by the hour. Everything that it does for the first time is an item, with a
// surprise: how rarely this principal does anything new there, and how few others have done it.
// The hour's score is made of its items, its rates and its denials; the constants are in
// docs/reference/insights.md. An alert says all of it in numbers. Nothing is told while an account
// is learned.

#include "anomaly/call.h"
#include "base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::anomaly {

enum class Dimension : uint8_t { kApi, kService, kNetwork, kAgent, kRegion, kError, kCountry };
inline constexpr size_t kDimensions = 7;
/// "API", "service", "network", "agent", "region", "error", "country".
std::string_view name_of(Dimension dimension);

/// Why a first use of this API matters more than of another: "stops the record", "gives rights", …;
/// "" for all others. The list is in docs/reference/insights.md.
std::string_view effect_of(std::string_view event_name);

/// Something a principal did for the first time.
struct FirstSeen {
  Dimension dimension = Dimension::kApi;
  std::string value;       // "cloudtrail:StopLogging", "45.9.0.0/16", "aws-cli", …
  std::string effect;      // effect_of() an API
  double surprise = 0;     // weighted
  uint64_t others = 0;     // principals of the account that have done it
  uint64_t of_others = 0;  // that there are
};

/// One API far more often than this principal ever called it.
struct OddRate {
  std::string api;
  uint64_t calls = 0;  // in the hour
  double usual = 0;    // an hour
  double surprise = 0;
};

struct BehaviourAlert {
  std::string principal, account;
  Timestamp first{}, last{};  // calls of the hour
  double score = 0, bar = 0;
  std::vector<FirstSeen> items;  // most surprising first
  std::optional<OddRate> rate;
  std::vector<std::string> denied;  // distinct APIs, as they came
  uint64_t calls = 0, failed = 0;   // in the hour
  uint32_t peak_minute = 0;         // most calls in one minute of it
  uint32_t usual_peak = 0;          // of its other hours
  uint32_t known_days = 0, active_hours = 0;
  std::vector<std::string> event_ids;  // of the items and the first denials, in order of time
  std::vector<std::string> addresses;  // of the hour, the first few
  bool over_budget = false;            // the account had enough alerts on this day: for a digest

  /// Says it in a sentence or two.
  std::string sentence() const;
};

/// Appends an alert as one JSON object: the envelope of an Insight event, insightType
/// "PrincipalBehavior".
void append_behaviour_json(std::string& out, const BehaviourAlert& alert);

struct BehaviourOptions {
  double threshold = 2.5;
  Duration learning = std::chrono::hours(72);  // of each account, from its first call
  bool services = false;                       // watch AWS services too
  /// The longest silent are forgotten first. Those of the present hour stay: when they are as many,
  /// new ones are passed over.
  uint64_t max_principals = 50'000;
  /// Beyond as many, all further ones count as one.
  uint64_t max_accounts = 10'000;
  /// Alerts an account has on a day, in each hour the highest scores first; more are told as
  /// over_budget.
  uint32_t daily_budget = 5;
  Timestamp latest = Timestamp::max();  // calls after it are left out
};

struct BehaviourTotals {
  uint64_t principals = 0, forgotten = 0, from_the_future = 0, alerts = 0;
  uint64_t passed_over = 0;  // calls of principals beyond the limit
};

/// Watches all principals of all accounts. One thread.
class BehaviourWatch {
 public:
  using Sink = std::function<Status(const BehaviourAlert&)>;
  BehaviourWatch(BehaviourOptions options, Sink sink);
  ~BehaviourWatch();

  /// Takes a call; a time before that of the last one counts as the last one's. Fails when the sink
  /// does. Alerts come when their hour is over, in order of principals' names.
  Status add(const Call& call);
  /// Judges the last hour.
  Status finish();
  BehaviourTotals totals() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::anomaly
