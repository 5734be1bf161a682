// What a Correlator remembers, as bytes, from run to run.
//
//   "cairn-state 1\n"  hash of what follows (8 bytes)  correlations  proofs
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

constexpr std::string_view kMagic = "cairn-state 1\n";
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

std::string Correlator::save(const std::vector<const SharedTexts*>& texts) const {
  std::unordered_map<const Proof*, size_t> numbers;
  std::vector<const Proof*> proofs;
  std::string body;
  const std::vector<uint64_t> hashes = definitions();
  pack_number(body, correlations_.size());
  for (size_t i = 0; i < correlations_.size(); ++i) {
    std::map<std::string_view, const Group*> in_order;
    for (const auto& [key, group] : groups_[i]) in_order.emplace(key, group.get());
    append_key_u64(body, hashes[i]);
    pack_number(body, in_order.size());
    for (const auto& [key, group] : in_order) {
      pack_text(body, key);
      pack_text(body, group->key);
      pack_number(body, group->values.size());
      for (const std::string& value : group->values) pack_text(body, value);
      pack_signed(body, group->first_ms);
      pack_signed(body, group->last_ms);
      pack_number(body, group->settled);
      pack_number(body, group->holds ? 1 : 0);
      pack_number(body, group->chain.size());
      for (int64_t begin : group->chain) pack_signed(body, begin);
      std::map<uint64_t, int64_t> seen(group->last_seen.begin(), group->last_seen.end());
      pack_number(body, seen.size());
      for (const auto& [value, time_ms] : seen) {
        append_key_u64(body, value);
        pack_signed(body, time_ms);
      }
      pack_number(body, group->window.size());
      for (const Entry& entry : group->window) {
        pack_signed(body, entry.time_ms);
        pack_number(body, entry.source);
        append_key_u64(body, entry.value);
        append_key_u64(body, std::bit_cast<uint64_t>(entry.number));
        pack_number(body, entry.emitted ? 1 : 0);
        pack_number(body, entry.proofs.size());
        for (const auto& proof : entry.proofs) {
          auto [known, is_new] = numbers.emplace(proof.get(), proofs.size());
          if (is_new) proofs.push_back(proof.get());
          pack_number(body, known->second);
        }
      }
    }
  }
  // Proofs with their texts written out: the pools of this run will be gone.
  SharedTexts none(0, 0);
  MatchRecord record;
  EncodedMatch whole;
  pack_number(body, proofs.size());
  for (const Proof* proof : proofs) {
    decode_match(proof->payload, texts, record);
    record.rules.clear();
    encode_match(record, 0, 0, none, whole);
    pack_text(body, proof->key);
    pack_text(body, whole.payload);
  }
  std::string out(kMagic);
  append_key_u64(out, hash64(body));
  return out + body;
}

Status Correlator::restore(std::string_view state) {
  if (state.empty()) return Status::success();
  const Error damaged{ErrorCode::kInvalidInput, "not a saved state of this version of Cairn"};
  if (!state.starts_with(kMagic) || state.size() < kMagic.size() + kHashBytes) return damaged;
  state.remove_prefix(kMagic.size());
  if (read_key_u64(state.substr(0, kHashBytes)) != hash64(state.substr(kHashBytes))) return damaged;

  struct Unproved {
    size_t correlation;
    Group* group;
    size_t entry;
    std::vector<uint64_t> proofs;
  };
  std::vector<Unproved> unproved;
  std::vector<std::unique_ptr<Group>> dropped;  // of correlations that are no more, or others now
  const std::vector<uint64_t> hashes = definitions();
  PackReader reader(state.substr(kHashBytes));
  for (uint64_t count = reader.number(); count > 0; --count) {
    uint64_t hash = read_key_u64(reader.bytes(8));
    auto found = std::find(hashes.begin(), hashes.end(), hash);
    const bool known = found != hashes.end();
    const auto number = static_cast<size_t>(found - hashes.begin());
    for (uint64_t groups = reader.number(); groups > 0; --groups) {
      std::string key(reader.text());
      auto group =
          std::make_unique<Group>(known ? correlations_[number].sources.size() : 0, held_bytes_);
      group->key = reader.text();
      for (uint64_t values = reader.number(); values > 0; --values)
        group->values.emplace_back(reader.text());
      group->first_ms = read_signed(reader);
      group->last_ms = read_signed(reader);
      const uint64_t settled = reader.number();
      group->holds = reader.number() != 0;
      for (uint64_t steps = reader.number(); steps > 0; --steps)
        group->chain.push_back(read_signed(reader));
      for (uint64_t seen = reader.number(); seen > 0; --seen) {
        uint64_t value = read_key_u64(reader.bytes(8));
        group->last_seen.emplace(value, read_signed(reader));
        held_bytes_ += kNodeBytes;
      }
      for (uint64_t entries = reader.number(); entries > 0; --entries) {
        Entry entry;
        entry.time_ms = read_signed(reader);
        entry.source = reader.number();
        entry.value = read_key_u64(reader.bytes(8));
        entry.number = std::bit_cast<double>(read_key_u64(reader.bytes(8)));
        entry.emitted = reader.number() != 0;
        std::vector<uint64_t> proofs;
        for (uint64_t left = reader.number(); left > 0; --left) proofs.push_back(reader.number());
        if (!known) continue;
        if (!proofs.empty())
          unproved.push_back({number, group.get(), group->window.size(), std::move(proofs)});
        group->push(std::move(entry), correlations_[number].kind);
      }
      group->settled = settled;
      if (!known) {
        dropped.push_back(std::move(group));
        continue;
      }
      ++group_count_;
      groups_[number][std::move(key)] = std::move(group);
    }
  }
  std::vector<std::shared_ptr<const Proof>> proofs;
  for (uint64_t left = reader.number(); left > 0; --left) {
    std::string_view key = reader.text();
    std::string_view payload = reader.text();
    proofs.push_back(std::make_shared<const Proof>(key, payload, held_bytes_));
  }
  for (Unproved& entry : unproved) {
    for (uint64_t number : entry.proofs)
      entry.group->window[entry.entry].proofs.push_back(proofs[number]);
    ++entry.group->remembered;
  }
  forgotten_groups_ += dropped.size();
  return Status::success();
}

}  // namespace cairn::detect
