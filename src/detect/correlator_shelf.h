#pragma once

// Groups that a Correlator has no memory for: as bytes in a scratch file, until an event of theirs
// comes or their time is over. Private to it.

#include "base/hash.h"
#include "detect/correlator_groups.h"
#include "sys/files.h"

#include <memory>
#include <string>
#include <vector>

namespace cairn::detect {

/// Those of all correlations. Forty bytes of memory each, told to the counter of what is held.
class Correlator::Shelf {
 public:
  Shelf(Files& files, std::span<const Correlation> correlations, size_t& held);
  ~Shelf() { held_bytes_ -= told_bytes_; }
  Shelf(const Shelf&) = delete;
  Shelf& operator=(const Shelf&) = delete;

  size_t size() const { return count_; }
  size_t size(size_t correlation) const { return boards_[correlation].by_hash.size(); }
  /// Of size() groups.
  size_t memory_bytes() const { return told_bytes_; }
  /// Bytes read back so far.
  uint64_t bytes_read() const { return bytes_read_; }

  /// Writes a group down; flush() before anything is taken. False when a group with the same hash
  /// is there already.
  bool put(size_t correlation, uint64_t hash, const Group& group);
  Status flush();

  /// Takes the group of a key out; `group` is none when it is not there.
  Status take(size_t correlation, uint64_t hash, std::string_view key, Group::Owner& group);
  /// Takes out all groups of a correlation that saw nothing from `oldest_ms` on, by their hashes.
  Status take_quiet(size_t correlation, int64_t oldest_ms,
                    const std::function<void(Group& group)>& visit);
  /// Drops the same without reading them.
  void drop_quiet(size_t correlation, int64_t oldest_ms);
  /// Visits copies of all groups of a correlation, by their hashes.
  Status for_each(size_t correlation, const std::function<void(const Group& group)>& visit);
  /// Drops the groups that were quiet for longest, so many of all; returns how many there were.
  size_t drop_oldest(size_t count);

 private:
  struct Away {
    int64_t last_ms = 0;
    uint64_t position = 0;
    uint32_t size = 0;
  };
  struct Board {
    ValueMap by_hash;  // → in `groups`
    std::vector<Away> groups;
    std::vector<size_t> free;
  };

  std::vector<uint64_t> quiet(const Board& board, int64_t oldest_ms) const;
  Status read(size_t correlation, const Away& away, Group::Owner& group);
  void remove(Board& board, uint64_t hash);
  Status compact();
  void count_memory();

  Files& files_;
  std::span<const Correlation> correlations_;
  size_t& held_bytes_;
  size_t told_bytes_ = 0, count_ = 0;
  uint64_t bytes_read_ = 0, live_bytes_ = 0;
  std::vector<Board> boards_;  // by correlation
  std::unique_ptr<ScratchFile> scratch_;
  std::string written_;  // behind the scratch file's end, until flush()
  std::string packed_;   // reused
};

}  // namespace cairn::detect
