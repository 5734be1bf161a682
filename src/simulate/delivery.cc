#include "simulate/delivery.h"

#include "base/check.h"
#include "base/hash.h"
#include "formats/json_writer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace cairn::simulate {
namespace {

// Measured on untouched logs: file name time minus eventTime has a mean near 4.2 minutes and a
// deviation near 2.3, of which the rounding to slots makes 1.4; it is never under 12 seconds nor
// over 14 minutes.
constexpr int64_t kMeanDelaySeconds = 245;
constexpr int64_t kDelayDeviationSeconds = 112;
constexpr int64_t kShortestDelaySeconds = 12;
constexpr int64_t kLongestDelaySeconds = 14 * 60;

// CloudTrail writes level 6. With this content the quickest level has the densities that were
// measured on real files, and costs half.
constexpr int kGzipLevel = 1;

constexpr size_t kChunkBytes = 512 << 10;
constexpr size_t kMostFreeChunks = 96;
constexpr size_t kMaximumFolders = 4096;
constexpr uint64_t kFilesPerDamage = 200;

/// How many files in a thousand are out of order, by the number of records.
uint64_t disorder_per_mille(size_t records) { return records < 3 ? 400 : records < 12 ? 500 : 540; }

std::array<int, 5> calendar(Seconds time) {
  const std::chrono::sys_seconds moment{std::chrono::seconds(time)};
  const auto midnight = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(midnight);
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(moment - midnight).count();
  return {static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())), static_cast<int>(minutes / 60),
          static_cast<int>(minutes % 60)};
}

std::string_view folder_name(Channel channel) {
  return channel == Channel::kInsight ? "CloudTrail-Insight" : "CloudTrail";
}

}  // namespace

// ---- Outbox
// -----------------------------------------------------------------------------------------

Chunk* ChunkPool::take() {
  std::lock_guard lock(mutex_);
  Chunk* chunk = nullptr;
  if (free_.empty()) {
    all_.push_back(std::make_unique<Chunk>());
    chunk = all_.back().get();
    chunk->memory = std::make_unique_for_overwrite<char[]>(kChunkBytes);
  } else {
    chunk = free_.back();
    free_.pop_back();
  }
  chunk->users = 1;
  return chunk;
}

void ChunkPool::release(Chunk* chunk) {
  if (chunk->users.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  chunk->used = 0;
  std::lock_guard lock(mutex_);
  if (free_.size() < kMostFreeChunks) {
    free_.push_back(chunk);
    return;
  }
  const auto place = std::find_if(all_.begin(), all_.end(),
                                  [&](const auto& owned) { return owned.get() == chunk; });
  std::swap(*place, all_.back());
  all_.pop_back();
}

Outbox::Outbox(ChunkPool& pool, uint64_t seed, std::string_view name, const Outage& outage,
               bool second_trail)
    : pool_(pool),
      random_(seed, name),
      outage_(outage),
      second_trail_(second_trail),
      chunk_(pool.take()) {}

Outbox::~Outbox() {
  for (const auto& [key, batch] : batches_) {
    for (const Item& item : batch) pool_.release(item.chunk);
  }
  pool_.release(chunk_);
}

Outbox::Batch& Outbox::batch_of(size_t account, size_t region, Seconds time, Channel channel) {
  const int64_t wished = time + random_.normal(kMeanDelaySeconds, kDelayDeviationSeconds);
  int64_t slot = (wished + kSlotSeconds / 2) / kSlotSeconds;
  while (slot * kSlotSeconds < time + kShortestDelaySeconds) ++slot;
  while (slot * kSlotSeconds > time + kLongestDelaySeconds) --slot;
  if (is_late(account, time)) slot += outage_.extra / kSlotSeconds;
  const Key key{slot, account, region, channel};
  if (last_ == nullptr || key != last_key_) {
    last_key_ = key;
    last_ = &batches_[key];
  }
  return *last_;
}

std::string& Outbox::begin_record(size_t account, size_t region, Seconds time, Channel channel) {
  open_ = &batch_of(account, region, time, channel);
  open_key_ = last_key_;
  open_time_ = time;
  record_.clear();
  return record_;
}

void Outbox::end_record(bool second) {
  CAIRN_CHECK(record_.size() <= kChunkBytes);
  if (chunk_->used + record_.size() > kChunkBytes) {
    pool_.release(chunk_);
    chunk_ = pool_.take();
  }
  char* const text = chunk_->memory.get() + chunk_->used;
  std::memcpy(text, record_.data(), record_.size());
  chunk_->used += record_.size();
  const Item item{open_time_, chunk_, {text, record_.size()}};
  open_->push_back(item);
  ++chunk_->users;
  ++records_;
  if (!second || !second_trail_) return;
  // The second trail is an old one of a single region, which has global events in its own folder.
  const size_t region = open_key_.region == kGlobalRegion ? kHomeRegion : open_key_.region;
  batch_of(open_key_.account, region, item.time, Channel::kSecondTrail).push_back(item);
  ++chunk_->users;
  ++records_;
  ++copies_;
}

// ---- Delivery
// ---------------------------------------------------------------------------------------

Delivery::Slot::~Slot() {
  for (const Outbox::Item& record : records) pool.release(record.chunk);
}

Delivery::Press::Press() : compressor(kGzipLevel) {}

Delivery::Delivery(Files& files, Crew& crew, ChunkPool& pool, DeliveryOptions options)
    : files_(files), crew_(crew), pool_(pool), options_(std::move(options)) {}

Delivery::~Delivery() {
  failed_ = true;
  crew_.drain();
}

Status Delivery::deliver_before(std::span<const std::unique_ptr<Outbox>> outboxes, Seconds time) {
  std::map<Key, size_t> waiting;  // records, by slot that is not due yet
  for (const auto& outbox : outboxes) {
    for (const auto& [key, batch] : outbox->batches()) {
      if (key.slot * kSlotSeconds >= time) waiting[key] += batch.size();
    }
  }
  std::map<Key, std::shared_ptr<Slot>> ready;
  for (const auto& outbox : outboxes) {
    std::map<Key, Outbox::Batch>& batches = outbox->batches();
    for (auto at = batches.begin(); at != batches.end();) {
      const auto found = waiting.find(at->first);
      if (found != waiting.end() && found->second < kMaximumRecordsInFile) {
        ++at;
        continue;
      }
      std::shared_ptr<Slot>& slot = ready[at->first];
      if (!slot) slot = std::make_shared<Slot>(pool_);
      slot->records.insert(slot->records.end(), at->second.begin(), at->second.end());
      at = batches.erase(at);
    }
    outbox->forget_last();
  }
  for (auto& [key, slot] : ready) {
    if (waiting.contains(key)) parts_.try_emplace(key);
    TRY(deliver(key, std::move(slot)));
  }
  while (!parts_.empty() && parts_.begin()->first.slot * kSlotSeconds < time) {
    parts_.erase(parts_.begin());
  }
  return failure();
}

Status Delivery::finish(std::span<const std::unique_ptr<Outbox>> outboxes) {
  const Status status = deliver_before(outboxes, INT64_MAX);
  crew_.drain();
  TRY(status);
  return failure();
}

void Delivery::note_failure(Status status) {
  std::lock_guard lock(mutex_);
  if (!failed_.exchange(true)) failure_ = std::move(status);
}

Status Delivery::failure() const {
  if (!failed_) return Status::success();
  std::lock_guard lock(mutex_);
  return failure_;
}

Result<std::string> Delivery::folder_of(const Key& key) {
  const std::array<int, 5> date = calendar(key.slot * kSlotSeconds);
  char day[16];
  std::snprintf(day, sizeof day, "%04d/%02d/%02d", date[0], date[1], date[2]);
  std::string folder = options_.folder + "/AWSLogs/";
  if (!options_.organization_id.empty()) folder += options_.organization_id + '/';
  folder += options_.account_ids[key.account];
  folder += '/';
  folder += folder_name(key.channel);
  folder += '/';
  folder += kRegions[key.region];
  folder += '/';
  folder += day;
  if (!folders_.contains(folder)) {
    TRY(files_.make_folders(folder));
    if (folders_.size() >= kMaximumFolders) folders_.clear();
    folders_.insert(folder);
  }
  return folder;
}

void Delivery::plan_damage(Job& job, const Key& key, Random& random) {
  constexpr uint64_t kinds = static_cast<uint64_t>(Damage::kCount);
  // One of each kind soon, so that small simulations have them all; later ones are rare.
  const uint64_t number = dispatched_files_++;
  uint64_t kind = kinds;
  if (number % 3 == 2 && number / 3 < kinds) kind = number / 3;
  if (number % kFilesPerDamage == 0 && number > 0) kind = number / kFilesPerDamage % kinds;
  if (!options_.broken || kind == kinds) return;
  job.damage = static_cast<Damage>(kind);
  const std::string& id = options_.account_ids[key.account];
  const std::string region(kRegions[key.region]);
  if (is_foreign(*job.damage)) {
    const bool is_digest = *job.damage == Damage::kDigest;
    const std::string name = is_digest ? "CloudTrail-Digest" : "Config";
    job.damaged_path = options_.folder + "/AWSLogs/" + id + '/' + name + '/' + region + '/' + id +
                       '_' + name + '_' + region + '_';
  } else {
    job.damaged_path = job.path.substr(0, job.path.rfind('_') + 1);
  }
  random.append_mixed(job.damaged_path, 16);
  job.damaged_path += ".json.gz";
  JsonWriter line;
  line.begin_object().member("path", job.damaged_path.substr(options_.folder.size() + 1));
  line.member("kind", to_string(*job.damage));
  line.member("copy_of",
              is_foreign(*job.damage) ? "" : job.path.substr(options_.folder.size() + 1));
  line.end_object();
  damage_lines_ += std::move(line).take() + '\n';
}

Status Delivery::deliver(const Key& key, std::shared_ptr<Slot> slot) {
  const size_t count = slot->records.size();
  std::stable_sort(slot->records.begin(), slot->records.end(),
                   [](const auto& a, const auto& b) { return a.time < b.time; });
  size_t part = 0;
  if (const auto found = parts_.find(key); found != parts_.end()) part = found->second++;
  TRY_ASSIGN(const std::string folder, folder_of(key));
  const std::string& id = options_.account_ids[key.account];
  const std::string region(kRegions[key.region]);
  Random random(options_.seed, "file " + id + region + std::to_string(key.slot) + '/' +
                                   std::to_string(static_cast<int>(key.channel)) + '/' +
                                   std::to_string(part));
  const std::array<int, 5> date = calendar(key.slot * kSlotSeconds);
  char stamp[24];
  std::snprintf(stamp, sizeof stamp, "%04d%02d%02dT%02d%02dZ", date[0], date[1], date[2], date[3],
                date[4]);
  for (size_t first = 0; first < count; first += kMaximumRecordsInFile) {
    Job job;
    job.slot = slot;
    job.first = first;
    job.last = std::min(count, first + kMaximumRecordsInFile);
    job.path = folder + '/' + id + '_' + std::string(folder_name(key.channel)) + '_' + region +
               '_' + stamp + '_';
    random.append_mixed(job.path, 16);
    job.path += ".json.gz";
    job.seed = random.next();
    plan_damage(job, key, random);
    delivered_ += job.last - job.first;
    if (options_.pace) {
      TRY(write_paced(job));
      continue;
    }
    crew_.later([this, job = std::move(job)] {
      if (failed_) return;
      std::unique_ptr<Press> press = lend_press();
      if (Status status = write(job, *press); !status.ok()) note_failure(std::move(status));
      std::lock_guard lock(mutex_);
      presses_.push_back(std::move(press));
    });
  }
  return Status::success();
}

std::unique_ptr<Delivery::Press> Delivery::lend_press() {
  std::lock_guard lock(mutex_);
  if (presses_.empty()) return std::make_unique<Press>();
  std::unique_ptr<Press> press = std::move(presses_.back());
  presses_.pop_back();
  return press;
}

Status Delivery::write(const Job& job, Press& press) {
  // Records change places with others close by, in some files.
  const auto begin = job.slot->records.begin();
  Outbox::Batch records(begin + static_cast<std::ptrdiff_t>(job.first),
                        begin + static_cast<std::ptrdiff_t>(job.last));
  Random random(job.seed, "order");
  if (records.size() > 1 && random.per_mille(disorder_per_mille(records.size()))) {
    for (size_t i = 0; i < 1 + records.size() / 8; ++i) {
      const size_t from = random.below(records.size());
      const size_t to = std::min(records.size() - 1, from + 1 + random.below(6));
      std::swap(records[from], records[to]);
    }
  }
  std::string& text = press.text;
  text = "{\"Records\":[";
  for (size_t i = 0; i < records.size(); ++i) {
    if (i > 0) text += ',';
    text += records[i].text;
  }
  text += "]}";
  const std::string_view stored = press.compressor.compress(text);
  if (options_.pace) {
    // Whoever watches the folder never sees half a file: it is renamed into place.
    const std::string half = join_path(options_.folder, ".part");
    TRY(write_file(files_, half, stored));
    TRY(files_.rename(half, job.path));
  } else {
    TRY(write_file(files_, job.path, stored));
  }
  ++written_files_;
  text_bytes_ += text.size();
  stored_bytes_ += stored.size();
  if (!job.damage) return Status::success();
  const std::string name(base_name(job.path));
  if (is_foreign(*job.damage)) {
    TRY(files_.make_folders(job.damaged_path.substr(0, job.damaged_path.rfind('/'))));
  }
  return write_file(files_, job.damaged_path,
                    damaged_bytes(*job.damage, text, name.substr(0, name.find('_')), "eu-west-1"));
}

Status Delivery::write_paced(const Job& job) {
  if (!options_.pace(delivered_)) {
    return Error{ErrorCode::kCancelled, "the simulation was stopped"};
  }
  if (presses_.empty()) presses_.push_back(std::make_unique<Press>());
  return write(job, *presses_.front());
}

DeliveryCounts Delivery::counts() const {
  return {delivered_, written_files_, text_bytes_, stored_bytes_};
}

}  // namespace cairn::simulate
