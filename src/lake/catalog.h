#pragma once

// The catalog: which files are the lake, which objects are in them, under which keys. One SQLite
// file, docs/lake-format.md, "The catalog". Whatever comes from logs or names a user's files is
// sealed under the catalog's key; numbers, times, account numbers and hashes are not.
//
// One thread. Changes are made inside a Change; readers see the state of their first read.

#include "base/result.h"
#include "base/time.h"
#include "crypto/crypto.h"
#include "lake/keys.h"
#include "store/audit_chain.h"
#include "store/store.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::lake {

inline constexpr int kFormatVersion = 3;

/// Stands for the load of a file that holds records of more than one.
inline constexpr int64_t kSeveralLoads = 0;

/// A file of the lake.
struct CatalogFile {
  int64_t id = 0;
  std::string name;     // in the lake's folder
  std::string account;  // 12 digits, or kUnknownAccount
  std::string month;    // "2024-06"
  int64_t first_ms = 0, last_ms = 0;
  uint64_t rows = 0, bytes = 0;
  std::string sha256;   // of the stored bytes
  std::string file_id;  // of the encrypted file; "" when plain
  std::string key_id;   // of the data key; "" when plain
  int64_t load_id = 0;  // that wrote it, or kSeveralLoads
  std::string days;     // that its records are of: days since 1970, sorted, blanks between
  bool lookup = false;  // has an index of what people look up (lookup_index.h)
};

/// An object that was read: a file, or a member of an archive.
struct CatalogSource {
  int64_t id = 0;  // 0: not in the catalog yet
  std::string name;
  uint64_t bytes = 0;
  std::string sha256;  // "" when unknown: standard input
  std::string kind;    // as to_string(SourceKind)
  bool whole = false;  // read to its end; else a load was interrupted in it
  uint64_t records = 0, stored = 0, duplicates = 0, quarantined = 0;
  int64_t load_id = 0, loaded_ms = 0;
  std::string verdict;      // of its digest; "": not verified
  int64_t verified_ms = 0;  // when
};

/// A finding of a scan that was saved. Sealed under the data key of its account's month, so that it
/// is forgotten with the account.
struct CatalogFinding {
  std::string id;       // as Finding::id
  std::string account;  // 12 digits, or kUnknownAccount
  int64_t last_ms = 0, saved_ms = 0;
  std::string content;  // the line of findings.jsonl
};

struct CatalogQuarantine {
  std::string source;  // the object's name
  std::string kind;    // as to_string(QuarantineEntry::Kind)
  uint64_t offset = 0, length = 0;
  std::string reason;
  int64_t load_id = 0;
};

/// What one load came to. records = stored + duplicates + resumed + quarantined.
struct LoadCounts {
  uint64_t records = 0;     // read: events, and stretches that became none
  uint64_t stored = 0;      // new in the lake
  uint64_t duplicates = 0;  // the lake, or this load, had them from another object
  uint64_t resumed = 0;     // an interrupted load had stored them from the same object
  uint64_t quarantined = 0;
  uint64_t objects = 0;          // read to their end
  uint64_t objects_skipped = 0;  // loaded before, with the same content
  uint64_t objects_partial = 0;  // not read to their end
};

struct CatalogLoad {
  int64_t id = 0, started_ms = 0, ended_ms = 0;  // ended 0: interrupted, or still at work
  LoadCounts counts;
};

struct DataKey {
  std::string id;  // 16 bytes
  std::string account, month;
  crypto::SecretKey key;
};

struct CatalogAction {
  int64_t time_ms = 0;
  std::string action, detail;
};

class Catalog {
 public:
  /// Makes a new catalog. `holder` wraps the catalog's key; null for a plain lake.
  static Result<std::unique_ptr<Catalog>> create(const std::string& path, Protection protection,
                                                 std::string_view salt, KeyHolder* holder,
                                                 int64_t now_ms);
  static Result<std::unique_ptr<Catalog>> open(const std::string& path, store::Access access);

  // Before the catalog is unlocked.

  const std::string& lake_id() const { return lake_id_; }
  Protection protection() const { return protection_; }
  const std::string& salt() const { return salt_; }
  /// Unwraps the catalog's key. kPermission when the holder's key is another one. Not needed for a
  /// plain lake.
  Status unlock(KeyHolder& holder);

  Result<uint64_t> version();

  /// Which state of a catalog was the last: kept beside it, so that an older copy of it is noticed.
  struct Head {
    uint64_t version = 0;
    std::string audit;  // the audit chain's head, 32 bytes; "" without a chain
  };
  Result<Head> head();
  /// Reads what commit() wrote beside a catalog; nothing when there is none. Read it before the
  /// catalog: then a catalog that somebody changes meanwhile is never older.
  static Result<std::optional<Head>> read_head(const std::string& folder);
  /// Records that were stored and removed again.
  Result<uint64_t> removed_records();

  Result<std::vector<CatalogFile>> files();
  /// Files that are no longer in the lake, but may still be on the disk because somebody reads.
  Result<std::vector<CatalogFile>> removed_files();
  Status visit_sources(const std::function<Status(const CatalogSource&)>& visit);
  Status visit_quarantine(const std::function<Status(const CatalogQuarantine&)>& visit);
  /// In order of their last event.
  Status visit_findings(KeyHolder* holder,
                        const std::function<Status(const CatalogFinding&)>& visit);
  Result<std::vector<std::string>> finding_accounts();
  /// False when the lake's files have no column `raw`.
  Result<bool> keeps_raw();
  Result<std::vector<CatalogLoad>> loads();
  Result<std::vector<std::pair<std::string, std::string>>> holds();  // account, reason
  Result<std::vector<CatalogAction>> actions();
  /// Accounts and months that have a key.
  Result<std::vector<std::pair<std::string, std::string>>> key_months();

  /// Finds what is known of an object of this name, size and hash.
  Result<std::optional<CatalogSource>> find_source(std::string_view name, uint64_t bytes,
                                                   std::string_view sha256);
  /// Returns a data key; kNotFound when it was destroyed.
  Result<crypto::SecretKey> data_key(std::string_view key_id, KeyHolder* holder);

  /// One transaction. Undone when destroyed before commit().
  class Change {
   public:
    /// Returns the key of an account's month, making it when there is none. Empty ids and keys in a
    /// plain lake.
    Result<DataKey> key_for(std::string_view account, std::string_view month, KeyHolder* holder,
                            int64_t now_ms);
    Result<int64_t> begin_load(int64_t now_ms);
    Status put_load(const CatalogLoad& load);
    Status add_file(const CatalogFile& file);
    /// Takes a file out of the lake; its row stays until forget_file().
    Status remove_file(int64_t id, int64_t now_ms);
    Status forget_file(int64_t id);
    /// Lets objects be loaded as if they had never been.
    Status forget_sources(const std::vector<CatalogSource>& sources);
    /// Adds to the number of records that were stored once and are gone.
    Status count_removed(uint64_t records);
    Status put_source(CatalogSource& source);  // sets the id of a new one
    Status add_quarantine(int64_t source_id, const CatalogQuarantine& entry);
    /// Adds a finding, or replaces the one with its id. The key is key_for()'s.
    Status put_finding(const CatalogFinding& finding, const DataKey& key);
    /// Removes findings of an account whose last event is older.
    Status remove_findings(std::string_view account, int64_t before_ms);
    Status set_verdict(int64_t source_id, std::string_view verdict, int64_t now_ms);
    /// From now on the lake's files have no column `raw`.
    Status leave_raw_out();
    Status set_hold(std::string_view account, std::string_view reason, int64_t now_ms);
    Status clear_hold(std::string_view account);
    Status destroy_keys(std::string_view account);
    Status add_action(std::string_view action, std::string_view detail, int64_t now_ms);
    /// Wraps every key under another holder's.
    Status rewrap(KeyHolder& from, KeyHolder& to, Protection protection, std::string_view salt);
    /// The next version is above this one.
    Status raise_version(uint64_t above);
    /// Also writes the new head beside the catalog.
    Status commit();

   private:
    friend class Catalog;
    Change(Catalog& catalog, store::Transaction transaction, int64_t now_ms)
        : catalog_(catalog), transaction_(std::move(transaction)), now_ms_(now_ms) {}
    /// Appends to the audit chain.
    Status note(std::string_view action, std::string_view detail);
    Result<std::string> name_of_file(int64_t id);
    Catalog& catalog_;
    store::Transaction transaction_;
    int64_t now_ms_;
  };
  /// `now_ms` is the time of its rows in the audit chain.
  Result<Change> change(int64_t now_ms);
  /// Holds one state of the catalog for several reads.
  Result<store::Transaction> view() { return store::Transaction::begin_reading(*database_); }

  store::Database& database() { return *database_; }

  /// Visits the audit chain, details readable, without checking it.
  Status visit_audit(const std::function<Status(const store::AuditRow&)>& visit);
  /// Checks the chain, and that the files it added and did not remove are those of the catalog.
  Result<store::AuditCheck> check_audit(std::string_view known_head);

 private:
  Catalog(std::unique_ptr<store::Database> database, const std::string& path);
  Status load_facts();
  Status write_head();
  Result<std::string> fact(const char* name);
  Status set_fact(const char* name, std::string_view value);
  Result<std::string> seal(std::string_view what, std::string_view text) const;
  Result<std::string> unseal(std::string_view what, std::string_view sealed) const;
  std::string context(std::string_view what) const;
  std::string source_lookup(std::string_view name, uint64_t bytes, std::string_view sha256) const;
  Result<std::vector<CatalogFile>> files_where(const char* condition);

  std::unique_ptr<store::Database> database_;
  std::string folder_;
  std::string lake_id_, salt_, wrapped_key_;
  Protection protection_ = Protection::kPlain;
  std::optional<crypto::SecretKey> key_;
  std::map<std::string, crypto::SecretKey, std::less<>> data_keys_;  // unwrapped so far
};

}  // namespace cairn::lake
