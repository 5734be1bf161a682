#include "anomaly/rate_series.h"

#include <algorithm>

namespace cairn::anomaly {

namespace {

constexpr double kManyChance = -6, kFewChance = -9;  // log10
constexpr uint64_t kLeastCalls = 5;
constexpr double kLeastFactor = 3, kLeastExpected = 20;
/// Combinations of attributes that one minute keeps apart.
constexpr size_t kKeptApart = 256;

}  // namespace

void DailyValues::Entry::forget_until(int64_t day) {
  if (day - last_day >= static_cast<int64_t>(kDays)) calls.fill(0);
  for (int64_t d = last_day + 1; d <= day && d - last_day < static_cast<int64_t>(kDays); ++d)
    calls[static_cast<size_t>(d) % kDays] = 0;
  last_day = std::max(last_day, day);
}

void DailyValues::add(uint32_t value, int64_t day, uint32_t calls) {
  auto sum = [](const Entry& entry) {
    uint64_t all = 0;
    for (uint32_t count : entry.calls) all += count;
    return all;
  };
  auto place = std::find_if(entries_.begin(), entries_.end(),
                            [&](const Entry& entry) { return entry.value == value; });
  if (place == entries_.end()) {
    if (entries_.size() < kValues) {
      place = entries_.emplace(entries_.end());
    } else {
      for (Entry& entry : entries_) entry.forget_until(day);
      place = std::min_element(entries_.begin(), entries_.end(),
                               [&](const Entry& a, const Entry& b) { return sum(a) < sum(b); });
      *place = Entry();
    }
    place->value = value;
    place->last_day = day;
  }
  place->forget_until(day);
  place->calls[static_cast<size_t>(day) % kDays] += calls;
}

std::vector<std::pair<uint32_t, uint64_t>> DailyValues::most(int64_t day) const {
  std::vector<std::pair<uint32_t, uint64_t>> list;
  for (Entry entry : entries_) {
    entry.forget_until(day);
    uint64_t calls = 0;
    for (uint32_t count : entry.calls) calls += count;
    if (calls > 0) list.emplace_back(entry.value, calls);
  }
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  if (list.size() > kAttributed) list.resize(kAttributed);
  return list;
}

void RateSeries::add(int64_t minute, const std::array<uint32_t, kAttributes>& by) {
  last_minute = minute;
  size_t apart = 0;
  for (size_t i = recent.size(); i > 0 && recent[i - 1].minute == minute; --i, ++apart) {
    if (recent[i - 1].values == by || apart >= kKeptApart) {
      ++recent[i - 1].calls;
      return;
    }
  }
  recent.push_back({minute, by, 1});
}

void RateSeries::retire(int64_t minute) {
  int64_t first = minute - kWindowMinutes + 1;
  auto keep = recent.begin();
  for (; keep != recent.end() && keep->minute < first; ++keep) {
    int64_t hour = keep->minute / 60;
    if (hours.empty() || hours.back().hour != hour) hours.push_back({hour, 0});
    hours.back().calls += keep->calls;
    for (size_t i = 0; i < kAttributes; ++i) values[i].add(keep->values[i], hour / 24, keep->calls);
  }
  recent.erase(recent.begin(), keep);
  int64_t oldest = minute / 60 - kBaselineHours;
  auto begin = std::find_if(hours.begin(), hours.end(),
                            [&](const Hour& hour) { return hour.hour >= oldest; });
  hours.erase(hours.begin(), begin);
}

uint64_t RateSeries::in_window() const {
  uint64_t calls = 0;
  for (const MinuteCalls& minute : recent) calls += minute.calls;
  return calls;
}

Baseline RateSeries::baseline(int64_t minute, int64_t since) const {
  Baseline baseline;
  int64_t end = minute - kWindowMinutes + 1;  // not included
  baseline.minutes = std::clamp<int64_t>(end - since, 1, kBaselineHours * 60);
  double hour_count = std::max(1.0, static_cast<double>(baseline.minutes) / 60);
  double sum = 0, squares = 0, same_hour = 0, week_ago = -1;
  int64_t now = minute / 60;
  for (const Hour& hour : hours) {
    auto calls = static_cast<double>(hour.calls);
    sum += calls;
    squares += calls * calls;
    if ((now - hour.hour) % 24 == 0 && hour.hour != now) same_hour += calls;
    if (now - hour.hour == kBaselineHours) week_ago = calls;
  }
  // A series that was never seen is expected half a time in the baseline.
  baseline.a_minute = sum / static_cast<double>(baseline.minutes);
  double mean = sum / hour_count;
  if (mean > 0) baseline.dispersion = std::max(1.0, (squares / hour_count - mean * mean) / mean);
  constexpr double kWindow = kWindowMinutes;
  double overall = std::max(sum, 0.5) / static_cast<double>(baseline.minutes) * kWindow;
  double days = std::max(1.0, hour_count / 24);
  double by_hour = same_hour / days / 60 * kWindow;
  baseline.most = std::max(overall, by_hour);
  baseline.least = std::min(overall, by_hour);
  if (baseline.minutes >= kBaselineHours * 60) {
    double by_week = std::max(week_ago, 0.0) / 60 * kWindow;
    baseline.most = std::max(baseline.most, by_week);
    baseline.least = std::min(baseline.least, by_week);
  }
  return baseline;
}

double judge_many(uint64_t calls, const Baseline& baseline) {
  if (calls < kLeastCalls || static_cast<double>(calls) < kLeastFactor * baseline.most) return 0;
  double chance = log10_at_least(calls, baseline.most, baseline.dispersion);
  return chance < kManyChance ? chance : 0;
}

double judge_few(uint64_t calls, const Baseline& baseline) {
  if (baseline.least < kLeastExpected || static_cast<double>(calls) >= baseline.least) return 0;
  double chance = log10_at_most(calls, baseline.least, baseline.dispersion);
  return chance < kFewChance ? chance : 0;
}

}  // namespace cairn::anomaly
