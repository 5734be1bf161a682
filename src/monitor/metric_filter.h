#pragma once

// A door of `monitor`: CloudWatch Logs metric filters, from log events to samples of a metric.
//
//   TRY_ASSIGN(auto filter, MetricFilter::parse(tree, properties));
//   if (filter.matches(event)) { auto sample = filter.sample(event); … }
//
// A MinuteLog of each filter says what reaches the metric: each match adds a sample to the minute
// of its time; a minute with events of which none matched gets the default value once; a minute
// without events gets nothing, so that alarms see missing data.
//
// Source: "Creating metrics from log events using filters" and PutMetricFilter's API model.

#include "base/result.h"
#include "base/time.h"
#include "formats/json_tree.h"
#include "monitor/metric_store.h"
#include "rules/filter_pattern.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

namespace cairn::monitor {

/// A metric filter that can be asked. Asking is safe from many threads, each with its own event.
class MetricFilter {
 public:
  static constexpr size_t kDimensionsLimit = 3, kValueBytesLimit = 100;

  /// Reads the properties of an AWS::Logs::MetricFilter (the object `node`). Fails with
  /// kInvalidInput, the message naming the property, for what PutMetricFilter refuses, and with
  /// kUnsupported for FieldSelectionCriteria and EmitSystemFieldDimensions.
  static Result<MetricFilter> parse(const JsonTree& tree, uint32_t node);

  const std::string& name() const { return name_; }  // FilterName; may be empty
  const std::string& log_group() const { return log_group_; }
  const rules::FilterPattern& pattern() const { return pattern_; }
  /// The metric without its dimensions.
  const MetricId& metric() const { return metric_; }
  bool has_dimensions() const { return !dimensions_.empty(); }
  std::optional<double> default_value() const { return default_value_; }
  Unit unit() const { return unit_; }

  bool matches(rules::LogEvent& event) const { return pattern_.matches(event); }

  /// What an event that matched adds.
  struct Sample {
    double value = 1;
    std::vector<Dimension> dimensions;
  };
  /// Nothing when the value or a dimension names a field that is not there, or the value is no
  /// number that a metric can have.
  std::optional<Sample> sample(rules::LogEvent& event) const;

 private:
  class Reader;
  explicit MetricFilter(rules::FilterPattern pattern) : pattern_(std::move(pattern)) {}

  rules::FilterPattern pattern_;
  std::string name_, log_group_;
  MetricId metric_;
  double constant_ = 1;
  std::optional<rules::FieldReference> value_;  // instead of the constant
  std::vector<std::pair<std::string, rules::FieldReference>> dimensions_;
  std::optional<double> default_value_;
  Unit unit_;
};

/// The minutes in which a log group had events, and in which each of its filters matched: from that
/// follows which minutes get a default value. One thread.
class MinuteLog {
 public:
  explicit MinuteLog(size_t filters) : matched_(filters) {}

  void saw(Timestamp time) {
    int64_t at = minute(time);
    if (at == last_) return;
    last_ = at;
    seen_.insert(at);
  }
  void matched(size_t filter, Timestamp time) { matched_[filter].insert(minute(time)); }
  /// The first and the last minute with events that is not yet forgotten.
  std::optional<Timestamp> first() const;
  std::optional<Timestamp> last() const;
  /// The minutes with events from a time on.
  std::vector<Timestamp> minutes_from(Timestamp time) const;
  void merge(const MinuteLog& other);

  /// Adds the default value for each minute that ended by `until` and that the filter had events in
  /// and matched none, and forgets these minutes. `filters` are those of the constructor.
  Status add_defaults(const std::vector<MetricFilter>& filters, Timestamp until,
                      MetricStore& store);

 private:
  static int64_t minute(Timestamp time) {
    return std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count();
  }

  int64_t last_ = INT64_MIN;
  std::set<int64_t> seen_;
  std::vector<std::unordered_set<int64_t>> matched_;
};

}  // namespace cairn::monitor
