// Writing what the lake has anew: small files into larger ones, and the whole elsewhere.

#include "base/text.h"
#include "lake/care.h"
#include "lake/inside.h"
#include "lake/lookup_index.h"
#include "lake/parquet_footer.h"
#include "lake/row_writer.h"
#include "model/cloudtrail_table.h"
#include "sys/files.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <map>

namespace cairn::lake {

namespace {

constexpr uint64_t kSmallRows = 4096;      // a file with fewer is small
constexpr size_t kWorthMerging = 8;        // so many small files of one account and month
constexpr uint64_t kMergedRows = 16384;    // at most, in one file: they are sorted in memory
constexpr uint64_t kJoinedRows = 262'144;  // at most, in a file that is joined from others
constexpr uint64_t kIndexedRows = 8192;    // a file with fewer is read as fast as its index
constexpr size_t kCopyBytes = 1u << 20;    // copied at once
constexpr const char* kCopyOptions =
    "(FORMAT parquet, PARQUET_VERSION V2, COMPRESSION zstd, COMPRESSION_LEVEL 6, "
    "ROW_GROUP_SIZE 8192, USE_TMP_FILE false)";

/// Reads the lake's files and writes one new file at a time.
class RewriteMount : public LakeMount {
 public:
  explicit RewriteMount(Inside& lake) : lake_(lake) {}
  CatalogFile* output = nullptr;
  const crypto::SecretKey* key = nullptr;

  Result<std::unique_ptr<duck::MountedOutput>> create(const std::string& name) override {
    if (output == nullptr || name != output->name + kPartEnding)
      return Error{ErrorCode::kPermission, "nobody asked for " + printable(name)};
    TRY_ASSIGN(auto writer, VaultWriter::create(lake_.path_of(name), key, output->key_id));
    return std::unique_ptr<duck::MountedOutput>(
        std::make_unique<CatalogOutput>(std::move(writer), *output));
  }

 private:
  Inside& lake_;
};

/// Groups of small files that belong together, each of at most kMergedRows.
std::vector<std::vector<CatalogFile>> groups_of(const std::vector<CatalogFile>& files) {
  std::map<std::string, std::vector<CatalogFile>> small;
  for (const CatalogFile& file : files) {
    if (file.rows < kSmallRows) small[file.account + " " + file.month].push_back(file);
  }
  std::vector<std::vector<CatalogFile>> groups;
  for (auto& [name, list] : small) {
    if (list.size() < kWorthMerging) continue;
    uint64_t rows = 0;
    std::vector<CatalogFile> group;
    auto close = [&] {
      if (group.size() > 1) groups.push_back(std::move(group));
      group.clear();
      rows = 0;
    };
    for (CatalogFile& file : list) {
      if (rows + file.rows > kMergedRows) close();
      rows += file.rows;
      group.push_back(std::move(file));
    }
    close();
  }
  return groups;
}

Result<uint64_t> count_rows(duck::Connection& connection, const std::string& source) {
  TRY_ASSIGN(auto answer, connection.query("SELECT count(*) FROM " + source));
  TRY_ASSIGN(size_t rows, answer->next());
  std::string text;
  if (rows > 0) answer->append_text(0, 0, text);
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// A database that reads files of the lake and writes one anew.
struct Rewriting {
  std::shared_ptr<RewriteMount> mount;
  std::unique_ptr<duck::Database> database;
  std::unique_ptr<duck::Connection> connection;
  CatalogFile made;
  crypto::SecretKey key;

  std::string part() const { return made.name + kPartEnding; }
};

/// Describes the file that comes of a group, and makes ready to write it.
Status begin(Inside& inside, const std::vector<CatalogFile>& group, Rewriting& work) {
  work.mount = std::make_shared<RewriteMount>(inside);
  TRY(add_entries(inside, group, *work.mount));
  duck::DatabaseOptions how;
  how.threads = 1;  // more would take more memory than a load may
  TRY_ASSIGN(work.database, duck::Database::open(how));
  TRY(work.database->mount(kMount, work.mount));
  TRY_ASSIGN(work.connection, work.database->connect({}));

  CatalogFile& made = work.made;
  made = group.front();
  made.id = 0;
  made.rows = 0;
  std::map<int64_t, std::string> days;  // sorted as numbers
  for (const CatalogFile& file : group) {
    for (std::string_view day : split(file.days, ' '))
      days.emplace(std::strtoll(std::string(day).c_str(), nullptr, 10), day);
    made.first_ms = std::min(made.first_ms, file.first_ms);
    made.last_ms = std::max(made.last_ms, file.last_ms);
    made.rows += file.rows;
    if (file.load_id != made.load_id) made.load_id = kSeveralLoads;
  }
  made.days.clear();
  for (const auto& [number, day] : days) made.days += (made.days.empty() ? "" : " ") + day;
  std::string below = std::string(kEventsFolder) + "/account=" + made.account +
                      "/date=" + format_date(Timestamp(Duration(made.first_ms)));
  TRY_ASSIGN(std::string name, new_file_name(inside.now_ms()));
  made.name = below + "/" + name + ".parquet";
  TRY(make_private_folders(inside.path_of(below)));
  if (!made.key_id.empty()) {
    TRY_ASSIGN(work.key, inside.catalog->data_key(made.key_id, inside.holder.get()));
    work.mount->key = &work.key;
  }
  work.mount->output = &made;
  return {};
}

/// Puts the file that was written in the place of the group's.
Status replace(Inside& inside, const std::vector<CatalogFile>& group, Rewriting& work,
               Status written) {
  CatalogFile& made = work.made;
  std::string folder = made.name.substr(0, made.name.rfind('/'));
  auto files = real_files();
  if (written.ok()) {
    written = files->rename(inside.path_of(work.part()), inside.path_of(made.name));
  }
  for (int level = 0; level < 3 && written.ok(); ++level) {
    written = sync_folder(inside.path_of(folder));
    folder.resize(std::min(folder.rfind('/'), folder.size()));
  }
  if (!written.ok()) {
    static_cast<void>(inside.remove_from_disk(work.part()).ok());
    return written;
  }
  // What counts is what can be read again.
  TRY(add_entries(inside, {made}, *work.mount));
  TRY_ASSIGN(uint64_t rows, count_rows(*work.connection, parquet_source({made.name})));
  if (rows != made.rows)
    return Error{ErrorCode::kCorrupt, printable(made.name) + " has " + format_count(rows) +
                                          " records instead of " + format_count(made.rows)};
  TRY_ASSIGN(Catalog::Change change, inside.catalog->change(inside.now_ms()));
  TRY(change.add_file(made));
  for (const CatalogFile& file : group) TRY(change.remove_file(file.id, inside.now_ms()));
  TRY(change.commit());
  TRY(inside.remove_given_up());
  return {};
}

/// Sorts the rows of a few small files into one.
Status merge_group(Inside& inside, const std::vector<CatalogFile>& group) {
  Rewriting work;
  TRY(begin(inside, group, work));
  work.made.lookup = false;
  std::vector<std::string> names;
  for (const CatalogFile& file : group) names.push_back(file.name);
  Status written = work.connection->execute(
      "COPY (SELECT * FROM " + parquet_source(names) + " ORDER BY eventtime_ts NULLS FIRST, " +
      kFingerprintColumn + ") TO '" + kMount + work.part() + "' " + kCopyOptions);
  return replace(inside, group, work, std::move(written));
}

// --- joining -------------------------------------------------------------------------------------

/// A file that gives its row groups.
struct Giver {
  std::unique_ptr<duck::MountedInput> input;
  ParquetFooter footer;
  uint64_t body_end = 0;  // its row groups are before
};

/// Files of one account and month, in order of time, that are worth putting together. Each time a
/// row is copied, its file is at least twice as large as before; or it gets its index.
std::vector<std::vector<CatalogFile>> groups_to_join(const std::vector<CatalogFile>& files) {
  std::map<std::string, std::vector<CatalogFile>> months;
  for (const CatalogFile& file : files) {
    if (file.rows < kJoinedRows / 2 || !file.lookup)
      months[file.account + " " + file.month].push_back(file);
  }
  std::vector<std::vector<CatalogFile>> groups;
  for (auto& [name, list] : months) {
    uint64_t rows = 0, largest = 0;
    std::vector<CatalogFile> group;
    auto close = [&] {
      bool grows = group.size() > 1 && rows >= 2 * largest;
      bool unknown = group.size() == 1 && !group[0].lookup && rows >= kIndexedRows;
      if (grows || unknown) groups.push_back(std::move(group));
      group.clear();
      rows = largest = 0;
    };
    for (CatalogFile& file : list) {
      if (file.rows < kSmallRows) continue;  // its rows are to be sorted first
      if (rows + file.rows > kJoinedRows) close();
      rows += file.rows;
      largest = std::max(largest, file.rows);
      group.push_back(std::move(file));
    }
    close();
  }
  return groups;
}

Result<std::vector<Giver>> open_givers(const std::vector<CatalogFile>& group, LakeMount& mount) {
  std::vector<Giver> givers;
  for (const CatalogFile& file : group) {
    Giver giver;
    TRY_ASSIGN(giver.input, mount.open(file.name));
    TRY_ASSIGN(giver.footer, ParquetFooter::read(*giver.input));
    TRY_ASSIGN(giver.body_end, LookupIndex::offset_in(*giver.input, giver.footer.offset()));
    if (giver.footer.rows() != file.rows || giver.body_end < kParquetMagic.size())
      return Error{ErrorCode::kCorrupt, printable(file.name) + ": its Parquet footer is damaged"};
    givers.push_back(std::move(giver));
  }
  return givers;
}

/// Reads what people look up, row group by row group.
Result<std::string> make_index(duck::Connection& connection, const std::vector<CatalogFile>& group,
                               const std::vector<Giver>& givers) {
  std::vector<std::string> names;
  std::vector<uint64_t> rows_of_groups;
  for (size_t i = 0; i < group.size(); ++i) {
    names.push_back(group[i].name);
    for (size_t j = 0; j < givers[i].footer.groups(); ++j)
      rows_of_groups.push_back(givers[i].footer.rows(j));
  }
  constexpr LookupKind kKinds[] = {LookupKind::kEventId, LookupKind::kAccessKey,
                                   LookupKind::kAddress};
  TRY_ASSIGN(auto answer,
             connection.query("SELECT eventid, useridentity.accesskeyid, sourceipaddress FROM " +
                              parquet_source(names)));
  LookupBuilder builder;
  std::string text;
  size_t group_number = 0;
  uint64_t rows_in_group = 0;
  for (;;) {
    TRY_ASSIGN(size_t rows, answer->next());
    if (rows == 0) break;
    for (size_t row = 0; row < rows; ++row) {
      for (size_t column = 0; column < std::size(kKinds); ++column) {
        if (answer->is_null(column, row)) continue;
        text.clear();
        answer->append_text(column, row, text);
        builder.add(kKinds[column], text);
      }
      if (group_number < rows_of_groups.size() && ++rows_in_group == rows_of_groups[group_number]) {
        builder.end_group();
        rows_in_group = 0;
        ++group_number;
      }
    }
  }
  if (group_number != rows_of_groups.size() || rows_in_group != 0)
    return Error{ErrorCode::kCorrupt,
                 printable(names[0]) + ": its rows are not those of its groups"};
  return builder.finish();
}

/// Writes the groups of all givers as they are, an index, and one footer.
Status write_joined(const std::vector<Giver>& givers, const std::string& index,
                    duck::MountedOutput& output) {
  TRY(output.append(kParquetMagic));
  uint64_t written = kParquetMagic.size();
  FooterWriter footer(givers.front().footer);
  std::string buffer(kCopyBytes, '\0');
  for (const Giver& giver : givers) {
    auto shift = static_cast<int64_t>(written) - static_cast<int64_t>(kParquetMagic.size());
    for (size_t i = 0; i < giver.footer.groups(); ++i) TRY(footer.add(giver.footer, i, shift));
    for (uint64_t at = kParquetMagic.size(); at < giver.body_end;) {
      auto part = std::span(buffer).first(std::min<uint64_t>(kCopyBytes, giver.body_end - at));
      TRY(giver.input->read_at(at, part));
      TRY(output.append({part.data(), part.size()}));
      at += part.size();
      written += part.size();
    }
  }
  TRY(output.append(index));
  TRY(output.append(footer.finish()));
  return output.close();
}

Status join_group(Inside& inside, const std::vector<CatalogFile>& group) {
  Rewriting work;
  TRY(begin(inside, group, work));
  TRY_ASSIGN(std::vector<Giver> givers, open_givers(group, *work.mount));
  for (const Giver& giver : givers) {
    if (!giver.footer.same_columns(givers.front().footer)) return {};
  }
  TRY_ASSIGN(std::string index, make_index(*work.connection, group, givers));
  work.made.lookup = true;
  auto output = work.mount->create(work.part());
  Status written =
      output.ok() ? write_joined(givers, index, *output.value()) : Status(output.error());
  return replace(inside, group, work, std::move(written));
}

}  // namespace

Result<MergeSummary> merge_small_files(Lake& lake) {
  Inside& inside = lake.inside();
  CAIRN_CHECK(inside.access == Access::kWrite);
  MergeSummary summary;
  TRY_ASSIGN(std::vector<CatalogFile> files, inside.catalog->files());
  for (const std::vector<CatalogFile>& group : groups_of(files)) {
    TRY(merge_group(inside, group));
    summary.merged += group.size();
    ++summary.made;
  }
  TRY_ASSIGN(files, inside.catalog->files());
  for (const std::vector<CatalogFile>& group : groups_to_join(files)) {
    TRY(join_group(inside, group));
    summary.merged += group.size();
    ++summary.made;
  }
  return summary;
}

// --- export --------------------------------------------------------------------------------------

namespace {

/// A type as Athena's CREATE TABLE has it.
std::string athena_type(const ColumnType& type) {
  switch (type.kind) {
    case ColumnKind::kText:
      return "string";
    case ColumnKind::kBoolean:
      return "boolean";
    case ColumnKind::kInteger:
      return "bigint";
    case ColumnKind::kDouble:
      return "double";
    case ColumnKind::kTimestamp:
      return "timestamp";
    case ColumnKind::kList:
      return "array<" + athena_type(type.members[0]) + ">";
    case ColumnKind::kMap:
      return "map<" + athena_type(type.members[0]) + "," + athena_type(type.members[1]) + ">";
    case ColumnKind::kStruct:
      break;
  }
  std::string text = "struct<";
  for (size_t i = 0; i < type.names.size(); ++i)
    text += (i == 0 ? "" : ",") + type.names[i] + ":" + athena_type(type.members[i]);
  return text + ">";
}

std::string athena_table(const std::vector<TableColumn>& columns,
                         const std::vector<std::string>& accounts, const std::string& first,
                         std::string location) {
  while (location.ends_with('/')) location.pop_back();
  std::string sql = "CREATE EXTERNAL TABLE cloudtrail_logs (\n";
  for (const TableColumn& column : columns)
    sql += "  `" + column.name + "` " + athena_type(column.type) + ",\n";
  sql.resize(sql.size() - 2);
  sql += "\n)\nPARTITIONED BY (`account` string, `date` string)\nSTORED AS PARQUET\nLOCATION '" +
         location + "/'\nTBLPROPERTIES (\n  'projection.enabled' = 'true',\n" +
         "  'projection.account.type' = 'enum',\n  'projection.account.values' = '" +
         join(accounts, ",") + "',\n" +
         "  'projection.date.type' = 'date',\n  'projection.date.format' = 'yyyy-MM-dd',\n" +
         "  'projection.date.range' = '" + first + ",NOW',\n" +
         "  'projection.date.interval' = '1',\n  'projection.date.interval.unit' = 'DAYS',\n" +
         "  'storage.location.template' = '" + location + "/account=${account}/date=${date}'\n);\n";
  return sql;
}

/// Writes plain files into a folder.
class ExportMount : public LakeMount {
 public:
  explicit ExportMount(std::string folder) : folder_(std::move(folder)) {}
  Result<std::unique_ptr<duck::MountedOutput>> create(const std::string& name) override {
    TRY_ASSIGN(auto writer, VaultWriter::create(join_path(folder_, name), nullptr, ""));
    return std::unique_ptr<duck::MountedOutput>(std::move(writer));
  }

 private:
  std::string folder_;
};

}  // namespace

Result<ExportSummary> export_plain(Lake& lake, const Bounds& bounds, const std::string& folder,
                                   const std::string& location) {
  Inside& inside = lake.inside();
  auto files = real_files();
  TRY(files->make_folders(folder));
  TRY_ASSIGN(auto there, files->list(folder));
  if (!there.empty()) return Error{ErrorCode::kInvalidInput, printable(folder) + " is not empty"};
  TRY_ASSIGN(auto snapshot, lake.snapshot(bounds));
  if (snapshot->files().empty())
    return Error{ErrorCode::kNotFound, "the lake has no records of these accounts and times"};
  auto mount = std::make_shared<ExportMount>(folder);
  TRY_ASSIGN(std::vector<CatalogFile> all, inside.catalog->files());
  TRY(add_entries(inside, all, *mount));
  TRY_ASSIGN(auto database, duck::Database::open({}));
  TRY(database->mount(kMount, mount));
  TRY(add_record_function(*database));
  TRY_ASSIGN(auto connection, database->connect({}));

  ExportSummary summary;
  std::string columns;
  TRY_ASSIGN(std::vector<TableColumn> stored, stored_columns(inside));
  for (const TableColumn& column : stored) {
    columns += columns.empty() ? "" : ", ";
    if (column.name == "raw") columns += record_sql() + " AS ";
    columns += "\"" + column.name + "\"";
  }
  std::string when;
  if (bounds.from)
    when += " AND eventtime_ts >= TIMESTAMP '" + format_time_short(*bounds.from) + "'";
  if (bounds.to) when += " AND eventtime_ts <= TIMESTAMP '" + format_time_short(*bounds.to) + "'";
  std::map<std::string, uint64_t> numbers;  // of files in one folder
  std::vector<std::string> accounts;
  std::string first;
  for (const LakeFile& file : snapshot->files()) {
    if (accounts.empty() || accounts.back() != file.account) accounts.push_back(file.account);
    // A file of the lake may span days; a partition is one.
    Timestamp day = std::chrono::floor<std::chrono::days>(file.first);
    for (; day <= file.last; day += std::chrono::days(1)) {
      std::string date = format_date(day);
      std::string condition =
          "coalesce(eventtime_ts, TIMESTAMP '1970-01-01')::DATE = DATE '" + date + "'" + when;
      std::string source = parquet_source({file.name}) + " WHERE " + condition;
      TRY_ASSIGN(uint64_t rows, count_rows(*connection, source));
      if (rows == 0) continue;
      std::string below = "account=" + file.account + "/date=" + date;
      TRY(files->make_folders(join_path(folder, below)));
      std::string number = std::to_string(numbers[below]++);
      std::string name = below + "/part-" +
                         std::string(4 - std::min<size_t>(4, number.size()), '0') + number +
                         ".parquet";
      TRY(connection->execute("COPY (SELECT " + columns + " FROM " + source + ") TO '" + kMount +
                              name + "' " + kCopyOptions));
      if (first.empty() || date < first) first = date;
      ++summary.files;
      summary.rows += rows;
    }
  }
  summary.ddl = athena_table(stored, accounts, first, location);
  TRY(write_file(*files, join_path(folder, "cloudtrail_logs.sql"), summary.ddl));
  return summary;
}

}  // namespace cairn::lake
