// Metric math: what expressions come to.

#include "monitor/metric_math.h"

#include "monitor/metric_functions.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

namespace cairn::monitor {

namespace {

using Function = MathFunctionKind;

constexpr std::array<MathFunction, 38> kFunctions = {{
    {"ABS", Function::kAbs, 1, 1},
    {"CEIL", Function::kCeil, 1, 1},
    {"FLOOR", Function::kFloor, 1, 1},
    {"LOG", Function::kLog, 1, 1},
    {"LOG10", Function::kLog10, 1, 1},
    {"AVG", Function::kAvg, 1, 1},
    {"SUM", Function::kSum, 1, 1},
    {"MIN", Function::kMin, 1, 1},
    {"MAX", Function::kMax, 1, 1},
    {"STDDEV", Function::kStddev, 1, 1},
    {"DATAPOINT_COUNT", Function::kDatapointCount, 1, 1},
    {"METRICS", Function::kMetrics, 0, 1},
    {"METRIC_COUNT", Function::kMetricCount, 1, 1},
    {"FIRST", Function::kFirst, 1, 1},
    {"LAST", Function::kLast, 1, 1},
    {"SLICE", Function::kSlice, 2, 3},
    {"SORT", Function::kSort, 3, 4},
    {"REMOVE_EMPTY", Function::kRemoveEmpty, 1, 1},
    {"DIFF", Function::kDiff, 1, 1},
    {"DIFF_TIME", Function::kDiffTime, 1, 1},
    {"RATE", Function::kRate, 1, 1},
    {"RUNNING_SUM", Function::kRunningSum, 1, 1},
    {"MINUTE", Function::kMinute, 1, 1, true},
    {"HOUR", Function::kHour, 1, 1, true},
    {"DAY", Function::kDay, 1, 1, true},
    {"DATE", Function::kDate, 1, 1, true},
    {"MONTH", Function::kMonth, 1, 1, true},
    {"YEAR", Function::kYear, 1, 1, true},
    {"EPOCH", Function::kEpoch, 1, 1, true},
    {"PERIOD", Function::kPeriod, 1, 1},
    {"FILL", Function::kFill, 2, 2},
    {"TIME_SERIES", Function::kTimeSeries, 1, 1},
    {"IF", Function::kIf, 2, 3},
    {"ANOMALY_DETECTION_BAND", Function::kBand, 1, 2, true},
    {"SEARCH", Function::kSearch, 2, 3},
    {"SERVICE_QUOTA", Function::kUnsupported, 1, 1},
    {"INSIGHT_RULE_METRIC", Function::kUnsupported, 1, 3},
    {"DB_PERF_INSIGHTS", Function::kUnsupported, 1, 9},
}};

using Point = std::optional<double>;

Point finite(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

/// Of all points there are.
struct Sums {
  double count = 0, sum = 0, squares = 0, least = 0, most = 0;

  void add(double value) {
    least = count == 0 ? value : std::min(least, value);
    most = count == 0 ? value : std::max(most, value);
    ++count;
    // Welford's way: no two large numbers are subtracted.
    double off = value - mean;
    mean += off / count;
    squares += off * (value - mean);
    sum += value;
  }
  Point value(Function function) const {
    if (function == Function::kDatapointCount) return count;
    if (count == 0) return std::nullopt;
    switch (function) {
      case Function::kAvg:
        return finite(sum / count);
      case Function::kSum:
        return finite(sum);
      case Function::kMin:
        return least;
      case Function::kMax:
        return most;
      default:
        return finite(std::sqrt(std::max(0.0, squares / count)));
    }
  }
  double mean = 0;
};

Function aggregate_of(std::string_view word) {
  return word == "AVG"   ? Function::kAvg
         : word == "MIN" ? Function::kMin
         : word == "MAX" ? Function::kMax
                         : Function::kSum;
}

Point aggregate(const Values& values, Function function) {
  Sums sums;
  for (const Point& point : values) {
    if (point) sums.add(*point);
  }
  return sums.value(function);
}

Point apply_one(Function function, double value) {
  switch (function) {
    case Function::kAbs:
      return std::abs(value);
    case Function::kCeil:
      return std::ceil(value);
    case Function::kFloor:
      return std::floor(value);
    case Function::kLog:
      return finite(std::log(value));
    default:
      return finite(std::log10(value));
  }
}

double time_part(Function function, Timestamp time) {
  auto day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day date(day);
  switch (function) {
    case Function::kMinute:
      return static_cast<double>(std::chrono::floor<std::chrono::minutes>(time - day).count() % 60);
    case Function::kHour:
      return static_cast<double>(std::chrono::floor<std::chrono::hours>(time - day).count());
    case Function::kDay:
      return std::chrono::weekday(day).iso_encoding();
    case Function::kDate:
      return static_cast<unsigned>(date.day());
    case Function::kMonth:
      return static_cast<unsigned>(date.month());
    case Function::kYear:
      return static_cast<int>(date.year());
    default:
      return static_cast<double>(
          std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  }
}

/// Between the points that are there, in a straight line; before the first and after the last
/// their value.
void fill_linear(Values& values) {
  size_t last = values.size();
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i]) continue;
    size_t gap = last == values.size() ? 0 : last + 1;
    double begin = last == values.size() ? *values[i] : *values[last];
    for (size_t at = gap; at < i; ++at) {
      double share = last == values.size()
                         ? 0
                         : static_cast<double>(at - last) / static_cast<double>(i - last);
      values[at] = begin + (*values[i] - begin) * share;
    }
    last = i;
  }
  if (last == values.size()) return;
  for (size_t at = last + 1; at < values.size(); ++at) values[at] = values[last];
}

/// Each point and the one before it that is there.
template <typename Change>
void change_pairs(Values& values, Change change) {
  std::optional<size_t> last;
  Values changed(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i]) continue;
    if (last) changed[i] = change(*values[i], *values[*last], static_cast<double>(i - *last));
    last = i;
  }
  values = std::move(changed);
}

}  // namespace

const MathFunction* find_function(std::string_view name) {
  auto found = std::find_if(kFunctions.begin(), kFunctions.end(),
                            [&](const MathFunction& function) { return function.name == name; });
  return found == kFunctions.end() ? nullptr : &*found;
}

std::string arguments_text(const MathFunction& function) {
  std::string text = std::to_string(function.least);
  if (function.most > function.least)
    text += (function.most == function.least + 1 ? " or " : " to ") + std::to_string(function.most);
  return text + (function.most == 1 ? " argument" : " arguments");
}

class MetricMath::Evaluation {
 public:
  Evaluation(const MetricMath& math, const MathContext& context)
      : nodes_(math.nodes_), context_(context), periods_(context.periods.count()) {}

  Result<MathValue> value(uint32_t index) {
    const Node& node = nodes_[index];
    switch (node.op) {
      case Op::kNumber:
        return scalar(node.number);
      case Op::kId:
        if (!context_.resolve) return wrong(node, "there is no metric " + node.text);
        return context_.resolve(node.text);
      case Op::kText:
      case Op::kWord:
        return wrong(node, "no value");
      case Op::kArray:
        return array(node);
      case Op::kCall:
        return call(node);
      case Op::kNegate: {
        TRY_ASSIGN(MathValue inner, value(node.parts[0]));
        return each(std::move(inner), [](double number) -> Point { return -number; });
      }
      default:
        break;
    }
    TRY_ASSIGN(MathValue left, value(node.parts[0]));
    TRY_ASSIGN(MathValue right, value(node.parts[1]));
    return combine(node, left, right);
  }

 private:
  using Kind = MathValue::Kind;

  static Error wrong(const Node& node, const std::string& what) {
    return {ErrorCode::kInvalidInput, "character " + std::to_string(node.place) + ": " + what};
  }
  static MathValue scalar(Point number) { return {Kind::kScalar, number, {}}; }
  static MathValue one(Values values) {
    MathValue value{Kind::kSeries, {}, {}};
    value.series.push_back({"", std::move(values)});
    return value;
  }

  template <typename Change>
  static MathValue each(MathValue value, Change change) {
    auto apply = [&](Point& point) {
      if (point) point = change(*point);
    };
    apply(value.scalar);
    for (MathSeries& series : value.series) {
      for (Point& point : series.values) apply(point);
    }
    return value;
  }

  static Point compute(Op op, double a, double b) {
    switch (op) {
      case Op::kOr:
        return a != 0 || b != 0 ? 1 : 0;
      case Op::kAnd:
        return a != 0 && b != 0 ? 1 : 0;
      case Op::kEqual:
        return a == b ? 1 : 0;
      case Op::kUnequal:
        return a != b ? 1 : 0;
      case Op::kLess:
        return a < b ? 1 : 0;
      case Op::kLessOrEqual:
        return a <= b ? 1 : 0;
      case Op::kGreater:
        return a > b ? 1 : 0;
      case Op::kGreaterOrEqual:
        return a >= b ? 1 : 0;
      case Op::kAdd:
        return finite(a + b);
      case Op::kSubtract:
        return finite(a - b);
      case Op::kMultiply:
        return finite(a * b);
      case Op::kDivide:
        if (b == 0) return std::nullopt;
        return finite(a / b);
      default:
        return finite(std::pow(a, b));
    }
  }

  /// Two series, of which a missing point counts as 0 where the other has one.
  static Values join(Op op, const Values& left, const Values& right) {
    Values joined(left.size());
    for (size_t i = 0; i < left.size() && i < right.size(); ++i) {
      if (left[i] || right[i]) joined[i] = compute(op, left[i].value_or(0), right[i].value_or(0));
    }
    return joined;
  }
  static Values join(Op op, const Values& left, Point right, bool turned) {
    Values joined(left.size());
    for (size_t i = 0; i < left.size() && right; ++i) {
      if (left[i])
        joined[i] = turned ? compute(op, *right, *left[i]) : compute(op, *left[i], *right);
    }
    return joined;
  }

  Result<MathValue> combine(const Node& node, const MathValue& left, const MathValue& right) {
    if (left.kind == Kind::kScalar && right.kind == Kind::kScalar) {
      if (!left.scalar || !right.scalar) return scalar({});
      return scalar(compute(node.op, *left.scalar, *right.scalar));
    }
    bool array = left.kind == Kind::kArray || right.kind == Kind::kArray;
    MathValue joined{array ? Kind::kArray : Kind::kSeries, {}, {}};
    if (left.kind == Kind::kArray && right.kind == Kind::kArray &&
        left.series.size() != right.series.size())
      return wrong(node, "the two lists are of different length");
    size_t count = left.kind == Kind::kArray || right.kind == Kind::kScalar ? left.series.size()
                                                                            : right.series.size();
    for (size_t i = 0; i < count; ++i) {
      auto of = [i](const MathValue& value) -> const MathSeries& {
        return value.series[value.kind == Kind::kArray ? i : 0];
      };
      MathSeries& series = joined.series.emplace_back();
      if (left.kind == Kind::kScalar) {
        series = {of(right).id, join(node.op, of(right).values, left.scalar, true)};
      } else if (right.kind == Kind::kScalar) {
        series = {of(left).id, join(node.op, of(left).values, right.scalar, false)};
      } else {
        series = {of(left).id, join(node.op, of(left).values, of(right).values)};
      }
    }
    return joined;
  }

  Result<MathValue> array(const Node& node) {
    MathValue all{Kind::kArray, {}, {}};
    for (uint32_t part : node.parts) {
      TRY_ASSIGN(MathValue inner, value(part));
      if (inner.kind == Kind::kScalar)
        return wrong(nodes_[part], "an array holds series, no numbers");
      for (MathSeries& series : inner.series) all.series.push_back(std::move(series));
      if (all.series.size() > kSeriesLimit)
        return wrong(node, "more than " + std::to_string(kSeriesLimit) + " series");
    }
    return all;
  }

  Result<MathValue> call(const Node& node) {
    Function function = find_function(node.text)->kind;
    switch (function) {
      case Function::kMetrics:
        return metrics(node);
      case Function::kSearch:
        return search(node);
      case Function::kUnsupported:
        return Error{ErrorCode::kUnsupported, node.text + " needs AWS: it is not computed here"};
      default:
        break;
    }
    TRY_ASSIGN(MathValue first, value(node.parts[0]));
    switch (function) {
      case Function::kAbs:
      case Function::kCeil:
      case Function::kFloor:
      case Function::kLog:
      case Function::kLog10:
        return each(std::move(first), [&](double number) { return apply_one(function, number); });
      case Function::kAvg:
      case Function::kSum:
      case Function::kMin:
      case Function::kMax:
      case Function::kStddev:
      case Function::kDatapointCount:
        return sum_up(node, function, first);
      case Function::kTimeSeries:
        if (first.kind != Kind::kScalar) return wrong(node, "TIME_SERIES takes a number");
        return one(Values(periods_, first.scalar));
      case Function::kIf:
        return choose(node, first);
      case Function::kMetricCount:
      case Function::kFirst:
      case Function::kLast:
      case Function::kSlice:
      case Function::kSort:
      case Function::kRemoveEmpty:
        return list(node, function, std::move(first));
      default:
        break;
    }
    if (first.kind == Kind::kScalar) return wrong(node, node.text + " takes a series, no number");
    if (function == Function::kPeriod) return scalar(context_.periods.period_seconds);
    if (function == Function::kBand) return band(node, first);
    for (MathSeries& series : first.series) TRY(change(node, function, series.values));
    return first;
  }

  Status change(const Node& node, Function function, Values& values) {
    double period = context_.periods.period_seconds;
    switch (function) {
      case Function::kDiff:
        change_pairs(values,
                     [](double now, double before, double) { return finite(now - before); });
        return {};
      case Function::kDiffTime:
        change_pairs(values, [&](double, double, double gap) -> Point { return gap * period; });
        return {};
      case Function::kRate:
        change_pairs(values, [&](double now, double before, double gap) {
          return finite((now - before) / (gap * period));
        });
        return {};
      case Function::kRunningSum: {
        double sum = 0;
        for (Point& point : values) {
          if (point) point = finite(sum += *point);
        }
        return {};
      }
      case Function::kFill:
        return fill(node, values);
      default:
        for (size_t i = 0; i < values.size(); ++i) {
          if (values[i]) values[i] = time_part(function, context_.periods.start(i));
        }
        return {};
    }
  }

  Status fill(const Node& node, Values& values) {
    const Node& with = nodes_[node.parts[1]];
    if (with.op == Op::kWord && with.text == "LINEAR") {
      fill_linear(values);
      return {};
    }
    if (with.op == Op::kWord && with.text == "REPEAT") {
      for (size_t i = 1; i < values.size(); ++i) {
        if (!values[i]) values[i] = values[i - 1];
      }
      return {};
    }
    TRY_ASSIGN(MathValue filler, value(node.parts[1]));
    if (filler.kind == Kind::kArray) return wrong(with, "FILL takes one series to fill with");
    for (size_t i = 0; i < values.size(); ++i) {
      if (values[i]) continue;
      values[i] = filler.kind == Kind::kScalar ? filler.scalar : filler.series[0].values[i];
    }
    return {};
  }

  Result<MathValue> sum_up(const Node& node, Function function, const MathValue& over) {
    if (over.kind == Kind::kScalar) return wrong(node, node.text + " takes series, no number");
    if (over.kind == Kind::kSeries) return scalar(aggregate(over.series[0].values, function));
    Values values(periods_);
    for (size_t i = 0; i < periods_; ++i) {
      Sums sums;
      for (const MathSeries& series : over.series) {
        if (series.values[i]) sums.add(*series.values[i]);
      }
      if (sums.count > 0) values[i] = sums.value(function);
    }
    return one(std::move(values));
  }

  Result<MathValue> choose(const Node& node, const MathValue& condition) {
    if (condition.kind == Kind::kArray) return wrong(node, "the condition of IF is a list");
    TRY_ASSIGN(MathValue yes, value(node.parts[1]));
    MathValue no = scalar({});
    if (node.parts.size() == 3) {
      TRY_ASSIGN(no, value(node.parts[2]));
    }
    if (yes.kind == Kind::kArray || no.kind == Kind::kArray)
      return wrong(node, "IF takes series and numbers, no lists");
    if (condition.kind == Kind::kScalar && yes.kind == Kind::kScalar && no.kind == Kind::kScalar) {
      if (!condition.scalar) return scalar({});
      return scalar(*condition.scalar != 0 ? yes.scalar : no.scalar);
    }
    auto at = [](const MathValue& value, size_t i) {
      return value.kind == Kind::kScalar ? value.scalar : value.series[0].values[i];
    };
    Values chosen(periods_);
    for (size_t i = 0; i < periods_; ++i) {
      Point test = at(condition, i);
      if (!test) continue;
      // What is missing where the condition holds counts as 0; where it does not, nothing is there.
      chosen[i] = *test != 0 ? at(yes, i).value_or(0) : at(no, i);
    }
    return one(std::move(chosen));
  }

  Result<double> number_of(uint32_t part) {
    TRY_ASSIGN(MathValue number, value(part));
    if (number.kind != Kind::kScalar || !number.scalar)
      return wrong(nodes_[part], "expected a number");
    return *number.scalar;
  }

  Result<size_t> place_of(uint32_t part, size_t count) {
    TRY_ASSIGN(double number, number_of(part));
    double whole = std::floor(number);
    if (whole < 0) whole += static_cast<double>(count);  // from the end
    return static_cast<size_t>(std::clamp(whole, 0.0, static_cast<double>(count)));
  }

  Result<MathValue> list(const Node& node, Function function, MathValue all) {
    if (all.kind == Kind::kScalar) return wrong(node, node.text + " takes a list of series");
    std::vector<MathSeries>& series = all.series;
    all.kind = Kind::kArray;
    switch (function) {
      case Function::kMetricCount:
        return scalar(static_cast<double>(series.size()));
      case Function::kFirst:
      case Function::kLast: {
        if (series.empty()) return one(Values(periods_));
        MathValue chosen{Kind::kSeries, {}, {}};
        chosen.series.push_back(
            std::move(function == Function::kFirst ? series.front() : series.back()));
        return chosen;
      }
      case Function::kRemoveEmpty:
        std::erase_if(series, [](const MathSeries& one_of) {
          return std::none_of(one_of.values.begin(), one_of.values.end(),
                              [](const Point& point) { return point.has_value(); });
        });
        return all;
      case Function::kSlice:
        return slice(node, std::move(all));
      default:
        return sort(node, std::move(all));
    }
  }

  Result<MathValue> slice(const Node& node, MathValue all) {
    size_t count = all.series.size();
    TRY_ASSIGN(size_t from, place_of(node.parts[1], count));
    if (node.parts.size() == 2) {  // one of them
      if (from >= count) return one(Values(periods_));
      MathValue chosen{Kind::kSeries, {}, {}};
      chosen.series.push_back(std::move(all.series[from]));
      return chosen;
    }
    TRY_ASSIGN(size_t to, place_of(node.parts[2], count));
    MathValue part{Kind::kArray, {}, {}};
    for (size_t i = from; i < to; ++i) part.series.push_back(std::move(all.series[i]));
    return part;
  }

  Result<MathValue> sort(const Node& node, MathValue all) {
    const Node &by = nodes_[node.parts[1]], &order = nodes_[node.parts[2]];
    bool down = order.text == "DESC";
    if (by.op != Op::kWord || by.text == "ASC" || by.text == "DESC" || by.text == "REPEAT" ||
        by.text == "LINEAR")
      return wrong(by, "SORT goes by AVG, MIN, MAX or SUM");
    if (order.op != Op::kWord || (!down && order.text != "ASC"))
      return wrong(order, "SORT goes ASC or DESC");
    Function function = aggregate_of(by.text);
    std::stable_sort(all.series.begin(), all.series.end(),
                     [&](const MathSeries& a, const MathSeries& b) {
                       Point x = aggregate(a.values, function), y = aggregate(b.values, function);
                       if (!x || !y) return x.has_value() && !y.has_value();  // empty ones last
                       return down ? *x > *y : *x < *y;
                     });
    if (node.parts.size() == 4) {
      TRY_ASSIGN(double count, number_of(node.parts[3]));
      if (count >= 0 && count < static_cast<double>(all.series.size()))
        all.series.resize(static_cast<size_t>(count));
    }
    return all;
  }

  Result<MathValue> metrics(const Node& node) {
    if (!context_.metrics) return wrong(node, "there are no metrics here");
    MathValue all{Kind::kArray, {}, {}};
    TRY_ASSIGN(all.series, context_.metrics());
    if (node.parts.empty()) return all;
    const Node& part = nodes_[node.parts[0]];
    if (part.op != Op::kText) return wrong(part, "METRICS takes a text that ids have in them");
    std::erase_if(all.series, [&](const MathSeries& series) {
      return series.id.find(part.text) == std::string::npos;
    });
    return all;
  }

  Result<MathValue> search(const Node& node) {
    const Node &text = nodes_[node.parts[0]], &statistic = nodes_[node.parts[1]];
    if (text.op != Op::kText || statistic.op != Op::kText)
      return wrong(node, "SEARCH takes two texts: what to look for, and the statistic");
    if (!context_.search)
      return Error{ErrorCode::kUnsupported, "SEARCH works in dashboards, not here"};
    MathValue all{Kind::kArray, {}, {}};
    TRY_ASSIGN(all.series, context_.search(text.text, statistic.text));
    return all;
  }

  Result<MathValue> band(const Node& node, const MathValue& around) {
    if (around.series.size() != 1) return wrong(node, "the band of one series only");
    double width = 2;
    if (node.parts.size() == 2) {
      TRY_ASSIGN(width, number_of(node.parts[1]));
    }
    if (!(width > 0)) return wrong(node, "the band's width is not above 0");
    if (!context_.band)
      return Error{ErrorCode::kUnsupported, "there is no model of an anomaly band here"};
    TRY_ASSIGN(auto bounds, context_.band(around.series[0], width));
    MathValue both{Kind::kArray, {}, {}};
    both.series.push_back({"", std::move(bounds.first)});
    both.series.push_back({"", std::move(bounds.second)});
    return both;
  }

  const std::vector<Node>& nodes_;
  const MathContext& context_;
  const size_t periods_;
};

Result<MathValue> MetricMath::evaluate(const MathContext& context) const {
  return Evaluation(*this, context).value(static_cast<uint32_t>(nodes_.size() - 1));
}

}  // namespace cairn::monitor
