#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace cairn::detect {

/// A hash map from 64-bit hashes (already well mixed, or mixed here) to small values: open
/// addressing in one array, because it is asked once an event. Nothing is erased one by one. Values
/// must be cheap to move.
template <typename Value>
class FlatMap {
 public:
  explicit FlatMap(size_t expected = 16) { resize(std::bit_ceil(expected * 2)); }

  /// Returns the value of a key, made by default when it is new.
  Value& operator[](uint64_t key) { return *find_or_add(key).first; }

  /// The same; the second is true when the key is new. The pointer is good until the next new key.
  std::pair<Value*, bool> find_or_add(uint64_t key) {
    Slot* slot = &slots_[index_of(key)];
    while (slot->used) {
      if (slot->key == key) return {&slot->value, false};
      slot = slot + 1 == slots_.data() + slots_.size() ? slots_.data() : slot + 1;
    }
    if ((size_ + 1) * 2 > slots_.size()) {
      resize(slots_.size() * 2);
      return find_or_add(key);
    }
    slot->used = true;
    slot->key = key;
    ++size_;
    return {&slot->value, true};
  }

  const Value* find(uint64_t key) const {
    for (size_t i = index_of(key); slots_[i].used; i = (i + 1) & (slots_.size() - 1)) {
      if (slots_[i].key == key) return &slots_[i].value;
    }
    return nullptr;
  }

  size_t size() const { return size_; }
  /// Bytes a map of so many entries takes at most.
  static constexpr size_t bytes_for(size_t entries) {
    return std::bit_ceil(entries * 2) * sizeof(Slot);
  }

  void clear() {
    slots_.clear();
    size_ = 0;
    resize(32);
  }

  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (const Slot& slot : slots_)
      if (slot.used) visit(slot.key, slot.value);
  }

 private:
  struct Slot {
    uint64_t key = 0;
    Value value{};
    bool used = false;
  };

  size_t index_of(uint64_t key) const {
    return static_cast<size_t>((key * 0x9E3779B97F4A7C15ull) >> 32) & (slots_.size() - 1);
  }

  void resize(size_t slots) {
    std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots));
    size_ = 0;
    for (Slot& slot : old)
      if (slot.used) *find_or_add(slot.key).first = std::move(slot.value);
  }

  std::vector<Slot> slots_;
  size_t size_ = 0;
};

}  // namespace cairn::detect
