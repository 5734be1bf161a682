#pragma once

// Room for the few values of a record that cannot be views of its text: unescaped strings, and
// objects whose blanks were removed.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace cairn::cloudtrail {

/// Hands out bytes that stay where they are until reset(). Keeps one block for the next record.
class TextArena {
 public:
  char* take(size_t size) {
    if (size > room_) grow(size);
    char* result = next_;
    next_ += size;
    room_ -= size;
    return result;
  }
  /// Gives back the end of the last piece taken.
  void give_back(size_t size) {
    next_ -= size;
    room_ += size;
  }
  void reset() {
    if (blocks_.empty()) return;
    if (blocks_.size() > 1 || last_size_ > kLargestKept) {
      blocks_.clear();
      grow(kBlockBytes);
      return;
    }
    next_ = blocks_.back().get();
    room_ = last_size_;
  }

 private:
  static constexpr size_t kBlockBytes = 64u << 10;
  static constexpr size_t kLargestKept = 1u << 20;

  void grow(size_t size) {
    last_size_ = std::max(size, kBlockBytes);
    blocks_.push_back(std::unique_ptr<char[]>(new char[last_size_]));
    next_ = blocks_.back().get();
    room_ = last_size_;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t last_size_ = 0;
  char* next_ = nullptr;
  size_t room_ = 0;
};

}  // namespace cairn::cloudtrail
