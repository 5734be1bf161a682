#pragma once

// The field table as a trie that drives the walk over a record: an object key leads to a node, a
// node knows its slot and the keys below.
//
// Paths are dotted and keys may hold dots, so a node is a prefix of a path (a whole number of its
// dotted parts) and an edge is any run of parts: from the root, "userIdentity",
// "userIdentity.sessionContext" and "userIdentity.sessionContext.attributes" are all edges. A
// lookup is a hash of the key's first and last eight bytes and its length, which for keys up to
// sixteen bytes is the key itself.

#include "model/field_table.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::cloudtrail {

/// Top-level keys that tell what an object is, whether or not anybody wants their values. Bits.
enum KeyMark : uint32_t {
  kEventNameKey = 1u << 0,
  kEventSourceKey = 1u << 1,
  kEventVersionKey = 1u << 2,
  kEventTypeKey = 1u << 3,
  kInsightKey = 1u << 4,
  kIdentityMark = 1u << 5,
  kObjectStoreKey = 1u << 6,  // "s3": an S3 notification
  kTimestampKey = 1u << 7,    // "@timestamp"
  kListKey = 1u << 8,         // an array of records: Records, Events, events, logEvents
  kWrapKey = 1u << 9,         // an object that may be a record: detail, _source
  kTextKey = 1u << 10,        // a string that may hold a record: message
  kLookupKey = 1u << 11,      // the same, and it always does: CloudTrailEvent
  kDigestKey = 1u << 12,
  kConfigKey = 1u << 13,
  kControlKey = 1u << 14,  // messageType; of an object: it is a CONTROL_MESSAGE
  kCommonKey = 1u << 15,   // any other top-level key of CloudTrail records
};

class FieldTrie {
 public:
  struct Node;

  /// Keys of one object to nodes.
  class KeyTable {
   public:
    const Node* find(std::string_view key) const {
      if (entries_.empty()) return nullptr;
      Ends ends = ends_of(key);
      for (size_t at = place(ends, key.size());; at = (at + 1) & (entries_.size() - 1)) {
        const Entry& entry = entries_[at];
        if (entry.node == nullptr) return nullptr;
        if (entry.ends == ends && entry.size == key.size() &&
            (key.size() <= 16 || entry.key == key))
          return entry.node;
      }
    }
    bool empty() const { return entries_.empty(); }
    /// Adds a key that is not there yet.
    void add(std::string_view key, const Node* node);

   private:
    struct Ends {
      uint64_t first = 0, last = 0;
      bool operator==(const Ends&) const = default;
    };
    struct Entry {
      Ends ends;
      size_t size = 0;
      const Node* node = nullptr;
      std::string_view key;  // for long keys, whose ends do not say everything
    };
    static Ends ends_of(std::string_view key);
    size_t place(const Ends& ends, size_t size) const {
      uint64_t mixed = ends.first * 0x9E3779B97F4A7C15u + ends.last * 0xD6E8FEB86659FD93u + size;
      return static_cast<size_t>(mixed >> shift_);
    }
    void insert(const Entry& entry);

    std::vector<Entry> entries_;    // a power of two, at most half full
    std::deque<std::string> keys_;  // stay where they are
    size_t count_ = 0;
    unsigned shift_ = 63;
  };

  struct Node {
    SlotId slot = kNoSlot;
    uint32_t marks = 0;
    bool lazy = false;  // a subtree that is walked when somebody asks for it
    KeyTable keys;
  };

  explicit FieldTrie(const FieldTable& fields);

  const Node& root() const { return *root_; }
  /// The node of a lazy subtree, by its root's slot; null when the slot is none.
  const Node* subtree(SlotId slot) const { return subtrees_[slot]; }

 private:
  Node* make_node();

  std::vector<std::unique_ptr<Node>> nodes_;
  Node* root_;
  std::vector<const Node*> subtrees_;
};

/// True for the top-level keys of CloudTrail records and of the envelopes they come in: where a
/// record may begin again after damage.
bool is_record_key(const FieldTrie& trie, std::string_view key);

inline FieldTrie::KeyTable::Ends FieldTrie::KeyTable::ends_of(std::string_view key) {
  auto load = [](const char* from, auto zero) {
    __builtin_memcpy(&zero, from, sizeof zero);
    return static_cast<uint64_t>(zero);
  };
  const char* p = key.data();
  size_t size = key.size();
  if (size >= 8) return {load(p, uint64_t{0}), load(p + size - 8, uint64_t{0})};
  if (size >= 4) return {load(p, uint32_t{0}), load(p + size - 4, uint32_t{0})};
  if (size == 0) return {};
  return {load(p, uint8_t{0}),
          load(p + size / 2, uint8_t{0}) << 8 | load(p + size - 1, uint8_t{0})};
}

}  // namespace cairn::cloudtrail
