#include "detect/tally.h"

#include "sys/spill.h"

#include <algorithm>
#include <utility>

namespace cairn::detect {

namespace {

constexpr int64_t kMinuteMs = 60'000, kMinutesOfHour = 60;
constexpr unsigned kHourBits = 24;
constexpr int64_t kHourOffset = int64_t{1}
                                << (kHourBits - 1);  // hours of about 957 years around 1970 fit

/// Divides downwards, also before 1970.
int64_t unit_of(int64_t time, int64_t unit) {
  return time >= 0 ? time / unit : -((-time + unit - 1) / unit);
}

std::string account_text(uint64_t number) {
  std::string digits = std::to_string(number);
  return std::string(12 - std::min<size_t>(digits.size(), 12), '0') + digits;
}

/// The hour in a key of account and hour.
int64_t hour_of(uint64_t key) {
  return static_cast<int64_t>(key & ((uint64_t{1} << kHourBits) - 1)) - kHourOffset;
}

/// Takes `count` off an entry; one that is not there was beyond a limit.
void remove_from(Tally::Hours& hours, int64_t key, uint64_t count) {
  auto found = hours.find(key);
  if (found == hours.end()) return;
  found->second -= std::min(found->second, count);
}

}  // namespace

void Counts::add(const Row& row) {
  ++events;
  errors += row.has(Row::kError);
  writes += row.has(Row::kWrite);
  sign_ins_without_mfa += row.has(Row::kSignInWithoutMfa);
  global_calls += row.has(Row::kGlobalCall);
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
  global_calls += other.global_calls;
  first_ms = std::min(first_ms, other.first_ms);
  last_ms = std::max(last_ms, other.last_ms);
}

void Counts::remove(const Counts& copies) {
  events -= copies.events;
  errors -= copies.errors;
  writes -= copies.writes;
  sign_ins_without_mfa -= copies.sign_ins_without_mfa;
  global_calls -= copies.global_calls;
}

void Counts::pack(std::string& out) const {
  for (uint64_t number : {events, errors, writes, sign_ins_without_mfa, global_calls})
    append_key_u64(out, number);
  append_key_i64(out, first_ms);
  append_key_i64(out, last_ms);
}

Counts Counts::unpack(std::string_view& rest) {
  Counts counts;
  for (uint64_t* number : {&counts.events, &counts.errors, &counts.writes,
                           &counts.sign_ins_without_mfa, &counts.global_calls}) {
    *number = read_key_u64(rest);
    rest.remove_prefix(8);
  }
  for (int64_t* number : {&counts.first_ms, &counts.last_ms}) {
    *number = read_key_i64(rest);
    rest.remove_prefix(8);
  }
  return counts;
}

Tally::Tally() : hours_(256), minutes_(256), account_hours_(256) {}

void Tally::add(const Row& row) {
  total_.add(row);
  if (!row.has(Row::kTimeKnown)) {
    ++without_time_;
    return;
  }
  int64_t minute = unit_of(row.time_ms, kMinuteMs);
  if (minute != run_minute_ || row.account() != run_account_) {
    end_run();
    run_minute_ = minute;
    run_account_ = row.account();
  }
  ++run_events_;
}

void Tally::end_run() {
  uint64_t events = std::exchange(run_events_, 0);
  if (events == 0) return;
  int64_t hour = unit_of(run_minute_, kMinutesOfHour);
  hours_[static_cast<uint64_t>(hour)] += events;
  if (hours_.size() > 2 * kHoursKept) keep_earliest_hours();
  if (!minutes_full_) {
    minutes_[static_cast<uint64_t>(run_minute_)] += events;
    minutes_full_ = minutes_.size() > kMinutesKept;
  }
  if (account_hours_full_ || run_account_ == 0) return;
  if (hour < -kHourOffset || hour >= kHourOffset) return;
  account_hours_[(run_account_ << kHourBits) | static_cast<uint64_t>(hour + kHourOffset)] += events;
  if (account_hours_.size() > kHoursKept) {
    account_hours_full_ = true;
    account_hours_.clear();
  }
}

void Tally::keep_earliest_hours() {
  Hours earliest;
  add_hours_to(earliest);
  hours_.clear();
  for (const auto& [hour, count] : earliest) hours_[static_cast<uint64_t>(hour)] = count;
}

void Tally::add_hours_to(Hours& hours) const {
  hours_.for_each(
      [&](uint64_t hour, uint64_t count) { hours[static_cast<int64_t>(hour)] += count; });
  while (hours.size() > kHoursKept) hours.erase(std::prev(hours.end()));
}

bool Tally::add_minutes_to(Hours& minutes) const {
  if (minutes_full_) return false;
  minutes_.for_each(
      [&](uint64_t minute, uint64_t count) { minutes[static_cast<int64_t>(minute)] += count; });
  return minutes.size() <= kMinutesKept;
}

bool Tally::add_account_hours_to(AccountHours& hours, size_t& count) const {
  if (account_hours_full_) return false;
  account_hours_.for_each([&](uint64_t key, uint64_t events) {
    uint64_t& sum = hours[account_text(key >> kHourBits)][hour_of(key)];
    if (sum == 0) ++count;
    sum += events;
  });
  return count <= kHoursKept;
}

void Tally::remove_from(Hours& hours, Hours& minutes, AccountHours& account_hours) const {
  hours_.for_each([&](uint64_t hour, uint64_t count) {
    detect::remove_from(hours, static_cast<int64_t>(hour), count);
  });
  minutes_.for_each([&](uint64_t minute, uint64_t count) {
    detect::remove_from(minutes, static_cast<int64_t>(minute), count);
  });
  account_hours_.for_each([&](uint64_t key, uint64_t count) {
    auto found = account_hours.find(account_text(key >> kHourBits));
    if (found != account_hours.end()) detect::remove_from(found->second, hour_of(key), count);
  });
}

}  // namespace cairn::detect
