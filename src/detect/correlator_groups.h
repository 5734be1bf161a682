#pragma once

// What a Correlator keeps of each group of events; private to it.

#include "detect/correlator.h"

#include <algorithm>
#include <deque>
#include <limits>

namespace cairn::detect {

// What things in memory come to, about: with what the containers around them need.
inline constexpr size_t kGroupBytes = 480, kEntryBytes = 88, kNodeBytes = 48;

/// An event that took part, as the match sorter has it.
struct Correlator::Proof {
  Proof(std::string_view key_in, std::string_view payload_in, size_t& held)
      : key(key_in), payload(payload_in), held_bytes(held) {
    held_bytes += bytes();
  }
  ~Proof() { held_bytes -= bytes(); }
  Proof(const Proof&) = delete;
  Proof& operator=(const Proof&) = delete;
  size_t bytes() const { return sizeof(Proof) + key.size() + payload.size() + 2 * kNodeBytes; }

  const std::string key, payload;
  size_t& held_bytes;  // of all proofs of the correlator
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
  Group(size_t source_count, size_t& held) : seen(source_count), held_bytes(held) {
    held_bytes += kGroupBytes;
  }
  ~Group() {
    held_bytes -= kGroupBytes + window.size() * kEntryBytes + last_seen.size() * kNodeBytes;
  }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  std::string key;                  // as shown
  std::vector<std::string> values;  // of group_by
  std::deque<Entry> window;
  std::vector<size_t> seen;                          // entries, by source
  std::unordered_map<uint64_t, size_t> values_seen;  // value_count
  long double sum = 0;
  std::vector<double> numbers;        // value_percentile: sorted
  std::vector<int64_t> chain;         // temporal_ordered: by source, when the chain up to
                                      // it began; kNever for none
  size_t settled = 0;                 // entries whose order has been looked at
  size_t remembered = 0;              // entries with proofs
  size_t forgotten = 0;               // the oldest entries, so many, have none
  bool holds = false;                 // the condition did, when it was judged last
  int64_t first_ms = 0, last_ms = 0;  // of all its events
  std::unordered_map<uint64_t, int64_t> last_seen;  // first_seen: by value
  size_t& held_bytes;                               // by all groups of the correlator

  static constexpr int64_t kNever = std::numeric_limits<int64_t>::min();

  void push(Entry entry, Correlation::Kind kind) {
    held_bytes += kEntryBytes;
    ++seen[entry.source];
    if (kind == Correlation::Kind::kValueCount) ++values_seen[entry.value];
    sum += entry.number;
    if (kind == Correlation::Kind::kValuePercentile)
      numbers.insert(std::upper_bound(numbers.begin(), numbers.end(), entry.number), entry.number);
    remembered += !entry.proofs.empty();
    window.push_back(std::move(entry));
    if (remembered > kWindowSamples) forget_oldest_proofs();
  }

  void pop(Correlation::Kind kind) {
    held_bytes -= kEntryBytes;
    const Entry& entry = window.front();
    --seen[entry.source];
    if (kind == Correlation::Kind::kValueCount) {
      auto found = values_seen.find(entry.value);
      if (found != values_seen.end() && --found->second == 0) values_seen.erase(found);
    }
    sum -= entry.number;
    if (window.size() == 1) sum = 0;  // nothing is left of what adding lost
    if (kind == Correlation::Kind::kValuePercentile)
      numbers.erase(std::lower_bound(numbers.begin(), numbers.end(), entry.number));
    remembered -= !entry.proofs.empty();
    settled -= std::min<size_t>(settled, 1);
    forgotten -= std::min<size_t>(forgotten, 1);
    window.pop_front();
  }

  /// Takes out the newest entry, of a kind that keeps no sums.
  void pop_newest() {
    held_bytes -= kEntryBytes;
    --seen[window.back().source];
    remembered -= !window.back().proofs.empty();
    window.pop_back();
    forgotten = std::min(forgotten, window.size());
  }

  void forget_oldest_proofs() {
    // A window holds many entries: those that were looked at before are not looked at again.
    while (forgotten < window.size()) {
      Entry& entry = window[forgotten++];
      if (entry.proofs.empty()) continue;
      entry.proofs.clear();
      --remembered;
      return;
    }
  }
};

}  // namespace cairn::detect
