#include "detect/correlator.h"

#include "base/hash.h"
#include "detect/correlator_groups.h"
#include "detect/correlator_shelf.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <utility>

namespace cairn::detect {

namespace {

constexpr size_t kSweepGroups = 4096;
constexpr size_t kWaitingShare = 4;       // of the memory for groups, for events that wait
constexpr size_t kFirstRoom = 16u << 20;  // for groups, before more turns out to be needed
constexpr size_t kSeenValues = 100'000;   // of one group, by first_seen

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

/// `seen`: true of a source that has events in the window.
template <typename Seen>
bool holds(const CorrelationTree& tree, const Seen& seen) {
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
  return seen(tree.source);
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

/// Groups that saw nothing since then are forgotten: nothing that may come depends on them.
int64_t over_before(const Correlation& correlation, int64_t now_ms) {
  return now_ms - 2 * correlation.timespan.count();
}

bool takes_number(const Correlation& correlation) {
  return correlation.kind >= Kind::kValueSum && correlation.kind <= Kind::kValuePercentile;
}

std::optional<double> number_in(std::string_view text) {
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool whole = error == std::errc() && end == text.data() + text.size() && std::isfinite(number);
  return whole ? std::optional<double>(number) : std::nullopt;
}

/// The values of a group, as its findings show them.
void show_key(std::string_view packed, std::string& shown) {
  shown.clear();
  if (packed.empty()) shown = "all";
  for (PackReader values(packed); !values.at_end();) {
    if (!shown.empty()) shown += " / ";
    shown += values.text();
  }
}

}  // namespace

/// One match of a source.
struct Correlator::Arrival {
  size_t correlation = 0;
  uint32_t source = 0;
  int64_t time_ms = 0;
  std::string group_key;  // packed values of group_by
  uint64_t value = 0;     // as in Entry
  EvidenceRef evidence;
};

/// The condition of a correlation against a group's window.
class Correlator::Judge {
 public:
  Judge(const Correlation& correlation, const Group& group)
      : correlation_(correlation), group_(group) {}

  bool holds() const {
    if (!correlation_.condition.empty())
      return detect::holds(correlation_.condition[0],
                           [this](size_t source) { return group_.seen(source) > 0; });
    if (correlation_.kind == Kind::kRatio) return ratio_holds();
    const bool temporal =
        correlation_.kind == Kind::kTemporal || correlation_.kind == Kind::kTemporalOrdered;
    if (temporal && correlation_.bounds.empty())
      return sources_seen() == correlation_.sources.size();
    double value = measure();
    return std::all_of(correlation_.bounds.begin(), correlation_.bounds.end(),
                       [value](const auto& bound) { return passes(bound, value); });
  }

 private:
  size_t sources_seen() const {
    size_t count = 0;
    for (size_t source = 0; source < correlation_.sources.size(); ++source)
      if (group_.seen(source) > 0) ++count;
    return count;
  }

  /// Of the events of the other sources, so many; and of these the share that the first one has.
  bool ratio_holds() const {
    auto part = static_cast<double>(group_.seen(0));
    auto all = static_cast<double>(group_.window.size() - group_.seen(0));
    return all > 0 && part / all >= correlation_.ratio &&
           std::all_of(correlation_.bounds.begin(), correlation_.bounds.end(),
                       [all](const auto& bound) { return passes(bound, all); });
  }

  /// Between the two nearest values, in proportion.
  double percentile() const {
    const std::vector<double>& numbers = group_.numbers->sorted;
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
        return static_cast<double>(group_.values.size());
      case Kind::kTemporal:
      case Kind::kTemporalOrdered:
        return static_cast<double>(sources_seen());
      case Kind::kValueSum:
        return static_cast<double>(group_.numbers->sum);
      case Kind::kValueAvg:
        return static_cast<double>(group_.numbers->sum) / static_cast<double>(group_.window.size());
      case Kind::kValuePercentile:
        return percentile();
      case Kind::kFirstSeen:
      case Kind::kIdle:
      case Kind::kAbsence:
      case Kind::kRatio:
      case Kind::kTravel:
        break;  // judged in their own ways
    }
    return 0;
  }

  const Correlation& correlation_;
  const Group& group_;
};

Correlator::Correlator(const Run& run, const std::vector<SpillSorter*>& sorters,
                       SpillSorter& matches)
    : run_(run),
      correlations_(run.options.correlations),
      candidates_(sorters, run.options.state),
      matches_(matches),
      readers_(run.rules.size()),
      shelf_(std::make_unique<Shelf>(run.files, correlations_, held_bytes_)),
      room_bytes_(std::min(run.options.correlation_bytes, kFirstRoom)),
      sweep_at_(kSweepGroups),
      arrival_(std::make_unique<Arrival>()) {
  for (size_t i = 0; i < correlations_.size(); ++i) {
    groups_.emplace_back(held_bytes_);
    at_close_.push_back(is_judged_at_close(correlations_[i]));
    saw_places_.push_back(Seen::kNothing);
    for (size_t source = 0; source < correlations_[i].sources.size(); ++source)
      readers_[correlations_[i].sources[source].rule].emplace_back(i, source);
  }
}

Correlator::~Correlator() = default;

Status Correlator::add(std::string_view payload, EventPlace place) {
  const auto time_ms = read_rules(payload, rules_).time_ms();
  if (!time_ms) return status_;
  const int64_t lateness_ms = run_.options.keep_state ? run_.options.lateness.count() : 0;
  if (lateness_ms <= 0) return judge(*time_ms, place);
  waiting_.push_back({*time_ms, place});
  // When too many wait, the oldest cannot any longer.
  const size_t most = run_.options.correlation_bytes / kWaitingShare / sizeof(Waiting);
  if (waiting_.size() > most) TRY(judge_oldest());
  return judge_waiting(*time_ms);
}

Status Correlator::judge_waiting(int64_t last_ms) {
  const int64_t lateness_ms = run_.options.lateness.count();
  while (!waiting_.empty() && last_ms - waiting_.front().time_ms >= lateness_ms)
    TRY(judge_oldest());
  return status_;
}

Status Correlator::judge_oldest() {
  const Waiting oldest = waiting_.front();
  waiting_.pop_front();
  TRY(candidates_.read_match(oldest.place, payload_));
  read_rules(payload_, rules_);
  return judge(oldest.time_ms, oldest.place);
}

/// `rules_` are those of the match.
Status Correlator::judge(int64_t now_ms, EventPlace place) {
  if (group_count_ > sweep_at_) sweep(now_ms);
  if (held_bytes_ > room_bytes_) make_room(now_ms);
  Arrival& arrival = *arrival_;
  for (const MatchedRule& matched : rules_) {
    if (matched.allowed || readers_[matched.rule].empty()) continue;
    captured_.read(matched.captured);
    for (auto [correlation, source] : readers_[matched.rule]) {
      const Run::Source& places = run_.sources[correlation][source];
      if (places.allowed != Run::Source::kNowhere && captured_.at(places.allowed)) continue;
      arrival.correlation = correlation;
      arrival.source = static_cast<uint32_t>(source);
      arrival.time_ms = now_ms;
      if (!read_values(places, captured_, arrival)) continue;
      arrival.evidence = EvidenceRef::of_event(place);
      arrive(arrival);
    }
  }
  return status_;
}

/// False for an event without what the correlation asks for: it takes no part.
bool Correlator::read_values(const Run::Source& places, const CaptureReader& captured,
                             Arrival& arrival) {
  const Correlation& correlation = correlations_[arrival.correlation];
  arrival.group_key.clear();
  arrival.value = 0;
  for (size_t place : places.group_by) {
    auto value = captured.at(place);
    if (!value) return false;
    pack_text(arrival.group_key, *value);
  }
  for (size_t place : places.fields) {
    auto value = captured.at(place);
    if (!value) return false;
    if (takes_number(correlation)) {
      auto number = number_in(*value);
      if (!number) return false;
      arrival.value = std::bit_cast<uint64_t>(*number);
    } else if (correlation.asks_places()) {
      if (!read_place(*value, arrival)) return false;
    } else if (correlation.network_bits > 0) {
      arrival.value = network_hash(*value, correlation.network_bits, arrival.value + 1);
    } else {
      arrival.value = hash64(*value, arrival.value + 1);
    }
  }
  return true;
}

/// Puts what is asked of an address's place into the value. False when it is not known.
bool Correlator::read_place(std::string_view address, Arrival& arrival) {
  const Correlation& correlation = correlations_[arrival.correlation];
  Seen& seen = saw_places_[arrival.correlation];
  if (seen == Seen::kNothing) seen = Seen::kUnknown;
  const Places* places = run_.options.places;
  if (places == nullptr) return false;
  if (correlation.kind == Kind::kTravel) {
    arrival.value = places->spot_of(address);
    if (arrival.value == 0) return false;
  } else {
    const std::string name = correlation.place == Correlation::Place::kCountry
                                 ? places->country_of(address)
                                 : places->asn_of(address);
    if (name.empty()) return false;
    arrival.value = hash64(name, arrival.value + 1);
  }
  seen = Seen::kKnown;
  return true;
}

Correlator::Group& Correlator::group_of(const Arrival& arrival) {
  GroupTable& groups = groups_[arrival.correlation];
  const uint64_t hash = hash64(arrival.group_key);
  if (Group* known = groups.find(hash, arrival.group_key)) return *known;
  Group::Owner group;
  keep(shelf_->take(arrival.correlation, hash, arrival.group_key, group));
  if (!group) {
    group = Group::create(correlations_[arrival.correlation], arrival.group_key, held_bytes_);
    group->first_ms = arrival.time_ms;
  }
  ++group_count_;
  return groups.add(hash, std::move(group));
}

void Correlator::arrive(const Arrival& arrival) {
  const Correlation& correlation = correlations_[arrival.correlation];
  Group& group = group_of(arrival);
  const int64_t before_ms = std::exchange(group.last_ms, arrival.time_ms);
  const int64_t span = correlation.timespan.count();
  switch (correlation.kind) {
    case Kind::kFirstSeen:
      // Whether it was swept out or not.
      if (before_ms < over_before(correlation, arrival.time_ms)) group.begin_anew(arrival.time_ms);
      return note_value(arrival, group);
    case Kind::kIdle:
      if (before_ms != Group::kNever && arrival.time_ms - before_ms >= span)
        emit_at_once(arrival, group);
      return;
    case Kind::kAbsence:
      return await(arrival, group);
    case Kind::kTravel:
      return note_spot(arrival, group);
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
    group.pop_before(arrival.time_ms - span);
    if (group.window.empty()) group.holds = false;
  }
  if (group.window.size() >= kWindowEvents) group.pop();
  group.push({arrival.time_ms, arrival.value, arrival.evidence, arrival.source, false});
  if (at_close_[arrival.correlation] || correlation.kind == Kind::kTemporalOrdered) return;
  bool now = Judge(correlation, group).holds();
  bool rises = now && !group.holds;
  group.holds = now;
  if (!now) return;
  const bool told = rises && !readers_[correlation.rule].empty();
  const EvidenceRef evidence = told ? evidence_from(group, Group::kNever) : EvidenceRef();
  // What was in the window when it held before is in a finding already.
  size_t first = group.window.size();
  while (first > 0 && !group.window[first - 1].emitted) --first;
  for (; first < group.window.size(); ++first)
    emit(arrival.correlation, group, group.window[first]);
  if (told) feed_outer(arrival.correlation, group, arrival.time_ms, evidence);
}

/// A value that the group has not shown for the timespan, after it was watched for the time of
/// learning.
void Correlator::note_value(const Arrival& arrival, Group& group) {
  const Correlation& correlation = correlations_[arrival.correlation];
  const int64_t span = correlation.timespan.count();
  const int64_t last_ms = group.note_value(arrival.value, arrival.time_ms);
  bool first = last_ms == Group::kNever || arrival.time_ms - last_ms > span;
  if (first && arrival.time_ms - group.first_ms >= correlation.learn.count() &&
      arrival.time_ms > group.first_ms)
    emit_at_once(arrival, group);
  if (group.values.size() <= kSeenValues) return;
  group.forget_values(arrival.time_ms - span);
  if (group.values.size() <= kSeenValues) return;
  group.begin_anew(arrival.time_ms);  // full of values of this timespan
  ++forgotten_groups_;
}

/// The first source's events wait for one of the others; within one second the others count as
/// after them.
void Correlator::await(const Arrival& arrival, Group& group) {
  overdue(arrival.correlation, group, arrival.time_ms);
  if (arrival.source > 0) {
    while (!group.window.empty()) group.pop();
    group.chain(0) = arrival.time_ms;
    return;
  }
  if (group.chain(0) == arrival.time_ms) return;
  if (group.window.size() >= kWindowEvents) group.pop();
  group.push({arrival.time_ms, 0, arrival.evidence, 0, false});
}

/// The window holds where the group was last. Times are whole seconds, so one more may lie between
/// two of them; what comes late may be of before.
void Correlator::note_spot(const Arrival& arrival, Group& group) {
  const Correlation& correlation = correlations_[arrival.correlation];
  group.pop_before(arrival.time_ms - correlation.timespan.count());
  bool too_fast = false;
  if (!group.window.empty()) {
    const Entry& last = group.window.back();
    const double km = run_.options.places->least_km(last.value, arrival.value);
    const double hours =
        static_cast<double>(std::abs(arrival.time_ms - last.time_ms) + 1000) / 3'600'000;
    too_fast = km > correlation.distance_km && km > correlation.speed_kmh * hours;
  }
  group.push({arrival.time_ms, arrival.value, arrival.evidence, arrival.source, false});
  group.holds = false;  // each journey is told of
  if (too_fast) complete(arrival.correlation, group, Group::kNever);
  while (group.window.size() > 1) group.pop();
}

/// Tells of the events that waited for longer than the timespan.
void Correlator::overdue(size_t correlation, Group& group, int64_t now_ms) {
  const int64_t span = correlations_[correlation].timespan.count();
  while (!group.window.empty() && now_ms - group.window.front().time_ms > span) {
    Entry& entry = group.window.front();
    const EvidenceRef evidence = entry.evidence;
    emit(correlation, group, entry);
    feed_outer(correlation, group, entry.time_ms + span, evidence);
    group.pop();
  }
}

void Correlator::emit_at_once(const Arrival& arrival, Group& group) {
  Entry entry{arrival.time_ms, 0, arrival.evidence, arrival.source, false};
  emit(arrival.correlation, group, entry);
  feed_outer(arrival.correlation, group, arrival.time_ms, arrival.evidence);
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
    while (!group.window.empty()) group.pop();
    return;
  }
  if (correlation.kind != Kind::kTemporalOrdered || group.settled == group.window.size()) return;
  const int64_t now = group.window.back().time_ms, span = correlation.timespan.count();
  std::vector<int64_t>& before = chain_before_;
  before.clear();
  for (size_t i = 0; i < group.steps_count(); ++i) before.push_back(group.chain(i));
  const size_t last = group.steps_count() - 1;
  bool done = false;
  // The events of this second, by source: one event cannot be two steps.
  auto only_one = [&](size_t source) {
    std::optional<EventPlace> only;
    for (size_t i = group.settled; i < group.window.size(); ++i) {
      const Entry& entry = group.window[i];
      if (entry.source != source || !entry.evidence) continue;
      if (only && only != entry.evidence.first_event()) return std::optional<EventPlace>();
      only = entry.evidence.first_event();
    }
    return only;
  };
  for (size_t source = 0; source <= last; ++source) {
    bool is_here = false;
    for (size_t i = group.settled; i < group.window.size() && !is_here; ++i)
      is_here = group.window[i].source == source;
    if (!is_here) continue;
    int64_t begin = now;
    if (source > 0) {
      const auto here = only_one(source);
      bool same_event = here && here == only_one(source - 1);
      begin = same_event ? before[source - 1] : group.chain(source - 1);
    }
    if (begin == Group::kNever || now - begin > span) continue;
    group.chain(source) = std::max(group.chain(source), begin);
    done = done || source == last;
  }
  const size_t settled_before = group.settled;
  group.settled = static_cast<uint32_t>(group.window.size());
  if (done) {
    complete(number, group, group.chain(last));
  } else {
    group.holds = false;
    drop_unprepared(group, settled_before, now - span);
  }
}

/// Steps without the step before them are part of nothing: takes those of the last second out.
void Correlator::drop_unprepared(Group& group, size_t settled_before, int64_t oldest_ms) {
  while (group.window.size() > settled_before) {
    size_t source = group.window.back().source;
    if (source == 0 || group.chain(source) >= oldest_ms) break;
    group.pop_newest();
  }
  group.settled = static_cast<uint32_t>(group.window.size());
}

EvidenceRef Correlator::evidence_from(const Group& group, int64_t from_ms) {
  std::vector<EventPlace> events;
  for (size_t i = 0; i < group.window.size(); ++i) {
    const Entry& entry = group.window[i];
    if (entry.time_ms < from_ms || !entry.evidence) continue;
    entry.evidence.for_each_event([&](EventPlace event) { events.push_back(event); });
  }
  return events.empty() ? EvidenceRef() : EvidenceRef::of_events(events, held_bytes_);
}

/// The events from `from_ms` on took part.
void Correlator::complete(size_t correlation, Group& group, int64_t from_ms) {
  const bool told = !group.holds && !readers_[correlations_[correlation].rule].empty();
  const EvidenceRef evidence = told ? evidence_from(group, from_ms) : EvidenceRef();
  for (size_t i = 0; i < group.window.size(); ++i) {
    Entry& entry = group.window[i];
    if (entry.time_ms >= from_ms) emit(correlation, group, entry);
  }
  if (told) feed_outer(correlation, group, group.window.back().time_ms, evidence);
  group.holds = !at_close_[correlation];
}

void Correlator::emit(size_t correlation, Group& group, Entry& entry) {
  if (entry.emitted) return;
  entry.emitted = true;
  if (!entry.evidence) return;
  const uint32_t rule = correlations_[correlation].rule;
  if (run_.rules[rule].reported) {
    show_key(group.key(), shown_key_);
    entry.evidence.for_each_event([&](EventPlace event) { keep(tell(event, rule)); });
  }
  // An outer correlation may still ask who took part, an order may still be looked at.
  bool may_be_asked =
      !readers_[rule].empty() || correlations_[correlation].kind == Kind::kTemporalOrdered;
  if (may_be_asked) return;
  entry.evidence.reset();
}

/// The group that `shown_key_` names made a finding of this event.
Status Correlator::tell(EventPlace event, uint32_t rule) {
  TRY(candidates_.read(event, bytes_));
  attribute(bytes_, rule, shown_key_, match_);
  return matches_.add(match_.key, match_.payload);
}

void Correlator::feed_outer(size_t correlation, const Group& group, int64_t time_ms,
                            const EvidenceRef& evidence) {
  const Correlation& inner = correlations_[correlation];
  for (auto [outer, source] : readers_[inner.rule]) {
    Arrival arrival{outer, static_cast<uint32_t>(source), time_ms, {}, 0, evidence};
    for (const std::string& name : correlations_[outer].sources[source].group_by) {
      auto place = std::find(inner.group_by.begin(), inner.group_by.end(), name);
      PackReader values(group.key());
      std::string_view value = values.text();
      for (; place != inner.group_by.begin(); --place) value = values.text();
      pack_text(arrival.group_key, value);
    }
    arrive(arrival);
  }
}

/// True when the events of a correlation's windows just leave as time goes on: nothing is judged
/// when they do.
bool Correlator::slides(size_t correlation) const {
  const Kind kind = correlations_[correlation].kind;
  return !at_close_[correlation] && kind != Kind::kTemporalOrdered && kind != Kind::kAbsence;
}

/// Forgets groups whose window is over.
void Correlator::sweep(int64_t now_ms) {
  group_count_ = 0;
  for (size_t i = 0; i < groups_.size(); ++i) {
    if (correlations_[i].kind != Kind::kIdle) settle_over(i, over_before(correlations_[i], now_ms));
    group_count_ += groups_[i].size();
  }
  sweep_at_ = std::max(kSweepGroups, group_count_ * 2);
}

/// Takes out the groups that saw nothing from `over_ms` on.
void Correlator::settle_over(size_t correlation, int64_t over_ms) {
  std::vector<std::pair<const Group*, uint64_t>> over;
  groups_[correlation].for_each([&](const Group& group, uint64_t hash) {
    if (group.last_ms < over_ms) over.emplace_back(&group, hash);
  });
  std::sort(over.begin(), over.end(),
            [](const auto& a, const auto& b) { return a.first->key() < b.first->key(); });
  for (auto [group, hash] : over) settle(correlation, *groups_[correlation].take(*group, hash));
  if (slides(correlation)) return shelf_->drop_quiet(correlation, over_ms);
  keep(shelf_->take_quiet(correlation, over_ms, [&](Group& group) { settle(correlation, group); }));
}

/// Too much is held: what is over goes, then the groups that were quiet for longest go to disk.
void Correlator::make_room(int64_t now_ms) {
  sweep(now_ms);
  for (size_t i = 0; i < groups_.size(); ++i) {
    if (!slides(i)) continue;
    const int64_t oldest_ms = now_ms - correlations_[i].timespan.count();
    groups_[i].for_each([oldest_ms](Group& group, uint64_t) { group.pop_before(oldest_ms); });
  }
  grow_room();
  if (held_bytes_ > room_bytes_ / 8 * 7) put_away();
  read_before_ = shelf_->bytes_read();
}

/// More memory is used where it saves much reading.
void Correlator::grow_room() {
  const uint64_t read = shelf_->bytes_read() - read_before_;
  while (room_bytes_ < run_.options.correlation_bytes &&
         (read > room_bytes_ / 16 || shelf_->memory_bytes() > room_bytes_ / 4))
    room_bytes_ = std::min(room_bytes_ * 2, run_.options.correlation_bytes);
}

/// Until half of the room is free, so that it does not happen often.
void Correlator::put_away() {
  struct Quiet {
    int64_t last_ms;
    size_t correlation;
    const Group* group;
    uint64_t hash;
  };
  std::vector<Quiet> all;
  for (size_t i = 0; i < groups_.size(); ++i) {
    groups_[i].for_each([&](const Group& group, uint64_t hash) {
      all.push_back({group.last_ms, i, &group, hash});
    });
  }
  std::sort(all.begin(), all.end(), [](const Quiet& a, const Quiet& b) {
    if (a.last_ms != b.last_ms) return a.last_ms < b.last_ms;
    return a.correlation != b.correlation ? a.correlation < b.correlation
                                          : a.group->key() < b.group->key();
  });
  for (const Quiet& quiet : all) {
    if (held_bytes_ <= room_bytes_ / 2) break;
    if (!shelf_->put(quiet.correlation, quiet.hash, *quiet.group)) continue;
    groups_[quiet.correlation].take(*quiet.group, quiet.hash);
    --group_count_;
  }
  keep(shelf_->flush());
  // Even what tells of them has its bounds.
  if (shelf_->memory_bytes() > room_bytes_ / 2)
    forgotten_groups_ += shelf_->drop_oldest(shelf_->size() / 4);
}

Status Correlator::pause() {
  for (size_t i = 0; i < groups_.size(); ++i)
    if (correlations_[i].kind == Kind::kTemporalOrdered) settle_all(i);
  return status_;
}

Status Correlator::finish() {
  while (!waiting_.empty()) TRY(judge_oldest());
  // Inner ones come first: what they complete at the end still reaches the outer ones.
  for (size_t i = 0; i < groups_.size(); ++i) {
    if (!slides(i)) settle_all(i);
    groups_[i].clear();
  }
  return status_;
}

void Correlator::settle_all(size_t correlation) {
  for (Group* group : groups_[correlation].in_order()) settle(correlation, *group);
  keep(shelf_->take_quiet(correlation, std::numeric_limits<int64_t>::max(),
                          [&](Group& group) { settle(correlation, group); }));
}

}  // namespace cairn::detect
