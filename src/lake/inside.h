#pragma once

// What the files of this room share of an open lake.

#include "lake/care.h"
#include "lake/catalog.h"
#include "lake/keys.h"
#include "lake/lake.h"
#include "lake/vault.h"
#include "model/column_type.h"
#include "sys/clock.h"
#include "sys/durable.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::lake {

inline constexpr const char* kCatalogName = "catalog.db";
inline constexpr const char* kHeadName = "catalog.head";
inline constexpr const char* kSetAsideFolder = "set-aside";
inline constexpr const char* kWriterLock = "writer.lock";
inline constexpr const char* kReadersLock = "readers.lock";
inline constexpr const char* kEventsFolder = "events";
inline constexpr std::string_view kUnknownAccount = "unknown";
inline constexpr const char* kPartEnding = ".part";  // of a file that is being written

/// An open lake.
class Inside {
 public:
  Inside(std::string where, Clock& time) : folder(std::move(where)), clock(time) {}

  std::string folder;
  Clock& clock;
  Access access = Access::kRead;
  std::shared_ptr<Catalog> catalog;   // snapshots have it too
  std::shared_ptr<KeyHolder> holder;  // null for a plain lake
  std::optional<FileLock> writer;
  /// That the catalog is an older copy of itself, in words; "" when it is not. Only for whom opens
  /// with Older::kAdmit.
  std::string older;

  std::string path_of(std::string_view name) const { return folder + "/" + std::string(name); }
  int64_t now_ms() const { return clock.now().time_since_epoch().count(); }
  /// Opens a file of the lake for reading, as the catalog knows it.
  Result<std::unique_ptr<duck::MountedInput>> open_file(const CatalogFile& file);
  /// Removes files from the disk that the catalog has given up, if nobody reads; returns how many.
  Result<uint64_t> remove_given_up();
  /// Files under events/ that the catalog does not know, by name.
  Result<std::vector<std::string>> strange_files();
  /// Removes a file and the folders that it leaves empty.
  Status remove_from_disk(std::string_view name);
};

/// What a key source holds for a lake protected in this way; null for a plain one.
Result<std::unique_ptr<KeyHolder>> holder_for(Protection protection, std::string_view salt,
                                              const KeySource& keys);

/// The name of some row groups of a file, for LakeMount: "NAME?0,3,7".
std::string name_of_groups(std::string_view name, const std::vector<size_t>& groups);

/// The files of a snapshot, or of a load, as a database sees them: by name, and no others.
class LakeMount : public duck::MountedFiles {
 public:
  struct Entry {
    std::string path, file_id;
    crypto::SecretKey key;
    std::string forgotten;  // why it cannot be opened; "" = it can
  };
  std::map<std::string, Entry, std::less<>> entries;  // not changed while a database reads

  Result<std::unique_ptr<duck::MountedInput>> open(const std::string& name) override;
  Result<std::unique_ptr<duck::MountedOutput>> create(const std::string& name) override;
  bool exists(const std::string& name) override { return entries.contains(name); }
};

/// A file that is being written; once closed, its row of the catalog says what was stored.
class CatalogOutput : public duck::MountedOutput {
 public:
  /// The row must outlive it.
  CatalogOutput(std::unique_ptr<VaultWriter> writer, CatalogFile& file)
      : writer_(std::move(writer)), file_(file) {}
  Status append(std::string_view bytes) override { return writer_->append(bytes); }
  Status close() override;

 private:
  std::unique_ptr<VaultWriter> writer_;
  CatalogFile& file_;
};

/// Says that a catalog is older than the head that was written beside it, or another one; "" when
/// it is not.
Result<std::string> older_in_words(Catalog& catalog,
                                   const Result<std::optional<Catalog::Head>>& known);

/// Brings files into an older catalog that were loaded after it was copied; what cannot be read
/// with the keys it has, or is in doubt, is set aside. `lost` files of the catalog are not there.
/// Tells the report what was done to each.
Status adopt_files(Inside& inside, const std::vector<std::string>& names,
                   const std::vector<CatalogFile>& lost, CheckReport& report);

/// Puts files into a mount.
Status add_entries(Inside& lake, const std::vector<CatalogFile>& files, LakeMount& mount);

/// Twelve digits, or one name for everything else: it becomes the name of a folder.
std::string_view account_name(std::string_view text);

/// The columns of cloudtrail_logs that the lake's files have, `raw` as their kRecordColumn.
Result<std::vector<TableColumn>> stored_columns(Inside& lake);

/// Lets a database make records of what the files have of them: record_sql() is `raw` over columns
/// of the files.
Status add_record_function(duck::Database& database);
std::string record_sql();

/// "read_parquet(['lake://a', 'lake://b'])"; columns are the first file's.
std::string parquet_source(const std::vector<std::string>& names);

/// A name that no other file has, sorted by time: 26 digits of Crockford's base 32.
Result<std::string> new_file_name(int64_t now_ms);
/// True for what new_file_name() makes, with ".parquet" or ".parquet.part" behind it.
bool is_lake_file_name(std::string_view name);

}  // namespace cairn::lake
