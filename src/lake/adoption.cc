// Bringing the files of a lake into an older catalog that was put in the place of its own: those
// that were written after the copy was made, which it does not know.

#include "base/text.h"
#include "lake/inside.h"
#include "lake/lookup_index.h"
#include "lake/parquet_footer.h"
#include "lake/row_writer.h"
#include "sys/files.h"

#include <algorithm>
#include <charconv>

namespace cairn::lake {

namespace {

constexpr size_t kReadBytes = 1u << 20;
constexpr size_t kFileIdAt = 16, kKeyIdAt = 32;  // in an encrypted file's header
constexpr std::string_view kAccountPart = "/account=";

/// Sets size, hash and ids of a file from what is stored.
Status describe_bytes(Inside& inside, CatalogFile& file) {
  TRY_ASSIGN(auto stored, DurableFile::open(inside.path_of(file.name)));
  TRY_ASSIGN(file.bytes, stored->size_bytes());
  crypto::Sha256 hash;
  std::string buffer(kReadBytes, '\0');
  for (uint64_t at = 0; at < file.bytes; at += kReadBytes) {
    std::span<char> part = std::span(buffer).first(std::min<uint64_t>(kReadBytes, file.bytes - at));
    TRY(stored->read_at(at, part));
    hash.add({part.data(), part.size()});
  }
  file.sha256 = hash.finish();
  if (inside.catalog->protection() == Protection::kPlain) return {};
  std::string header(kVaultHeaderBytes, '\0');
  TRY(stored->read_at(0, header));
  file.file_id = header.substr(kFileIdAt, kIdBytes);
  file.key_id = header.substr(kKeyIdAt, kIdBytes);
  return {};
}

Result<std::vector<std::string>> first_row(duck::Connection& connection, const std::string& sql) {
  TRY_ASSIGN(auto answer, connection.query(sql));
  TRY_ASSIGN(size_t rows, answer->next());
  std::vector<std::string> values(answer->columns().size());
  for (size_t i = 0; rows > 0 && i < values.size(); ++i) answer->append_text(i, 0, values[i]);
  return values;
}

int64_t number_of(const std::string& text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Why a file is not brought into the lake; "" when it is described now, and may be.
Result<std::string> describe(Inside& inside, CatalogFile& file) {
  std::string_view account = file.name;
  size_t begin = account.find(kAccountPart);
  if (begin == std::string_view::npos || !is_lake_file_name(base_name(file.name)) ||
      file.name.ends_with(kPartEnding))
    return std::string("it was not written to its end");
  account = account.substr(begin + kAccountPart.size());
  file.account = account.substr(0, account.find('/'));
  TRY(describe_bytes(inside, file));
  if (!file.key_id.empty() && !inside.catalog->data_key(file.key_id, inside.holder.get()).ok())
    return std::string("the catalog does not have its key");
  auto input = inside.open_file(file);
  if (!input.ok()) return input.error().message;
  auto footer = ParquetFooter::read(*input.value());
  if (!footer.ok()) return footer.error().message;
  TRY_ASSIGN(uint64_t body, LookupIndex::offset_in(*input.value(), footer.value().offset()));
  file.lookup = body != footer.value().offset();
  file.rows = footer.value().rows();
  return std::string();
}

/// Reads what the catalog says of a file's events, and how many of them `live` files have as well.
Result<uint64_t> describe_events(Inside& inside, CatalogFile& file,
                                 const std::vector<CatalogFile>& live) {
  auto mount = std::make_shared<LakeMount>();
  TRY(add_entries(inside, live, *mount));
  TRY(add_entries(inside, {file}, *mount));
  TRY_ASSIGN(auto database, duck::Database::open({}));
  TRY(database->mount(kMount, mount));
  TRY_ASSIGN(auto connection, database->connect({}));
  std::string source = parquet_source({file.name});
  const std::string time = "coalesce(epoch_ms(eventtime_ts), 0)";
  TRY_ASSIGN(auto values,
             first_row(*connection, "SELECT min(" + time + "), max(" + time +
                                        "), string_agg(DISTINCT day, ' ' ORDER BY day) FROM "
                                        "(SELECT *, (" +
                                        time +
                                        " // 86400000)::INTEGER::VARCHAR "
                                        "AS day FROM " +
                                        source + ")"));
  file.first_ms = number_of(values[0]);
  file.last_ms = number_of(values[1]);
  file.days = values[2];
  file.month = format_date(Timestamp(Duration(file.first_ms))).substr(0, 7);
  std::vector<std::string> names;
  for (const CatalogFile& one : live) {
    if (one.account == file.account && one.first_ms <= file.last_ms && one.last_ms >= file.first_ms)
      names.push_back(one.name);
  }
  if (names.empty()) return uint64_t{0};
  TRY_ASSIGN(values,
             first_row(*connection, "SELECT count(*) FROM " + source + " WHERE " +
                                        kFingerprintColumn + " IN (SELECT " + kFingerprintColumn +
                                        " FROM " + parquet_source(names) + ")"));
  return static_cast<uint64_t>(number_of(values[0]));
}

Status set_aside(Inside& inside, const std::string& name) {
  TRY(make_private_folders(inside.path_of(kSetAsideFolder)));
  return real_files()->rename(inside.path_of(name),
                              inside.path_of(kSetAsideFolder) + "/" + std::string(base_name(name)));
}

}  // namespace

Status adopt_files(Inside& inside, const std::vector<std::string>& names,
                   const std::vector<CatalogFile>& lost, CheckReport& report) {
  TRY_ASSIGN(std::vector<CatalogFile> live, inside.catalog->files());
  std::erase_if(live, [&](const CatalogFile& file) {
    return std::any_of(lost.begin(), lost.end(),
                       [&](const CatalogFile& one) { return one.id == file.id; });
  });
  std::vector<CatalogFile> adopted;
  uint64_t rows = 0;
  for (const std::string& name : names) {
    CatalogFile file;
    file.name = name;
    TRY_ASSIGN(std::string reason, describe(inside, file));
    uint64_t known = 0;
    if (reason.empty()) {
      TRY_ASSIGN(known, describe_events(inside, file, live));
    }
    if (reason.empty() && known == file.rows) {
      TRY(inside.remove_from_disk(name));
      report.repairs.push_back(printable(name) + ": removed; other files have its records");
      continue;
    }
    if (known > 0) reason = "other files have " + plural(known, "record") + " of it";
    if (!reason.empty()) {
      TRY(set_aside(inside, name));
      report.repairs.push_back(printable(name) + ": put into " + kSetAsideFolder + "/, because " +
                               reason);
      continue;
    }
    rows += file.rows;
    live.push_back(file);
    report.repairs.push_back(printable(name) + ": brought into the lake with its " +
                             plural(file.rows, "record"));
    adopted.push_back(std::move(file));
  }
  auto head = Catalog::read_head(inside.folder);
  TRY_ASSIGN(Catalog::Change change, inside.catalog->change(inside.now_ms()));
  if (head.ok() && head.value()) TRY(change.raise_version(head.value()->version));
  if (!adopted.empty()) {
    // To the sums, this is a load whose objects were the files themselves.
    CatalogLoad load;
    load.started_ms = inside.now_ms();
    TRY_ASSIGN(load.id, change.begin_load(load.started_ms));
    for (CatalogFile& file : adopted) {
      file.load_id = load.id;
      TRY(change.add_file(file));
      CatalogSource source;
      source.name = file.name;
      source.bytes = file.bytes;
      source.sha256 = file.sha256;
      source.kind = "lake file";
      source.whole = true;
      source.records = source.stored = file.rows;
      source.load_id = load.id;
      source.loaded_ms = load.started_ms;
      TRY(change.put_source(source));
      report.rows += file.rows;
      report.bytes += file.bytes;
    }
    report.files += adopted.size();
    load.ended_ms = inside.now_ms();
    load.counts.records = load.counts.stored = rows;
    load.counts.objects = adopted.size();
    TRY(change.put_load(load));
  }
  TRY(change.add_action("repair",
                        inside.older + ": " + plural(adopted.size(), "file") + " with " +
                            plural(rows, "record") + " brought in",
                        inside.now_ms()));
  TRY(change.commit());
  inside.older.clear();
  return {};
}

}  // namespace cairn::lake
