#pragma once

// Sorting more than memory holds: byte records ordered by byte key, in runs that go to a scratch
// file once a budget is full.

#include "base/result.h"
#include "sys/files.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

/// Collects (key, payload) pairs. Keys are compared as bytes, so numbers go in big-endian
/// (append_key_u64). One thread fills a sorter; sorters of several threads are merged at the end.
class SpillSorter {
 public:
  SpillSorter(Files& files, size_t budget_bytes) : files_(files), budget_bytes_(budget_bytes) {}
  SpillSorter(SpillSorter&&) = default;

  /// Copies the record in. May write a run: fails with kUnavailable when the temporary folder is
  /// full.
  Status add(std::string_view key, std::string_view payload);

  /// Ends adding. Merging does so too; call it where several threads will merge at once. A sorter
  /// that has spilled writes its rest too, so that it holds no memory until it is merged.
  Status settle();
  /// Forgets all records and gives their memory and scratch file back.
  void release();

  uint64_t size() const { return count_; }
  bool spilled() const { return !runs_.empty(); }

 private:
  class Cursor;

 public:
  static constexpr size_t kParts = 16;
  /// A stretch of the keys, by their first four bits: the keys of all kParts follow one another.
  struct Stretch {
    size_t begin = 0, end = kParts;
  };

  /// Where a record lies: in which of a Merge's sorters, and where in it (below 2^47).
  struct Place {
    size_t sorter = 0;
    uint64_t position = 0;
  };
  /// Copies out the payload of a record that a Merge stood at, as long as nothing was added since.
  /// Fails when the scratch file cannot be read.
  Status read(uint64_t position, std::string& payload) const;

  /// All records of some sorters in key order, one at a time; records with equal keys come in an
  /// order that depends only on their payload bytes. The sorters must outlive it and take no more
  /// records meanwhile. Settled sorters may be merged by several threads at once.
  class Merge {
   public:
    explicit Merge(const std::vector<SpillSorter*>& sorters, Stretch stretch);
    explicit Merge(const std::vector<SpillSorter*>& sorters) : Merge(sorters, Stretch{}) {}
    ~Merge();
    /// Moves to the next record, the first at the first call; `more` is false at the end. Fails
    /// when a scratch file cannot be read.
    Status next(bool& more);
    /// Of the record that next() moved to; valid until the next call.
    std::string_view key() const;
    std::string_view payload() const;
    /// Where it lies, for read().
    Place place() const;

   private:
    std::vector<std::unique_ptr<Cursor>> cursors_;
    Cursor* current_ = nullptr;
    std::vector<Cursor*> waiting_;  // a heap, the next on top
    bool started_ = false;
  };

  using Visitor = std::function<Status(std::string_view key, std::string_view payload)>;
  /// Visits what a Merge goes through. The visitor returns an error to stop. The sorters stay
  /// usable for another merge.
  static Status merge(const std::vector<SpillSorter*>& sorters, const Visitor& visit);
  static Status merge(const std::vector<SpillSorter*>& sorters, Stretch stretch,
                      const Visitor& visit);

 private:
  struct Item {
    uint64_t prefix;  // the key's first eight bytes as a number: most comparisons end there
    uint64_t offset;
    uint32_t key_size, payload_size;
  };
  struct Run {
    std::array<uint64_t, kParts + 1> starts;  // of each part's keys in the scratch file; the end
  };
  struct Bytes {
    uint64_t begin, end;
  };
  static size_t part_of(uint64_t prefix) { return static_cast<size_t>(prefix >> 60); }

  void sort_items();
  Status write_run();
  void give_memory_back();
  bool less(const Item& a, const Item& b) const;
  std::string_view key_of(const Item& item) const {
    return {arena_.data() + item.offset, item.key_size};
  }
  std::string_view payload_of(const Item& item) const {
    return {arena_.data() + item.offset + item.key_size, item.payload_size};
  }

  Files& files_;
  size_t budget_bytes_;
  uint64_t count_ = 0;
  bool sorted_ = true;
  std::string arena_;
  std::vector<Item> items_;
  std::unique_ptr<ScratchFile> scratch_;
  std::vector<Run> runs_;
};

/// Appends a number so that byte order is number order.
void append_key_u64(std::string& key, uint64_t value);
void append_key_i64(std::string& key, int64_t value);
uint64_t read_key_u64(std::string_view bytes);
int64_t read_key_i64(std::string_view bytes);

}  // namespace cairn
