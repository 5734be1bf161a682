#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

namespace cairn::detect {

/// Hashes of values to a number each: open addressing in one array, that starts at four slots,
/// because most groups show few values. Erasing moves what follows back, so nothing of what was
/// erased stays.
class ValueMap {
 public:
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::min();  // no number is this

  size_t size() const { return size_; }
  size_t heap_bytes() const { return capacity_ * sizeof(Slot); }

  /// The number of a value, kNone when it is new: the caller sets it then. Good until the next
  /// call.
  int64_t& at(uint64_t value) {
    if (size_ + 1 > capacity_ - capacity_ / 4) grow();
    Slot& slot = slots_[find(value)];
    if (slot.number == kNone) {
      slot.value = value;
      ++size_;
    }
    return slot.number;
  }

  /// None when it is new.
  const int64_t* find_value(uint64_t value) const {
    if (capacity_ == 0) return nullptr;
    const Slot& slot = slots_[find(value)];
    return slot.number == kNone ? nullptr : &slot.number;
  }

  /// A value that is known.
  void erase(uint64_t value) {
    uint32_t hole = find(value);
    --size_;
    for (uint32_t next = after(hole); slots_[next].number != kNone; next = after(next)) {
      // What would be looked for beyond the hole stays.
      uint32_t home = home_of(slots_[next].value);
      if (((next - home) & (capacity_ - 1)) < ((next - hole) & (capacity_ - 1))) continue;
      slots_[hole] = slots_[next];
      hole = next;
    }
    slots_[hole].number = kNone;
  }

  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (uint32_t i = 0; i < capacity_; ++i)
      if (slots_[i].number != kNone) visit(slots_[i].value, slots_[i].number);
  }

  /// Keeps the values that `keep` is true of.
  template <typename Keep>
  void retain(const Keep& keep) {
    ValueMap kept;
    for_each([&](uint64_t value, int64_t number) {
      if (keep(number)) kept.at(value) = number;
    });
    *this = std::move(kept);
  }

 private:
  struct Slot {
    uint64_t value = 0;
    int64_t number = kNone;
  };

  uint32_t home_of(uint64_t value) const {
    return static_cast<uint32_t>((value * 0x9E3779B97F4A7C15ull) >> 32) & (capacity_ - 1);
  }
  uint32_t after(uint32_t i) const { return (i + 1) & (capacity_ - 1); }
  uint32_t find(uint64_t value) const {
    uint32_t i = home_of(value);
    while (slots_[i].number != kNone && slots_[i].value != value) i = after(i);
    return i;
  }
  void grow() {
    ValueMap larger;
    larger.capacity_ = std::max<uint32_t>(capacity_ * 2, 4);
    larger.slots_ = std::make_unique<Slot[]>(larger.capacity_);
    for_each([&](uint64_t value, int64_t number) { larger.at(value) = number; });
    *this = std::move(larger);
  }

  std::unique_ptr<Slot[]> slots_;
  uint32_t size_ = 0, capacity_ = 0;
};

}  // namespace cairn::detect
