#pragma once

// What each event added to the counts, 48 bytes, kept until copies of events can be told.
//
// A collector appends rows to blocks in memory. When its budget is full, each further block is
// ordered by partition (a number from the fingerprint) and goes to a scratch file. Afterwards one
// partition of all stores is looked at after another: copies of an event meet in the same
// partition, so each partition can be searched on its own, by several threads, in memory that stays
// small. SpillSorter would do, but a full sort of all events costs more than everything else here
// together.

#include "base/result.h"
#include "sys/files.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace cairn::detect {

/// One event. Ordered as bytes would be, to choose among copies; plain, because it goes to disk as
/// it is.
struct Row {
  uint64_t fingerprint = 0;
  int64_t time_ms = 0;
  uint64_t principal = 0;  // hash of who
  uint64_t context = 0;    // hash of who, from where, with what
  uint64_t type = 0;       // hash of eventSource, eventName and category
  uint64_t account_and_flags = 0;

  auto operator<=>(const Row&) const = default;

  static constexpr uint64_t kError = 1, kWrite = 2, kTimeKnown = 4, kSignInWithoutMfa = 8,
                            kGlobalCall = 16;  // model/global_services.h
  static constexpr unsigned kFlagBits = 8;
  bool has(uint64_t flag) const { return (account_and_flags & flag) != 0; }
  /// The trail's account as a number; 0 when it is not 12 digits.
  uint64_t account() const { return account_and_flags >> kFlagBits; }
};

/// The rows of one collector. One thread fills it; then several may read different partitions.
class RowStore {
 public:
  static constexpr size_t kPartitions = 256;

  RowStore(Files& files, size_t budget_bytes);
  RowStore(const RowStore&) = delete;
  RowStore& operator=(const RowStore&) = delete;

  /// Fails with kUnavailable when the temporary folder is full.
  Status add(const Row& row) {
    if (used_ == kBlockRows) TRY(next_block());
    blocks_.back().rows[used_++] = row;
    ++count_;
    return Status::success();
  }

  uint64_t size() const { return count_; }
  bool spilled() const { return scratch_ != nullptr; }

  /// Orders what is in memory by partition. Call once, after the last add() and before visits.
  void seal();
  /// Forgets all rows, in memory and on disk.
  void release();
  /// Number of rows of a partition.
  uint64_t partition_size(size_t partition) const;
  /// Visits the rows of a partition, in no particular order. Any thread, after seal().
  Status visit(size_t partition, const std::function<void(const Row&)>& visit) const;

 private:
  static constexpr size_t kBlockRows = 1u << 14;  // 768 KiB
  using Starts = std::array<uint32_t, kPartitions + 1>;
  struct Block {
    std::unique_ptr<Row[]> rows;
    Starts starts{};  // of the partitions, once ordered
    uint64_t scratch_offset = 0;
  };

  static size_t partition_of(const Row& row) {
    return static_cast<size_t>((row.fingerprint * 0xD6E8FEB86659FD93ull) >> 56);
  }
  Status next_block();
  Status write_last_block();
  void order(Block& block, size_t count);

  Files& files_;
  size_t block_limit_;
  uint64_t count_ = 0;
  size_t used_ = kBlockRows;    // rows of the last block; full so that the first add() makes one
  std::vector<Block> blocks_;   // in memory
  std::vector<Block> written_;  // rows on disk; only starts and offset are kept
  std::unique_ptr<Row[]> spare_;
  std::unique_ptr<ScratchFile> scratch_;
};

/// Visits the copies of events in a partition of all stores: of rows with the same fingerprint all
/// but the smallest. Needs memory for at most `limit_rows` rows at a time, in several passes if
/// need be.
Status visit_copies(const std::vector<const RowStore*>& stores, size_t partition, size_t limit_rows,
                    const std::function<Status(const Row&)>& visit);

}  // namespace cairn::detect
