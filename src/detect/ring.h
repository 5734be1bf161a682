#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace cairn::detect {

/// A queue in one array that begins anywhere and goes round: what comes in at one end goes out at
/// either. The first kInline elements need no memory of their own, since most windows are that
/// short. Gives memory back as it empties. Elements are movable and made by default.
template <typename T, uint32_t kInline>
class Ring {
 public:
  static_assert((kInline & (kInline - 1)) == 0);
  Ring() = default;
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) { return array()[place(i)]; }
  const T& operator[](size_t i) const { return array()[place(i)]; }
  T& front() { return (*this)[0]; }
  const T& front() const { return (*this)[0]; }
  T& back() { return (*this)[size_ - 1]; }
  const T& back() const { return (*this)[size_ - 1]; }

  void push_back(T element) {
    if (size_ == capacity_) move_to(capacity_ * 2);
    array()[place(size_++)] = std::move(element);
  }
  void pop_front() {
    front() = T{};
    begin_ = (begin_ + 1) & (capacity_ - 1);
    --size_;
    shrink();
  }
  void pop_back() {
    back() = T{};
    --size_;
    shrink();
  }
  /// Beyond the ring itself.
  size_t heap_bytes() const { return more_ ? capacity_ * sizeof(T) : 0; }

 private:
  static constexpr uint32_t kShrinkAt = 8;  // when so small a part is used, half of it will do

  T* array() { return more_ ? more_.get() : own_.data(); }
  const T* array() const { return more_ ? more_.get() : own_.data(); }
  size_t place(size_t i) const { return (begin_ + i) & (capacity_ - 1); }

  void shrink() {
    if (more_ && size_ <= capacity_ / kShrinkAt) move_to(std::max(capacity_ / 2, kInline));
  }
  void move_to(uint32_t capacity) {
    const bool inside = capacity == kInline;
    std::unique_ptr<T[]> more = inside ? nullptr : std::make_unique<T[]>(capacity);
    T* to = inside ? own_.data() : more.get();
    for (uint32_t i = 0; i < size_; ++i) to[i] = std::move((*this)[i]);
    more_ = std::move(more);
    begin_ = 0;
    capacity_ = capacity;
  }

  std::array<T, kInline> own_{};
  std::unique_ptr<T[]> more_;  // instead of own_
  uint32_t begin_ = 0, size_ = 0, capacity_ = kInline;
};

}  // namespace cairn::detect
