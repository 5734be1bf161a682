#include "report/strip.h"

#include "base/text.h"

#include <algorithm>

namespace cairn::report {

namespace {

constexpr int64_t kBuckets[] = {1,   2,   5,   10,   15,       30,       60,        120,
                                180, 360, 720, 1440, 2 * 1440, 7 * 1440, 14 * 1440, 28 * 1440};
constexpr std::string_view kHeights[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::string_view kPlainHeights = ".:-=+*#@";

int64_t floor_to(int64_t value, int64_t unit) {
  int64_t rest = value % unit;
  return value - (rest < 0 ? rest + unit : rest);
}

/// The shortest bucket length whose aligned buckets fit.
int64_t choose_bucket(int64_t first_minute, int64_t last_minute, int64_t shortest, size_t columns) {
  auto fits = [&](int64_t bucket) {
    int64_t count = (floor_to(last_minute, bucket) - floor_to(first_minute, bucket)) / bucket + 1;
    return count <= static_cast<int64_t>(columns);
  };
  for (int64_t bucket : kBuckets)
    if (bucket >= shortest && fits(bucket)) return bucket;
  int64_t bucket = 56 * 1440;
  while (!fits(bucket)) bucket *= 2;
  return bucket;
}

template <typename Map, typename Minute>
void fill(const Map& counts, const Strip& strip, const Minute& minute_of,
          std::vector<uint64_t>& row) {
  int64_t begin = strip.begin.time_since_epoch() / std::chrono::minutes(1);
  for (const auto& entry : counts) {
    int64_t index = (minute_of(entry.first) - begin) / strip.bucket_minutes;
    if (index >= 0 && index < static_cast<int64_t>(row.size()))
      row[static_cast<size_t>(index)] += entry.second;
  }
}

}  // namespace

Strip make_strip(const detect::Outcome& outcome, size_t columns) {
  Strip strip;
  bool by_minute = !outcome.minutes.empty();
  const std::map<int64_t, uint64_t>& events = by_minute ? outcome.minutes : outcome.hours;
  if (events.empty() || columns == 0) return strip;
  int64_t unit = by_minute ? 1 : 60;
  int64_t first = events.begin()->first * unit, last = events.rbegin()->first * unit;
  strip.bucket_minutes = choose_bucket(first, last, unit, columns);
  int64_t begin = floor_to(first, strip.bucket_minutes);
  strip.begin = Timestamp(std::chrono::minutes(begin));
  strip.events.resize(static_cast<size_t>((last - begin) / strip.bucket_minutes + 1));
  fill(
      events, strip, [&](int64_t key) { return key * unit; }, strip.events);
  const auto& matches = by_minute ? outcome.match_minutes : outcome.match_hours;
  for (size_t level = 0; level < kLevelCount; ++level) {
    std::map<int64_t, uint64_t> own;
    for (const auto& [key, count] : matches)
      if (key.first == static_cast<Level>(level)) own[key.second] += count;
    if (own.empty()) continue;
    strip.matches[level].resize(strip.buckets());
    fill(
        own, strip, [&](int64_t key) { return key * unit; }, strip.matches[level]);
  }
  return strip;
}

std::string bars(const std::vector<uint64_t>& counts, bool plain) {
  uint64_t highest = 1;
  for (uint64_t count : counts) highest = std::max(highest, count);
  std::string row;
  for (uint64_t count : counts) {
    if (count == 0) {
      row += ' ';
      continue;
    }
    // Any event at all must be seen, so the lowest bar stands for "some".
    auto height =
        static_cast<size_t>(static_cast<double>(count) / static_cast<double>(highest) * 7.999);
    if (plain) {
      row += kPlainHeights[height];
    } else {
      row += kHeights[height];
    }
  }
  return row;
}

std::string axis(const Strip& strip) {
  auto length = std::chrono::minutes(strip.bucket_minutes * static_cast<int64_t>(strip.buckets()));
  Timestamp end = strip.begin + length;
  bool days = length >= std::chrono::hours(72), hours = length <= std::chrono::hours(24);
  auto label = [&](Timestamp time) {
    std::string text = format_time_short(time);
    if (days) return text.substr(0, text.find(' '));
    std::string of_day = text.substr(text.find(' ') + 1, 5);
    return hours ? of_day : text.substr(text.find(' ') - 5, 6) + of_day;  // "07-29 23:00"
  };
  std::string left = label(strip.begin);
  std::string right = label(days ? end - std::chrono::minutes(1) : end);
  size_t middle_at = strip.buckets() / 2;
  std::string middle = label(
      strip.begin + std::chrono::minutes(strip.bucket_minutes * static_cast<int64_t>(middle_at)));
  std::string row = left;
  auto place = [&](size_t at, const std::string& text) {
    if (at < row.size() + 2) return;
    row.append(at - row.size(), ' ');
    row += text;
  };
  if (strip.buckets() >= left.size() + middle.size() + right.size() + 8) place(middle_at, middle);
  if (strip.buckets() > right.size()) place(strip.buckets() - right.size(), right);
  return row;
}

}  // namespace cairn::report
