#include "monitor/statistic.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace cairn::monitor {

namespace {

struct Name {
  std::string_view name;
  Statistic::Kind kind;
};
constexpr std::array<Name, 5> kPlain = {{{"SampleCount", Statistic::Kind::kSampleCount},
                                         {"Sum", Statistic::Kind::kSum},
                                         {"Average", Statistic::Kind::kAverage},
                                         {"Minimum", Statistic::Kind::kMinimum},
                                         {"Maximum", Statistic::Kind::kMaximum}}};
constexpr std::array<Name, 5> kShort = {{{"p", Statistic::Kind::kPercentile},
                                         {"tm", Statistic::Kind::kTrimmedMean},
                                         {"wm", Statistic::Kind::kWinsorizedMean},
                                         {"tc", Statistic::Kind::kTrimmedCount},
                                         {"ts", Statistic::Kind::kTrimmedSum}}};
constexpr std::array<Name, 5> kRanged = {{{"TM", Statistic::Kind::kTrimmedMean},
                                          {"WM", Statistic::Kind::kWinsorizedMean},
                                          {"TC", Statistic::Kind::kTrimmedCount},
                                          {"TS", Statistic::Kind::kTrimmedSum},
                                          {"PR", Statistic::Kind::kPercentileRank}}};
constexpr size_t kDecimals = 10;          // of a percentile, by AWS
constexpr double kStepsPerDoubling = 64;  // of values that are rounded for the first time

/// Reads digits with at most one point, nothing else.
std::optional<double> number(std::string_view text) {
  double value = 0;
  bool plain = !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (!plain || code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  size_t point = text.find('.');
  if (point != std::string_view::npos && text.size() - point - 1 > kDecimals) return std::nullopt;
  return value;
}

/// The number of samples of a share. Shares such as 99.9 are no binary fractions: what is a whole
/// number but for that is taken as one.
double rank(double percent, double samples, double (*round)(double)) {
  double exact = percent / 100 * samples, nearest = std::round(exact);
  return std::abs(exact - nearest) < 1e-9 * samples ? nearest : round(exact);
}

}  // namespace

bool Statistic::read_range(std::string_view text) {
  size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  std::string_view low = text.substr(0, colon), high = text.substr(colon + 1);
  auto percent = [](std::string_view bound) { return !bound.empty() && bound.back() == '%'; };
  percent_ = percent(low) || percent(high);
  auto read = [&](std::string_view bound, bool& has, double& value) {
    if (bound.empty()) return true;
    if (percent(bound) != percent_) return false;  // one kind of bounds
    if (percent_) bound.remove_suffix(1);
    auto bounded = number(bound);
    if (!bounded || (percent_ && *bounded > 100)) return false;
    has = true;
    value = *bounded;
    return true;
  };
  if (!read(low, has_low_, low_) || !read(high, has_high_, high_)) return false;
  if (!has_low_ && !has_high_) return false;
  return !has_low_ || !has_high_ || low_ < high_;
}

Result<Statistic> Statistic::parse(std::string_view text) {
  Statistic statistic;
  statistic.text_ = text;
  for (const Name& plain : kPlain) {
    if (text != plain.name) continue;
    statistic.kind_ = plain.kind;
    return statistic;
  }
  if (text == "IQM") {
    statistic.kind_ = Kind::kTrimmedMean;
    statistic.read_range("25%:75%");
    return statistic;
  }
  for (const Name& brief : kShort) {
    if (!text.starts_with(brief.name)) continue;
    auto percent = number(text.substr(brief.name.size()));
    if (!percent || *percent > 100) break;
    statistic.kind_ = brief.kind;
    statistic.percent_ = statistic.has_high_ = true;
    statistic.high_ = *percent;
    return statistic;
  }
  for (const Name& ranged : kRanged) {
    std::string_view rest = text;
    if (!rest.starts_with(ranged.name)) continue;
    rest.remove_prefix(ranged.name.size());
    if (!rest.starts_with('(') || !rest.ends_with(')')) break;
    statistic.kind_ = ranged.kind;
    if (!statistic.read_range(rest.substr(1, rest.size() - 2))) break;
    if (ranged.kind == Kind::kPercentileRank && statistic.percent_) break;
    return statistic;
  }
  return Error{ErrorCode::kInvalidInput,
               "\"" + std::string(text) +
                   "\" is no statistic: SampleCount, Sum, Average, Minimum, Maximum, p99, tm99, "
                   "wm99, tc99, ts99, TM(10%:90%), TM(:300), WM, TC, TS, PR(:300), IQM"};
}

void Samples::clear() { *this = Samples(); }

double Samples::rounded(double value) const {
  if (steps_ == 0 || value <= 0) return value;
  double width = std::ldexp(1 / kStepsPerDoubling, steps_ - 1);
  return std::exp2(std::round(std::log2(value) / width) * width);
}

void Samples::insert(double value, double count) {
  value = rounded(value);
  auto place = std::lower_bound(values_.begin(), values_.end(), value,
                                [](const ValueCount& a, double b) { return a.value < b; });
  if (place != values_.end() && place->value == value) {
    place->count += count;
    return;
  }
  values_.insert(place, {value, count});
  while (values_.size() > kValuesLimit) coarsen();
}

void Samples::coarsen() {
  ++steps_;
  std::vector<ValueCount> finer = std::move(values_);
  values_.clear();
  for (const ValueCount& old : finer) {
    double value = rounded(old.value);
    if (!values_.empty() && values_.back().value >= value) {
      values_.back().count += old.count;
    } else {
      values_.push_back({value, old.count});
    }
  }
}

/// While all values are alike they are not listed; this lists them.
void Samples::spread() {
  if (values_.empty() && !empty()) values_.push_back({set_.minimum, set_.count});
}

void Samples::add(double value, double count) {
  add(StatisticSet{count, value * count, value, value});
}

void Samples::add(const StatisticSet& set) {
  bool alike = set.minimum == set.maximum;
  bool was_negative = set_.minimum < 0;
  if (!alike) known_ = false;
  // Percentiles are not available with negative values: then nothing is kept for them.
  if (!known_ || was_negative || set.minimum < 0) {
    values_ = {};
  } else if (!empty() && (!all_alike() || set_.minimum != set.minimum)) {
    spread();
    insert(set.minimum, set.count);
  }
  if (empty()) {
    set_ = set;
    return;
  }
  set_.count += set.count;
  set_.sum += set.sum;
  set_.minimum = std::min(set_.minimum, set.minimum);
  set_.maximum = std::max(set_.maximum, set.maximum);
}

void Samples::merge(const Samples& other) {
  if (other.empty()) return;
  if (empty()) {
    *this = other;
    return;
  }
  if (!other.known_ || other.all_alike()) {
    bool known = known_ && other.known_;
    add(other.set_);
    known_ = known;
    if (!known_) values_ = {};
    return;
  }
  bool keep = known_ && set_.minimum >= 0 && other.set_.minimum >= 0;
  if (keep) {
    spread();
    while (steps_ < other.steps_) coarsen();
    for (const ValueCount& value : other.values_) insert(value.value, value.count);
  } else {
    values_ = {};
  }
  set_.count += other.set_.count;
  set_.sum += other.set_.sum;
  set_.minimum = std::min(set_.minimum, other.set_.minimum);
  set_.maximum = std::max(set_.maximum, other.set_.maximum);
}

double Samples::percentile(double percent) const {
  double wanted = std::max(1.0, rank(percent, set_.count, std::ceil)), seen = 0;
  for (const ValueCount& value : values_) {
    seen += value.count;
    if (seen >= wanted) return std::clamp(value.value, set_.minimum, set_.maximum);
  }
  return set_.maximum;
}

Samples::Part Samples::part(const Statistic& statistic) const {
  Part part;
  double from = 0, to = set_.count;  // ranks, without the first and with the last
  if (statistic.percent_) {
    if (statistic.has_low_) from = rank(statistic.low_, set_.count, std::floor);
    if (statistic.has_high_) to = rank(statistic.high_, set_.count, std::ceil);
  }
  double seen = 0;
  auto take = [&](double value, double samples) {
    double count = 0;
    if (statistic.percent_) {
      count = std::min(seen + samples, to) - std::max(seen, from);
    } else if ((!statistic.has_low_ || value > statistic.low_) &&
               (!statistic.has_high_ || value <= statistic.high_)) {
      count = samples;
    }
    seen += samples;
    if (count <= 0) return;
    if (part.count == 0) part.first = value;
    part.last = value;
    part.count += count;
    part.sum += value * count;
  };
  if (values_.empty()) take(set_.minimum, set_.count);
  for (const ValueCount& value : values_) take(value.value, value.count);
  return part;
}

std::optional<double> Samples::ranged(const Statistic& statistic) const {
  Part inner = part(statistic);
  switch (statistic.kind_) {
    case Statistic::Kind::kTrimmedCount:
      return inner.count;
    case Statistic::Kind::kTrimmedSum:
      return inner.sum;
    case Statistic::Kind::kPercentileRank:
      return 100 * inner.count / set_.count;
    case Statistic::Kind::kTrimmedMean:
      if (inner.count == 0) return std::nullopt;
      return inner.sum / inner.count;
    default:
      break;
  }
  // Winsorized: what lies outside counts as the bound.
  double low = statistic.low_, high = statistic.high_;
  if (statistic.percent_) {
    if (inner.count == 0) return std::nullopt;
    low = inner.first;
    high = inner.last;
  }
  double sum = 0;
  auto take = [&](double value, double count) {
    if (statistic.has_low_) value = std::max(value, low);
    if (statistic.has_high_) value = std::min(value, high);
    sum += value * count;
  };
  if (values_.empty()) take(set_.minimum, set_.count);
  for (const ValueCount& value : values_) take(value.value, value.count);
  return sum / set_.count;
}

std::optional<double> Samples::value(const Statistic& statistic) const {
  if (empty()) return std::nullopt;
  switch (statistic.kind_) {
    case Statistic::Kind::kSampleCount:
      return set_.count;
    case Statistic::Kind::kSum:
      return set_.sum;
    case Statistic::Kind::kAverage:
      return set_.sum / set_.count;
    case Statistic::Kind::kMinimum:
      return set_.minimum;
    case Statistic::Kind::kMaximum:
      return set_.maximum;
    default:
      break;
  }
  if (!known_ || set_.minimum < 0) return std::nullopt;
  if (statistic.kind_ == Statistic::Kind::kPercentile) return percentile(statistic.high_);
  return ranged(statistic);
}

}  // namespace cairn::monitor
