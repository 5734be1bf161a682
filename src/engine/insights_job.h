#pragma once

// What is unusual in logs without a rule: `cairn insights`.

#include "anomaly/behaviour.h"
#include "anomaly/rates.h"
#include "engine/investigate_jobs.h"

#include <functional>
#include <optional>

namespace cairn::engine {

struct InsightsOptions {
  EventPlace place;
  bool rates = true, behaviour = true;
  double threshold = anomaly::BehaviourOptions{}.threshold;  // of behaviour
  /// How long an account is only learned, for behaviour. Without it: a quarter of the time that the
  /// logs span, at most three days.
  std::optional<Duration> learning;
  bool services = false;  // behaviour of AWS services too
};

/// Takes insights as they come, in order of the time at which they were sure. An error ends the
/// job.
struct InsightSinks {
  std::function<Status(const anomaly::RateInsight&)> rate;
  std::function<Status(const anomaly::BehaviourAlert&)> behaviour;
};

struct InsightsResult {
  ReadSummary read;
  uint64_t duplicates = 0, without_time = 0, from_the_future = 0;
  Timestamp first{}, last{};  // of events with a time that are not from the future
  Duration learning{};
  anomaly::RateTotals rates;
  anomaly::BehaviourTotals behaviour;
};

/// Reads all events, brings them into the order of time and hands them to the watches: the same
/// events give the same insights, however they are spread over files. Fails as feed_events() does,
/// and with kUnavailable when the temporary folder is full.
Result<InsightsResult> run_insights(World world, const InsightsOptions& options,
                                    const InsightSinks& sinks,
                                    const ScanProgressCallback& progress);

}  // namespace cairn::engine
