#pragma once

// Who acted, from where and with what ("contexts"), and what was called ("types"): summed while
// events come in, once per event, so that the end of a run has little left to do. Tables are
// bounded: a full one goes to its sorter and begins anew; equal keys are joined when sorters are
// merged. Copies of an event are told only at the end; what they added is taken off then (Removed).

#include "base/result.h"
#include "detect/flat_map.h"
#include "detect/row_store.h"
#include "detect/tally.h"
#include "sys/spill.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::detect {

/// Texts of a context, in this order in its payload.
struct ContextTexts {
  std::string_view principal, identity_type, account, access_key, source_ip, user_agent, region;
};
/// Texts of an event type.
struct TypeTexts {
  std::string_view source, name, category;
};

/// What one principal did in one context. Without names it is what must be taken off another.
struct ContextRecord {
  bool named = true;
  ContextTexts texts;
  Counts counts;
  std::vector<uint64_t> types;  // event types, distinct
};
/// Keys order contexts by principal.
void context_key(uint64_t principal, uint64_t context, std::string& key);
void pack_context(const ContextRecord& record, std::string& payload);
/// The texts are views into the payload.
void unpack_context(std::string_view payload, ContextRecord& record);

/// How often one type of event occurred.
struct TypeRecord {
  bool named = true;
  TypeTexts texts;
  uint64_t events = 0;  // modulo 2^64: a record without names takes off
};
void unpack_type(std::string_view payload, TypeRecord& record);

/// The contexts of one collector. One thread.
class ContextTable {
 public:
  ContextTable(Files& files, size_t budget_bytes);

  /// Adds one event. The row's principal and context are hashes of the texts, its type that of the
  /// event's type.
  Status add(const ContextTexts& texts, const Row& row);
  /// Writes what is in memory to the sorter.
  Status flush();
  SpillSorter& records() { return records_; }

 private:
  static constexpr uint32_t kEnd = UINT32_MAX;
  struct Entry {
    uint64_t principal = 0, context = 0;
    std::array<uint64_t, 4> recent_types{};  // most are among these: no table is asked then
    Counts counts;
    size_t texts = 0;  // offset in texts_
    uint32_t types = kEnd;
    uint32_t next_recent = 0;
  };
  struct TypeLink {
    uint64_t type;
    uint32_t next;
  };
  uint32_t make_entry(const ContextTexts& texts, const Row& row);
  void note_type(Entry& entry, uint64_t type);

  size_t budget_bytes_;
  SpillSorter records_;
  FlatMap<uint32_t> index_;  // context → entries_
  std::vector<Entry> entries_;
  std::vector<TypeLink> links_;
  FlatMap<uint8_t> pairs_;  // context and type
  std::string texts_;       // packed
};

/// The event types of one collector. One thread.
class TypeTable {
 public:
  TypeTable(Files& files, size_t budget_bytes) : records_(files, budget_bytes), index_(256) {}

  /// Adds one event of a type.
  Status add(uint64_t type, const TypeTexts& texts);
  Status flush();
  SpillSorter& records() { return records_; }

 private:
  static constexpr size_t kTypesHeld = 16'384;
  struct Entry {
    uint64_t events = 0;
    size_t texts = 0;
  };
  SpillSorter records_;
  FlatMap<Entry> index_;
  std::string texts_;
};

/// What copies of events added to the tables above, to be taken off. One thread.
class Removed {
 public:
  Removed(Files& files, size_t budget_bytes);

  Status add(const Row& copy);
  Status flush();
  SpillSorter& contexts() { return contexts_; }
  SpillSorter& types() { return types_; }
  Tally& tally() { return tally_; }

 private:
  struct Sum {
    uint64_t principal = 0;
    Counts counts;
  };
  size_t limit_;
  SpillSorter contexts_, types_;
  FlatMap<Sum> sums_;  // by context
  FlatMap<uint64_t> type_events_;
  Tally tally_;
};

}  // namespace cairn::detect
