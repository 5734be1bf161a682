#include "detect/grouper.h"

#include "base/hash.h"

#include <algorithm>

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

bool failed(const EventSummary& event) {
  return !event.error_code.empty() || !event.error_message.empty();
}

}  // namespace

void DistinctList::add(const std::string& value) {
  if (value.empty()) return;
  if (!hashes_) {
    if (values_.count(value) > 0) return;
    if (values_.size() < kListedValues) {
      values_.insert(value);
      return;
    }
    hashes_ = std::make_unique<FlatMap<uint8_t>>(2 * kListedValues);
    for (const std::string& known : values_) (*hashes_)[hash64(known)] = 1;
  }
  if (hashes_->size() < kExactDistinct) (*hashes_)[hash64(value)] = 1;
}

Grouper::Grouper(const Run& run)
    : run_(run),
      sweep_at_(kSweepGroups),
      rule_matches_(run.rules.size()),
      rule_allowed_(run.rules.size()) {}

void Grouper::add(const MatchRecord& record) {
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
  if (!counts) return;
  ++matched_events_;
  if (!record.event.time_known) return;
  int64_t hour =
      std::chrono::floor<std::chrono::hours>(record.event.time).time_since_epoch().count();
  int64_t minute =
      std::chrono::floor<std::chrono::minutes>(record.event.time).time_since_epoch().count();
  for (size_t level = 0; level < kLevelCount; ++level) {
    if (!levels[level]) continue;
    ++match_hours_[{static_cast<Level>(level), hour}];
    if (match_minutes_.size() <= kMatchMinutesKept)
      ++match_minutes_[{static_cast<Level>(level), minute}];
  }
  // Events come in time order: what is over the limit is the latest.
  while (match_hours_.size() > kMatchHoursKept) match_hours_.erase(std::prev(match_hours_.end()));
}

void Grouper::start(Open& open, const MatchedRule& matched, const std::string& key,
                    const MatchRecord& record) {
  const RuleInfo& info = run_.infos[matched.rule];
  const EventSummary& event = record.event;
  auto level = static_cast<size_t>(info.level);
  open.kept = started_[level] < kFindingsPerLevel;
  ++started_[level];
  if (!open.kept) ++not_kept_;
  open.end = event.time + std::max(info.dedup_window, Duration(1));
  if (!open.kept) return;
  Finding& finding = open.finding;
  finding.id = finding_id(info.id, key, record.fingerprint);
  finding.rule = matched.rule;
  finding.key = key;
  finding.principal = event.principal;
  finding.account = event.account;
  finding.level = info.level;
  finding.first = event.time;
  finding.time_known = event.time_known;
}

void Grouper::add_to_group(const MatchedRule& matched, const MatchRecord& record) {
  const EventSummary& event = record.event;
  const std::string& key = matched.own_key ? matched.key : event.principal;
  std::string group = std::to_string(matched.rule) + (event.time_known ? ":" : "?") + key;
  auto found = open_.find(group);
  if (found != open_.end() && event.time_known && event.time >= found->second->end) {
    close(*found->second);
    open_.erase(found);
    found = open_.end();
  }
  if (found == open_.end()) {
    if (open_.size() >= sweep_at_) close_expired(event.time);
    auto open = std::make_unique<Open>();
    open->group = group;
    start(*open, matched, key, record);
    found = open_.emplace(std::move(group), std::move(open)).first;
  }
  Open& open = *found->second;
  if (!open.kept) return;
  Finding& finding = open.finding;
  ++finding.count;
  finding.failed += failed(event);
  finding.last = event.time;
  size_t samples = started_[static_cast<size_t>(finding.level)] <= kFullySampled
                       ? run_.options.samples_per_finding
                       : std::min<size_t>(run_.options.samples_per_finding, 1);
  if (finding.samples.size() < samples) finding.samples.push_back(event);
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
  findings_.push_back(std::move(finding));
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

void Grouper::finish(Outcome& outcome) {
  for (auto& [group, open] : open_) close(*open);
  open_.clear();
  std::sort(findings_.begin(), findings_.end(), [](const Finding& a, const Finding& b) {
    if (a.level != b.level) return a.level > b.level;
    if (a.time_known != b.time_known) return a.time_known;
    if (a.first != b.first) return a.first < b.first;
    if (a.rule != b.rule) return a.rule < b.rule;
    return a.key < b.key;
  });
  outcome.findings = std::move(findings_);
  outcome.findings_not_kept = not_kept_;
  outcome.matched_events = matched_events_;
  outcome.rule_matches = std::move(rule_matches_);
  outcome.rule_allowed = std::move(rule_allowed_);
  outcome.match_hours = std::move(match_hours_);
  outcome.match_minutes = std::move(match_minutes_);
}

}  // namespace cairn::detect
