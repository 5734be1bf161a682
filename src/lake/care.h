#pragma once

// Looking after a lake: what is in it, whether it is whole, what may go, and how to take it
// elsewhere.

#include "base/result.h"
#include "base/time.h"
#include "lake/lake.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace cairn::lake {

/// What is in a lake of one account.
struct AccountStatus {
  std::string account;
  uint64_t files = 0, rows = 0, bytes = 0;
  Timestamp first{}, last{};      // of events with a time
  uint64_t days = 0;              // that some file covers
  std::vector<std::string> gaps;  // runs of days in between without records: "A .. B"
  bool held = false;
};

struct LakeStatus {
  std::string folder;
  Protection protection = Protection::kPlain;
  int format = 0;
  uint64_t version = 0;  // of the catalog
  uint64_t files = 0, rows = 0, bytes = 0;
  uint64_t objects = 0, objects_partial = 0, object_bytes = 0;
  uint64_t quarantined = 0, loads = 0, loads_interrupted = 0;
  std::vector<AccountStatus> accounts;
  std::vector<std::pair<std::string, std::string>> holds;  // account, reason
  std::vector<std::string> actions;                        // what was done to it, oldest first
};

Result<LakeStatus> status_of(Lake& lake);

/// What a check found.
struct CheckReport {
  uint64_t files = 0, rows = 0, bytes = 0;  // that were read and are as the catalog says
  uint64_t stored = 0, removed = 0;         // records: by all loads; since then by retain or forget
  std::vector<std::string> faults;          // one sentence each
  std::vector<std::string> repairs;         // what was done about them
  bool whole() const { return faults.size() == repairs.size(); }
};

/// Reads every file to its end: its bytes against its hash, every block against its tag, its rows
/// against the catalog; then the sums of loads, objects and files against each other. With `repair`
/// (a lake open for writing), files that nobody knows go away, and files that are lost or damaged
/// are taken out of the lake while their objects are marked to be loaded again. When the catalog is
/// an older copy (the lake was opened with Older::kAdmit), files that it does not know are brought
/// in again instead.
Result<CheckReport> check(Lake& lake, bool repair,
                          const std::function<void(uint64_t done, uint64_t all)>& progress);

/// What was removed.
struct Removal {
  uint64_t files = 0, rows = 0, bytes = 0, keys = 0;
  uint64_t unreadable = 0;        // forget: files tried afterwards, that nobody can read any more
  std::vector<std::string> held;  // accounts left alone because of a hold
};

/// Destroys the keys of an account and removes its files, also from under readers. Then tries to
/// open one that was copied before: the proof that no key is left. kPermission when it is held,
/// kNotFound when there is no such account. For an encrypted lake.
Result<Removal> forget(Lake& lake, const std::string& account);

/// Removes files whose last event is older than `before`, of one account or (empty) of all that are
/// not held. Files that reach past it are kept whole. `dry_run` only counts.
Result<Removal> retain(Lake& lake, Timestamp before, const std::string& account, bool dry_run);

/// Keeps an account from retain and forget, or no longer.
Status hold(Lake& lake, const std::string& account, const std::string& reason);
Status release(Lake& lake, const std::string& account);

struct MergeSummary {
  uint64_t merged = 0, made = 0;  // files
};
/// Joins small files of one account and month into larger ones, sorted by time. Readers keep what
/// they have. Does nothing where there are only a few.
Result<MergeSummary> merge_small_files(Lake& lake);

struct ExportSummary {
  uint64_t files = 0, rows = 0;
  std::string ddl;  // Athena's CREATE TABLE for it
};
/// Writes the records as plain Parquet, `FOLDER/account=…/date=…/….parquet`, with the table's
/// stored columns. `location` is where it will be in S3, for the table's definition, which is also
/// written as FOLDER/cloudtrail_logs.sql. The folder must be empty or not exist.
Result<ExportSummary> export_plain(Lake& lake, const Bounds& bounds, const std::string& folder,
                                   const std::string& location);

}  // namespace cairn::lake
