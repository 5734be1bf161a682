#include "lake/loader.h"

#include "base/text.h"
#include "lake/inside.h"
#include "lake/row_writer.h"
#include "sys/durable.h"
#include "sys/files.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <tuple>
#include <unordered_map>

namespace cairn::lake {

namespace {

// Fewer rows are not worth a file of their own while the account's next day is at hand.
constexpr size_t kLeastRows = 16 * 1024;
constexpr uint64_t kDuckMemoryBytes = 1u << 30;
constexpr size_t kRowOverheadBytes = sizeof(WaitingRow);
// Fingerprints of files that records are compared with, kept from one commit to the next.
constexpr size_t kKeptFingerprints = 2'000'000;
constexpr int64_t kDayMs = 24 * 60 * 60 * 1000;

std::string date_of(int64_t time_ms) { return format_date(Timestamp(Duration(time_ms))); }
std::string month_of(int64_t time_ms) { return date_of(time_ms).substr(0, 7); }

/// What is known of an object while it is being loaded.
struct LoadingObject {
  CatalogSource row;
  uint64_t prior = 0;  // stored by a load that was interrupted
  bool ended = false, resumed_counted = false;
  std::vector<CatalogQuarantine> quarantine;
};

struct Lane {
  TextArena texts;
  std::vector<WaitingRow> rows;
  std::unique_ptr<RowWriter> writer;
};

/// A file to write, and what came of it.
struct Job {
  CatalogFile file;
  const crypto::SecretKey* key = nullptr;  // null: plain
  std::vector<const WaitingRow*> rows;
};

/// Lets the writing database read what the lake has and write what it is given.
class LoadMount : public LakeMount {
 public:
  explicit LoadMount(Inside& lake) : lake_(lake) {}
  std::map<std::string, Job*, std::less<>> outputs;  // by name; not changed while files are written

  Result<std::unique_ptr<duck::MountedOutput>> create(const std::string& name) override {
    auto found = outputs.find(name);
    if (found == outputs.end())
      return Error{ErrorCode::kPermission, "nobody asked for " + printable(name)};
    Job& job = *found->second;
    TRY_ASSIGN(auto writer, VaultWriter::create(lake_.path_of(name), job.key, job.file.key_id));
    return std::unique_ptr<duck::MountedOutput>(
        std::make_unique<CatalogOutput>(std::move(writer), job.file));
  }

 private:
  Inside& lake_;
};

}  // namespace

class Loader::Impl {
 public:
  Impl(Lake& lake, LoadOptions options)
      : lake_(lake.inside()), options_(std::move(options)), lanes_(options_.lanes) {}
  ~Impl() {
    for (const auto& job : jobs_) drop_part(*job);
  }

  Status begin();
  Result<std::optional<ObjectId>> begin_object(const ObjectFacts& facts);
  void end_object(ObjectId object, SourceKind kind, uint64_t quarantined, bool complete);
  void quarantine(std::optional<ObjectId> object, const QuarantineEntry& entry);
  void add(unsigned lane, const Event& event, const StandardFields& standard, ObjectId object);
  void meet(unsigned lane, bool ending);
  Result<LoadSummary> finish();
  bool going() const { return going_.load(std::memory_order_relaxed); }

 private:
  using Fingerprints = std::shared_ptr<const std::vector<uint64_t>>;

  void step(const char* name) const {
    if (options_.at_step) options_.at_step(name);
  }
  uint32_t account_number(std::string_view name);
  void fail(Error error);
  Status plan();
  Status drop_known(std::vector<WaitingRow*>& rows);
  Result<Fingerprints> fingerprints_of(const CatalogFile& file);
  void keep_fingerprints(const std::string& name, std::vector<uint64_t> prints);
  void cut(const std::vector<WaitingRow*>& rows);
  Status prepare_jobs();
  Status write(unsigned lane, Job& job);
  Status commit();
  Status put_objects(Catalog::Change& change);
  void drop_part(const Job& job) const;

  Inside& lake_;
  const LoadOptions options_;
  std::vector<Lane> lanes_;
  std::unique_ptr<duck::Database> database_;
  std::unique_ptr<duck::Connection> connection_;  // reads fingerprints
  std::shared_ptr<LoadMount> mount_;

  std::atomic<bool> going_{true}, meet_wanted_{false};
  std::atomic<size_t> collected_{0};

  std::mutex mutex_;  // of all that follows
  std::condition_variable turned_;
  Status status_;
  uint64_t turn_ = 0;  // of the meeting: each wait ends when it changes
  size_t arrived_ = 0, written_ = 0, ended_ = 0;
  bool last_ = false;

  ObjectId next_object_ = 0;
  std::unordered_map<ObjectId, LoadingObject> objects_;
  std::map<std::string, ObjectId> open_objects_;  // by name: pieces of one object find each other
  std::vector<std::string> accounts_;
  std::map<std::string, uint32_t, std::less<>> account_numbers_;
  std::vector<CatalogQuarantine> loose_quarantine_;
  std::vector<CatalogFile> known_files_;  // live files of the lake, with those of this load
  std::map<std::string, Fingerprints> kept_prints_;
  size_t kept_print_count_ = 0;
  std::map<std::string, DataKey> keys_;  // "account month"

  std::vector<std::unique_ptr<Job>> jobs_;
  size_t next_job_ = 0;
  CatalogLoad load_;
  LoadSummary summary_;
};

Status Loader::Impl::begin() {
  CAIRN_CHECK(lake_.access == Access::kWrite && !lanes_.empty());
  duck::DatabaseOptions how;
  how.memory_bytes = kDuckMemoryBytes;
  how.threads = 1;  // each lane writes in its own thread
  TRY_ASSIGN(database_, duck::Database::open(how));
  mount_ = std::make_shared<LoadMount>(lake_);
  TRY(database_->mount(kMount, mount_));
  TRY_ASSIGN(connection_, database_->connect({}));
  // What a file's writer has freed goes back to the system, instead of being kept for the next.
  TRY(connection_->execute("SET GLOBAL allocator_flush_threshold = '1MB'"));
  TRY(connection_->execute("SET GLOBAL allocator_bulk_deallocation_flush_threshold = '1MB'"));
  TRY_ASSIGN(known_files_, lake_.catalog->files());
  TRY_ASSIGN(bool keep_raw, lake_.catalog->keeps_raw());
  if (keep_raw && options_.without_raw && !known_files_.empty())
    return Error{ErrorCode::kInvalidInput,
                 "the lake keeps whole records: make another one for records without them"};
  keep_raw = keep_raw && !options_.without_raw;
  for (unsigned i = 0; i < lanes_.size(); ++i) {
    TRY_ASSIGN(lanes_[i].writer, RowWriter::create(*database_, i, lake_.clock.now(), keep_raw));
  }
  TRY_ASSIGN(Catalog::Change change, lake_.catalog->change(lake_.now_ms()));
  if (!keep_raw) TRY(change.leave_raw_out());
  load_.started_ms = lake_.now_ms();
  TRY_ASSIGN(load_.id, change.begin_load(load_.started_ms));
  return change.commit();
}

void Loader::Impl::fail(Error error) {
  if (status_.ok()) status_ = std::move(error);
  going_.store(false);
}

// --- objects -------------------------------------------------------------------------------------

Result<std::optional<ObjectId>> Loader::Impl::begin_object(const ObjectFacts& facts) {
  std::lock_guard lock(mutex_);
  if (auto open = open_objects_.find(facts.name); open != open_objects_.end())
    return std::optional<ObjectId>(open->second);
  std::optional<CatalogSource> before;
  if (!facts.sha256.empty()) {
    TRY_ASSIGN(before, lake_.catalog->find_source(facts.name, facts.size_bytes, facts.sha256));
  }
  if (before && before->whole) {
    ++summary_.objects_skipped;
    return std::optional<ObjectId>();
  }
  LoadingObject object;
  if (before) {
    object.row.id = before->id;
    object.prior = before->stored;
  }
  object.row.name = facts.name;
  object.row.bytes = facts.size_bytes;
  object.row.sha256 = facts.sha256;
  object.row.kind = to_string(SourceKind::kCloudTrail);
  object.row.stored = object.prior;
  object.row.load_id = load_.id;
  ObjectId id = next_object_++;
  open_objects_.emplace(facts.name, id);
  objects_.emplace(id, std::move(object));
  return std::optional<ObjectId>(id);
}

void Loader::Impl::end_object(ObjectId id, SourceKind kind, uint64_t quarantined, bool complete) {
  std::lock_guard lock(mutex_);
  LoadingObject& object = objects_.at(id);
  object.row.kind = to_string(kind);
  object.row.quarantined += quarantined;
  object.row.records += quarantined;
  summary_.quarantined += quarantined;
  summary_.records += quarantined;
  if (!complete) return;
  object.ended = true;
  open_objects_.erase(object.row.name);
}

void Loader::Impl::quarantine(std::optional<ObjectId> id, const QuarantineEntry& entry) {
  std::lock_guard lock(mutex_);
  CatalogQuarantine row{entry.file,   std::string(to_string(entry.kind)),
                        entry.offset, entry.length,
                        entry.reason, load_.id};
  if (id) {
    objects_.at(*id).quarantine.push_back(std::move(row));
  } else {
    loose_quarantine_.push_back(std::move(row));
  }
}

// --- collecting ----------------------------------------------------------------------------------

uint32_t Loader::Impl::account_number(std::string_view name) {
  std::lock_guard lock(mutex_);
  if (auto found = account_numbers_.find(name); found != account_numbers_.end())
    return found->second;
  auto number = static_cast<uint32_t>(accounts_.size());
  accounts_.emplace_back(name);
  account_numbers_.emplace(name, number);
  return number;
}

void Loader::Impl::add(unsigned lane_number, const Event& event, const StandardFields& standard,
                       ObjectId object) {
  if (!going()) return;
  Lane& lane = lanes_[lane_number];
  std::string_view account = event.text(standard.recipient_account);
  if (account.empty()) account = event.text(standard.identity_account);
  WaitingRow row;
  row.raw = lane.texts.keep(event.raw());
  row.time_ms = event.time_known() ? event.time().time_since_epoch().count() : 0;
  row.fingerprint = cloudtrail::content_fingerprint(event, standard);
  row.object = object;
  row.account = account_number(account_name(account));
  lane.rows.push_back(row);
  size_t bytes = event.raw().size() + kRowOverheadBytes;
  if (collected_.fetch_add(bytes, std::memory_order_relaxed) + bytes >= options_.memory_bytes)
    meet_wanted_.store(true, std::memory_order_relaxed);
  if (meet_wanted_.load(std::memory_order_relaxed)) meet(lane_number, false);
}

void Loader::Impl::meet(unsigned lane, bool ending) {
  std::unique_lock lock(mutex_);
  if (ending) ++ended_;
  do {
    auto wait_turn = [&](uint64_t turn) { turned_.wait(lock, [&] { return turn_ != turn; }); };
    auto next_turn = [&] {
      ++turn_;
      turned_.notify_all();
    };
    // 1. All arrive; the last one plans.
    if (++arrived_ == lanes_.size()) {
      arrived_ = 0;
      last_ = ended_ == lanes_.size();
      if (going()) {
        if (Status planned = plan(); !planned.ok()) fail(std::move(planned).error());
      }
      next_turn();
    } else {
      wait_turn(turn_);
    }
    // 2. All write files, the largest first.
    while (going() && next_job_ < jobs_.size()) {
      Job& job = *jobs_[next_job_++];
      lock.unlock();
      Status done = write(lane, job);
      lock.lock();
      if (!done.ok()) fail(std::move(done).error());
    }
    // 3. The last one to be done commits.
    if (++written_ == lanes_.size()) {
      written_ = 0;
      if (going()) {
        if (Status done = commit(); !done.ok()) fail(std::move(done).error());
      }
      for (const auto& job : jobs_) drop_part(*job);
      jobs_.clear();
      mount_->outputs.clear();
      next_job_ = 0;
      for (Lane& one : lanes_) {
        one.rows.clear();
        one.texts.clear();
      }
      collected_.store(0);
      meet_wanted_.store(false);
      next_turn();
    } else {
      wait_turn(turn_);
    }
  } while (ending && !last_);
}

// --- planning ------------------------------------------------------------------------------------

Status Loader::Impl::plan() {
  step("planning");
  std::vector<WaitingRow*> rows;
  for (Lane& lane : lanes_) {
    for (WaitingRow& row : lane.rows) rows.push_back(&row);
  }
  summary_.records += rows.size();
  for (const WaitingRow* row : rows) ++objects_.at(row->object).row.records;
  uint64_t all = rows.size();
  TRY(drop_known(rows));
  summary_.duplicates += all - rows.size();
  summary_.stored += rows.size();
  for (const WaitingRow* row : rows) ++objects_.at(row->object).row.stored;
  cut(rows);
  return prepare_jobs();
}

/// Leaves the first of equal records, and none that the lake has.
Status Loader::Impl::drop_known(std::vector<WaitingRow*>& rows) {
  auto same = [](const WaitingRow* a, const WaitingRow* b) {
    return a->account == b->account && a->fingerprint == b->fingerprint && a->time_ms == b->time_ms;
  };
  std::sort(rows.begin(), rows.end(), [](const WaitingRow* a, const WaitingRow* b) {
    return std::tie(a->account, a->time_ms, a->fingerprint, a->object) <
           std::tie(b->account, b->time_ms, b->fingerprint, b->object);
  });
  rows.erase(std::unique(rows.begin(), rows.end(), same), rows.end());

  std::vector<bool> known(rows.size(), false);
  for (const CatalogFile& file : known_files_) {
    auto number = account_numbers_.find(file.account);
    if (number == account_numbers_.end()) continue;
    uint32_t account = number->second;
    auto begin = std::lower_bound(
        rows.begin(), rows.end(), file.first_ms, [&](const WaitingRow* row, int64_t time) {
          return std::tie(row->account, row->time_ms) < std::tie(account, time);
        });
    auto end = begin;
    while (end != rows.end() && (*end)->account == account && (*end)->time_ms <= file.last_ms)
      ++end;
    if (begin == end) continue;
    TRY_ASSIGN(Fingerprints prints, fingerprints_of(file));
    for (auto row = begin; row != end; ++row) {
      if (std::binary_search(prints->begin(), prints->end(), (*row)->fingerprint))
        known[static_cast<size_t>(row - rows.begin())] = true;
    }
  }
  size_t kept = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!known[i]) rows[kept++] = rows[i];
  }
  rows.resize(kept);
  return {};
}

Result<Loader::Impl::Fingerprints> Loader::Impl::fingerprints_of(const CatalogFile& file) {
  if (auto kept = kept_prints_.find(file.name); kept != kept_prints_.end()) return kept->second;
  if (!mount_->exists(file.name)) TRY(add_entries(lake_, {file}, *mount_));
  auto answer = connection_->query("SELECT " + std::string(kFingerprintColumn) + " FROM " +
                                   parquet_source({file.name}));
  if (!answer.ok()) return std::move(answer).error();
  std::vector<uint64_t> prints;
  prints.reserve(file.rows);
  std::string text;
  for (;;) {
    TRY_ASSIGN(size_t count, answer.value()->next());
    if (count == 0) break;
    for (size_t row = 0; row < count; ++row) {
      text.clear();
      answer.value()->append_text(0, row, text);
      int64_t value = 0;
      std::from_chars(text.data(), text.data() + text.size(), value);
      prints.push_back(static_cast<uint64_t>(value));
    }
  }
  std::sort(prints.begin(), prints.end());
  keep_fingerprints(file.name, std::move(prints));
  return kept_prints_.at(file.name);
}

void Loader::Impl::keep_fingerprints(const std::string& name, std::vector<uint64_t> prints) {
  // Names sort by account and day; what was read longest ago is not worth knowing.
  while (!kept_prints_.empty() && kept_print_count_ + prints.size() > kKeptFingerprints) {
    kept_print_count_ -= kept_prints_.begin()->second->size();
    kept_prints_.erase(kept_prints_.begin());
  }
  kept_print_count_ += prints.size();
  kept_prints_[name] = std::make_shared<const std::vector<uint64_t>>(std::move(prints));
}

/// Divides rows, which are sorted by account and time, into files: none crosses accounts or months
/// (a file has one key), they end with a day where that is worth it, and there is one for each lane
/// where there is enough.
void Loader::Impl::cut(const std::vector<WaitingRow*>& rows) {
  size_t most = std::max(kLeastRows, rows.size() / lanes_.size() + 1);
  Job* job = nullptr;
  int64_t day = 0;
  for (const WaitingRow* row : rows) {
    const std::string& account = accounts_[row->account];
    int64_t its_day = row->time_ms / kDayMs;
    bool new_day = job == nullptr || its_day != day;
    bool fits = job != nullptr && account == job->file.account && job->rows.size() < most &&
                !(new_day && job->rows.size() >= kLeastRows) &&
                (!new_day || month_of(row->time_ms) == job->file.month);
    if (!fits) {
      job = jobs_.emplace_back(std::make_unique<Job>()).get();
      job->file.account = account;
      job->file.month = month_of(row->time_ms);
      job->file.first_ms = row->time_ms;
      job->file.load_id = load_.id;
    }
    if (job->file.days.empty() || its_day != day)
      job->file.days += (job->file.days.empty() ? "" : " ") + std::to_string(its_day);
    day = its_day;
    job->file.last_ms = row->time_ms;
    job->rows.push_back(row);
    ++job->file.rows;
  }
  std::stable_sort(jobs_.begin(), jobs_.end(),
                   [](const auto& a, const auto& b) { return a->rows.size() > b->rows.size(); });
}

Status Loader::Impl::prepare_jobs() {
  std::vector<Job*> without_key;
  for (const auto& job : jobs_) {
    if (!keys_.contains(job->file.account + " " + job->file.month))
      without_key.push_back(job.get());
  }
  if (!without_key.empty() && lake_.catalog->protection() != Protection::kPlain) {
    // A key is in the catalog before the first byte is encrypted under it.
    TRY_ASSIGN(Catalog::Change change, lake_.catalog->change(lake_.now_ms()));
    for (const Job* job : without_key) {
      TRY_ASSIGN(DataKey key, change.key_for(job->file.account, job->file.month, lake_.holder.get(),
                                             lake_.now_ms()));
      keys_.insert_or_assign(job->file.account + " " + job->file.month, std::move(key));
    }
    TRY(change.commit());
  }
  for (const auto& job : jobs_) {
    CatalogFile& file = job->file;
    TRY_ASSIGN(std::string name, new_file_name(lake_.now_ms()));
    std::string below =
        std::string(kEventsFolder) + "/account=" + file.account + "/date=" + date_of(file.first_ms);
    TRY(make_private_folders(lake_.path_of(below)));
    file.name = below + "/" + name + ".parquet";
    if (auto key = keys_.find(file.account + " " + file.month); key != keys_.end()) {
      file.key_id = key->second.id;
      job->key = &key->second.key;
    }
    mount_->outputs[file.name + kPartEnding] = job.get();
  }
  return {};
}

// --- writing -------------------------------------------------------------------------------------

Status Loader::Impl::write(unsigned lane, Job& job) {
  step("writing");
  std::string part = job.file.name + kPartEnding;
  auto name_of = [this](uint32_t object) -> std::string_view {
    return objects_.at(object).row.name;  // no object comes or goes while files are written
  };
  Status done = lanes_[lane].writer->write(job.rows, name_of, part);
  if (!done.ok())
    return std::move(done).error().with_context("writing " + printable(lake_.path_of(part)));
  if (job.file.sha256.empty())
    return Error{ErrorCode::kUnavailable, printable(part) + " was not written to its end"};
  step("written");
  return {};
}

void Loader::Impl::drop_part(const Job& job) const {
  if (job.file.name.empty()) return;
  static_cast<void>(lake_.remove_from_disk(job.file.name + kPartEnding).ok());
}

Status Loader::Impl::commit() {
  step("renaming");
  auto files = real_files();
  std::set<std::string> folders;
  for (const auto& job : jobs_) {
    const std::string& name = job->file.name;
    TRY(files->rename(lake_.path_of(name + kPartEnding), lake_.path_of(name)));
    std::string folder = name.substr(0, name.rfind('/'));
    folders.insert(folder);
    folders.insert(folder.substr(0, folder.rfind('/')));
    folders.insert(kEventsFolder);
    step("renamed");
  }
  for (const std::string& folder : folders) TRY(sync_folder(lake_.path_of(folder)));
  step("changing the catalog");
  TRY_ASSIGN(Catalog::Change change, lake_.catalog->change(lake_.now_ms()));
  for (const auto& job : jobs_) TRY(change.add_file(job->file));
  TRY(put_objects(change));
  load_.counts = {summary_.records,         summary_.stored,         summary_.duplicates,
                  summary_.resumed,         summary_.quarantined,    summary_.objects,
                  summary_.objects_skipped, summary_.objects_partial};
  TRY(change.put_load(load_));
  step("committing");
  TRY(change.commit());
  step("committed");
  for (const auto& job : jobs_) {
    std::vector<uint64_t> prints;
    for (const WaitingRow* row : job->rows) prints.push_back(row->fingerprint);
    std::sort(prints.begin(), prints.end());
    keep_fingerprints(job->file.name, std::move(prints));
    known_files_.push_back(job->file);
    ++summary_.files;
    summary_.bytes += job->file.bytes;
  }
  return {};
}

/// Writes what became of the objects so far, and lets go of those that ended.
Status Loader::Impl::put_objects(Catalog::Change& change) {
  for (const CatalogQuarantine& entry : loose_quarantine_) TRY(change.add_quarantine(0, entry));
  loose_quarantine_.clear();
  for (auto at = objects_.begin(); at != objects_.end();) {
    LoadingObject& object = at->second;
    CatalogSource& row = object.row;
    row.whole = object.ended;
    // What an interrupted load had stored was found again, as duplicates.
    uint64_t given = row.stored + row.quarantined;
    row.duplicates = row.records > given ? row.records - given : 0;
    if (object.ended) {
      uint64_t resumed = std::min(object.prior, summary_.duplicates);
      summary_.resumed += resumed;
      summary_.duplicates -= resumed;
      ++summary_.objects;
      row.loaded_ms = lake_.now_ms();
    }
    TRY(change.put_source(row));
    if (object.ended) {
      for (const CatalogQuarantine& entry : object.quarantine)
        TRY(change.add_quarantine(row.id, entry));
    }
    at = object.ended ? objects_.erase(at) : std::next(at);
  }
  return {};
}

Result<LoadSummary> Loader::Impl::finish() {
  std::lock_guard lock(mutex_);
  if (!status_.ok()) return std::move(status_).error();
  CAIRN_CHECK(last_);
  summary_.objects_partial = objects_.size();
  CAIRN_CHECK(summary_.records ==
              summary_.stored + summary_.duplicates + summary_.resumed + summary_.quarantined);
  TRY_ASSIGN(Catalog::Change change, lake_.catalog->change(lake_.now_ms()));
  load_.ended_ms = lake_.now_ms();
  load_.counts.objects_skipped = summary_.objects_skipped;
  load_.counts.objects_partial = summary_.objects_partial;
  TRY(change.put_load(load_));
  TRY(change.commit());
  return summary_;
}

Loader::Loader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Loader::~Loader() = default;

Result<std::unique_ptr<Loader>> Loader::begin(Lake& lake, const LoadOptions& options) {
  auto impl = std::make_unique<Impl>(lake, options);
  TRY(impl->begin());
  return std::unique_ptr<Loader>(new Loader(std::move(impl)));
}

Result<std::optional<ObjectId>> Loader::begin_object(const ObjectFacts& facts) {
  return impl_->begin_object(facts);
}
void Loader::end_object(ObjectId object, SourceKind kind, uint64_t quarantined, bool complete) {
  impl_->end_object(object, kind, quarantined, complete);
}
void Loader::quarantine(std::optional<ObjectId> object, const QuarantineEntry& entry) {
  impl_->quarantine(object, entry);
}
bool Loader::going() const { return impl_->going(); }
void Loader::add(unsigned lane, const Event& event, const StandardFields& standard,
                 ObjectId object) {
  impl_->add(lane, event, standard, object);
}
void Loader::end(unsigned lane) { impl_->meet(lane, true); }
Result<LoadSummary> Loader::finish() { return impl_->finish(); }

}  // namespace cairn::lake
