#include "detect/grouper.h"

#include "base/hash.h"
#include "detect/finding_record.h"

#include <algorithm>
#include <utility>

namespace cairn::detect {

namespace {

constexpr size_t kSweepGroups = 4096;
constexpr size_t kMatchHoursKept = 200'000;
constexpr size_t kMatchMinutesKept =
    100'000;  // more than the minutes of all levels that are reported

std::string finding_id(const std::string& rule_id, const std::string& key, uint64_t fingerprint) {
  uint64_t hash = mix64(hash64(key, hash64(rule_id)), fingerprint);
  std::string id = "F-";
  for (int shift = 36; shift >= 0; shift -= 4) id += "0123456789abcdef"[(hash >> shift) & 15];
  return id;
}

bool failed(const EventView& event) {
  return !event.error_code.empty() || !event.error_message.empty();
}

}  // namespace

void DistinctList::add(std::string_view value) {
  if (value.empty() || (last_ < values_.size() && values_[last_] == value)) return;
  if (!hashes_) {
    for (last_ = 0; last_ < values_.size(); ++last_)
      if (values_[last_] == value) return;
    if (values_.size() < kListedValues) {
      values_.emplace_back(value);
      return;
    }
    hashes_ = std::make_unique<FlatMap<uint8_t>>(2 * kListedValues);
    for (const std::string& known : values_) (*hashes_)[hash64(known)] = 1;
  }
  if (hashes_->size() < kExactDistinct) (*hashes_)[hash64(value)] = 1;
}

std::vector<std::string> DistinctList::take() && {
  std::sort(values_.begin(), values_.end());
  return std::move(values_);
}

Grouper::Grouper(const Run& run, SpillSorter& findings)
    : run_(run),
      sweep_at_(kSweepGroups),
      findings_(findings),
      rule_matches_(run.rules.size()),
      rule_allowed_(run.rules.size()) {}

Status Grouper::add(const MatchRecord& record) {
  std::array<bool, kLevelCount> levels{};
  bool counts = false;
  for (const MatchedRule& matched : record.rules) {
    ++rule_matches_[matched.rule];
    if (matched.allowed) ++rule_allowed_[matched.rule];
    if (matched.allowed || !run_.rules[matched.rule].reported) continue;
    counts = true;
    levels[static_cast<size_t>(run_.infos[matched.rule].level)] = true;
    add_to_group(matched, record);
  }
  if (!counts) return status_;
  ++matched_events_;
  if (record.event.time_known) count_times(record.event, levels);
  return status_;
}

void Grouper::count_times(const EventView& event, const std::array<bool, kLevelCount>& levels) {
  int64_t minute = std::chrono::floor<std::chrono::minutes>(event.time).time_since_epoch().count();
  if (minute != minute_) end_minute();
  minute_ = minute;
  for (size_t level = 0; level < kLevelCount; ++level) in_minute_[level] += levels[level];
}

void Grouper::end_minute() {
  int64_t hour = std::chrono::floor<std::chrono::hours>(std::chrono::minutes(minute_)).count();
  for (size_t level = 0; level < kLevelCount; ++level) {
    uint64_t matches = std::exchange(in_minute_[level], 0);
    if (matches == 0) continue;
    match_hours_[{static_cast<Level>(level), hour}] += matches;
    if (match_minutes_.size() <= kMatchMinutesKept)
      match_minutes_[{static_cast<Level>(level), minute_}] += matches;
  }
  // Events come in time order: what is over the limit is the latest.
  while (match_hours_.size() > kMatchHoursKept) match_hours_.erase(std::prev(match_hours_.end()));
}

void Grouper::start(Open& open, uint32_t rule, const MatchRecord& record) {
  const RuleInfo& info = run_.infos[rule];
  const EventView& event = record.event;
  open.kept = kept_open_ < kOpenFindings;
  kept_open_ += open.kept;
  not_kept_ += !open.kept;
  open.end = event.time + std::max(info.dedup_window, Duration(1));
  Finding& finding = open.finding;
  finding.rule = rule;
  finding.time_known = event.time_known;
  if (!open.kept) return;
  finding.id = finding_id(info.id, open.key, record.fingerprint);
  finding.key = open.key;
  finding.principal = event.principal;
  finding.account = event.account;
  finding.level = info.level;
  finding.first = event.time;
}

/// Returns the group of a match; a new one when its window has passed, or there was none.
Grouper::Open& Grouper::open_group(const MatchedRule& matched, const MatchRecord& record) {
  const EventView& event = record.event;
  std::string_view key = matched.own_key ? matched.key : event.principal;
  uint64_t hash = hash64(key, (uint64_t{matched.rule} << 1) + event.time_known);
  for (;; hash = mix64(hash, 1)) {
    auto found = open_.find(hash);
    if (found == open_.end()) {
      if (open_.size() >= sweep_at_ && event.time_known) close_expired(event.time);
      auto open = std::make_unique<Open>();
      open->key = key;
      start(*open, matched.rule, record);
      return *open_.emplace(hash, std::move(open)).first->second;
    }
    Open& open = *found->second;
    bool same = open.finding.rule == matched.rule && open.key == key &&
                open.finding.time_known == event.time_known;
    if (!same) continue;  // another's hash
    if (!event.time_known || event.time < open.end) return open;
    close(open);
    auto next = std::make_unique<Open>();
    next->key = key;
    start(*next, matched.rule, record);
    found->second = std::move(next);
    return *found->second;
  }
}

void Grouper::add_to_group(const MatchedRule& matched, const MatchRecord& record) {
  const EventView& event = record.event;
  Open& open = open_group(matched, record);
  if (!open.kept) return;
  Finding& finding = open.finding;
  ++finding.count;
  finding.failed += failed(event);
  finding.last = event.time;
  if (finding.samples.size() < run_.options.samples_per_finding)
    copy_event(event, finding.samples.emplace_back());
  open.event_names.add(event.event_name);
  open.source_ips.add(event.source_ip);
  open.regions.add(event.region);
  open.targets.add(event.target);
  open.user_agents.add(event.user_agent);
  open.error_codes.add(event.error_code);
  open.principals.add(event.principal);
}

void Grouper::close(Open& open) {
  if (!open.kept) return;
  --kept_open_;
  Finding& finding = open.finding;
  finding.event_name_count = open.event_names.count();
  finding.source_ip_count = open.source_ips.count();
  finding.target_count = open.targets.count();
  finding.principal_count = open.principals.count();
  finding.event_names = std::move(open.event_names).take();
  finding.source_ips = std::move(open.source_ips).take();
  finding.regions = std::move(open.regions).take();
  finding.targets = std::move(open.targets).take();
  finding.user_agents = std::move(open.user_agents).take();
  finding.error_codes = std::move(open.error_codes).take();
  finding.principals = std::move(open.principals).take();
  ++by_level_[static_cast<size_t>(finding.level)];
  finding_key(finding, key_);
  pack_finding(finding, payload_);
  keep(findings_.add(key_, payload_));
}

void Grouper::close_expired(Timestamp now) {
  for (auto it = open_.begin(); it != open_.end();) {
    // A window that is over at `now` cannot get another event: events come in time order.
    if (it->second->end <= now) {
      close(*it->second);
      it = open_.erase(it);
    } else {
      ++it;
    }
  }
  sweep_at_ = std::max(kSweepGroups, open_.size() * 2);
}

Status Grouper::finish(Outcome& outcome) {
  end_minute();
  for (auto& [group, open] : open_) close(*open);
  open_.clear();
  outcome.findings_by_level = by_level_;
  outcome.findings_not_kept = not_kept_;
  outcome.matched_events = matched_events_;
  outcome.rule_matches = std::move(rule_matches_);
  outcome.rule_allowed = std::move(rule_allowed_);
  outcome.match_hours = std::move(match_hours_);
  outcome.match_minutes = std::move(match_minutes_);
  return status_;
}

}  // namespace cairn::detect
