#pragma once

// A door of `monitor`: the metrics and expressions of one request, as in `Metrics` of an alarm and
// in a dashboard's widget: `{Id, MetricStat | Expression, Label, ReturnData}`.

#include "base/result.h"
#include "formats/json_tree.h"
#include "monitor/metric_math.h"
#include "monitor/metric_store.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cairn::monitor {

/// What is usual for a series: the model behind ANOMALY_DETECTION_BAND. Cairn's own is the room
/// `anomaly`'s, put in by `engine`. One thread.
class BandModel {
 public:
  struct Usual {
    double expected = 0, deviation = 0;
  };

  virtual ~BandModel() = default;
  /// What is usual at a time, of all that was learned before; nothing while too little was.
  virtual std::optional<Usual> at(Timestamp time) const = 0;
  /// Takes the value of a period; periods come in the order of time.
  virtual void learn(Timestamp time, double value) = 0;
};
/// Makes a new model.
using BandMaker = std::function<std::unique_ptr<BandModel>()>;

/// One series of the store.
struct MetricStat {
  MetricId metric;
  Statistic statistic;
  uint32_t period_seconds = 0;
  std::optional<Unit> unit;  // none: of all units
};

/// A series or an expression with its id.
struct MetricQuery {
  std::string id, label;
  bool return_data = true;
  std::optional<MetricStat> stat;  // one of these
  std::optional<MetricMath> expression;
};

/// The queries of one request; they may use each other's ids. A value.
class MetricQueries {
 public:
  static constexpr size_t kLimit = 500;

  /// Reads a list of MetricDataQuery (the array `node`). Fails with kInvalidInput for what
  /// PutMetricAlarm refuses: ids that are wrong or stand twice, ids that nobody has, circles, and a
  /// MetricStat beside an Expression.
  static Result<MetricQueries> parse(const JsonTree& tree, uint32_t node);
  /// Reads MetricName, Namespace, Dimensions, Statistic or ExtendedStatistic, Period and Unit of an
  /// alarm: one query of the id "m1".
  static Result<MetricQueries> parse_single(const JsonTree& tree, uint32_t node);
  /// Adds one. Fails when its id is wrong or known.
  Status add(MetricQuery query);
  /// Fails for ids that nobody has, and circles.
  Status check() const;

  const std::vector<MetricQuery>& queries() const { return queries_; }
  const MetricQuery* find(const std::string& id) const;
  /// True when values may change though no metric does.
  bool looks_at_time() const;
  /// The metric that ANOMALY_DETECTION_BAND draws a band around, when the query of that id is one.
  const MetricStat* banded(const std::string& id) const;

  /// Draws the band around a metric's series.
  using Band =
      std::function<Result<std::pair<Values, Values>>(const MetricStat& stat, double width)>;
  /// Returns what an id comes to over the periods. A metric that the store does not know has no
  /// points. Each query is worked out once, however often it is used. Fails as MetricMath does.
  /// `band` may be empty.
  Result<MathValue> evaluate(const std::string& id, const Periods& periods,
                             const MetricStore& store, const Band& band) const;

 private:
  Status check_circles(size_t query, std::vector<uint8_t>& seen) const;
  /// Adds a query behind those that it is made of.
  void put_in_order(const MetricQuery& query, std::vector<uint8_t>& seen,
                    std::vector<const MetricQuery*>& order) const;

  std::vector<MetricQuery> queries_;
};

}  // namespace cairn::monitor
