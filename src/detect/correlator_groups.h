#pragma once

// What a Correlator keeps of each group of events; private to it. Every candidate finds its group
// among hundreds of thousands: the cost is what has to be fetched from memory. So a table holds
// hashes and pointers, and a group is one piece: what all kinds need, a short window, what rules in
// order need, its name.

#include "base/check.h"
#include "base/pack.h"
#include "detect/correlator.h"
#include "detect/evidence.h"
#include "detect/ring.h"
#include "detect/value_map.h"
#include "sys/spill.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <memory>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::detect {

struct Correlator::Entry {
  int64_t time_ms = 0;
  uint64_t value = 0;    // hash of the values; or a number, of kinds that measure numbers
  EvidenceRef evidence;  // none once it is in a finding
  uint32_t source = 0;
  bool emitted = false;  // it is in a finding

  double number() const { return std::bit_cast<double>(value); }
};

/// What is in the window of one group.
class Correlator::Group {
 public:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::min();
  struct Delete {
    void operator()(Group* group) const {
      group->~Group();
      ::operator delete(group);
    }
  };
  using Owner = std::unique_ptr<Group, Delete>;

  /// `key`: the values of group_by, packed one after another. `held`: memory of all groups.
  static Owner create(const Correlation& correlation, std::string_view key, size_t& held) {
    const size_t steps = steps_of(correlation);
    const size_t bytes = sizeof(Group) + steps * sizeof(Step) + key.size();
    return Owner(new (::operator new(bytes)) Group(correlation.kind, steps, key, held));
  }
  ~Group() { held_bytes_ -= own_bytes() + heap_bytes(); }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  std::string_view key() const {
    return {reinterpret_cast<const char*>(steps() + step_count_), key_size_};  // NOLINT
  }
  /// Entries of a source.
  size_t seen(size_t source) const {
    return step_count_ > 0 ? steps()[source].seen : window.size();
  }
  /// When the order up to a source began; kNever for not. Of an absence, [0]: the second in which
  /// it was called off.
  int64_t& chain(size_t source) { return steps()[source].chain_ms; }
  int64_t chain(size_t source) const { return steps()[source].chain_ms; }
  size_t steps_count() const { return step_count_; }

  struct Numbers {
    long double sum = 0;         // value_sum, value_avg
    std::vector<double> sorted;  // value_percentile
  };

  Ring<Entry, 2> window;
  ValueMap values;                   // value_count: entries; first_seen: when each was seen last
  std::unique_ptr<Numbers> numbers;  // of kinds that measure numbers
  int64_t first_ms = 0, last_ms = kNever;  // of all its events
  uint32_t settled = 0;                    // entries whose order has been looked at
  bool holds = false;                      // the condition did, when it was judged last

  void push(Entry entry) {
    const size_t before = heap_bytes();
    if (step_count_ > 0) ++steps()[entry.source].seen;
    count(entry);
    window.push_back(std::move(entry));
    held_bytes_ += heap_bytes() - before;
  }

  void pop() {
    const size_t before = heap_bytes();
    const Entry& entry = window.front();
    if (step_count_ > 0) --steps()[entry.source].seen;
    discount(entry);
    if (settled > 0) --settled;
    window.pop_front();
    held_bytes_ += heap_bytes() - before;
  }

  void pop_before(int64_t oldest_ms) {
    while (!window.empty() && window.front().time_ms < oldest_ms) pop();
  }

  /// Takes out the newest entry, of a kind that keeps no sums.
  void pop_newest() {
    const size_t before = heap_bytes();
    if (step_count_ > 0) --steps()[window.back().source].seen;
    window.pop_back();
    held_bytes_ += heap_bytes() - before;
  }

  /// Appends all of it; `number_of` tells the number that stands for an EventPlace.
  template <typename NumberOf>
  void pack(std::string& out, const NumberOf& number_of) const {
    pack_text(out, key());
    append_key_i64(out, first_ms);
    append_key_i64(out, last_ms);
    pack_number(out, settled);
    pack_number(out, holds ? 1 : 0);
    for (size_t step = 0; step < step_count_; ++step) append_key_i64(out, chain(step));
    // Values of the window are counted again.
    pack_number(out, kind_ == Correlation::Kind::kFirstSeen ? values.size() : 0);
    if (kind_ == Correlation::Kind::kFirstSeen) {
      values.for_each([&](uint64_t value, int64_t seen_ms) {
        append_key_u64(out, value);
        append_key_i64(out, seen_ms);
      });
    }
    pack_number(out, window.size());
    for (size_t i = 0; i < window.size(); ++i) {
      const Entry& entry = window[i];
      append_key_i64(out, entry.time_ms);
      append_key_u64(out, entry.value);
      pack_number(out, entry.source);
      pack_number(out, entry.emitted ? 1 : 0);
      pack_number(out, entry.evidence.size());
      entry.evidence.for_each_event([&](EventPlace event) { pack_number(out, number_of(event)); });
    }
  }
  /// True when unpack() can make a group of the correlation of these bytes, which may be any, with
  /// numbers of so many events.
  static bool can_unpack(std::string_view packed, const Correlation& correlation, size_t events);
  /// Makes the group that was packed; `event_of` a number is an EventPlace.
  template <typename EventOf>
  static Owner unpack(std::string_view packed, const Correlation& correlation, size_t& held,
                      const EventOf& event_of) {
    PackReader reader(packed);
    Owner group = create(correlation, reader.text(), held);
    group->first_ms = read_key_i64(reader.bytes(8));
    group->last_ms = read_key_i64(reader.bytes(8));
    const auto settled = static_cast<uint32_t>(reader.number());
    group->holds = reader.number() != 0;
    for (size_t step = 0; step < group->step_count_; ++step)
      group->chain(step) = read_key_i64(reader.bytes(8));
    for (uint64_t left = reader.number(); left > 0; --left) {
      const uint64_t value = read_key_u64(reader.bytes(8));
      group->note_value(value, read_key_i64(reader.bytes(8)));
    }
    std::vector<EventPlace> events;
    for (uint64_t left = reader.number(); left > 0; --left) {
      Entry entry;
      entry.time_ms = read_key_i64(reader.bytes(8));
      entry.value = read_key_u64(reader.bytes(8));
      entry.source = static_cast<uint32_t>(reader.number());
      entry.emitted = reader.number() != 0;
      events.resize(reader.number());
      for (EventPlace& event : events) event = event_of(reader.number());
      if (!events.empty()) entry.evidence = EvidenceRef::of_events(events, held);
      group->push(std::move(entry));
    }
    group->settled = settled;
    return group;
  }

  /// first_seen: returns when a value was seen last, kNever for not yet, and notes it.
  int64_t note_value(uint64_t value, int64_t time_ms) {
    const size_t before = heap_bytes();
    const int64_t last = std::exchange(values.at(value), time_ms);
    held_bytes_ += heap_bytes() - before;
    return last;
  }
  /// first_seen: forgets all values, and learns from then on.
  void begin_anew(int64_t now_ms) {
    forget_values(std::numeric_limits<int64_t>::max());
    first_ms = now_ms;
  }
  /// first_seen: forgets values that were not seen from then on.
  void forget_values(int64_t before_ms) {
    const size_t before = heap_bytes();
    values.retain([before_ms](int64_t seen_ms) { return seen_ms >= before_ms; });
    held_bytes_ += heap_bytes() - before;
  }

 private:
  struct Step {
    int64_t chain_ms = kNever;
    uint64_t seen = 0;
  };
  static constexpr size_t kAllocatorBytes = 16;  // about, of one piece

  Group(Correlation::Kind kind, size_t steps_in, std::string_view key, size_t& held)
      : held_bytes_(held),
        key_size_(static_cast<uint32_t>(key.size())),
        step_count_(static_cast<uint32_t>(steps_in)),
        kind_(kind) {
    std::uninitialized_value_construct_n(steps(), step_count_);
    key.copy(reinterpret_cast<char*>(steps() + step_count_), key.size());  // NOLINT
    if (measures_numbers(kind)) numbers = std::make_unique<Numbers>();
    held_bytes_ += own_bytes() + heap_bytes();
  }

  static size_t steps_of(const Correlation& correlation) {
    const bool in_order = correlation.kind == Correlation::Kind::kTemporalOrdered;
    const size_t sources = correlation.sources.size();
    return sources > 1 || in_order ? sources : 0;
  }
  static bool measures_numbers(Correlation::Kind kind) {
    return kind >= Correlation::Kind::kValueSum && kind <= Correlation::Kind::kValuePercentile;
  }

  // Behind the group, in the same memory: the steps, then the key.
  Step* steps() { return reinterpret_cast<Step*>(this + 1); }                    // NOLINT
  const Step* steps() const { return reinterpret_cast<const Step*>(this + 1); }  // NOLINT
  size_t own_bytes() const {
    return sizeof(Group) + step_count_ * sizeof(Step) + key_size_ + kAllocatorBytes;
  }
  size_t heap_bytes() const {
    return window.heap_bytes() + values.heap_bytes() +
           (numbers ? sizeof(Numbers) + numbers->sorted.capacity() * sizeof(double) : 0);
  }

  void count(const Entry& entry) {
    switch (kind_) {
      case Correlation::Kind::kValueCount: {
        int64_t& times = values.at(entry.value);
        times = times == ValueMap::kNone ? 1 : times + 1;
        return;
      }
      case Correlation::Kind::kValueSum:
      case Correlation::Kind::kValueAvg:
        numbers->sum += entry.number();
        return;
      case Correlation::Kind::kValuePercentile:
        numbers->sorted.insert(
            std::upper_bound(numbers->sorted.begin(), numbers->sorted.end(), entry.number()),
            entry.number());
        return;
      default:
        return;
    }
  }

  void discount(const Entry& entry) {
    switch (kind_) {
      case Correlation::Kind::kValueCount:
        if (--values.at(entry.value) == 0) values.erase(entry.value);
        return;
      case Correlation::Kind::kValueSum:
      case Correlation::Kind::kValueAvg:
        numbers->sum -= entry.number();
        if (window.size() == 1) numbers->sum = 0;  // nothing is left of what adding lost
        return;
      case Correlation::Kind::kValuePercentile:
        numbers->sorted.erase(
            std::lower_bound(numbers->sorted.begin(), numbers->sorted.end(), entry.number()));
        return;
      default:
        return;
    }
  }

  size_t& held_bytes_;  // by all groups of the correlator
  uint32_t key_size_, step_count_;
  Correlation::Kind kind_;
};

/// The groups of one correlation, by key: open addressing; erasing moves what follows back, and
/// gives memory back.
class Correlator::GroupTable {
 public:
  explicit GroupTable(size_t& held) : held_bytes_(held) {}
  GroupTable(GroupTable&& other) = default;
  ~GroupTable() { held_bytes_ -= slots_.size() * sizeof(Slot); }

  size_t size() const { return size_; }
  Group* find(uint64_t hash, std::string_view key) const {
    if (slots_.empty()) return nullptr;
    for (size_t i = home_of(hash); slots_[i].group; i = after(i))
      if (slots_[i].hash == hash && slots_[i].group->key() == key) return slots_[i].group.get();
    return nullptr;
  }
  /// `group`: of a key that is not there.
  Group& add(uint64_t hash, Group::Owner group) {
    if ((size_ + 1) * 4 > slots_.size() * 3) resize(std::max<size_t>(slots_.size() * 2, 8));
    ++size_;
    return place(hash, std::move(group));
  }
  /// Takes a group out that is there.
  Group::Owner take(const Group& group, uint64_t hash) {
    size_t hole = home_of(hash);
    while (slots_[hole].group.get() != &group) hole = after(hole);
    Group::Owner taken = std::move(slots_[hole].group);
    --size_;
    for (size_t next = after(hole); slots_[next].group; next = after(next)) {
      // What would be looked for beyond the hole stays.
      const size_t mask = slots_.size() - 1;
      if (((next - home_of(slots_[next].hash)) & mask) < ((next - hole) & mask)) continue;
      slots_[hole] = std::move(slots_[next]);
      hole = next;
    }
    if (slots_.size() > kSmall && size_ < slots_.size() / 8) resize(slots_.size() / 4);
    return taken;
  }
  void clear() {
    held_bytes_ -= slots_.size() * sizeof(Slot);
    std::vector<Slot>().swap(slots_);
    size_ = 0;
  }

  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (const Slot& slot : slots_)
      if (slot.group) visit(*slot.group, slot.hash);
  }
  std::vector<Group*> in_order() const {
    std::vector<Group*> groups;
    for_each([&](Group& group, uint64_t) { groups.push_back(&group); });
    std::sort(groups.begin(), groups.end(),
              [](const Group* a, const Group* b) { return a->key() < b->key(); });
    return groups;
  }

 private:
  static constexpr size_t kSmall = 64;
  struct Slot {
    uint64_t hash = 0;
    Group::Owner group;
  };

  size_t home_of(uint64_t hash) const { return static_cast<size_t>(hash) & (slots_.size() - 1); }
  size_t after(size_t i) const { return (i + 1) & (slots_.size() - 1); }
  Group& place(uint64_t hash, Group::Owner group) {
    size_t i = home_of(hash);
    while (slots_[i].group) i = after(i);
    slots_[i].hash = hash;
    slots_[i].group = std::move(group);
    return *slots_[i].group;
  }
  void resize(size_t slots) {
    std::vector<Slot> old(slots);
    held_bytes_ += (old.size() - slots_.size()) * sizeof(Slot);
    old.swap(slots_);
    for (Slot& slot : old)
      if (slot.group) place(slot.hash, std::move(slot.group));
  }

  size_t& held_bytes_;
  std::vector<Slot> slots_;
  size_t size_ = 0;
};

}  // namespace cairn::detect
