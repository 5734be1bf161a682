#include "monitor/alarm.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

namespace cairn::monitor {

namespace {

using Node = JsonTree::Node;

constexpr std::array<std::string_view, 3> kStates = {"OK", "ALARM", "INSUFFICIENT_DATA"};
constexpr std::array<std::string_view, 4> kMissingData = {"missing", "ignore", "breaching",
                                                          "notBreaching"};
constexpr std::array<std::string_view, 4> kComparisons = {
    "GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold",
    "LessThanOrEqualToThreshold"};
constexpr std::array<std::string_view, 3> kBandComparisons = {
    "LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold",
    "GreaterThanUpperThreshold"};
constexpr std::array<uint32_t, 5> kWallClockPeriods = {60, 300, 3600, 86400, 604800};
constexpr uint64_t kDaySeconds = 86'400, kWeekSeconds = 7 * kDaySeconds;

template <size_t kSize>
std::string one_of(const std::array<std::string_view, kSize>& words) {
  std::string text;
  for (size_t i = 0; i < kSize; ++i) {
    if (i > 0) text += i + 1 == kSize ? " or " : ", ";
    text += words[i];
  }
  return text;
}

/// Reads the properties of one alarm.
class AlarmReader {
 public:
  AlarmReader(const JsonTree& tree, uint32_t node, bool bands)
      : tree_(tree), node_(node), bands_(bands) {}

  Result<AlarmDefinition> read() {
    if (tree_[node_].kind != JsonTree::Kind::kObject)
      return Error{ErrorCode::kInvalidInput, "an alarm is an object of properties"};
    AlarmDefinition alarm;
    if (const Node* name = find("AlarmName")) alarm.name = name->text;
    TRY(read_comparison(alarm));
    if (!is_band(alarm.comparison)) {
      TRY_ASSIGN(alarm.threshold, number("Threshold"));
    }
    TRY_ASSIGN(alarm.evaluation_periods, whole("EvaluationPeriods"));
    alarm.datapoints_to_alarm = alarm.evaluation_periods;
    if (find("DatapointsToAlarm") != nullptr) {
      TRY_ASSIGN(alarm.datapoints_to_alarm, whole("DatapointsToAlarm"));
      if (alarm.datapoints_to_alarm > alarm.evaluation_periods)
        return wrong("DatapointsToAlarm", "is more than EvaluationPeriods");
    }
    if (find("TreatMissingData") != nullptr) {
      TRY_ASSIGN(size_t word, word_of("TreatMissingData", kMissingData));
      alarm.missing_data = static_cast<MissingData>(word);
    }
    if (find("EvaluateLowSampleCountPercentile") != nullptr)
      TRY(word_of("EvaluateLowSampleCountPercentile",
                  std::array<std::string_view, 2>{"evaluate", "ignore"}));
    if (find("Statistic") != nullptr && find("ExtendedStatistic") != nullptr)
      return wrong("ExtendedStatistic", "cannot stand beside Statistic");
    uint32_t window = tree_.find(node_, "EvaluationWindow");
    alarm.wall_clock = window != 0 && tree_.find(window, "WallClockWindow") != 0;
    TRY(read_period(alarm));
    return alarm;
  }

 private:
  const Node* find(std::string_view name) const {
    uint32_t found = tree_.find(node_, name);
    if (found == 0 || tree_[found].kind == JsonTree::Kind::kNull) return nullptr;
    return &tree_[found];
  }

  static Error wrong(std::string_view name, const std::string& what) {
    return {ErrorCode::kInvalidInput, std::string(name) + " " + what};
  }

  Result<double> number(std::string_view name) const {
    const Node* node = find(name);
    if (node == nullptr) return wrong(name, "is missing");
    double value = 0;
    const char* end = node->text.data() + node->text.size();
    if (node->is_number() || node->is_string()) {
      auto [stop, code] = std::from_chars(node->text.data(), end, value);
      if (code == std::errc() && stop == end && std::isfinite(value)) return value;
    }
    return wrong(name, "is no number");
  }

  Result<uint32_t> whole(std::string_view name) const {
    TRY_ASSIGN(double value, number(name));
    if (value < 1 || value > 1e9 || value != std::floor(value))
      return wrong(name, "is no whole number from 1 on");
    return static_cast<uint32_t>(value);
  }

  template <size_t kSize>
  Result<size_t> word_of(std::string_view name,
                         const std::array<std::string_view, kSize>& words) const {
    const Node* node = find(name);
    if (node == nullptr) return wrong(name, "is missing");
    auto found = std::find(words.begin(), words.end(), node->text);
    if (!node->is_string() || found == words.end()) return wrong(name, "is not " + one_of(words));
    return static_cast<size_t>(found - words.begin());
  }

  Status read_comparison(AlarmDefinition& alarm) const {
    const Node* node = find("ComparisonOperator");
    auto band = std::find(kBandComparisons.begin(), kBandComparisons.end(),
                          node == nullptr ? std::string_view() : node->text);
    if (band != kBandComparisons.end()) {
      if (!bands_)
        return wrong("ComparisonOperator", "compares with an anomaly band, not with a threshold");
      auto place = static_cast<size_t>(band - kBandComparisons.begin());
      alarm.comparison = static_cast<Comparison>(kComparisons.size() + place);
      return {};
    }
    TRY_ASSIGN(size_t word, word_of("ComparisonOperator", kComparisons));
    alarm.comparison = static_cast<Comparison>(word);
    return {};
  }

  Status read_period(AlarmDefinition& alarm) const {
    if (find("Period") == nullptr) return {};
    TRY_ASSIGN(alarm.period_seconds, whole("Period"));
    uint32_t period = alarm.period_seconds;
    if (period != 10 && period != 20 && period != 30 && period % 60 != 0)
      return wrong("Period", "is not 10, 20, 30 or a multiple of 60 seconds");
    if (alarm.wall_clock && std::find(kWallClockPeriods.begin(), kWallClockPeriods.end(), period) ==
                                kWallClockPeriods.end())
      return wrong("Period", "of a wall clock window is not 60, 300, 3600, 86400 or 604800");
    uint64_t limit = period < 3600 ? kDaySeconds : kWeekSeconds;
    if (uint64_t{period} * alarm.evaluation_periods > limit)
      return wrong("EvaluationPeriods",
                   "times Period is more than " + std::to_string(limit) + " seconds");
    return {};
  }

  const JsonTree& tree_;
  uint32_t node_;
  bool bands_;
};

/// What the points of a range come to.
struct Count {
  size_t real = 0, breaching = 0;
  size_t oldest_breaching = 0;  // its age; the newest point has age 1
};

Count count(std::span<const PointKind> range) {
  Count count;
  for (size_t i = 0; i < range.size(); ++i) {
    if (range[i] == PointKind::kMissing) continue;
    ++count.real;
    if (range[i] != PointKind::kBreaching) continue;
    ++count.breaching;
    count.oldest_breaching = std::max(count.oldest_breaching, range.size() - i);
  }
  return count;
}

/// With fewer real points than N, and none filled in.
AlarmState judge_few(const AlarmDefinition& alarm, const Count& count, AlarmState current) {
  bool waits = alarm.missing_data == MissingData::kIgnore;
  if (count.real == 0) return waits ? current : AlarmState::kInsufficientData;
  if (count.breaching >= alarm.datapoints_to_alarm) return AlarmState::kAlarm;
  if (count.breaching < count.real) return AlarmState::kOk;
  // All that came are breaching. One that is old enough raises the alarm before more are there.
  if (!waits && count.oldest_breaching >= alarm.datapoints_to_alarm) return AlarmState::kAlarm;
  return current;
}

}  // namespace

std::string_view to_string(AlarmState state) { return kStates[static_cast<size_t>(state)]; }

std::optional<AlarmState> parse_alarm_state(std::string_view text) {
  auto found = std::find(kStates.begin(), kStates.end(), text);
  if (found == kStates.end()) return std::nullopt;
  return static_cast<AlarmState>(found - kStates.begin());
}

Result<AlarmDefinition> parse_alarm(const JsonTree& tree, uint32_t node, bool bands) {
  return AlarmReader(tree, node, bands).read();
}

bool breaches(const AlarmDefinition& alarm, double value, double lower, double upper) {
  switch (alarm.comparison) {
    case Comparison::kGreater:
      return value > alarm.threshold;
    case Comparison::kGreaterOrEqual:
      return value >= alarm.threshold;
    case Comparison::kLess:
      return value < alarm.threshold;
    case Comparison::kLessOrEqual:
      return value <= alarm.threshold;
    case Comparison::kOutside:
      return value < lower || value > upper;
    case Comparison::kBelow:
      return value < lower;
    case Comparison::kAbove:
      return value > upper;
  }
  return false;
}

size_t evaluation_range(const AlarmDefinition& alarm) {
  size_t periods = alarm.evaluation_periods;
  return alarm.wall_clock ? periods : periods + std::max<size_t>(periods / 3, 2);
}

AlarmState evaluate(const AlarmDefinition& alarm, std::span<const std::optional<double>> points,
                    AlarmState current) {
  std::vector<PointKind> kinds;
  for (const auto& point : points.last(std::min(points.size(), evaluation_range(alarm)))) {
    kinds.push_back(!point                    ? PointKind::kMissing
                    : breaches(alarm, *point) ? PointKind::kBreaching
                                              : PointKind::kFine);
  }
  return evaluate(alarm, std::span<const PointKind>(kinds), current);
}

AlarmState evaluate(const AlarmDefinition& alarm, std::span<const PointKind> points,
                    AlarmState current) {
  auto range = points.last(std::min(points.size(), evaluation_range(alarm)));
  size_t wanted = alarm.evaluation_periods, needed = alarm.datapoints_to_alarm;
  Count all = count(range);
  if (all.real >= wanted) {
    // Enough came: what is missing does not matter.
    size_t begin = range.size();
    for (size_t left = wanted; left > 0;)
      if (range[--begin] != PointKind::kMissing) --left;
    bool raised = count(range.subspan(begin)).breaching >= needed;
    return raised ? AlarmState::kAlarm : AlarmState::kOk;
  }
  size_t filled = wanted - all.real;
  switch (alarm.missing_data) {
    case MissingData::kBreaching:
      return all.breaching + filled >= needed ? AlarmState::kAlarm : AlarmState::kOk;
    case MissingData::kNotBreaching:
      return all.breaching >= needed ? AlarmState::kAlarm : AlarmState::kOk;
    case MissingData::kMissing:
    case MissingData::kIgnore:
      break;
  }
  return judge_few(alarm, all, current);
}

}  // namespace cairn::monitor
