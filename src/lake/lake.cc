#include "lake/lake.h"

#include "base/text.h"
#include "cloudtrail/folded_record.h"
#include "lake/file_choice.h"
#include "lake/inside.h"
#include "lake/parquet_footer.h"
#include "lake/row_writer.h"
#include "model/cloudtrail_table.h"
#include "sys/files.h"
#include "sys/process.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace cairn::lake {

namespace {

constexpr std::string_view kBase32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr size_t kNameDigits = 26;
constexpr const char* kRecordFunction = "cairn_whole_record";
constexpr size_t kMostFoldedValues = 80;
constexpr const char* kStoredView = "lake_events";
constexpr const char* kStoredTable = "lake_parquet";
constexpr const char* kFilesTable = "lake_files";
constexpr const char* kQuarantineTable = "lake_quarantine";
constexpr const char* kFindingsTable = "lake_findings";
// Over the lines of findings.jsonl (docs/reference/outputs.md). Athena's macros have names of these
// functions too.
constexpr const char* kFindingsView = R"(CREATE OR REPLACE VIEW findings AS SELECT id,
  system.main.json_extract_string(finding, '$.level') AS level,
  system.main.json_extract_string(finding, '$.rule.code') AS code,
  system.main.json_extract_string(finding, '$.rule.title') AS title,
  system.main.json_extract_string(finding, '$.rule.id') AS rule_id,
  system.main.json_extract_string(finding, '$.key') AS key,
  system.main.json_extract_string(finding, '$.principal') AS principal,
  system.main.json_extract_string(finding, '$.account') AS account,
  CAST(system.main.json_extract_string(finding, '$.count') AS BIGINT) AS events,
  CAST(system.main.json_extract_string(finding, '$.failed') AS BIGINT) AS failed_events,
  system.main.json_extract_string(finding, '$.first') AS first_event,
  system.main.json_extract_string(finding, '$.last') AS last_event,
  CAST(system.main.json_extract(finding, '$.source_ips') AS VARCHAR[]) AS source_ips,
  CAST(system.main.json_extract(finding, '$.event_names') AS VARCHAR[]) AS event_names,
  CAST(system.main.json_extract(finding, '$.targets') AS VARCHAR[]) AS targets,
  saved_at, finding FROM )";

int64_t microseconds(int64_t ms) { return ms * 1000; }

}  // namespace

std::string default_folder() {
  std::string folder = environment("CAIRN_LAKE");
  if (!folder.empty()) return folder;
  folder = environment("XDG_DATA_HOME");
  if (folder.empty()) folder = join_path(environment("HOME"), ".local/share");
  return join_path(folder, "cairn/lake");
}

Result<std::string> new_file_name(int64_t now_ms) {
  TRY_ASSIGN(std::string random, crypto::random_bytes(10));
  std::string name;
  for (int shift = 45; shift >= 0; shift -= 5)
    name += kBase32[(static_cast<uint64_t>(now_ms) >> shift) & 31];
  for (size_t bit = 0; bit < 80; bit += 5) {
    auto byte = [&](size_t i) {
      return i < random.size() ? static_cast<unsigned>(static_cast<unsigned char>(random[i])) : 0u;
    };
    unsigned pair = byte(bit / 8) << 8 | byte(bit / 8 + 1);
    name += kBase32[(pair >> (11 - bit % 8)) & 31];
  }
  return name;
}

bool is_lake_file_name(std::string_view name) {
  if (name.ends_with(kPartEnding)) name.remove_suffix(std::string_view(kPartEnding).size());
  constexpr std::string_view kEnding = ".parquet";
  return name.size() == kNameDigits + kEnding.size() && name.ends_with(kEnding) &&
         name.substr(0, kNameDigits).find_first_not_of(kBase32) == std::string_view::npos;
}

Result<std::unique_ptr<KeyHolder>> holder_for(Protection protection, std::string_view salt,
                                              const KeySource& keys) {
  std::unique_ptr<KeyHolder> holder;
  if (protection == Protection::kKeyFile) {
    std::string path = keys.key_file.empty() ? default_key_file() : keys.key_file;
    auto key = read_key_file(path);
    if (!key.ok()) {
      Error error = std::move(key).error();
      if (error.code == ErrorCode::kNotFound) error.code = ErrorCode::kPermission;
      return std::move(error).with_context("the key of the lake");
    }
    holder = hold_key(std::move(key).value());
  } else if (protection == Protection::kPassphrase) {
    if (keys.passphrase.empty()) {
      return Error{ErrorCode::kPermission,
                   "the lake is under a passphrase: set CAIRN_PASSPHRASE, give --passphrase-file, "
                   "or type it at a terminal"};
    }
    TRY_ASSIGN(PassphraseSalt parsed, PassphraseSalt::parse(salt));
    TRY_ASSIGN(auto key, crypto::key_from_passphrase(keys.passphrase, parsed.salt, parsed.cost));
    holder = hold_key(std::move(key));
  }
  return holder;
}

// --- the mount -----------------------------------------------------------------------------------

namespace {

/// A Parquet file of which some row groups count: its bytes, and another footer behind them.
class PickedGroups : public duck::MountedInput {
 public:
  PickedGroups(std::unique_ptr<duck::MountedInput> file, uint64_t body, std::string footer)
      : file_(std::move(file)), body_(body), footer_(std::move(footer)) {}
  uint64_t size_bytes() const override { return body_ + footer_.size(); }
  Status read_at(uint64_t offset, std::span<char> buffer) const override {
    if (offset > size_bytes() || buffer.size() > size_bytes() - offset)
      return Error{ErrorCode::kCorrupt, "the file ended early"};
    uint64_t of_body = offset < body_ ? std::min<uint64_t>(body_ - offset, buffer.size()) : 0;
    if (of_body > 0) TRY(file_->read_at(offset, buffer.first(of_body)));
    if (of_body < buffer.size())
      footer_.copy(buffer.data() + of_body, buffer.size() - of_body, offset + of_body - body_);
    return {};
  }

 private:
  std::unique_ptr<duck::MountedInput> file_;
  uint64_t body_;
  std::string footer_;
};

Result<std::unique_ptr<duck::MountedInput>> pick_groups(std::unique_ptr<duck::MountedInput> file,
                                                        std::string_view groups) {
  TRY_ASSIGN(ParquetFooter footer, ParquetFooter::read(*file));
  FooterWriter writer(footer);
  for (std::string_view text : split(groups, ',')) {
    size_t group = 0;
    std::from_chars(text.data(), text.data() + text.size(), group);
    if (group >= footer.groups())
      return Error{ErrorCode::kCorrupt, "a file of the lake has fewer row groups than its index"};
    TRY(writer.add(footer, group, 0));
  }
  return std::unique_ptr<duck::MountedInput>(
      std::make_unique<PickedGroups>(std::move(file), footer.offset(), writer.finish()));
}

}  // namespace

std::string name_of_groups(std::string_view name, const std::vector<size_t>& groups) {
  std::string text(name);
  for (size_t group : groups)
    text += (text.size() == name.size() ? '?' : ',') + std::to_string(group);
  return text;
}

Result<std::unique_ptr<duck::MountedInput>> LakeMount::open(const std::string& name) {
  size_t mark = name.find('?');
  auto found = entries.find(std::string_view(name).substr(0, mark));
  if (found == entries.end())
    return Error{ErrorCode::kNotFound, "the lake has no file " + printable(name)};
  const Entry& entry = found->second;
  if (!entry.forgotten.empty()) return Error{ErrorCode::kPermission, entry.forgotten};
  auto file = entry.file_id.empty() ? open_plain(entry.path)
                                    : open_vault(entry.path, entry.key, entry.file_id);
  if (!file.ok() || mark == std::string::npos) return file;
  return pick_groups(std::move(file).value(), std::string_view(name).substr(mark + 1));
}

Result<std::unique_ptr<duck::MountedOutput>> LakeMount::create(const std::string& /*name*/) {
  return Error{ErrorCode::kPermission, "the lake is open for reading only"};
}

Status CatalogOutput::close() {
  TRY(writer_->close());
  file_.bytes = writer_->stored_bytes();
  file_.sha256 = writer_->sha256();
  file_.file_id = writer_->file_id();
  return {};
}

Result<std::string> older_in_words(Catalog& catalog,
                                   const Result<std::optional<Catalog::Head>>& known) {
  if (!known.ok()) return known.error().message;
  if (!known.value()) return std::string();
  TRY_ASSIGN(Catalog::Head now, catalog.head());
  const Catalog::Head& last = *known.value();
  if (now.version < last.version)
    return "it is an older copy of itself, of change " + std::to_string(now.version) +
           "; the lake's last was " + std::to_string(last.version);
  if (now.version == last.version && now.audit != last.audit)
    return std::string("it is not the one that the lake had: its audit chain ends otherwise");
  return std::string();
}

Status add_entries(Inside& lake, const std::vector<CatalogFile>& files, LakeMount& mount) {
  for (const CatalogFile& file : files) {
    LakeMount::Entry& entry = mount.entries[file.name];
    entry.path = lake.path_of(file.name);
    entry.file_id = file.file_id;
    if (file.file_id.empty()) continue;
    auto key = lake.catalog->data_key(file.key_id, lake.holder.get());
    if (key.ok()) {
      entry.key = std::move(key).value();
    } else if (key.error().code == ErrorCode::kNotFound) {
      entry.forgotten = printable(file.name) + ": " + key.error().message;
    } else {
      return std::move(key).error();
    }
  }
  return {};
}

std::string_view account_name(std::string_view text) {
  constexpr size_t kAccountDigits = 12;
  bool good = text.size() == kAccountDigits && std::all_of(text.begin(), text.end(), is_digit);
  return good ? text : kUnknownAccount;
}

Result<std::vector<TableColumn>> stored_columns(Inside& lake) {
  std::vector<TableColumn> columns = cloudtrail_table_columns();
  TRY_ASSIGN(bool keeps_raw, lake.catalog->keeps_raw());
  if (!keeps_raw) std::erase_if(columns, [](const TableColumn& one) { return one.name == "raw"; });
  return columns;
}

Status add_record_function(duck::Database& database) {
  duck::ScalarFunction function;
  function.name = kRecordFunction;
  function.arguments.assign(cloudtrail::folded_values().size() + 1, duck::ScalarKind::kText);
  function.null_in_null_out = false;
  function.call = [](std::span<const duck::Scalar> arguments,
                     std::string& scratch) -> Result<duck::Scalar> {
    duck::Scalar record;
    record.null = arguments[0].null;
    if (record.null) return record;
    std::array<std::string_view, kMostFoldedValues> values;
    size_t count = std::min(arguments.size() - 1, values.size());
    for (size_t i = 0; i < count; ++i) {
      if (!arguments[i + 1].null) values[i] = arguments[i + 1].text;
    }
    scratch.clear();
    TRY(cloudtrail::unfold_record(arguments[0].text, std::span(values).first(count), scratch));
    record.text = scratch;
    return record;
  };
  return database.add_function(std::move(function));
}

std::string record_sql() {
  std::string sql = std::string(kRecordFunction) + "(" + kRecordColumn;
  for (const std::string& value : cloudtrail::folded_values()) sql += ", " + value;
  return sql + ")";
}

Result<bool> keeps_raw(Lake& lake) { return lake.inside().catalog->keeps_raw(); }

std::string parquet_source(const std::vector<std::string>& names) {
  std::string sql = "read_parquet([";
  for (const std::string& name : names)
    sql += (sql.back() == '[' ? "'" : ", '") + std::string(kMount) + name + "'";
  return sql + "], hive_partitioning = false)";
}

// --- an open lake --------------------------------------------------------------------------------

Result<std::unique_ptr<duck::MountedInput>> Inside::open_file(const CatalogFile& file) {
  LakeMount mount;
  TRY(add_entries(*this, {file}, mount));
  return mount.open(file.name);
}

Status Inside::remove_from_disk(std::string_view name) {
  auto files = real_files();
  std::string path = path_of(name);
  Status removed = files->remove(path);
  if (!removed.ok() && removed.error().code != ErrorCode::kNotFound) return removed;
  for (int level = 0; level < 2; ++level) {
    path.resize(path.rfind('/'));
    remove_empty_folder(path);
  }
  return {};
}

Result<uint64_t> Inside::remove_given_up() {
  TRY_ASSIGN(std::vector<CatalogFile> files, catalog->removed_files());
  if (files.empty()) return uint64_t{0};
  auto alone = FileLock::take(path_of(kReadersLock), FileLock::Kind::kExclusive);
  if (!alone.ok()) return uint64_t{0};  // somebody reads: later
  for (const CatalogFile& file : files) TRY(remove_from_disk(file.name));
  TRY_ASSIGN(Catalog::Change change, catalog->change(now_ms()));
  for (const CatalogFile& file : files) TRY(change.forget_file(file.id));
  TRY(change.commit());
  return files.size();
}

Result<std::vector<std::string>> Inside::strange_files() {
  std::set<std::string> known;
  for (auto list : {catalog->files(), catalog->removed_files()}) {
    TRY(list);
    for (const CatalogFile& file : list.value()) known.insert(file.name);
  }
  auto files = real_files();
  std::vector<std::string> strange, folders{kEventsFolder};
  while (!folders.empty()) {
    std::string below = std::move(folders.back());
    folders.pop_back();
    auto listed = files->list(path_of(below));
    if (!listed.ok() && listed.error().code == ErrorCode::kNotFound) continue;
    TRY(listed);
    for (const FileInfo& entry : listed.value()) {
      std::string name = join_path(below, base_name(entry.path));
      if (entry.kind == FileKind::kFolder) {
        folders.push_back(std::move(name));
      } else if (!known.contains(name)) {
        strange.push_back(std::move(name));
      }
    }
  }
  std::sort(strange.begin(), strange.end());
  return strange;
}

Lake::Lake(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Lake::~Lake() = default;
const std::string& Lake::folder() const { return inside_->folder; }
Protection Lake::protection() const { return inside_->catalog->protection(); }

Result<std::unique_ptr<Lake>> Lake::create(const std::string& folder, Protection protection,
                                           const KeySource& keys, Clock& clock) {
  forbid_core_dumps();
  TRY(make_private_folders(folder));
  auto inside = std::make_unique<Inside>(folder, clock);
  inside->access = Access::kWrite;
  TRY_ASSIGN(inside->writer,
             FileLock::take(inside->path_of(kWriterLock), FileLock::Kind::kExclusive));
  auto files = real_files();
  if (files->stat(inside->path_of(kCatalogName)).ok())
    return Error{ErrorCode::kInvalidInput, "there is a lake already in " + printable(folder)};
  std::string salt;
  if (protection == Protection::kPassphrase) {
    TRY_ASSIGN(PassphraseSalt made, PassphraseSalt::random());
    salt = made.to_text();
  }
  if (protection == Protection::kKeyFile) {
    std::string path = keys.key_file.empty() ? default_key_file() : keys.key_file;
    if (!files->stat(path).ok()) TRY(make_key_file(path));
  }
  TRY_ASSIGN(inside->holder, holder_for(protection, salt, keys));
  // SQLite would let others read it.
  TRY_ASSIGN(auto empty, DurableFile::create(inside->path_of(kCatalogName)));
  TRY(empty->close());
  TRY_ASSIGN(inside->catalog, Catalog::create(inside->path_of(kCatalogName), protection, salt,
                                              inside->holder.get(), inside->now_ms()));
  TRY(make_private_folders(inside->path_of(kEventsFolder)));
  TRY(sync_folder(folder));
  return std::unique_ptr<Lake>(new Lake(std::move(inside)));
}

Result<std::unique_ptr<Lake>> Lake::open(const std::string& folder, Access access,
                                         const KeySource& keys, Clock& clock, Older older) {
  forbid_core_dumps();
  auto inside = std::make_unique<Inside>(folder, clock);
  inside->access = access;
  auto files = real_files();
  if (!files->stat(inside->path_of(kCatalogName)).ok())
    return Error{ErrorCode::kNotFound, "there is no lake in " + printable(folder)};
  if (access == Access::kWrite) {
    auto lock = FileLock::take(inside->path_of(kWriterLock), FileLock::Kind::kExclusive);
    if (!lock.ok()) {
      if (lock.error().code != ErrorCode::kUnavailable) return std::move(lock).error();
      return Error{ErrorCode::kUnavailable, "another cairn is writing to the lake in " +
                                                printable(folder) +
                                                "; try again when it has ended"};
    }
    inside->writer = std::move(lock).value();
  }
  auto head = Catalog::read_head(folder);
  if (!head.ok() && older == Older::kRefuse) return std::move(head).error();
  TRY_ASSIGN(inside->catalog, Catalog::open(inside->path_of(kCatalogName),
                                            access == Access::kWrite ? store::Access::kWrite
                                                                     : store::Access::kRead));
  TRY_ASSIGN(inside->older, older_in_words(*inside->catalog, head));
  if (!inside->older.empty() && older == Older::kRefuse)
    return Error{ErrorCode::kCorrupt,
                 printable(inside->path_of(kCatalogName)) + ": " + inside->older +
                     "; put the newer one back, or run cairn lake check --repair"};
  TRY_ASSIGN(inside->holder,
             holder_for(inside->catalog->protection(), inside->catalog->salt(), keys));
  if (inside->holder) TRY(inside->catalog->unlock(*inside->holder));
  if (access == Access::kWrite && inside->older.empty()) {
    // What a writer left that did not come to its commit: nobody knows these files.
    TRY_ASSIGN(std::vector<std::string> strange, inside->strange_files());
    for (const std::string& name : strange) {
      if (is_lake_file_name(base_name(name))) TRY(inside->remove_from_disk(name));
    }
    TRY(inside->remove_given_up());
  }
  return std::unique_ptr<Lake>(new Lake(std::move(inside)));
}

Result<Protection> protection_of(const std::string& folder) {
  std::string path = join_path(folder, kCatalogName);
  if (!real_files()->stat(path).ok())
    return Error{ErrorCode::kNotFound, "there is no lake in " + printable(folder)};
  TRY_ASSIGN(auto catalog, Catalog::open(path, store::Access::kRead));
  return catalog->protection();
}

Result<std::vector<std::pair<std::string, std::string>>> key_months(Lake& lake) {
  return lake.inside().catalog->key_months();
}

Status rotate_key(Lake& lake, Protection protection, const KeySource& keys) {
  Inside& inside = lake.inside();
  CAIRN_CHECK(inside.access == Access::kWrite && inside.holder != nullptr);
  std::string salt;
  if (protection == Protection::kPassphrase) {
    TRY_ASSIGN(PassphraseSalt made, PassphraseSalt::random());
    salt = made.to_text();
  } else if (!real_files()->stat(keys.key_file).ok()) {
    TRY(make_key_file(keys.key_file));
  }
  TRY_ASSIGN(auto holder, holder_for(protection, salt, keys));
  TRY_ASSIGN(Catalog::Change change, inside.catalog->change(inside.now_ms()));
  TRY(change.rewrap(*inside.holder, *holder, protection, salt));
  TRY(change.add_action("rotate", to_string(protection), inside.now_ms()));
  TRY(change.commit());
  inside.holder = std::move(holder);
  // The keys as the old one had wrapped them are to be in no file any more.
  return inside.catalog->database().scour();
}

// --- snapshots -----------------------------------------------------------------------------------

class Snapshot::State {
 public:
  std::vector<LakeFile> files;
  uint64_t version = 0, rows = 0;
  std::shared_ptr<LakeMount> mount = std::make_shared<LakeMount>();
  std::optional<FileLock> reading;
  std::unique_ptr<FileChoice> choice;
  bool keeps_raw = true;
  // Of the lists, which few questions need.
  std::shared_ptr<Catalog> catalog;
  std::shared_ptr<KeyHolder> holder;
};

Snapshot::Snapshot(std::shared_ptr<State> state) : state_(std::move(state)) {}
Snapshot::~Snapshot() = default;
const std::vector<LakeFile>& Snapshot::files() const { return state_->files; }
uint64_t Snapshot::version() const { return state_->version; }
uint64_t Snapshot::rows() const { return state_->rows; }

namespace {

bool wanted(const CatalogFile& file, const Bounds& bounds) {
  if (bounds.from && file.last_ms < bounds.from->time_since_epoch().count()) return false;
  if (bounds.to && file.first_ms > bounds.to->time_since_epoch().count()) return false;
  return bounds.accounts.empty() || std::find(bounds.accounts.begin(), bounds.accounts.end(),
                                              file.account) != bounds.accounts.end();
}

}  // namespace

Result<std::unique_ptr<Snapshot>> Lake::snapshot(const Bounds& bounds) {
  Inside& lake = *inside_;
  auto state = std::make_shared<Snapshot::State>();
  // First the lock, then the list: a file in the list was not removed before it was locked.
  if (auto lock = FileLock::take(lake.path_of(kReadersLock), FileLock::Kind::kShared); lock.ok()) {
    state->reading = std::move(lock).value();
  } else {
    return Error{ErrorCode::kUnavailable,
                 "files of the lake are being removed just now; try again in a moment"};
  }
  TRY_ASSIGN(auto view, lake.catalog->view());
  TRY_ASSIGN(state->version, lake.catalog->version());
  TRY_ASSIGN(std::vector<CatalogFile> files, lake.catalog->files());
  std::erase_if(files, [&](const CatalogFile& file) { return !wanted(file, bounds); });
  for (const CatalogFile& file : files) {
    state->files.push_back({file.name, file.account, Timestamp(Duration(file.first_ms)),
                            Timestamp(Duration(file.last_ms)), file.rows, file.bytes});
    state->rows += file.rows;
  }
  TRY(add_entries(lake, files, *state->mount));
  state->choice = std::make_unique<FileChoice>(std::move(files), *state->mount);
  state->catalog = lake.catalog;
  state->holder = lake.holder;
  TRY_ASSIGN(state->keeps_raw, lake.catalog->keeps_raw());
  return std::unique_ptr<Snapshot>(new Snapshot(std::move(state)));
}

namespace {

/// Hands out rows that a function writes, a batch at a time.
class ListSource : public duck::RowSource {
 public:
  using Fill = std::function<void(size_t row, Batch& batch)>;
  ListSource(size_t rows, size_t columns, Fill fill)
      : rows_(rows), columns_(columns), fill_(std::move(fill)) {}
  Result<std::shared_ptr<Batch>> next() override {
    auto batch = std::make_shared<Batch>();
    batch->columns.resize(columns_);
    for (; batch->rows < duck::kBatchRows && next_ < rows_; ++next_, ++batch->rows)
      fill_(next_, *batch);
    if (batch->rows == 0) return std::shared_ptr<Batch>();
    return batch;
  }

 private:
  size_t rows_, columns_, next_ = 0;
  Fill fill_;
};

void put(BatchColumn& column, std::string_view text, TextArena& arena) {
  column.valid.push_back(1);
  column.texts.push_back(arena.keep(text));
}
void put(BatchColumn& column, int64_t value, bool valid = true) {
  column.valid.push_back(valid ? 1 : 0);
  column.integers.push_back(value);
}

TableColumn column(const char* name, ColumnKind kind) { return {name, {kind, {}, {}}}; }

}  // namespace

Status Snapshot::attach(duck::Database& database) const {
  TRY(database.mount(kMount, state_->mount));
  TRY(add_record_function(database));
  if (!state_->files.empty()) {
    duck::FileTable events;
    events.name = kStoredTable;
    for (const LakeFile& file : state_->files) events.files.push_back(kMount + file.name);
    events.choose = [state = state_](const duck::Condition& condition) {
      return state->choice->choose(condition);
    };
    TRY(database.add_file_table(std::move(events)));
  }
  using Kind = ColumnKind;
  duck::SourceTable files;
  files.name = kFilesTable;
  files.columns = {column("name", Kind::kText),
                   column("size_bytes", Kind::kInteger),
                   column("sha256", Kind::kText),
                   column("kind", Kind::kText),
                   column("complete", Kind::kBoolean),
                   column("records", Kind::kInteger),
                   column("stored", Kind::kInteger),
                   column("duplicates", Kind::kInteger),
                   column("quarantined", Kind::kInteger),
                   column("load_id", Kind::kInteger),
                   column("loaded_at", Kind::kTimestamp),
                   column("verdict", Kind::kText),
                   column("verified_at", Kind::kTimestamp)};
  files.open = [catalog = state_->catalog](
                   const duck::ScanRequest&) -> Result<std::unique_ptr<duck::RowSource>> {
    auto sources = std::make_shared<std::vector<CatalogSource>>();
    TRY(catalog->visit_sources([&](const CatalogSource& source) -> Status {
      sources->push_back(source);
      return {};
    }));
    auto fill = [sources](size_t row, Batch& batch) {
      const CatalogSource& source = (*sources)[row];
      auto at = batch.columns.begin();
      put(*at++, source.name, batch.texts);
      put(*at++, static_cast<int64_t>(source.bytes));
      put(*at++, crypto::to_hex(source.sha256), batch.texts);
      put(*at++, source.kind, batch.texts);
      put(*at++, source.whole ? 1 : 0);
      for (uint64_t count : {source.records, source.stored, source.duplicates, source.quarantined})
        put(*at++, static_cast<int64_t>(count));
      put(*at++, source.load_id);
      put(*at++, microseconds(source.loaded_ms), source.loaded_ms != 0);
      bool verified = source.verified_ms != 0;
      put(*at, source.verdict, batch.texts);
      (at++)->valid.back() = verified ? 1 : 0;
      put(*at++, microseconds(source.verified_ms), verified);
    };
    return std::unique_ptr<duck::RowSource>(
        std::make_unique<ListSource>(sources->size(), 13, fill));
  };
  TRY(database.add_table(std::move(files)));

  duck::SourceTable quarantine;
  quarantine.name = kQuarantineTable;
  quarantine.columns = {
      column("file", Kind::kText),          column("kind", Kind::kText),
      column("begin_byte", Kind::kInteger), column("length_bytes", Kind::kInteger),
      column("reason", Kind::kText),        column("load_id", Kind::kInteger)};
  quarantine.open = [catalog = state_->catalog](
                        const duck::ScanRequest&) -> Result<std::unique_ptr<duck::RowSource>> {
    auto entries = std::make_shared<std::vector<CatalogQuarantine>>();
    TRY(catalog->visit_quarantine([&](const CatalogQuarantine& entry) -> Status {
      entries->push_back(entry);
      return {};
    }));
    auto fill = [entries](size_t row, Batch& batch) {
      const CatalogQuarantine& entry = (*entries)[row];
      auto at = batch.columns.begin();
      put(*at++, entry.source, batch.texts);
      put(*at++, entry.kind, batch.texts);
      put(*at++, static_cast<int64_t>(entry.offset));
      put(*at++, static_cast<int64_t>(entry.length));
      put(*at++, entry.reason, batch.texts);
      put(*at++, entry.load_id);
    };
    return std::unique_ptr<duck::RowSource>(std::make_unique<ListSource>(entries->size(), 6, fill));
  };
  TRY(database.add_table(std::move(quarantine)));

  duck::SourceTable findings;
  findings.name = kFindingsTable;
  findings.columns = {column("id", Kind::kText), column("finding", Kind::kText),
                      column("saved_at", Kind::kTimestamp)};
  findings.open = [catalog = state_->catalog, holder = state_->holder](
                      const duck::ScanRequest&) -> Result<std::unique_ptr<duck::RowSource>> {
    auto list = std::make_shared<std::vector<CatalogFinding>>();
    TRY(catalog->visit_findings(holder.get(), [&](const CatalogFinding& finding) -> Status {
      list->push_back(finding);
      return {};
    }));
    auto fill = [list](size_t row, Batch& batch) {
      const CatalogFinding& finding = (*list)[row];
      put(batch.columns[0], finding.id, batch.texts);
      put(batch.columns[1], finding.content, batch.texts);
      put(batch.columns[2], microseconds(finding.saved_ms));
    };
    return std::unique_ptr<duck::RowSource>(std::make_unique<ListSource>(list->size(), 3, fill));
  };
  return database.add_table(std::move(findings));
}

Status create_views(const Snapshot& snapshot, duck::Connection& connection) {
  std::string source;
  if (snapshot.files().empty()) {
    source = "(SELECT ";
    for (const TableColumn& one : cloudtrail_table_columns())
      source += "NULL::" + to_sql(one.type) + " AS \"" + one.name + "\", ";
    source += "0::BIGINT AS cairn_fingerprint WHERE false)";
  } else {
    source = std::string(kStoredTable) + "('')";
  }
  std::string raw;
  if (!snapshot.files().empty())
    raw = ", " + (snapshot.state_->keeps_raw ? record_sql() : "NULL::VARCHAR") + " AS raw";
  TRY(connection.execute("CREATE OR REPLACE VIEW " + std::string(kStoredView) + " AS SELECT *" +
                         raw + " FROM " + source));
  TRY(connection.execute("CREATE OR REPLACE VIEW " + std::string(kCloudTrailTable) + " AS " +
                         cloudtrail_view_sql(kStoredView)));
  TRY(connection.execute("CREATE OR REPLACE VIEW files AS SELECT * FROM " +
                         std::string(kFilesTable) + "()"));
  TRY(connection.execute("CREATE OR REPLACE VIEW quarantine AS SELECT * FROM " +
                         std::string(kQuarantineTable) + "()"));
  return connection.execute(kFindingsView + std::string(kFindingsTable) + "()");
}

namespace {

std::string quoted(std::string_view text) {
  std::string sql = "'";
  for (char c : text) sql += c == '\'' ? std::string("''") : std::string(1, c);
  return sql + "'";
}

/// Columns that are JSON text.
bool is_json(const StoredColumn& column) {
  for (std::string_view name : {"requestparameters", "responseelements", "additionaleventdata",
                                "serviceeventdetails", "edgedevicedetails"}) {
    if (column.name == name) return true;
  }
  return false;
}

/// Makes records anew, of a lake that does not keep them.
class RecordMaker {
 public:
  /// What to select for it.
  std::string columns() {
    std::string sql;
    for (const StoredColumn& column : cloudtrail_stored_columns()) {
      if (column.source == ColumnSource::kField) list(column, column.name, sql);
    }
    return sql;
  }
  /// The row as JSON; `first` is where the columns begin.
  std::string record(const duck::Answer& answer, size_t row, size_t first) const {
    std::string out;
    size_t next = first;
    for (const StoredColumn& column : cloudtrail_stored_columns()) {
      if (column.source == ColumnSource::kField) put(answer, row, column, next, out);
    }
    return "{" + out + "}";
  }

 private:
  static bool is_struct(const StoredColumn& column) {
    return column.type.kind == ColumnKind::kStruct;
  }
  void list(const StoredColumn& column, const std::string& name, std::string& sql) const {
    if (!is_struct(column)) {
      sql += ", " + name;
      return;
    }
    for (const StoredColumn& member : column.members) list(member, name + "." + member.name, sql);
  }
  void put(const duck::Answer& answer, size_t row, const StoredColumn& column, size_t& next,
           std::string& out) const {
    std::string value;
    if (is_struct(column)) {
      for (const StoredColumn& member : column.members) put(answer, row, member, next, value);
      if (!value.empty()) value = "{" + value + "}";
    } else if (size_t at = next++; !answer.is_null(at, row)) {
      std::string text;
      if (column.type.kind == ColumnKind::kText) answer.append_text(at, row, text);
      bool written = is_json(column) || column.name == "readonly";  // a boolean in the record
      if (written) {
        value = text;
      } else {
        answer.append_json(at, row, value);
      }
    }
    if (value.empty()) return;
    out += (out.empty() ? "\"" : ",\"") + column.path.substr(column.path.rfind('.') + 1) +
           "\":" + value;
  }
};

Result<std::vector<StoredRecord>> records_where(duck::Connection& connection, bool keeps_raw,
                                                const std::string& condition, size_t limit) {
  RecordMaker maker;
  TRY_ASSIGN(auto answer, connection.query("SELECT eventid, source_object" +
                                           (keeps_raw ? std::string(", raw") : maker.columns()) +
                                           " FROM " + std::string(kCloudTrailTable) + " WHERE " +
                                           condition + " LIMIT " + std::to_string(limit)));
  std::vector<StoredRecord> found;
  for (;;) {
    TRY_ASSIGN(size_t rows, answer->next());
    if (rows == 0) return found;
    for (size_t row = 0; row < rows; ++row) {
      StoredRecord& record = found.emplace_back();
      answer->append_text(0, row, record.event_id);
      answer->append_text(1, row, record.source_object);
      if (keeps_raw) {
        answer->append_text(2, row, record.raw);
      } else {
        record.raw = maker.record(*answer, row, 2);
      }
    }
  }
}

}  // namespace

Result<std::vector<StoredRecord>> find_records(Lake& lake, const std::string& id, size_t limit) {
  TRY_ASSIGN(auto snapshot, lake.snapshot({}));
  TRY_ASSIGN(bool keeps_raw, lake.inside().catalog->keeps_raw());
  TRY_ASSIGN(auto database, duck::Database::open({}));
  TRY(snapshot->attach(*database));
  TRY_ASSIGN(auto connection, database->connect({}));
  TRY(create_views(*snapshot, *connection));
  // A whole id is found by the index; ids in other letters, and beginnings, by reading all of them.
  TRY_ASSIGN(auto found,
             records_where(*connection, keeps_raw, "eventid = " + quoted(to_lower(id)), limit));
  if (!found.empty()) return found;
  return records_where(*connection, keeps_raw,
                       "starts_with(lower(eventid), " + quoted(to_lower(id)) + ")", limit);
}

Status visit_records(
    Lake& lake, const Bounds& bounds,
    const std::function<Status(std::string_view raw, std::string_view source_object)>& visit) {
  TRY_ASSIGN(auto snapshot, lake.snapshot(bounds));
  if (snapshot->files().empty()) return {};
  TRY_ASSIGN(bool keeps_raw, lake.inside().catalog->keeps_raw());
  TRY_ASSIGN(auto database, duck::Database::open({}));
  TRY(snapshot->attach(*database));
  TRY_ASSIGN(auto connection, database->connect({}));
  TRY(create_views(*snapshot, *connection));
  RecordMaker maker;
  TRY_ASSIGN(auto answer, connection->query("SELECT source_object" +
                                            (keeps_raw ? std::string(", raw") : maker.columns()) +
                                            " FROM " + std::string(kCloudTrailTable)));
  std::string source, raw;
  for (;;) {
    TRY_ASSIGN(size_t rows, answer->next());
    if (rows == 0) return {};
    for (size_t row = 0; row < rows; ++row) {
      source.clear();
      raw.clear();
      answer->append_text(0, row, source);
      if (keeps_raw) {
        answer->append_text(1, row, raw);
      } else {
        raw = maker.record(*answer, row, 1);
      }
      TRY(visit(raw, source));
    }
  }
}

}  // namespace cairn::lake
