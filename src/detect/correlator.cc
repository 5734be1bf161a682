#include "detect/correlator.h"

#include "base/hash.h"
#include "detect/correlator_groups.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <tuple>
#include <utility>

namespace cairn::detect {

namespace {

constexpr size_t kSweepGroups = 4096;
constexpr size_t kSeenValues = 100'000;  // of one group, by first_seen

using Kind = Correlation::Kind;
using Test = Correlation::Test;

bool passes(const Correlation::Bound& bound, double value) {
  switch (bound.test) {
    case Test::kEqual:
      return value == bound.value;
    case Test::kNotEqual:
      return value != bound.value;
    case Test::kLess:
      return value < bound.value;
    case Test::kLessOrEqual:
      return value <= bound.value;
    case Test::kGreater:
      return value > bound.value;
    case Test::kGreaterOrEqual:
      return value >= bound.value;
  }
  return false;
}

bool has_not(const CorrelationTree& tree) {
  return tree.kind == CorrelationTree::Kind::kNot ||
         std::any_of(tree.children.begin(), tree.children.end(), has_not);
}

/// True when further events can undo what holds now.
bool is_judged_at_close(const Correlation& correlation) {
  if (correlation.kind >= Kind::kFirstSeen) return false;
  if (!correlation.condition.empty()) return has_not(correlation.condition[0]);
  return std::any_of(correlation.bounds.begin(), correlation.bounds.end(), [](const auto& bound) {
    return bound.test != Test::kGreater && bound.test != Test::kGreaterOrEqual;
  });
}

bool holds(const CorrelationTree& tree, const std::vector<size_t>& seen) {
  auto inner = [&](const CorrelationTree& child) { return holds(child, seen); };
  switch (tree.kind) {
    case CorrelationTree::Kind::kAnd:
      return std::all_of(tree.children.begin(), tree.children.end(), inner);
    case CorrelationTree::Kind::kOr:
      return std::any_of(tree.children.begin(), tree.children.end(), inner);
    case CorrelationTree::Kind::kNot:
      return !holds(tree.children[0], seen);
    case CorrelationTree::Kind::kSource:
      break;
  }
  return seen[tree.source] > 0;
}

/// Addresses of one network have one hash; what is no address has its own.
uint64_t network_hash(std::string_view text, unsigned bits, uint64_t seed) {
  auto address = Network::parse(text);
  if (!address || text.find('/') != std::string_view::npos) return hash64(text, seed);
  // An IPv6 network of the same standing: /24 to /48.
  unsigned kept = address->is_ipv4() ? 96 + bits : std::min(bits * 2, 128u);
  std::array<char, 16> bytes{};
  for (unsigned i = 0; i < bytes.size(); ++i) {
    unsigned own = kept > i * 8 ? std::min(kept - i * 8, 8u) : 0;
    bytes[i] = static_cast<char>(address->bytes[i] & (0xFF00u >> own));
  }
  return hash64({bytes.data(), bytes.size()}, seed);
}

std::optional<double> number_in(std::string_view text) {
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool whole = error == std::errc() && end == text.data() + text.size() && std::isfinite(number);
  return whole ? std::optional<double>(number) : std::nullopt;
}

}  // namespace

/// One match of a source.
struct Correlator::Arrival {
  size_t correlation = 0, source = 0;
  int64_t time_ms = 0;
  std::vector<std::string_view> group;
  uint64_t value = 0;
  double number = 0;
  std::vector<std::shared_ptr<const Proof>> proofs;
};

/// The condition of a correlation against a group's window.
class Correlator::Judge {
 public:
  Judge(const Correlation& correlation, const Group& group)
      : correlation_(correlation), group_(group) {}

  bool holds() const {
    if (!correlation_.condition.empty())
      return detect::holds(correlation_.condition[0], group_.seen);
    if (correlation_.kind == Kind::kRatio) return ratio_holds();
    const bool temporal =
        correlation_.kind == Kind::kTemporal || correlation_.kind == Kind::kTemporalOrdered;
    if (temporal && correlation_.bounds.empty()) return sources_seen() == group_.seen.size();
    double value = measure();
    return std::all_of(correlation_.bounds.begin(), correlation_.bounds.end(),
                       [value](const auto& bound) { return passes(bound, value); });
  }

 private:
  size_t sources_seen() const {
    return group_.seen.size() -
           static_cast<size_t>(std::count(group_.seen.begin(), group_.seen.end(), 0u));
  }

  /// Of the events of the other sources, so many; and of these the share that the first one has.
  bool ratio_holds() const {
    auto part = static_cast<double>(group_.seen[0]);
    auto all = static_cast<double>(group_.window.size() - group_.seen[0]);
    return all > 0 && part / all >= correlation_.ratio &&
           std::all_of(correlation_.bounds.begin(), correlation_.bounds.end(),
                       [all](const auto& bound) { return passes(bound, all); });
  }

  /// Between the two nearest values, in proportion.
  double percentile() const {
    const std::vector<double>& numbers = group_.numbers;
    double place = correlation_.percentile / 100 * static_cast<double>(numbers.size() - 1);
    auto low = static_cast<size_t>(place);
    size_t high = std::min(low + 1, numbers.size() - 1);
    return numbers[low] + (numbers[high] - numbers[low]) * (place - static_cast<double>(low));
  }

  double measure() const {
    switch (correlation_.kind) {
      case Kind::kEventCount:
        return static_cast<double>(group_.window.size());
      case Kind::kValueCount:
        return static_cast<double>(group_.values_seen.size());
      case Kind::kTemporal:
      case Kind::kTemporalOrdered:
        return static_cast<double>(sources_seen());
      case Kind::kValueSum:
        return static_cast<double>(group_.sum);
      case Kind::kValueAvg:
        return static_cast<double>(group_.sum) / static_cast<double>(group_.window.size());
      case Kind::kValuePercentile:
        return percentile();
      case Kind::kFirstSeen:
      case Kind::kIdle:
      case Kind::kAbsence:
      case Kind::kRatio:
        break;  // judged in their own ways
    }
    return 0;
  }

  const Correlation& correlation_;
  const Group& group_;
};

Correlator::Correlator(const Run& run, SpillSorter& matches)
    : run_(run),
      correlations_(run.options.correlations),
      matches_(matches),
      readers_(run.rules.size()),
      groups_(correlations_.size()),
      sweep_at_(kSweepGroups) {
  for (size_t i = 0; i < correlations_.size(); ++i) {
    at_close_.push_back(is_judged_at_close(correlations_[i]));
    for (size_t source = 0; source < correlations_[i].sources.size(); ++source)
      readers_[correlations_[i].sources[source].rule].emplace_back(i, source);
  }
}

Correlator::~Correlator() = default;

Status Correlator::add(std::string_view key, std::string_view payload, const MatchRecord& record) {
  if (!record.event.time_known) return status_;
  const int64_t now_ms = record.event.time.time_since_epoch().count();
  if (group_count_ > sweep_at_) sweep(now_ms);
  if (held_bytes_ > run_.options.correlation_bytes) make_room(now_ms);
  std::shared_ptr<const Proof> proof;
  Arrival arrival;
  for (const MatchedRule& matched : record.rules) {
    if (matched.allowed || readers_[matched.rule].empty()) continue;
    CaptureReader captured(matched.captured);
    for (auto [correlation, source] : readers_[matched.rule]) {
      const Run::Source& places = run_.sources[correlation][source];
      if (places.allowed != Run::Source::kNowhere && captured.at(places.allowed)) continue;
      arrival.correlation = correlation;
      arrival.source = source;
      arrival.time_ms = now_ms;
      if (!read_values(places, captured, arrival)) continue;
      if (!proof) proof = std::make_shared<const Proof>(key, payload, held_bytes_);
      arrival.proofs.assign(1, proof);
      arrive(arrival);
    }
  }
  return status_;
}

/// False for an event without what the correlation asks for: it takes no part.
bool Correlator::read_values(const Run::Source& places, const CaptureReader& captured,
                             Arrival& arrival) const {
  const Correlation& correlation = correlations_[arrival.correlation];
  const bool takes_number =
      correlation.kind >= Kind::kValueSum && correlation.kind <= Kind::kValuePercentile;
  arrival.group.clear();
  arrival.value = 0;
  arrival.number = 0;
  for (size_t place : places.group_by) {
    auto value = captured.at(place);
    if (!value) return false;
    arrival.group.push_back(*value);
  }
  for (size_t place : places.fields) {
    auto value = captured.at(place);
    if (!value) return false;
    if (correlation.network_bits > 0) {
      arrival.value = network_hash(*value, correlation.network_bits, arrival.value + 1);
    } else {
      arrival.value = hash64(*value, arrival.value + 1);
    }
    if (!takes_number) continue;
    auto number = number_in(*value);
    if (!number) return false;
    arrival.number = *number;
  }
  return true;
}

Correlator::Group& Correlator::group_of(const Arrival& arrival) {
  group_key_.clear();
  for (std::string_view value : arrival.group) pack_text(group_key_, value);
  auto& groups = groups_[arrival.correlation];
  auto found = groups.find(group_key_);
  if (found != groups.end()) return *found->second;
  const size_t sources = correlations_[arrival.correlation].sources.size();
  auto group = std::make_unique<Group>(sources, held_bytes_);
  group->chain.assign(sources, Group::kNever);
  group->first_ms = arrival.time_ms;
  group->last_ms = Group::kNever;
  for (std::string_view value : arrival.group) {
    if (!group->values.empty()) group->key += " / ";
    group->key += value;
    group->values.emplace_back(value);
  }
  if (arrival.group.empty()) group->key = "all";
  ++group_count_;
  return *groups.emplace(group_key_, std::move(group)).first->second;
}

void Correlator::arrive(const Arrival& arrival) {
  const Correlation& correlation = correlations_[arrival.correlation];
  Group& group = group_of(arrival);
  const int64_t before_ms = std::exchange(group.last_ms, arrival.time_ms);
  const int64_t span = correlation.timespan.count();
  switch (correlation.kind) {
    case Kind::kFirstSeen:
      return note_value(arrival, group);
    case Kind::kIdle:
      if (before_ms != Group::kNever && arrival.time_ms - before_ms >= span)
        emit_at_once(arrival, group);
      return;
    case Kind::kAbsence:
      return await(arrival, group);
    default:
      break;
  }
  if (at_close_[arrival.correlation]) {
    if (!group.window.empty() && arrival.time_ms - group.window.front().time_ms > span)
      settle(arrival.correlation, group);
  } else {
    // What came before this second is in order now.
    if (!group.window.empty() && group.window.back().time_ms != arrival.time_ms)
      settle(arrival.correlation, group);
    while (!group.window.empty() && arrival.time_ms - group.window.front().time_ms > span)
      group.pop(correlation.kind);
  }
  if (group.window.size() >= kWindowEvents) group.pop(correlation.kind);
  group.push(
      {arrival.time_ms, arrival.source, arrival.value, arrival.number, arrival.proofs, false},
      correlation.kind);
  if (at_close_[arrival.correlation] || correlation.kind == Kind::kTemporalOrdered) return;
  bool now = Judge(correlation, group).holds();
  bool rises = now && !group.holds;
  group.holds = now;
  if (!now) return;
  std::vector<std::shared_ptr<const Proof>> proofs;
  if (rises && !readers_[correlation.rule].empty()) {
    for (const Entry& entry : group.window)
      proofs.insert(proofs.end(), entry.proofs.begin(), entry.proofs.end());
  }
  // What was in the window when it held before is in a finding already.
  auto first = std::find_if(group.window.rbegin(), group.window.rend(), [](const Entry& entry) {
                 return entry.emitted;
               }).base();
  for (auto at = first; at != group.window.end(); ++at) emit(arrival.correlation, group, *at);
  if (rises) feed_outer(arrival.correlation, group, arrival.time_ms, std::move(proofs));
}

/// A value that the group has not shown for the timespan, after it was watched for the time of
/// learning.
void Correlator::note_value(const Arrival& arrival, Group& group) {
  const Correlation& correlation = correlations_[arrival.correlation];
  const int64_t span = correlation.timespan.count();
  auto [value, is_new] = group.last_seen.try_emplace(arrival.value, arrival.time_ms);
  if (is_new) held_bytes_ += kNodeBytes;
  bool first = is_new || arrival.time_ms - value->second > span;
  value->second = arrival.time_ms;
  if (first && arrival.time_ms - group.first_ms >= correlation.learn.count() &&
      arrival.time_ms > group.first_ms)
    emit_at_once(arrival, group);
  if (group.last_seen.size() <= kSeenValues) return;
  size_t forgotten = std::erase_if(
      group.last_seen, [&](const auto& seen) { return arrival.time_ms - seen.second > span; });
  if (group.last_seen.size() > kSeenValues) {
    // Full of values of this timespan: begin anew, and learn first.
    forgotten += group.last_seen.size();
    group.last_seen.clear();
    group.first_ms = arrival.time_ms;
    ++forgotten_groups_;
  }
  held_bytes_ -= forgotten * kNodeBytes;
}

/// The first source's events wait for one of the others; within one second the others count as
/// after them.
void Correlator::await(const Arrival& arrival, Group& group) {
  const Correlation& correlation = correlations_[arrival.correlation];
  overdue(arrival.correlation, group, arrival.time_ms);
  if (arrival.source > 0) {
    while (!group.window.empty()) group.pop(correlation.kind);
    group.chain[0] = arrival.time_ms;
    return;
  }
  if (group.chain[0] == arrival.time_ms) return;
  if (group.window.size() >= kWindowEvents) group.pop(correlation.kind);
  group.push({arrival.time_ms, 0, 0, 0, arrival.proofs, false}, correlation.kind);
}

/// Tells of the events that waited for longer than the timespan.
void Correlator::overdue(size_t correlation, Group& group, int64_t now_ms) {
  const int64_t span = correlations_[correlation].timespan.count();
  while (!group.window.empty() && now_ms - group.window.front().time_ms > span) {
    Entry& entry = group.window.front();
    auto proofs = entry.proofs;
    emit(correlation, group, entry);
    feed_outer(correlation, group, entry.time_ms + span, std::move(proofs));
    group.pop(correlations_[correlation].kind);
  }
}

void Correlator::emit_at_once(const Arrival& arrival, Group& group) {
  Entry entry{arrival.time_ms, arrival.source, 0, 0, arrival.proofs, false};
  const size_t remembered = group.remembered++;  // emit() may take it off
  emit(arrival.correlation, group, entry);
  group.remembered = remembered;
  feed_outer(arrival.correlation, group, arrival.time_ms, arrival.proofs);
}

/// Judges a window that is over, or the order of the events of the last second: within one second
/// CloudTrail tells no order, so any will do.
void Correlator::settle(size_t number, Group& group) {
  const Correlation& correlation = correlations_[number];
  if (group.window.empty()) return;
  if (correlation.kind == Kind::kAbsence)
    return overdue(number, group, std::numeric_limits<int64_t>::max());
  if (at_close_[number]) {
    if (Judge(correlation, group).holds()) complete(number, group, group.window.front().time_ms);
    while (!group.window.empty()) group.pop(correlation.kind);
    return;
  }
  if (correlation.kind != Kind::kTemporalOrdered || group.settled == group.window.size()) return;
  const int64_t now = group.window.back().time_ms, span = correlation.timespan.count();
  const std::vector<int64_t> before = group.chain;
  const size_t last = group.chain.size() - 1;
  bool done = false;
  // The events of this second, by source: one event cannot be two steps.
  auto only_one = [&](size_t source) {
    const Proof* only = nullptr;
    for (size_t i = group.settled; i < group.window.size(); ++i) {
      const Entry& entry = group.window[i];
      if (entry.source != source || entry.proofs.empty()) continue;
      if (only != nullptr && only != entry.proofs[0].get())
        return static_cast<const Proof*>(nullptr);
      only = entry.proofs[0].get();
    }
    return only;
  };
  for (size_t source = 0; source <= last; ++source) {
    bool is_here =
        std::any_of(group.window.begin() + static_cast<std::ptrdiff_t>(group.settled),
                    group.window.end(), [&](const Entry& entry) { return entry.source == source; });
    if (!is_here) continue;
    int64_t begin = now;
    if (source > 0) {
      const Proof* here = only_one(source);
      bool same_event = here != nullptr && here == only_one(source - 1);
      begin = same_event ? before[source - 1] : group.chain[source - 1];
    }
    if (begin == Group::kNever || now - begin > span) continue;
    group.chain[source] = std::max(group.chain[source], begin);
    done = done || source == last;
  }
  const size_t settled_before = group.settled;
  group.settled = group.window.size();
  if (done) {
    complete(number, group, group.chain[last]);
  } else {
    group.holds = false;
    drop_unprepared(group, settled_before, now - span);
  }
}

/// Steps without the step before them are part of nothing: takes those of the last second out.
void Correlator::drop_unprepared(Group& group, size_t settled_before, int64_t oldest_ms) {
  while (group.window.size() > settled_before) {
    size_t source = group.window.back().source;
    if (source == 0 || group.chain[source] >= oldest_ms) break;
    group.pop_newest();
  }
  group.settled = group.window.size();
}

/// The events from `from_ms` on took part.
void Correlator::complete(size_t correlation, Group& group, int64_t from_ms) {
  std::vector<std::shared_ptr<const Proof>> proofs;
  for (Entry& entry : group.window) {
    if (entry.time_ms < from_ms) continue;
    proofs.insert(proofs.end(), entry.proofs.begin(), entry.proofs.end());
    emit(correlation, group, entry);
  }
  if (!group.holds) feed_outer(correlation, group, group.window.back().time_ms, std::move(proofs));
  group.holds = !at_close_[correlation];
}

void Correlator::emit(size_t correlation, Group& group, Entry& entry) {
  if (entry.emitted) return;
  entry.emitted = true;
  const uint32_t rule = correlations_[correlation].rule;
  if (run_.rules[rule].reported) {
    for (const auto& proof : entry.proofs) {
      reattribute(proof->payload, rule, group.key, payload_);
      keep(matches_.add(proof->key, payload_));
    }
  }
  // An outer correlation may still ask who took part, an order may still be looked at.
  bool may_be_asked =
      !readers_[rule].empty() || correlations_[correlation].kind == Kind::kTemporalOrdered;
  if (may_be_asked || entry.proofs.empty()) return;
  entry.proofs.clear();
  --group.remembered;
}

void Correlator::feed_outer(size_t correlation, const Group& group, int64_t time_ms,
                            std::vector<std::shared_ptr<const Proof>> proofs) {
  const Correlation& inner = correlations_[correlation];
  for (auto [outer, source] : readers_[inner.rule]) {
    Arrival arrival{outer, source, time_ms, {}, 0, 0, proofs};
    for (const std::string& name : correlations_[outer].sources[source].group_by) {
      auto place = std::find(inner.group_by.begin(), inner.group_by.end(), name);
      arrival.group.push_back(group.values[static_cast<size_t>(place - inner.group_by.begin())]);
    }
    arrive(arrival);
  }
}

/// Forgets groups whose window is over.
void Correlator::sweep(int64_t now_ms) {
  group_count_ = 0;
  for (size_t i = 0; i < groups_.size(); ++i) {
    if (correlations_[i].kind != Kind::kIdle) {
      const int64_t span = correlations_[i].timespan.count();
      std::vector<std::string> over;
      for (auto& [key, group] : groups_[i])
        if (now_ms - group->last_ms > 2 * span) over.push_back(key);
      std::sort(over.begin(), over.end());
      for (const std::string& key : over) {
        auto found = groups_[i].find(key);
        std::unique_ptr<Group> group = std::move(found->second);
        groups_[i].erase(found);
        settle(i, *group);
      }
    }
    group_count_ += groups_[i].size();
  }
  sweep_at_ = std::max(kSweepGroups, group_count_ * 2);
}

/// Too much is remembered: what is over goes, then the groups that were quiet for longest, until a
/// quarter of the memory is free.
void Correlator::make_room(int64_t now_ms) {
  sweep(now_ms);
  const size_t enough = run_.options.correlation_bytes / 4 * 3;
  struct Candidate {
    int64_t last_ms;
    size_t correlation;
    const std::string* key;
  };
  std::vector<Candidate> candidates;
  for (size_t i = 0; i < groups_.size(); ++i)
    for (auto& [key, group] : groups_[i]) candidates.push_back({group->last_ms, i, &key});
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.last_ms, a.correlation, *a.key) < std::tie(b.last_ms, b.correlation, *b.key);
  });
  for (const Candidate& candidate : candidates) {
    if (held_bytes_ <= enough) break;
    groups_[candidate.correlation].erase(std::string(*candidate.key));
    --group_count_;
    ++forgotten_groups_;
  }
}

Status Correlator::pause() {
  for (size_t i = 0; i < groups_.size(); ++i) {
    if (correlations_[i].kind != Kind::kTemporalOrdered) continue;
    std::map<std::string, Group*> in_order;
    for (auto& [key, group] : groups_[i]) in_order.emplace(key, group.get());
    for (auto& [key, group] : in_order) settle(i, *group);
  }
  return status_;
}

Status Correlator::finish() {
  // Inner ones come first: what they complete at the end still reaches the outer ones.
  for (size_t i = 0; i < groups_.size(); ++i) {
    std::map<std::string, Group*> in_order;
    for (auto& [key, group] : groups_[i]) in_order.emplace(key, group.get());
    for (auto& [key, group] : in_order) settle(i, *group);
    groups_[i].clear();
  }
  return status_;
}

}  // namespace cairn::detect
