// What a Correlator remembers, as bytes, from run to run.
//
//   "cairn-state 5\n"  hash of what follows (8 bytes)  events  correlations  waiting
//
// Only whole states that this program wrote are read: the hash tells.

#include "base/hash.h"
#include "detect/correlator.h"
#include "detect/correlator_groups.h"
#include "detect/correlator_shelf.h"
#include "sys/spill.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

namespace cairn::detect {

namespace {

constexpr std::string_view kMagic = "cairn-state 5\n";
constexpr size_t kHashBytes = 8;

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

void Correlator::restore_waiting(PackReader& reader) {
  const std::vector<uint64_t> layouts = this->layouts();
  std::unordered_map<std::string_view, uint32_t> rules;
  for (uint32_t i = 0; i < run_.infos.size(); ++i) rules.emplace(run_.infos[i].id, i);
  for (uint64_t left = reader.number(); left > 0; --left) {
    std::vector<MatchedRule> matched;
    for (uint64_t count = reader.number(); count > 0; --count) {
      auto found = rules.find(reader.text());
      const uint64_t layout = read_key_u64(reader.bytes(8));
      const bool allowed = reader.number() != 0;
      const std::string_view captured = reader.text();
      if (found != rules.end() && layouts[found->second] == layout)
        matched.push_back({found->second, allowed, false, {}, captured});
    }
    std::sort(matched.begin(), matched.end(),
              [](const auto& a, const auto& b) { return a.rule < b.rule; });
    const std::string_view bytes = reader.text();
    if (!matched.empty()) {
      attribute(bytes, matched, restored_.emplace_back());
    } else {
      ++forgotten_groups_;
    }
  }
}

Status Correlator::restore() {
  const std::string_view whole = run_.options.state;
  std::string_view state = whole;
  if (state.empty()) return Status::success();
  const Error damaged{ErrorCode::kInvalidInput, "not a saved state of this version of Cairn"};
  if (!state.starts_with(kMagic) || state.size() < kMagic.size() + kHashBytes) return damaged;
  state.remove_prefix(kMagic.size());
  if (read_key_u64(state.substr(0, kHashBytes)) != hash64(state.substr(kHashBytes))) return damaged;

  PackReader reader(state.substr(kHashBytes));
  std::vector<EventPlace> events;
  for (uint64_t left = reader.number(); left > 0; --left) {
    events.push_back(candidates_.remembered(whole.size() - reader.rest().size()));
    reader.text();
  }
  const std::vector<uint64_t> hashes = definitions();
  for (uint64_t count = reader.number(); count > 0; --count) {
    const uint64_t hash = read_key_u64(reader.bytes(8));
    auto found = std::find(hashes.begin(), hashes.end(), hash);
    const auto number = static_cast<size_t>(found - hashes.begin());
    for (uint64_t left = reader.number(); left > 0; --left) {
      const std::string_view packed = reader.text();
      if (found == hashes.end()) {  // of a correlation that is no more, or another now
        ++forgotten_groups_;
        continue;
      }
      Group::Owner group = Group::unpack(packed, correlations_[number], held_bytes_,
                                         [&](uint64_t event) { return events[event]; });
      ++group_count_;
      const uint64_t key_hash = hash64(group->key());
      groups_[number].add(key_hash, std::move(group));
    }
  }
  restore_waiting(reader);
  return Status::success();
}

}  // namespace cairn::detect
