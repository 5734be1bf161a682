#include "model/field_table.h"

#include "base/check.h"

namespace cairn {

SlotId FieldTable::intern(std::string_view path) {
  if (auto known = find(path)) return *known;
  CAIRN_CHECK(!frozen_);
  std::string_view head = path.substr(0, path.find('.'));
  bool lazy = head.size() < path.size() && head != kIdentityKey;
  SlotId root = lazy ? intern(head) : kNoSlot;
  auto slot = static_cast<SlotId>(entries_.size());
  entries_.push_back({std::string(path), root});
  by_path_.emplace(path, slot);
  return slot;
}

std::optional<SlotId> FieldTable::find(std::string_view path) const {
  auto found = by_path_.find(std::string(path));
  if (found == by_path_.end()) return std::nullopt;
  return found->second;
}

}  // namespace cairn
