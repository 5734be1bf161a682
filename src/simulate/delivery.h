#pragma once

// From records to files: CloudTrail's late and uneven delivery.
//
// A record made at time t is delivered in the slot (a multiple of five minutes) nearest to t plus a
// few minutes. A slot of one account and region becomes one file, or several when it is large,
// whose records are not always in order.
//
// Records are collected in outboxes, one for each group of actors that plays on a thread of its
// own; Delivery joins what they hold for a slot. The files therefore depend on the outboxes and
// their order, and not on the threads.

#include "base/result.h"
#include "formats/compression.h"
#include "simulate/caller.h"
#include "simulate/crew.h"
#include "simulate/damage.h"
#include "simulate/random.h"
#include "sys/files.h"

#include <atomic>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::simulate {

inline constexpr Seconds kSlotSeconds = 300;
inline constexpr size_t kMaximumRecordsInFile = 2500;

/// Which of an account's files a record goes to. The second trail delivers into the same folders.
enum class Channel : uint8_t { kTrail, kSecondTrail, kInsight };

/// A time without delivery: what one account records in it comes hours later.
struct Outage {
  size_t account = 0;
  Seconds from = 0, to = 0;  // nothing when both are the same
  Seconds extra = 3 * 3600;
};

/// A piece of memory that holds the texts of many records, of one outbox and for several files. It
/// is used again when the last of them is written. Its outbox appends while others read what stands
/// in it, so that nothing but the outbox looks at `used`.
struct Chunk {
  std::unique_ptr<char[]> memory;
  size_t used = 0;
  std::atomic<size_t> users{0};  // records that are not written yet, and the outbox that fills it
};

/// Chunks that wait to be used again. Safe from any thread; outlives everybody who has one.
class ChunkPool {
 public:
  /// Returns an empty chunk with one user.
  Chunk* take();
  /// One user less.
  void release(Chunk* chunk);

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Chunk>> all_;
  std::vector<Chunk*> free_;
};

/// What one group of actors recorded and is not delivered yet. One thread at a time.
class Outbox {
 public:
  struct Key {
    int64_t slot = 0;
    size_t account = 0, region = 0;
    Channel channel = Channel::kTrail;
    auto operator<=>(const Key&) const = default;
  };
  /// A record. Whoever takes it out of the outbox is a user of its chunk.
  struct Item {
    Seconds time;
    Chunk* chunk;
    std::string_view text;
  };
  using Batch = std::vector<Item>;

  Outbox(ChunkPool& pool, uint64_t seed, std::string_view name, const Outage& outage,
         bool second_trail);
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  /// Returns where to append the text of one record; finish it with end_record() before the next
  /// call.
  std::string& begin_record(size_t account, size_t region, Seconds time,
                            Channel channel = Channel::kTrail);
  /// `second` also delivers it through the second trail, if there is one.
  void end_record(bool second = false);
  /// True when the record is one that comes late because of the outage.
  bool is_late(size_t account, Seconds time) const {
    return account == outage_.account && time >= outage_.from && time < outage_.to;
  }

  uint64_t records() const { return records_; }
  uint64_t copies() const { return copies_; }
  /// What is not delivered yet; whoever takes batches out calls forget_last() after it.
  std::map<Key, Batch>& batches() { return batches_; }
  void forget_last() { last_ = nullptr; }

 private:
  Batch& batch_of(size_t account, size_t region, Seconds time, Channel channel);

  ChunkPool& pool_;
  Random random_;
  Outage outage_;
  bool second_trail_;
  std::map<Key, Batch> batches_;
  Chunk* chunk_;
  Batch* open_ = nullptr;
  Key open_key_;
  Seconds open_time_ = 0;
  std::string record_;  // the one that is being written
  Key last_key_;        // of last_, which records of one session mostly share
  Batch* last_ = nullptr;
  uint64_t records_ = 0, copies_ = 0;
};

struct DeliveryCounts {
  uint64_t records = 0, files = 0, text_bytes = 0, stored_bytes = 0;
};

/// How files are written.
struct DeliveryOptions {
  std::string folder;
  uint64_t seed = 0;
  std::vector<std::string> account_ids;  // by account number
  std::string organization_id;           // "o-…": in every path; empty for trails of accounts
  bool broken = false;                   // damaged and foreign files beside the good ones
  /// Called before each file appears, with the records delivered by then, this file's included; may
  /// wait, and false cancels. When given, files are written one after the other and appear whole.
  std::function<bool(uint64_t)> pace;
};

/// Writes files. One thread calls it; the crew compresses and writes.
class Delivery {
 public:
  Delivery(Files& files, Crew& crew, ChunkPool& pool, DeliveryOptions options);
  /// Leaves out what is not written yet.
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  /// Writes the files of all slots before `time`, and of those that are full. Records made from now
  /// on must not be older than `time`.
  Status deliver_before(std::span<const std::unique_ptr<Outbox>> outboxes, Seconds time);
  /// Writes everything and waits until it is written.
  Status finish(std::span<const std::unique_ptr<Outbox>> outboxes);

  /// Files and bytes are final after finish(). Damaged files are not counted.
  DeliveryCounts counts() const;
  /// Lines of truth about the damaged files so far; empties it.
  std::string take_damage_lines() { return std::exchange(damage_lines_, {}); }

 private:
  using Key = Outbox::Key;
  /// The files of one key share its records; the last one lets their chunks go.
  struct Slot {
    explicit Slot(ChunkPool& chunks) : pool(chunks) {}
    ~Slot();
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ChunkPool& pool;
    Outbox::Batch records;
  };
  struct Job {
    std::shared_ptr<Slot> slot;
    size_t first = 0, last = 0;  // of its records
    std::string path;
    uint64_t seed = 0;  // of this file's disorder
    std::optional<Damage> damage;
    std::string damaged_path;
  };
  /// What a thread needs to make a file; lent out, so that threads need none of their own.
  struct Press {
    GzipCompressor compressor;
    std::string text;
    Press();
  };

  Status deliver(const Key& key, std::shared_ptr<Slot> slot);
  Result<std::string> folder_of(const Key& key);
  void plan_damage(Job& job, const Key& key, Random& random);
  Status write(const Job& job, Press& press);
  Status write_paced(const Job& job);
  std::unique_ptr<Press> lend_press();
  void note_failure(Status status);
  Status failure() const;

  Files& files_;
  Crew& crew_;
  ChunkPool& pool_;
  DeliveryOptions options_;
  std::set<std::string> folders_;  // of the last two days that exist
  std::map<Key, size_t> parts_;    // of slots that were partly delivered
  uint64_t delivered_ = 0, dispatched_files_ = 0;
  std::string damage_lines_;

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Press>> presses_;
  Status failure_;
  std::atomic<bool> failed_{false};
  std::atomic<uint64_t> written_files_{0}, text_bytes_{0}, stored_bytes_{0};
};

}  // namespace cairn::simulate
