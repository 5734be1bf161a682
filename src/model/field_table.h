#pragma once

// Every JSON path that anyone needs (output columns, rules, filters), interned before reading
// starts, as small numbers
// ("slots"). The reader turns the table into a trie that drives its single walk over each record.
//
// A path is dotted: `userIdentity.sessionContext.sessionIssuer.arn`,
// `requestParameters.ipPermissions.items.cidrIp`. It goes through objects, and through arrays to
// any element. Keys may themselves contain dots and dashes: the reader tries the longest key first,
// so `requestParameters.x-amz-acl` and a flattened export's key "userIdentity.type" both work.
//
// Slots are eager or lazy. Top-level keys and everything under userIdentity are filled during the
// walk. Any other nested path is lazy: the walk keeps its top-level subtree (its "root", interned
// with it) as a slice of text, and the subtree is walked only when somebody asks for one of its
// slots, once an event.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cairn {

using SlotId = uint32_t;
inline constexpr SlotId kNoSlot = UINT32_MAX;
inline constexpr std::string_view kIdentityKey = "userIdentity";

/// Paths to slots. Filled by one thread, then frozen; a frozen table may be read by any thread.
class FieldTable {
 public:
  /// Returns the path's slot, making one when it is new (and one for its root, when it is lazy).
  /// Not after freeze().
  SlotId intern(std::string_view path);
  std::optional<SlotId> find(std::string_view path) const;

  const std::string& path(SlotId slot) const { return entries_[slot].path; }
  /// The slot of the subtree that must be walked before `slot` has its values; kNoSlot for an eager
  /// slot.
  SlotId lazy_root(SlotId slot) const { return entries_[slot].lazy_root; }
  size_t size() const { return entries_.size(); }

  /// No more paths after this; ends the program if intern() needs a new one.
  void freeze() { frozen_ = true; }
  bool frozen() const { return frozen_; }

 private:
  struct Entry {
    std::string path;
    SlotId lazy_root;
  };
  std::vector<Entry> entries_;
  std::unordered_map<std::string, SlotId> by_path_;
  bool frozen_ = false;
};

}  // namespace cairn
