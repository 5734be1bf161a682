#include "monitor/metric_alarm.h"

#include "base/text.h"
#include "formats/json_writer.h"
#include "monitor/property_reader.h"
#include "monitor/state_text.h"

#include <algorithm>
#include <cmath>

namespace cairn::monitor {

namespace {

using std::chrono::seconds;

constexpr size_t kListed = 10;  // datapoints in a reason
constexpr uint32_t kAlarmMetricsLimit = 10;
constexpr uint32_t kDay = 86'400;

constexpr const char* kComparisonWords[] = {
    "greater than the threshold", "greater than or equal to the threshold",
    "less than the threshold", "less than or equal to the threshold"};

int64_t whole_seconds(Timestamp time) {
  return std::chrono::floor<seconds>(time).time_since_epoch().count();
}
int64_t modulo(int64_t number, int64_t by) { return ((number % by) + by) % by; }

}  // namespace

const std::vector<std::string>& AlarmActions::of(AlarmState state) const {
  return state == AlarmState::kAlarm ? alarm : state == AlarmState::kOk ? ok : insufficient_data;
}

Result<AlarmActions> AlarmActions::parse(const JsonTree& tree, uint32_t node) {
  PropertyReader properties(tree, node);
  AlarmActions actions;
  TRY_ASSIGN(actions.enabled, properties.truth_or("ActionsEnabled", true));
  std::pair<const char*, std::vector<std::string>*> lists[] = {
      {"AlarmActions", &actions.alarm},
      {"OKActions", &actions.ok},
      {"InsufficientDataActions", &actions.insufficient_data}};
  for (auto [name, list] : lists) {
    if (!properties.has(name)) continue;
    TRY_ASSIGN(uint32_t array, properties.array(name));
    for (uint32_t item = array + 1; item < tree[array].next; item = tree[item].next) {
      if (!tree[item].is_string()) return PropertyReader::wrong(name, "holds other than texts");
      list->emplace_back(tree[item].text);
    }
    if (list->size() > kLimit) return PropertyReader::wrong(name, "holds more than 5");
  }
  return actions;
}

class MetricAlarm::Reader {
 public:
  Reader(const JsonTree& tree, uint32_t node) : tree_(tree), node_(node), properties_(tree, node) {}

  Result<MetricAlarm> read() {
    TRY(properties_.check_object("an alarm"));
    if (properties_.has("EvaluationCriteria"))
      return Error{ErrorCode::kUnsupported, "EvaluationCriteria (PromQL) is not done here"};
    MetricAlarm alarm;
    TRY_ASSIGN(alarm.rule_, parse_alarm(tree_, node_, true));
    if (alarm.rule_.name.size() > 255)
      return PropertyReader::wrong("AlarmName", "is longer than 255");
    TRY_ASSIGN(alarm.description_, properties_.text_or("AlarmDescription", ""));
    TRY_ASSIGN(alarm.actions_, AlarmActions::parse(tree_, node_));
    TRY_ASSIGN(std::string few, properties_.text_or("EvaluateLowSampleCountPercentile", ""));
    alarm.ignore_few_samples_ = few == "ignore";
    TRY(read_metrics(alarm));
    TRY(read_window(alarm));
    TRY(check_kind(alarm));
    return alarm;
  }

 private:
  Status read_metrics(MetricAlarm& alarm) {
    bool many = properties_.has("Metrics");
    if (many == properties_.has("MetricName"))
      return PropertyReader::wrong("MetricName",
                                   many ? "cannot stand beside Metrics" : "or Metrics is missing");
    if (!many) {
      TRY_ASSIGN(alarm.queries_, MetricQueries::parse_single(tree_, node_));
      alarm.watched_ = "m1";
      if (is_band(alarm.rule_.comparison))
        return PropertyReader::wrong("ComparisonOperator", "with an anomaly band needs Metrics");
      return {};
    }
    TRY_ASSIGN(uint32_t list, properties_.array("Metrics"));
    TRY_ASSIGN(alarm.queries_, MetricQueries::parse(tree_, list));
    TRY(read_returned(alarm));
    return read_shared_period(alarm);
  }

  Status read_returned(MetricAlarm& alarm) {
    if (is_band(alarm.rule_.comparison)) {
      TRY_ASSIGN(alarm.band_, properties_.text("ThresholdMetricId"));
      if (alarm.queries_.banded(alarm.band_) == nullptr)
        return PropertyReader::wrong("ThresholdMetricId",
                                     "names no ANOMALY_DETECTION_BAND(metric, …) in Metrics");
    } else if (properties_.has("ThresholdMetricId")) {
      return PropertyReader::wrong("ThresholdMetricId", "needs a ComparisonOperator with a band");
    }
    size_t metrics = 0;
    for (const MetricQuery& query : alarm.queries_.queries()) {
      metrics += query.stat ? 1u : 0u;
      if (!query.return_data || query.id == alarm.band_) continue;
      if (!alarm.watched_.empty())
        return PropertyReader::wrong("Metrics", "has more than one with ReturnData true");
      alarm.watched_ = query.id;
    }
    if (alarm.watched_.empty())
      return PropertyReader::wrong("Metrics", "has none with ReturnData true");
    if (metrics == 0) return PropertyReader::wrong("Metrics", "has no MetricStat");
    if (metrics > kAlarmMetricsLimit) return PropertyReader::wrong("Metrics", "has more than 10");
    return {};
  }

  static Status read_shared_period(MetricAlarm& alarm) {
    uint32_t& period = alarm.rule_.period_seconds;
    period = 0;
    for (const MetricQuery& query : alarm.queries_.queries()) {
      if (!query.stat) continue;
      if (period != 0 && period != query.stat->period_seconds)
        return PropertyReader::wrong("Metrics", "have different periods");
      period = query.stat->period_seconds;
    }
    uint64_t limit = period < 3600 ? kDay : 7 * kDay;
    if (uint64_t{period} * alarm.rule_.evaluation_periods > limit)
      return PropertyReader::wrong("EvaluationPeriods", "times the metrics' period is more than " +
                                                            std::to_string(limit) + " seconds");
    return {};
  }

  Status read_window(MetricAlarm& alarm) {
    if (!alarm.rule_.wall_clock) return {};
    uint32_t window = tree_.find(node_, "EvaluationWindow");
    TRY_ASSIGN(uint32_t wall, PropertyReader(tree_, window).object("WallClockWindow"));
    TRY_ASSIGN(std::string zone, PropertyReader(tree_, wall).text_or("Timezone", "UTC"));
    auto parsed = Zone::parse(zone);
    if (!parsed.ok()) return std::move(parsed).error().with_context("EvaluationWindow");
    alarm.zone_ = parsed.value();
    return {};
  }

  /// Works the expression out once over nothing: what it comes to must be one series.
  static Status check_kind(const MetricAlarm& alarm) {
    MetricStore empty({1, 1u << 20});
    Timestamp now(seconds(1'700'000'000));
    Periods periods{now - seconds(alarm.rule_.period_seconds * 3), now, alarm.rule_.period_seconds};
    auto band = [&](const MetricStat&, double) -> Result<std::pair<Values, Values>> {
      return std::pair(Values(periods.count()), Values(periods.count()));
    };
    TRY_ASSIGN(MathValue value, alarm.queries_.evaluate(alarm.watched_, periods, empty, band));
    if (value.kind == MathValue::Kind::kScalar)
      return PropertyReader::wrong("Metrics", "come to one number, not to a series");
    if (value.series.size() != 1) return PropertyReader::wrong("Metrics", "come to several series");
    if (!alarm.band_.empty()) TRY(alarm.queries_.evaluate(alarm.band_, periods, empty, band));
    return {};
  }

  const JsonTree& tree_;
  uint32_t node_;
  PropertyReader properties_;
};

Result<MetricAlarm> MetricAlarm::parse(const JsonTree& tree, uint32_t node) {
  return Reader(tree, node).read();
}

Timestamp MetricAlarm::wall_clock_end(Timestamp now, int64_t back) const {
  const int64_t period = rule_.period_seconds;
  // Weeks begin on Mondays; 1970 began on a Thursday.
  const int64_t shift = period == 7 * kDay ? 3 * int64_t{kDay} : 0;
  const int64_t local = whole_seconds(zone_.local(now));
  const int64_t into = modulo(local + shift, period);
  // Changes of clocks leave hours whole, but not days.
  if (zone_.is_fixed() || period < kDay) return now - seconds(into + back * period);
  return zone_.first_at(Timestamp(seconds(local - into - back * period)));
}

Periods MetricAlarm::periods(Timestamp now) const {
  Periods periods{looks_back(now), newest_end(now), rule_.period_seconds};
  if (!rule_.wall_clock || zone_.is_fixed() || rule_.period_seconds < kDay) return periods;
  for (auto back = static_cast<int64_t>(evaluation_range(rule_)); back > 0; --back)
    periods.starts.push_back(wall_clock_end(now, back));
  return periods;
}

Timestamp MetricAlarm::newest_end(Timestamp now) const {
  if (rule_.wall_clock) return wall_clock_end(std::chrono::floor<seconds>(now), 0);
  int64_t at = whole_seconds(now), period = rule_.period_seconds;
  int64_t step = step_seconds();
  if (period * rule_.evaluation_periods > kDay) step = 3600;
  return Timestamp(seconds(at - modulo(at, step)));
}

bool MetricAlarm::due(Timestamp now) const { return newest_end(now) == now; }

Timestamp MetricAlarm::looks_back(Timestamp now) const {
  auto range = static_cast<int64_t>(evaluation_range(rule_));
  if (rule_.wall_clock) return wall_clock_end(std::chrono::floor<seconds>(now), range);
  return newest_end(now) - seconds(rule_.period_seconds) * range;
}

Result<Evaluation> MetricAlarm::evaluate(const MetricStore& store, Timestamp now,
                                         AlarmState current, BandKeeper& bands) const {
  const Periods periods = this->periods(now);
  auto band = [&](const MetricStat& stat, double width) {
    return bands.band(stat, width, periods, store);
  };
  TRY_ASSIGN(MathValue value, queries_.evaluate(watched_, periods, store, band));
  if (value.series.size() != 1)
    return Error{ErrorCode::kInvalidInput, "the metrics come to several series"};
  const Values& points = value.series[0].values;
  MathValue bounds;
  if (!band_.empty()) {
    TRY_ASSIGN(bounds, queries_.evaluate(band_, periods, store, band));
  }
  std::vector<PointKind> kinds(points.size(), PointKind::kMissing);
  Evaluation evaluation;
  for (size_t i = 0; i < points.size(); ++i) {
    if (!points[i]) continue;
    Datapoint point;
    point.start = periods.start(i);
    point.end = periods.end(i);
    point.value = *points[i];
    if (!band_.empty()) {
      auto upper = bounds.series[0].values[i], lower = bounds.series[1].values[i];
      if (!upper || !lower) continue;  // the model is still learning
      point.upper = *upper;
      point.lower = *lower;
    }
    point.breaching = breaches(rule_, point.value, point.lower, point.upper);
    kinds[i] = point.breaching ? PointKind::kBreaching : PointKind::kFine;
    evaluation.datapoints.push_back(point);
  }
  size_t wanted = rule_.evaluation_periods;
  if (evaluation.datapoints.size() > wanted)
    evaluation.datapoints.erase(evaluation.datapoints.begin(),
                                evaluation.datapoints.end() - static_cast<ptrdiff_t>(wanted));
  evaluation.missing = wanted - evaluation.datapoints.size();
  evaluation.state = monitor::evaluate(rule_, std::span<const PointKind>(kinds), current);
  // Samples are counted only where somebody will read them.
  if (ignore_few_samples_ && too_few_samples(store, evaluation)) evaluation.state = current;
  if (evaluation.state == current) return evaluation;
  const MetricQuery* query = queries_.find(watched_);
  auto ref = query->stat ? store.find(query->stat->metric) : std::nullopt;
  for (Datapoint& point : evaluation.datapoints) {
    if (!ref) break;
    point.samples = store.samples(*ref, point.start, point.end, query->stat->unit).count();
  }
  return evaluation;
}

bool MetricAlarm::too_few_samples(const MetricStore& store, const Evaluation& evaluation) const {
  const MetricQuery* query = queries_.find(watched_);
  if (!query->stat || query->stat->statistic.kind() != Statistic::Kind::kPercentile ||
      evaluation.datapoints.empty())
    return false;
  double share = query->stat->statistic.percentile() / 100;
  double rest = share < 0.5 ? share : 1 - share;
  auto ref = store.find(query->stat->metric);
  if (!ref) return false;
  const Datapoint& newest = evaluation.datapoints.back();
  double samples = store.samples(*ref, newest.start, newest.end, query->stat->unit).count();
  // 10 / rest, without the rounding of 1 − 0.99.
  return samples * rest < 10 - 1e-9 * samples;
}

std::string MetricAlarm::reason(const Evaluation& evaluation) const {
  size_t wanted = rule_.evaluation_periods;
  if (evaluation.state == AlarmState::kInsufficientData)
    return "Insufficient Data: " + counted(wanted, "datapoint") +
           (wanted == 1 ? " was unknown." : " were unknown.");
  bool alarm = evaluation.state == AlarmState::kAlarm, band = is_band(rule_.comparison);
  std::string crossed = band ? "Thresholds Crossed: " : "Threshold Crossed: ";
  std::string filled;
  bool fills = rule_.missing_data == MissingData::kBreaching ||
               rule_.missing_data == MissingData::kNotBreaching;
  if (fills && evaluation.missing > 0) {
    filled = counted(evaluation.missing, "missing datapoint") +
             (evaluation.missing == 1 ? " was" : " were") + " treated as [" +
             (rule_.missing_data == MissingData::kBreaching ? "Breaching" : "NonBreaching") + "]";
  }
  if (evaluation.datapoints.empty())
    return crossed + "no datapoints were received for " + counted(wanted, "period") +
           (filled.empty() ? "" : " and " + filled) + ".";

  std::string listed, lower, upper;
  size_t count = 0;
  // The newest first.
  for (size_t i = evaluation.datapoints.size(); i-- > 0;) {
    const Datapoint& point = evaluation.datapoints[i];
    if (point.breaching != alarm) continue;
    if (++count > kListed) continue;
    const char* comma = count == 1 ? "" : ", ";
    listed += comma + state_number(point.value) + " (" + point_time(point.start) + ")";
    lower += comma + state_number(point.lower);
    upper += comma + state_number(point.upper);
  }
  if (count > kListed) listed += ", …";
  std::string against;
  if (!band) {
    against = kComparisonWords[static_cast<size_t>(rule_.comparison)];
    against += " (" + state_number(rule_.threshold) + ")";
  } else {
    if (rule_.comparison != Comparison::kAbove)
      against = "less than the lower thresholds [" + lower + "]";
    if (rule_.comparison == Comparison::kOutside) against += " or ";
    if (rule_.comparison != Comparison::kBelow)
      against += "greater than the upper thresholds [" + upper + "]";
  }
  size_t least = alarm ? rule_.datapoints_to_alarm : wanted - rule_.datapoints_to_alarm + 1;
  return crossed + std::to_string(count) + " out of the last " + std::to_string(wanted) +
         " datapoints [" + listed + "] " + (count == 1 ? "was " : "were ") + (alarm ? "" : "not ") +
         against + (filled.empty() ? "" : " and " + filled) + " (minimum " +
         counted(least, "datapoint") + (alarm ? " for OK -> ALARM" : " for ALARM -> OK") +
         " transition).";
}

std::string MetricAlarm::reason_data(const Evaluation& evaluation, Timestamp now) const {
  JsonWriter json;
  json.begin_object().member("version", "1.0").member("queryDate", state_time(now));
  if (!evaluation.datapoints.empty())
    json.member("startDate", state_time(evaluation.datapoints.front().start));
  const MetricQuery* query = queries_.find(watched_);
  if (query->stat) {
    if (query->stat->unit) json.member("unit", query->stat->unit->text());
    json.member("statistic", query->stat->statistic.text());
  }
  json.member("period", uint64_t{rule_.period_seconds});
  auto list = [&](const char* name, double Datapoint::*member) {
    json.key(name).begin_array();
    for (const Datapoint& point : evaluation.datapoints) json.value(point.*member);
    json.end_array();
  };
  list("recentDatapoints", &Datapoint::value);
  if (is_band(rule_.comparison)) {
    list("recentLowerThresholds", &Datapoint::lower);
    list("recentUpperThresholds", &Datapoint::upper);
  } else {
    json.member("threshold", rule_.threshold);
  }
  json.key("evaluatedDatapoints").begin_array();
  for (size_t i = evaluation.datapoints.size(); i-- > 0;) {
    const Datapoint& point = evaluation.datapoints[i];
    json.begin_object().member("timestamp", state_time(point.start));
    if (point.samples > 0) json.member("sampleCount", point.samples);
    json.member("value", point.value).end_object();
  }
  json.end_array().end_object();
  return std::move(json).take();
}

void BandKeeper::learn(Model& model, const MetricStat& stat, int64_t until,
                       const MetricStore& store) {
  auto ref = store.find(stat.metric);
  if (!ref) return;
  int64_t period = stat.period_seconds;
  if (!model.next) {
    auto first = store.next_point(*ref, Timestamp());
    if (!first) return;
    model.next = model.first = whole_seconds(*first) / period;
  }
  if (until - *model.next > static_cast<int64_t>(kRemembered)) {
    // A long silence: nothing can be learned from it.
    auto again = store.next_point(*ref, Timestamp(seconds(*model.next * period)));
    int64_t resume = again ? whole_seconds(*again) / period : until;
    if (resume > *model.next) {
      model.known.clear();
      model.next = model.first = std::min(resume, until);
    }
  }
  while (*model.next < until) {
    int64_t end = std::min(until, *model.next + static_cast<int64_t>(kRemembered));
    Periods periods{Timestamp(seconds(*model.next * period)), Timestamp(seconds(end * period)),
                    stat.period_seconds};
    Values values = store.read(*ref, stat.statistic, periods, stat.unit);
    for (size_t i = 0; i < values.size(); ++i) {
      model.known.push_back(model.model->at(periods.start(i)));
      if (values[i]) model.model->learn(periods.start(i), *values[i]);
      if (model.known.size() > kRemembered) {
        model.known.pop_front();
        ++model.first;
      }
    }
    model.next = end;
  }
}

Result<std::pair<Values, Values>> BandKeeper::band(const MetricStat& stat, double width,
                                                   const Periods& periods,
                                                   const MetricStore& store) {
  if (!maker_) return Error{ErrorCode::kUnsupported, "there is no model of an anomaly band here"};
  std::string key = stat.metric.text() + '\0' + stat.statistic.text() + '\0' +
                    std::to_string(stat.period_seconds) +
                    (stat.unit ? std::string(stat.unit->text()) : "");
  Model& model = models_[key];
  if (!model.model) model.model = maker_();
  int64_t period = stat.period_seconds;
  learn(model, stat, whole_seconds(periods.to) / period, store);
  std::pair<Values, Values> bounds{Values(periods.count()), Values(periods.count())};
  for (size_t i = 0; i < periods.count(); ++i) {
    // A sliding period has the band of the whole period in which it begins.
    int64_t at = whole_seconds(periods.start(i)) / period - model.first;
    std::optional<BandModel::Usual> usual;
    if (at >= 0 && at < static_cast<int64_t>(model.known.size())) {
      usual = model.known[static_cast<size_t>(at)];
    } else if (at == static_cast<int64_t>(model.known.size())) {
      usual = model.model->at(periods.start(i));
    }
    if (!usual) continue;
    bounds.first[i] = usual->expected + width * usual->deviation;
    bounds.second[i] = usual->expected - width * usual->deviation;
  }
  return bounds;
}

}  // namespace cairn::monitor
