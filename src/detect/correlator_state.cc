// What a Correlator remembers, as bytes, from run to run.
//
//   "cairn-state 4\n"  hash of what follows (8 bytes)  correlations  evidence  waiting
//
// Only whole states that this program wrote are read: the hash tells.

#include "base/hash.h"
#include "detect/correlator.h"
#include "detect/correlator_groups.h"
#include "sys/spill.h"

#include <algorithm>
#include <bit>
#include <map>
#include <unordered_map>

namespace cairn::detect {

namespace {

constexpr std::string_view kMagic = "cairn-state 4\n";
constexpr size_t kHashBytes = 8;

void pack_tree(std::string& out, const CorrelationTree& tree) {
  pack_number(out, static_cast<uint64_t>(tree.kind));
  pack_number(out, tree.source);
  pack_number(out, tree.children.size());
  for (const CorrelationTree& child : tree.children) pack_tree(out, child);
}

void pack_signed(std::string& out, int64_t number) { append_key_i64(out, number); }
int64_t read_signed(PackReader& reader) { return read_key_i64(reader.bytes(8)); }

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
  std::string body;
  const std::vector<uint64_t> hashes = definitions();
  pack_number(body, correlations_.size());
  for (size_t i = 0; i < correlations_.size(); ++i) {
    append_key_u64(body, hashes[i]);
    pack_number(body, groups_[i].size());
    for (const Group* group : groups_[i].in_order()) {
      pack_text(body, group->key());
      pack_signed(body, group->first_ms);
      pack_signed(body, group->last_ms);
      pack_number(body, group->settled);
      pack_number(body, group->holds ? 1 : 0);
      pack_number(body, group->steps_count());
      for (size_t step = 0; step < group->steps_count(); ++step)
        pack_signed(body, group->chain(step));
      // Values of the window are counted again.
      const bool are_own = correlations_[i].kind == Correlation::Kind::kFirstSeen;
      std::map<uint64_t, int64_t> seen;
      if (are_own) group->values.for_each([&](uint64_t value, int64_t ms) { seen[value] = ms; });
      pack_number(body, seen.size());
      for (const auto& [value, time_ms] : seen) {
        append_key_u64(body, value);
        pack_signed(body, time_ms);
      }
      pack_number(body, group->window.size());
      for (size_t n = 0; n < group->window.size(); ++n) {
        const Entry& entry = group->window[n];
        pack_signed(body, entry.time_ms);
        pack_number(body, entry.source);
        append_key_u64(body, entry.value);
        pack_number(body, entry.emitted ? 1 : 0);
        std::vector<size_t> proofs;
        if (entry.evidence) {
          entry.evidence.for_each_event([&](EventPlace event) {
            auto [known, is_new] = numbers.emplace(event.bits, events.size());
            if (is_new) events.push_back(event);
            proofs.push_back(known->second);
          });
        }
        pack_number(body, proofs.size());
        for (size_t number : proofs) pack_number(body, number);
      }
    }
  }
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

  struct Unproved {
    Group* group;
    size_t entry;
    std::vector<uint64_t> events;
  };
  std::vector<Unproved> unproved;
  const std::vector<uint64_t> hashes = definitions();
  PackReader reader(state.substr(kHashBytes));
  for (uint64_t count = reader.number(); count > 0; --count) {
    uint64_t hash = read_key_u64(reader.bytes(8));
    auto found = std::find(hashes.begin(), hashes.end(), hash);
    // What belongs to correlations that are no more, or others now, is read and dropped.
    const bool known = found != hashes.end();
    const auto number = static_cast<size_t>(found - hashes.begin());
    const Correlation other;
    const Correlation& correlation = known ? correlations_[number] : other;
    for (uint64_t groups = reader.number(); groups > 0; --groups) {
      std::string_view key = reader.text();
      Group::Owner group = Group::create(correlation, key, held_bytes_);
      group->first_ms = read_signed(reader);
      group->last_ms = read_signed(reader);
      const auto settled = static_cast<uint32_t>(reader.number());
      group->holds = reader.number() != 0;
      const uint64_t steps = reader.number();
      for (size_t step = 0; step < steps; ++step) {
        int64_t begin_ms = read_signed(reader);
        if (known) group->chain(step) = begin_ms;
      }
      for (uint64_t seen = reader.number(); seen > 0; --seen) {
        uint64_t value = read_key_u64(reader.bytes(8));
        group->note_value(value, read_signed(reader));
      }
      for (uint64_t entries = reader.number(); entries > 0; --entries) {
        Entry entry;
        entry.time_ms = read_signed(reader);
        entry.source = static_cast<uint32_t>(reader.number());
        entry.value = read_key_u64(reader.bytes(8));
        entry.emitted = reader.number() != 0;
        std::vector<uint64_t> events;
        for (uint64_t left = reader.number(); left > 0; --left) events.push_back(reader.number());
        if (!known) continue;
        if (!events.empty())
          unproved.push_back({group.get(), group->window.size(), std::move(events)});
        group->push(std::move(entry));
      }
      group->settled = settled;
      if (known) {
        ++group_count_;
        groups_[number].add(hash64(key), std::move(group));
      } else {
        ++forgotten_groups_;
      }
    }
  }
  std::vector<EventPlace> events;
  for (uint64_t left = reader.number(); left > 0; --left) {
    events.push_back(candidates_.remembered(whole.size() - reader.rest().size()));
    reader.text();
  }
  for (const Unproved& entry : unproved) {
    std::vector<EventPlace> own;
    for (uint64_t number : entry.events) own.push_back(events[number]);
    entry.group->window[entry.entry].evidence = EvidenceRef::of_events(own, held_bytes_);
  }
  restore_waiting(reader);
  return Status::success();
}

}  // namespace cairn::detect
