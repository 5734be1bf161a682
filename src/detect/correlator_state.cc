// What a Correlator remembers, as bytes, from run to run.
//
//   "cairn-state 6\n"  hash of what follows (8 bytes)  events  correlations  waiting
//
// The hash tells damage. It can be forged, so a state is read as any bytes are, with each value
// looked at before it is used.

#include "base/hash.h"
#include "base/stored_reader.h"
#include "detect/correlator.h"
#include "detect/correlator_groups.h"
#include "detect/correlator_shelf.h"
#include "sys/spill.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_map>

namespace cairn::detect {

namespace {

constexpr std::string_view kMagic = "cairn-state 6\n";
constexpr size_t kHashBytes = 8;
constexpr int64_t kFarthestMs = 253'402'300'799'999;  // year 9999, and as far back

void pack_tree(std::string& out, const CorrelationTree& tree) {
  pack_number(out, static_cast<uint64_t>(tree.kind));
  pack_number(out, tree.source);
  pack_number(out, tree.children.size());
  for (const CorrelationTree& child : tree.children) pack_tree(out, child);
}

void pack_signed(std::string& out, int64_t number) { append_key_i64(out, number); }

}  // namespace

/// A correlation means the same as long as this does. What rules look for is not part of it: their
/// ids stand for them.
std::vector<uint64_t> Correlator::definitions() const {
  std::vector<uint64_t> hashes;
  for (const Correlation& correlation : correlations_) {
    std::string text = run_.infos[correlation.rule].id;
    text += '\0';
    pack_number(text, static_cast<uint64_t>(correlation.kind));
    pack_signed(text, correlation.timespan.count());
    pack_signed(text, correlation.learn.count());
    pack_number(text, correlation.network_bits);
    pack_number(text, std::bit_cast<uint64_t>(correlation.ratio));
    pack_number(text, std::bit_cast<uint64_t>(correlation.percentile));
    pack_number(text, static_cast<uint64_t>(correlation.place));
    pack_number(text, std::bit_cast<uint64_t>(correlation.speed_kmh));
    pack_number(text, std::bit_cast<uint64_t>(correlation.distance_km));
    for (const std::string& name : correlation.group_by) pack_text(text, name);
    for (const Correlation::Bound& bound : correlation.bounds) {
      pack_number(text, static_cast<uint64_t>(bound.test));
      pack_number(text, std::bit_cast<uint64_t>(bound.value));
    }
    for (const CorrelationTree& tree : correlation.condition) pack_tree(text, tree);
    for (const Correlation::Source& source : correlation.sources) {
      pack_text(text, run_.infos[source.rule].id);
      for (const std::string& path : source.group_by) pack_text(text, path);
      for (const std::string& path : source.fields) pack_text(text, path);
      for (size_t inner = 0; inner < hashes.size(); ++inner)
        if (correlations_[inner].rule == source.rule) pack_number(text, hashes[inner]);
    }
    hashes.push_back(hash64(text));
  }
  return hashes;
}

std::string Correlator::save(const std::vector<const SharedTexts*>& texts) {
  std::unordered_map<uint64_t, size_t> numbers;  // by EventPlace
  std::vector<EventPlace> events;
  auto number_of = [&](EventPlace event) {
    auto [known, is_new] = numbers.emplace(event.bits, events.size());
    if (is_new) events.push_back(event);
    return known->second;
  };
  std::string groups, packed;
  auto pack = [&](const Group& group) {
    packed.clear();
    group.pack(packed, number_of);
    pack_text(groups, packed);
  };
  const std::vector<uint64_t> hashes = definitions();
  pack_number(groups, correlations_.size());
  for (size_t i = 0; i < correlations_.size(); ++i) {
    append_key_u64(groups, hashes[i]);
    pack_number(groups, groups_[i].size() + shelf_->size(i));
    for (const Group* group : groups_[i].in_order()) pack(*group);
    keep(shelf_->for_each(i, pack));
  }
  std::string body;
  // Events with their texts written out: the pools of this run will be gone.
  SharedTexts none(0, 0);
  MatchRecord record;
  EncodedMatch match, whole;
  std::string bytes;
  pack_number(body, events.size());
  for (EventPlace event : events) {
    if (Status done = candidates_.read(event, bytes_); !done.ok()) {
      keep(done);
      return {};
    }
    attribute(bytes_, 0, {}, match);
    decode_match(match.payload, texts, record);
    record.rules.clear();
    encode_match(record, 0, 0, none, whole);
    read_rules(whole.payload, record.rules).pack(bytes);
    pack_text(body, bytes);
  }
  body += groups;
  save_waiting(texts, body);
  std::string out(kMagic);
  append_key_u64(out, hash64(body));
  return out + body;
}

/// What a rule's matches captured of events is in the order that the correlations that read it and
/// their lists ask for. A number for each rule, which is the same as long as this order is.
std::vector<uint64_t> Correlator::layouts() const {
  const std::vector<uint64_t> hashes = definitions();
  std::vector<uint64_t> layouts;
  for (size_t rule = 0; rule < run_.rules.size(); ++rule) {
    std::string text;
    for (auto [correlation, source] : readers_[rule]) {
      append_key_u64(text, hashes[correlation]);
      pack_number(text, source);
    }
    pack_number(text, run_.rules[rule].captured.size());
    pack_number(text, run_.rules[rule].allowed_for.size());
    layouts.push_back(hash64(text));
  }
  return layouts;
}

void Correlator::save_waiting(const std::vector<const SharedTexts*>& texts, std::string& body) {
  SharedTexts none(0, 0);
  MatchRecord record;
  EncodedMatch whole;
  std::string bytes;
  const std::vector<uint64_t> layouts = this->layouts();
  pack_number(body, waiting_.size());
  for (const Waiting& waiting : waiting_) {
    if (Status done = candidates_.read_match(waiting.place, payload_); !done.ok())
      return keep(done);
    decode_match(payload_, texts, record);
    pack_number(body, record.rules.size());
    for (const MatchedRule& matched : record.rules) {
      pack_text(body, run_.infos[matched.rule].id);
      append_key_u64(body, layouts[matched.rule]);
      pack_number(body, matched.allowed ? 1 : 0);
      pack_text(body, matched.captured);
    }
    record.rules.clear();
    encode_match(record, 0, 0, none, whole);
    read_rules(whole.payload, record.rules).pack(bytes);
    pack_text(body, bytes);
  }
}

bool Correlator::Group::can_unpack(std::string_view packed, const Correlation& correlation,
                                   size_t events) {
  StoredReader in(packed);
  auto is_time = [](int64_t time_ms) { return time_ms >= -kFarthestMs && time_ms <= kFarthestMs; };
  auto read_i64 = [&] {
    const std::string_view bytes = in.bytes(8);
    return in.ok() ? read_key_i64(bytes) : 0;
  };
  auto read_time = [&] {
    if (!is_time(read_i64())) in.fail("a time is out of range");
  };
  StoredReader names(in.text());
  for (size_t left = correlation.group_by.size(); left > 0; --left) names.text();
  if (!names.done()) return false;
  read_time();
  read_time();
  const uint64_t settled = in.number();
  in.flag();
  for (size_t left = steps_of(correlation); left > 0; --left) {
    const int64_t begin_ms = read_i64();
    if (begin_ms != kNever && !is_time(begin_ms)) return false;
  }
  const size_t values = in.count(16);
  if (values > 0 && correlation.kind != Correlation::Kind::kFirstSeen) return false;
  for (size_t left = values; in.ok() && left > 0; --left) {
    in.bytes(8);
    read_time();
  }
  const size_t entries = in.count(8 + 8 + 3);
  if (settled > entries || entries > kWindowEvents) return false;
  for (size_t left = entries; in.ok() && left > 0; --left) {
    read_time();
    const auto number = std::bit_cast<double>(read_i64());
    if (measures_numbers(correlation.kind) && !std::isfinite(number)) return false;
    if (in.number() >= correlation.sources.size()) return false;
    in.flag();
    for (size_t proofs = in.count(); in.ok() && proofs > 0; --proofs)
      if (in.number() >= events) return false;
  }
  return in.done();
}

/// Reads a state into a correlator. The bytes may be forged: whatever later code takes for granted
/// is looked at here.
class Correlator::Restorer {
 public:
  Restorer(Correlator& to, std::string_view state, size_t begin)
      : to_(to), begin_(begin), in_(state.substr(begin)) {}

  Status run() {
    read_events();
    const std::vector<uint64_t> hashes = to_.definitions();
    for (size_t left = in_.count(kHashBytes + 1); in_.ok() && left > 0; --left) {
      auto found = std::find(hashes.begin(), hashes.end(), read_u64());
      for (size_t groups = in_.count(); in_.ok() && groups > 0; --groups) {
        if (found == hashes.end()) {  // of a correlation that is no more, or another now
          in_.text();
          ++to_.forgotten_groups_;
        } else {
          read_group(static_cast<size_t>(found - hashes.begin()));
        }
      }
    }
    read_waiting();
    if (in_.done()) return Status::success();
    return Error{ErrorCode::kInvalidInput,
                 "not a state that Cairn saved (" + in_.fault() + "): move it away to begin anew"};
  }

 private:
  uint64_t read_u64() {
    const std::string_view bytes = in_.bytes(8);
    return in_.ok() ? read_key_u64(bytes) : 0;
  }
  std::string_view read_event() {
    const std::string_view bytes = in_.text();
    if (!is_written_out(bytes, kFarthestMs)) in_.fail("an event is damaged");
    return bytes;
  }

  void read_events() {
    for (size_t left = in_.count(); in_.ok() && left > 0; --left) {
      events_.push_back(to_.candidates_.remembered(begin_ + in_.offset()));
      read_event();
    }
  }

  void read_group(size_t number) {
    const Correlation& correlation = to_.correlations_[number];
    const std::string_view packed = in_.text();
    if (!in_.ok()) return;
    if (!Group::can_unpack(packed, correlation, events_.size()))
      return in_.fail("a group of events is damaged");
    Group::Owner group = Group::unpack(packed, correlation, to_.held_bytes_,
                                       [this](uint64_t event) { return events_[event]; });
    const uint64_t hash = hash64(group->key());
    if (to_.groups_[number].find(hash, group->key()) != nullptr)
      return in_.fail("a group of events stands twice");
    ++to_.group_count_;
    to_.groups_[number].add(hash, std::move(group));
  }

  void read_waiting() {
    const std::vector<uint64_t> layouts = to_.layouts();
    std::unordered_map<std::string_view, uint32_t> rules;
    for (uint32_t i = 0; i < to_.run_.infos.size(); ++i) rules.emplace(to_.run_.infos[i].id, i);
    for (size_t left = in_.count(); in_.ok() && left > 0; --left) {
      std::vector<MatchedRule> matched;
      for (size_t count = in_.count(); in_.ok() && count > 0; --count) {
        auto found = rules.find(in_.text());
        const uint64_t layout = read_u64();
        const bool allowed = in_.flag();
        const std::string_view captured = in_.text();
        if (!is_captured(captured)) in_.fail("values of an event are damaged");
        if (found != rules.end() && layouts[found->second] == layout)
          matched.push_back({found->second, allowed, false, {}, captured});
      }
      std::sort(matched.begin(), matched.end(),
                [](const auto& a, const auto& b) { return a.rule < b.rule; });
      const std::string_view bytes = read_event();
      if (!in_.ok()) return;
      if (!matched.empty()) {
        attribute(bytes, matched, to_.restored_.emplace_back());
      } else {
        ++to_.forgotten_groups_;
      }
    }
  }

  Correlator& to_;
  const size_t begin_;  // of the body in the state
  StoredReader in_;
  std::vector<EventPlace> events_;
};

Status Correlator::restore() {
  const std::string_view whole = run_.options.state;
  std::string_view state = whole;
  if (state.empty()) return Status::success();
  const Error damaged{ErrorCode::kInvalidInput,
                      "not a saved state of this version of Cairn: move it away to begin anew"};
  if (!state.starts_with(kMagic) || state.size() < kMagic.size() + kHashBytes) return damaged;
  state.remove_prefix(kMagic.size());
  if (read_key_u64(state.substr(0, kHashBytes)) != hash64(state.substr(kHashBytes))) return damaged;
  return Restorer(*this, whole, kMagic.size() + kHashBytes).run();
}

}  // namespace cairn::detect
