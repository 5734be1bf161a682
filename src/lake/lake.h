#pragma once

// The door of `lake`: where events are kept. A lake is a folder of Parquet files and a catalog that
// says which of them count (docs/lake-format.md):
//
//   catalog.db                                 what is there: SQLite, one transaction a change
//   catalog.head                               which change was the last: an older copy is noticed
//   events/account=…/date=YYYY-MM-DD/….parquet  the records, encrypted unless the lake is plain
//   writer.lock, readers.lock                  one process writes; files are removed when nobody
//                                              reads
//
// Reading:
//
//   TRY_ASSIGN(auto lake, Lake::open(folder, Access::kRead, keys));
//   TRY_ASSIGN(auto snapshot, lake->snapshot({}));
//   TRY_ASSIGN(auto database, duck::Database::open({}));
//   TRY(snapshot->attach(*database));
//   TRY(database->lock({kMount}));
//   TRY_ASSIGN(auto connection, database->connect());
//   TRY(create_views(*snapshot, *connection));   // cloudtrail_logs, files, quarantine
//
// A snapshot's events are one state of the catalog: what others load, merge or remove meanwhile is
// not seen. The lists of objects are as they are when they are asked for.
// Files are opened by their names in the snapshot and by no other, so a query can reach nothing
// else through them, however it is written.

#include "base/result.h"
#include "base/time.h"
#include "duck/duck.h"
#include "lake/keys.h"
#include "sys/clock.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::lake {

enum class Access : uint8_t { kRead, kWrite };

/// What to do with a lake whose catalog.db is an older copy of itself: it knows nothing of what was
/// loaded since.
enum class Older : uint8_t { kRefuse, kAdmit };

/// Where the lake lies when nobody says: $CAIRN_LAKE, else $XDG_DATA_HOME/cairn/lake, else
/// ~/.local/share/cairn/lake.
std::string default_folder();

/// Which files a snapshot holds. Empty: all. A file is in when it may hold a wanted event.
struct Bounds {
  std::optional<Timestamp> from, to;  // on the events' time, inclusive
  std::vector<std::string> accounts;
};

/// A file of the lake. Events without a time are in the file of day 1970-01-01.
struct LakeFile {
  std::string name;  // in the lake's folder: "events/account=…/date=…/….parquet"
  std::string account;
  Timestamp first{}, last{};  // of its events
  uint64_t rows = 0, size_bytes = 0;
};

class Inside;

/// One state of the lake. While it lives, its files are not removed from the disk. One thread.
/// Shares with the database what that needs, so either may be destroyed first.
class Snapshot {
 public:
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  /// In order of account and first event.
  const std::vector<LakeFile>& files() const;
  /// Counts the changes of the catalog.
  uint64_t version() const;
  uint64_t rows() const;

  /// Lets a database read these files, as "lake://" and their name, and the catalog's lists as
  /// tables. Once for each database, before it is locked: give kMount to lock().
  Status attach(duck::Database& database) const;

 private:
  friend class Lake;
  friend Status create_views(const Snapshot& snapshot, duck::Connection& connection);
  class State;
  explicit Snapshot(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

/// How an attached database names what is in a snapshot.
inline constexpr const char* kMount = "lake://";

/// An open lake. One thread at a time.
class Lake {
 public:
  /// Makes a new, empty lake; folders are made as needed. For kKeyFile the file is made when it
  /// does not exist. Fails with kInvalidInput when there is a lake already.
  static Result<std::unique_ptr<Lake>> create(const std::string& folder, Protection protection,
                                              const KeySource& keys, Clock& clock);
  /// Opens a lake. Errors: kNotFound when there is none, kPermission when the key is missing or
  /// another one, kUnavailable when somebody else writes (kWrite), kUnsupported for a lake of a
  /// later version, kCorrupt when its catalog is an older copy (and `older` does not admit that:
  /// check() does, and mends it). For kWrite, what an interrupted writer left behind is cleared
  /// away.
  static Result<std::unique_ptr<Lake>> open(const std::string& folder, Access access,
                                            const KeySource& keys, Clock& clock,
                                            Older older = Older::kRefuse);
  ~Lake();
  Lake(const Lake&) = delete;
  Lake& operator=(const Lake&) = delete;

  const std::string& folder() const;
  Protection protection() const;
  Result<std::unique_ptr<Snapshot>> snapshot(const Bounds& bounds);

  /// For the other doors of this room.
  Inside& inside() { return *inside_; }

 private:
  explicit Lake(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

/// A record as it is stored.
struct StoredRecord {
  std::string event_id;
  std::string raw;  // byte for byte; of a lake without `raw`, JSON made of the columns
  std::string source_object;
};
/// Finds records whose eventID is `id`, or begins with it (case does not matter), at most `limit`.
Result<std::vector<StoredRecord>> find_records(Lake& lake, const std::string& id, size_t limit);

/// Visits every record in which an event of the bounds may be, in no particular order; a lake
/// without `raw` gives JSON made of the columns. The views are good during the call. The visitor
/// returns an error to stop.
Status visit_records(
    Lake& lake, const Bounds& bounds,
    const std::function<Status(std::string_view raw, std::string_view source_object)>& visit);

/// False when the lake was loaded with LoadOptions::without_raw: then records are known by their
/// columns only.
Result<bool> keeps_raw(Lake& lake);

/// A finding of a scan, as the table `findings` has it.
struct LakeFinding {
  std::string id;       // as Finding::id; a finding replaces the one with its id
  std::string account;  // of its first event
  Timestamp last{};     // of its last event; 0 without a time
  std::string json;     // the line of findings.jsonl
};
/// Saves findings in a lake that is open for writing. They are encrypted under the keys of their
/// accounts, and go with them.
Status save_findings(Lake& lake, const std::vector<LakeFinding>& findings);

/// What a digest file says of a loaded object: `key` is its name in S3, with which the name under
/// which it was loaded ends, and `sha256` the hash (32 bytes) of its stored bytes. `verdict` is a
/// word for the column `verdict` of the table `files`. Returns how many objects it is about.
struct ObjectVerdict {
  std::string key, sha256, verdict;
};
Result<uint64_t> set_verdicts(Lake& lake, const std::vector<ObjectVerdict>& verdicts);

/// How the lake in a folder is protected; needs no key. kNotFound when there is none.
Result<Protection> protection_of(const std::string& folder);
/// Accounts and months that have a data key.
Result<std::vector<std::pair<std::string, std::string>>> key_months(Lake& lake);
/// Puts an encrypted lake that is open for writing under another master key: wraps its data keys
/// anew in one transaction, and leaves the files as they are. A key file is made when it does not
/// exist.
Status rotate_key(Lake& lake, Protection protection, const KeySource& keys);

/// A row of a lake's audit chain (store/audit_chain.h): loads, files added and removed, and what
/// was done to the lake.
struct AuditEntry {
  int64_t number = 0;
  Timestamp time{};
  std::string action, detail, hash;  // the hash as hexadecimal digits
};
/// Visits the chain in order, without checking it.
Status visit_audit(Lake& lake, const std::function<Status(const AuditEntry&)>& visit);

struct AuditReport {
  uint64_t rows = 0;
  std::string head;   // hexadecimal digits
  std::string fault;  // what is wrong, in words; "" when it is whole
};
/// Checks that the chain is whole, that the catalog's files are those it speaks of, and, when
/// `known_head` (hexadecimal digits) is not empty, that it still has that head in it. Fails with
/// kInvalidInput when that is no head.
Result<AuditReport> check_audit(Lake& lake, const std::string& known_head);

/// Creates, in the connection's database, the views
///   cloudtrail_logs  Athena's table and Cairn's columns (model/cloudtrail_table.h)
///   files            the objects that were loaded: name, size, SHA-256, how many records, when,
///                    and what their digests say (NULL: not verified)
///   quarantine       what could not be read of them, and why
///   findings         what scans found, of those that were saved
/// An empty lake gives views without rows.
Status create_views(const Snapshot& snapshot, duck::Connection& connection);

}  // namespace cairn::lake
