#pragma once

// A door of `monitor`: CloudWatch's metric math, the expressions over series of numbers in alarms
// and dashboards.
//
//   TRY_ASSIGN(auto rate, MetricMath::parse("100 * errors / calls"));
//   TRY_ASSIGN(MathValue value, rate.evaluate(context));
//
//   or      := and (("OR" | "||") and)*         and     := compare (("AND" | "&&") compare)*
//   compare := sum (("=="|"!="|"<="|">="|"<"|">") sum)*
//   sum     := product (("+"|"-") product)*     product := sign (("*"|"/") sign)*
//   sign    := "-" sign | power                 power   := value ("^" sign)?
//   value   := number | id | text | FUNCTION "(" or,… ")" | "[" or,… "]" | "(" or ")"
//
// Source: "Using math expressions with CloudWatch metrics". A point that is missing on one side of
// an operator counts as 0 when the other side has one; a division by zero gives no point.
// docs/reference/monitor.md lists what AWS leaves open.

#include "base/result.h"
#include "monitor/metric_store.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::monitor {

/// A series of an expression; its points stand on the context's periods.
struct MathSeries {
  std::string id;  // of the metric that it came from; "" for computed ones
  Values values;
};

/// What an expression comes to: a number, a series, or several.
struct MathValue {
  enum class Kind : uint8_t { kScalar, kSeries, kArray };
  Kind kind = Kind::kScalar;
  std::optional<double> scalar;    // nothing: of no points
  std::vector<MathSeries> series;  // kSeries: one
};

/// What expressions are evaluated over. Callbacks may be empty: then what needs them fails.
struct MathContext {
  Periods periods;
  /// The value of an id: a metric's series, or another expression's value.
  std::function<Result<MathValue>(const std::string& id)> resolve;
  /// All metrics of the same request, in order, for METRICS().
  std::function<Result<std::vector<MathSeries>>()> metrics;
  /// The upper and the lower bound around a series, for ANOMALY_DETECTION_BAND().
  std::function<Result<std::pair<Values, Values>>(const MathSeries& series, double width)> band;
  /// Series that SEARCH() finds.
  std::function<Result<std::vector<MathSeries>>(const std::string& search,
                                                const std::string& statistic)>
      search;
};

/// An expression. A value; evaluating is safe from many threads.
class MetricMath {
 public:
  static constexpr size_t kBytesLimit = 2048, kDepthLimit = 100, kSeriesLimit = 500;

  /// Fails with kInvalidInput, the message telling the place in characters from 1.
  static Result<MetricMath> parse(std::string_view text);

  /// The ids that it names, in order, each once.
  const std::vector<std::string>& ids() const { return ids_; }
  /// The id inside ANOMALY_DETECTION_BAND(id …) when the expression is just that.
  std::optional<std::string> band_of() const;
  /// True when its value may change though no metric does (HOUR, EPOCH …).
  bool looks_at_time() const { return looks_at_time_; }

  /// Fails with the context's errors, with kInvalidInput for values of the wrong kind, and with
  /// kUnsupported for functions that need AWS (SERVICE_QUOTA, INSIGHT_RULE_METRIC).
  Result<MathValue> evaluate(const MathContext& context) const;

 private:
  class Parser;
  class Evaluation;
  enum class Op : uint8_t {
    kNumber,
    kId,
    kText,
    kWord,
    kArray,
    kCall,
    kNegate,
    kOr,
    kAnd,
    kEqual,
    kUnequal,
    kLess,
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual,
    kAdd,
    kSubtract,
    kMultiply,
    kDivide,
    kPower
  };
  struct Node {
    Op op = Op::kNumber;
    double number = 0;
    std::string text;             // an id, a text, a word, a function
    std::vector<uint32_t> parts;  // nodes
    size_t place = 0;             // in characters, from 1
  };

  std::vector<Node> nodes_;  // the last is the whole expression
  std::vector<std::string> ids_;
  bool looks_at_time_ = false;
};

}  // namespace cairn::monitor
