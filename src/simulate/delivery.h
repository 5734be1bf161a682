#pragma once

// From records to files: CloudTrail's late and uneven delivery.
//
// A record made at time t is delivered in the slot (a multiple of five minutes) nearest to t plus a
// few minutes. A slot of one account and region becomes one file, or several when it is large,
// whose records are not always in order.

#include "base/queue.h"
#include "base/result.h"
#include "simulate/caller.h"
#include "simulate/random.h"
#include "sys/files.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace cairn::simulate {

inline constexpr Seconds kSlotSeconds = 300;
inline constexpr size_t kMaximumRecordsInFile = 2500;

struct DeliveryCounts {
  uint64_t records = 0, files = 0, text_bytes = 0, stored_bytes = 0;
};

/// Collects records and writes the files. One thread calls it; with threads > 1 it compresses and
/// writes on its own ones.
class Delivery {
 public:
  Delivery(Files& files, std::string folder, uint64_t seed, int threads);
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  /// Returns where to append the text of one record; finish it with end_record() before the next
  /// call.
  std::string& begin_record(const Account& account, size_t region, Seconds time);
  void end_record();

  /// Writes the files of all slots before `time`. Records made from now on must not be older than
  /// `time`.
  Status deliver_before(Seconds time);
  /// Writes everything and waits until it is written.
  Status finish();

  /// Files and stored bytes are final after finish().
  DeliveryCounts counts() const;

 private:
  struct Item {
    Seconds time;
    size_t offset, size;
  };
  struct Batch {
    std::string text;
    std::vector<Item> items;
  };
  using Key = std::tuple<int64_t, size_t, size_t>;  // slot, account, region
  struct Job {
    std::string path, text;
  };

  Status deliver(const Key& key, Batch& batch);
  void order(Batch& batch, Random& random) const;
  Status write(const Job& job);
  Status failure() const;

  Files& files_;
  std::string folder_;
  uint64_t seed_;
  Random random_;
  std::map<Key, std::unique_ptr<Batch>> batches_;
  std::vector<std::unique_ptr<Batch>> spare_;
  std::map<std::pair<size_t, size_t>, int64_t>
      day_made_;                          // of each account and region: the folder that exists
  std::vector<std::string> account_ids_;  // by account number
  Batch* open_ = nullptr;
  Seconds open_time_ = 0;
  uint64_t records_ = 0;

  BoundedQueue<Job> jobs_;
  std::vector<std::thread> workers_;
  std::atomic<uint64_t> written_files_{0}, text_bytes_{0}, stored_bytes_{0};
  mutable std::mutex failure_mutex_;
  Status failure_;
  std::atomic<bool> failed_{false};
};

}  // namespace cairn::simulate
