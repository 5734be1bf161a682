#include "detect/tally.h"

#include "base/hash.h"
#include "detect/run.h"

#include <algorithm>
#include <cstring>

namespace cairn::detect {

namespace {

constexpr int64_t kHourMs = 3'600'000, kMinuteMs = 60'000;
constexpr size_t kTypesHeld = 20'000;
constexpr unsigned kHourBits = 24;
constexpr int64_t kHourOffset = int64_t{1}
                                << (kHourBits - 1);  // hours of about 957 years around 1970 fit

/// Divides downwards, also before 1970.
int64_t unit_of(int64_t time_ms, int64_t unit_ms) {
  return time_ms >= 0 ? time_ms / unit_ms : -((-time_ms + unit_ms - 1) / unit_ms);
}

std::string account_text(uint64_t number) {
  std::string digits = std::to_string(number);
  return std::string(12 - std::min<size_t>(digits.size(), 12), '0') + digits;
}

void append_i64(std::string& out, int64_t value) { append_key_i64(out, value); }

}  // namespace

void Counts::add(const Row& row) {
  ++events;
  errors += row.has(Row::kError);
  writes += row.has(Row::kWrite);
  sign_ins_without_mfa += row.has(Row::kSignInWithoutMfa);
  if (row.has(Row::kTimeKnown)) {
    first_ms = std::min(first_ms, row.time_ms);
    last_ms = std::max(last_ms, row.time_ms);
  }
}

void Counts::add(const Counts& other) {
  events += other.events;
  errors += other.errors;
  writes += other.writes;
  sign_ins_without_mfa += other.sign_ins_without_mfa;
  first_ms = std::min(first_ms, other.first_ms);
  last_ms = std::max(last_ms, other.last_ms);
}

void Counts::pack(std::string& out) const {
  for (uint64_t number : {events, errors, writes, sign_ins_without_mfa})
    append_key_u64(out, number);
  append_i64(out, first_ms);
  append_i64(out, last_ms);
}

Counts Counts::unpack(std::string_view& rest) {
  Counts counts;
  for (uint64_t* number :
       {&counts.events, &counts.errors, &counts.writes, &counts.sign_ins_without_mfa}) {
    *number = read_key_u64(rest);
    rest.remove_prefix(8);
  }
  for (int64_t* number : {&counts.first_ms, &counts.last_ms}) {
    *number = read_key_i64(rest);
    rest.remove_prefix(8);
  }
  return counts;
}

Tally::Tally(Files& files, size_t budget_bytes)
    : pair_limit_(std::max<size_t>(64, budget_bytes / 2 / (2 * sizeof(Pair) + 32))),
      sums_(files, std::max<size_t>(budget_bytes / 2, 64u << 10)),
      pairs_(256),
      types_(256),
      hours_(256),
      minutes_(256),
      account_hours_(256) {}

void Tally::add(const Row& row) {
  total_.add(row);
  auto [pair, is_new] = pairs_.find_or_add(mix64(row.context, row.type));
  if (is_new) {
    pair->context = row.context;
    pair->type = row.type;
  }
  pair->counts.add(row);
  if (pairs_.size() >= pair_limit_) flush_pairs();
  ++types_[row.type];
  if (types_.size() > kTypesHeld) flush_types();
  if (!row.has(Row::kTimeKnown)) {
    ++without_time_;
    return;
  }
  int64_t hour = unit_of(row.time_ms, kHourMs);
  ++hours_[static_cast<uint64_t>(hour)];
  if (hours_.size() > 2 * kHoursKept) keep_earliest_hours();
  if (!minutes_full_) {
    ++minutes_[static_cast<uint64_t>(unit_of(row.time_ms, kMinuteMs))];
    minutes_full_ = minutes_.size() > kMinutesKept;
  }
  if (account_hours_full_ || row.account() == 0) return;
  if (hour < -kHourOffset || hour >= kHourOffset) return;
  ++account_hours_[(row.account() << kHourBits) | static_cast<uint64_t>(hour + kHourOffset)];
  if (account_hours_.size() > kHoursKept) {
    account_hours_full_ = true;
    account_hours_.clear();
  }
}

void Tally::flush_pairs() {
  std::string payload;
  pairs_.for_each([&](uint64_t, const Pair& pair) {
    if (!status_.ok()) return;
    payload.clear();
    append_key_u64(payload, pair.type);
    pair.counts.pack(payload);
    status_ = sums_.add(name_key(NameKind::kContext, pair.context, kSums), payload);
  });
  pairs_.clear();
}

void Tally::flush_types() {
  std::string payload;
  types_.for_each([&](uint64_t type, uint64_t events) {
    if (!status_.ok()) return;
    Counts counts;
    counts.events = events;
    payload.clear();
    counts.pack(payload);
    status_ = sums_.add(name_key(NameKind::kType, type, kSums), payload);
  });
  types_.clear();
}

Status Tally::flush() {
  flush_pairs();
  flush_types();
  return status_;
}

void Tally::keep_earliest_hours() {
  std::map<int64_t, uint64_t> earliest;
  add_hours_to(earliest);
  hours_.clear();
  for (const auto& [hour, count] : earliest) hours_[static_cast<uint64_t>(hour)] = count;
}

void Tally::add_hours_to(std::map<int64_t, uint64_t>& hours) const {
  hours_.for_each(
      [&](uint64_t hour, uint64_t count) { hours[static_cast<int64_t>(hour)] += count; });
  while (hours.size() > kHoursKept) hours.erase(std::prev(hours.end()));
}

bool Tally::add_minutes_to(std::map<int64_t, uint64_t>& minutes) const {
  if (minutes_full_) return false;
  minutes_.for_each(
      [&](uint64_t minute, uint64_t count) { minutes[static_cast<int64_t>(minute)] += count; });
  return minutes.size() <= kMinutesKept;
}

bool Tally::add_account_hours_to(std::map<std::string, std::map<int64_t, uint64_t>>& hours,
                                 size_t& count) const {
  if (account_hours_full_) return false;
  account_hours_.for_each([&](uint64_t key, uint64_t events) {
    auto hour = static_cast<int64_t>(key & ((uint64_t{1} << kHourBits) - 1)) - kHourOffset;
    uint64_t& sum = hours[account_text(key >> kHourBits)][hour];
    if (sum == 0) ++count;
    sum += events;
  });
  return count <= kHoursKept;
}

}  // namespace cairn::detect
