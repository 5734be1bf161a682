#pragma once

// Raw logs as a table of a database: the workers that read for a scan fill batches of rows, which
// the database's threads take from a queue. Only the columns that a query wants are filled, only
// events that may fulfil its WHERE become rows, and objects whose names say that they are older
// than it asks for are not opened.

#include "duck/duck.h"
#include "engine/explore_jobs.h"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace cairn::engine {

/// What became of the inputs of the last scan. Any thread.
class LastReading {
 public:
  void set(ReadSummary summary) {
    std::lock_guard lock(mutex_);
    summary_ = std::move(summary);
  }
  std::optional<ReadSummary> take() {
    std::lock_guard lock(mutex_);
    return std::exchange(summary_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::optional<ReadSummary> summary_;
};

/// The table of raw logs, as a function of this name.
inline constexpr const char* kLogRowsFunction = "cairn_log_rows";

/// Returns the stored columns of cloudtrail_logs over the inputs. The world must outlive every
/// scan.
duck::SourceTable log_rows_table(World world, std::vector<std::string> inputs, unsigned threads,
                                 std::shared_ptr<LastReading> reading);

}  // namespace cairn::engine
