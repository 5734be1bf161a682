#pragma once

// Batches that go round: what a reader of rows gave away comes back to it, so that a long query
// does not take and free its memory once for each two thousand rows.

#include "model/column_type.h"

#include <memory>
#include <mutex>
#include <vector>

namespace cairn {

/// Lends batches. Those lent may outlive the pool. All calls are safe from any thread.
class BatchPool {
 public:
  /// Keeps at most so many batches for later.
  explicit BatchPool(size_t limit);

  /// Returns a batch without rows; its columns may have been those of an earlier one.
  Batch take();
  /// Gives a batch away. When the last one who has it lets go, it returns to the pool.
  std::shared_ptr<Batch> lend(Batch batch);

 private:
  struct Shelf;
  std::shared_ptr<Shelf> shelf_;
};

}  // namespace cairn
