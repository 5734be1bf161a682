#include "simulate/delivery.h"

#include "base/hash.h"
#include "formats/compression.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace cairn::simulate {
namespace {

// Measured on untouched logs: file name time minus eventTime has a mean near 4.2 minutes and a
// deviation near 2.3, of which the rounding to slots makes 1.4; it is never under 12 seconds nor
// over 14 minutes.
constexpr int64_t kMeanDelaySeconds = 245;
constexpr int64_t kDelayDeviationSeconds = 112;
constexpr int64_t kShortestDelaySeconds = 12;
constexpr int64_t kLongestDelaySeconds = 14 * 60;
constexpr size_t kQueuedJobs = 64;
constexpr int kGzipLevel = 6;  // CloudTrail's own density

/// How many files in a thousand are out of order, by the number of records.
uint64_t disorder_per_mille(size_t records) { return records < 3 ? 350 : records < 12 ? 600 : 850; }

std::array<int, 5> calendar(Seconds time) {
  const std::chrono::sys_seconds moment{std::chrono::seconds(time)};
  const auto midnight = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(midnight);
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(moment - midnight).count();
  return {static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())), static_cast<int>(minutes / 60),
          static_cast<int>(minutes % 60)};
}

}  // namespace

Delivery::Delivery(Files& files, std::string folder, uint64_t seed, int threads)
    : files_(files),
      folder_(std::move(folder)),
      seed_(seed),
      random_(seed, "delivery"),
      jobs_(kQueuedJobs) {
  for (int i = 0; threads > 1 && i < threads; ++i) {
    workers_.emplace_back([this] {
      while (const std::optional<Job> job = jobs_.pop()) {
        if (failed_) continue;
        if (Status status = write(*job); !status.ok()) {
          std::lock_guard lock(failure_mutex_);
          if (!failed_.exchange(true)) failure_ = std::move(status);
        }
      }
    });
  }
}

Delivery::~Delivery() {
  jobs_.close();
  for (std::thread& worker : workers_) {
    if (worker.joinable()) worker.join();
  }
}

std::string& Delivery::begin_record(const Account& account, size_t region, Seconds time) {
  const int64_t wished = time + random_.normal(kMeanDelaySeconds, kDelayDeviationSeconds);
  int64_t slot = (wished + kSlotSeconds / 2) / kSlotSeconds;
  while (slot * kSlotSeconds < time + kShortestDelaySeconds) ++slot;
  while (slot * kSlotSeconds > time + kLongestDelaySeconds) --slot;
  if (account_ids_.size() <= account.number) account_ids_.resize(account.number + 1);
  if (account_ids_[account.number].empty()) account_ids_[account.number] = account.id;
  std::unique_ptr<Batch>& batch = batches_[{slot, account.number, region}];
  if (!batch) {
    if (spare_.empty()) {
      batch = std::make_unique<Batch>();
    } else {
      batch = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  open_ = batch.get();
  open_time_ = time;
  open_->items.push_back({time, open_->text.size(), 0});
  return open_->text;
}

void Delivery::end_record() {
  Item& item = open_->items.back();
  item.size = open_->text.size() - item.offset;
  ++records_;
  open_ = nullptr;
}

Status Delivery::deliver_before(Seconds time) {
  while (!batches_.empty() && std::get<0>(batches_.begin()->first) * kSlotSeconds < time) {
    auto first = batches_.extract(batches_.begin());
    TRY(deliver(first.key(), *first.mapped()));
    first.mapped()->text.clear();
    first.mapped()->items.clear();
    spare_.push_back(std::move(first.mapped()));
  }
  return Status::success();
}

Status Delivery::finish() {
  TRY(deliver_before(INT64_MAX));
  jobs_.close();
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
  return failure();
}

Status Delivery::failure() const {
  if (!failed_) return Status::success();
  std::lock_guard lock(failure_mutex_);
  return failure_;
}

void Delivery::order(Batch& batch, Random& random) const {
  std::vector<Item>& items = batch.items;
  std::stable_sort(items.begin(), items.end(),
                   [](const Item& a, const Item& b) { return a.time < b.time; });
  if (items.size() < 2 || !random.per_mille(disorder_per_mille(items.size()))) return;
  for (size_t i = 0; i < 1 + items.size() / 8; ++i) {  // records change places with others close by
    const size_t from = random.below(items.size());
    const size_t to = std::min(items.size() - 1, from + 1 + random.below(6));
    std::swap(items[from], items[to]);
  }
}

Status Delivery::deliver(const Key& key, Batch& batch) {
  const auto [slot, account, region] = key;
  const std::array<int, 5> date = calendar(slot * kSlotSeconds);
  const std::string& id = account_ids_[account];
  Random random(seed_, "file " + id + std::string(kRegions[region]) + std::to_string(slot));
  order(batch, random);

  char day[16], stamp[24];
  std::snprintf(day, sizeof day, "%04d/%02d/%02d", date[0], date[1], date[2]);
  std::snprintf(stamp, sizeof stamp, "%04d%02d%02dT%02d%02dZ", date[0], date[1], date[2], date[3],
                date[4]);
  const std::string base =
      folder_ + "/AWSLogs/" + id + "/CloudTrail/" + std::string(kRegions[region]) + '/' + day;
  const int64_t day_number = slot * kSlotSeconds / 86'400;
  int64_t& made = day_made_.try_emplace({account, region}, INT64_MIN).first->second;
  if (made != day_number) {
    TRY(files_.make_folders(base));
    made = day_number;
  }
  for (size_t start = 0; start < batch.items.size(); start += kMaximumRecordsInFile) {
    const size_t end = std::min(batch.items.size(), start + kMaximumRecordsInFile);
    Job job;
    job.path = base + '/' + id + "_CloudTrail_" + std::string(kRegions[region]) + '_' + stamp + '_';
    random.append_mixed(job.path, 16);
    job.path += ".json.gz";
    job.text.reserve(batch.text.size() + batch.items.size() + 16);
    job.text = "{\"Records\":[";
    for (size_t i = start; i < end; ++i) {
      if (i > start) job.text += ',';
      job.text.append(batch.text, batch.items[i].offset, batch.items[i].size);
    }
    job.text += "]}";
    if (workers_.empty()) {
      TRY(write(job));
    } else {
      TRY(failure());
      jobs_.push(std::move(job));
    }
  }
  return Status::success();
}

Status Delivery::write(const Job& job) {
  const std::string stored = gzip_compress(job.text, kGzipLevel);
  TRY(write_file(files_, job.path, stored));
  ++written_files_;
  text_bytes_ += job.text.size();
  stored_bytes_ += stored.size();
  return Status::success();
}

DeliveryCounts Delivery::counts() const {
  return {records_, written_files_, text_bytes_, stored_bytes_};
}

}  // namespace cairn::simulate
