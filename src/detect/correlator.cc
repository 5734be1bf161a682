#include "detect/correlator.h"

#include "base/hash.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace cairn::detect {

namespace {

constexpr size_t kSweepGroups = 4096;

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

std::optional<double> number_in(std::string_view text) {
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool whole = error == std::errc() && end == text.data() + text.size() && std::isfinite(number);
  return whole ? std::optional<double>(number) : std::nullopt;
}

}  // namespace

/// An event that took part, as the match sorter has it.
struct Correlator::Proof {
  std::string key, payload;
};

struct Correlator::Entry {
  int64_t time_ms = 0;
  size_t source = 0;
  uint64_t value = 0;  // hash of the values
  double number = 0;
  std::vector<std::shared_ptr<const Proof>> proofs;  // empty once it is in a finding
  bool emitted = false;
};

/// What is in the window of one group.
struct Correlator::Group {
  std::string key;                  // as shown
  std::vector<std::string> values;  // of group_by
  std::deque<Entry> window;
  std::vector<size_t> seen;                          // entries, by source
  std::unordered_map<uint64_t, size_t> values_seen;  // value_count
  long double sum = 0;
  std::vector<double> numbers;  // value_percentile: sorted
  std::vector<int64_t> chain;   // temporal_ordered: by source, when the chain up to
                                // it began; kNever for none
  size_t settled = 0;           // entries whose order has been looked at
  size_t remembered = 0;        // entries with proofs
  bool holds = false;           // the condition did, when it was judged last

  static constexpr int64_t kNever = std::numeric_limits<int64_t>::min();

  void push(Entry entry, Kind kind) {
    ++seen[entry.source];
    if (kind == Kind::kValueCount) ++values_seen[entry.value];
    sum += entry.number;
    if (kind == Kind::kValuePercentile)
      numbers.insert(std::upper_bound(numbers.begin(), numbers.end(), entry.number), entry.number);
    remembered += !entry.proofs.empty();
    window.push_back(std::move(entry));
    if (remembered > kWindowSamples) forget_oldest_proofs();
  }

  void pop(Kind kind) {
    const Entry& entry = window.front();
    --seen[entry.source];
    if (kind == Kind::kValueCount) {
      auto found = values_seen.find(entry.value);
      if (found != values_seen.end() && --found->second == 0) values_seen.erase(found);
    }
    sum -= entry.number;
    if (window.size() == 1) sum = 0;  // nothing is left of what adding lost
    if (kind == Kind::kValuePercentile)
      numbers.erase(std::lower_bound(numbers.begin(), numbers.end(), entry.number));
    remembered -= !entry.proofs.empty();
    settled -= std::min<size_t>(settled, 1);
    window.pop_front();
  }

  void forget_oldest_proofs() {
    for (Entry& entry : window) {
      if (entry.proofs.empty()) continue;
      entry.proofs.clear();
      --remembered;
      return;
    }
  }
};

/// One match of a source.
struct Correlator::Arrival {
  size_t correlation = 0, source = 0;
  int64_t time_ms = 0;
  std::vector<std::string> group;
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
  if (group_count_ > sweep_at_) sweep(record.event.time.time_since_epoch().count());
  std::shared_ptr<const Proof> proof;
  for (const MatchedRule& matched : record.rules) {
    if (matched.allowed) continue;
    for (auto [correlation, source] : readers_[matched.rule]) {
      const Run::Source& places = run_.sources[correlation][source];
      Arrival arrival{correlation, source, record.event.time.time_since_epoch().count(), {}, 0,
                      0,           {}};
      CaptureReader captured(matched.captured);
      auto value_of = [&](size_t place) { return captured.at(place); };
      bool whole = true;
      for (size_t place : places.group_by) {
        auto value = value_of(place);
        whole = whole && value.has_value();
        arrival.group.emplace_back(value.value_or(""));
      }
      const Kind kind = correlations_[correlation].kind;
      for (size_t place : places.fields) {
        auto value = value_of(place);
        whole = whole && value.has_value();
        arrival.value = hash64(value.value_or(""), arrival.value + 1);
        if (kind > Kind::kTemporalOrdered && whole) {
          auto number = number_in(*value);
          whole = number.has_value();
          arrival.number = number.value_or(0);
        }
      }
      if (!whole) continue;  // an event without what the correlation asks for takes no part
      if (!proof)
        proof = std::make_shared<const Proof>(Proof{std::string(key), std::string(payload)});
      arrival.proofs.push_back(proof);
      arrive(arrival);
    }
  }
  return status_;
}

void Correlator::arrive(const Arrival& arrival) {
  const Correlation& correlation = correlations_[arrival.correlation];
  std::string hash;
  for (const std::string& value : arrival.group) pack_text(hash, value);
  auto& groups = groups_[arrival.correlation];
  auto found = groups.find(hash);
  if (found == groups.end()) {
    ++group_count_;
    auto group = std::make_unique<Group>();
    group->values = arrival.group;
    for (size_t i = 0; i < arrival.group.size(); ++i)
      group->key += (i > 0 ? " / " : "") + arrival.group[i];
    group->seen.resize(correlation.sources.size());
    group->chain.assign(correlation.sources.size(), Group::kNever);
    if (arrival.group.empty()) group->key = "all";
    found = groups.emplace(hash, std::move(group)).first;
  }
  Group& group = *found->second;
  const int64_t span = correlation.timespan.count();
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

/// Judges a window that is over, or the order of the events of the last second: within one second
/// CloudTrail tells no order, so any will do.
void Correlator::settle(size_t number, Group& group) {
  const Correlation& correlation = correlations_[number];
  if (group.window.empty()) return;
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
  group.settled = group.window.size();
  if (done) {
    complete(number, group, group.chain[last]);
  } else {
    group.holds = false;
  }
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
  group_count_ = 1;
  for (size_t i = 0; i < groups_.size(); ++i) {
    const int64_t span = correlations_[i].timespan.count();
    std::vector<std::string> over;
    for (auto& [hash, group] : groups_[i])
      if (group->window.empty() || now_ms - group->window.back().time_ms > 2 * span)
        over.push_back(hash);
    std::sort(over.begin(), over.end());
    for (const std::string& hash : over) {
      auto found = groups_[i].find(hash);
      std::unique_ptr<Group> group = std::move(found->second);
      groups_[i].erase(found);
      settle(i, *group);
    }
    group_count_ += groups_[i].size();
  }
  sweep_at_ = std::max(kSweepGroups, group_count_ * 2);
}

Status Correlator::finish() {
  // Inner ones come first: what they complete at the end still reaches the outer ones.
  for (size_t i = 0; i < groups_.size(); ++i) {
    std::map<std::string, Group*> in_order;
    for (auto& [hash, group] : groups_[i]) in_order.emplace(hash, group.get());
    for (auto& [hash, group] : in_order) settle(i, *group);
    groups_[i].clear();
  }
  return status_;
}

}  // namespace cairn::detect
