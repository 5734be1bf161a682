#pragma once

// Bringing events into the lake, each once.
//
// Several lanes, one for each reading thread, collect records. When they hold as much as they may,
// all lanes meet: one drops what the lake already has and divides the rest into files, all write
// files, one puts them into the catalog. Then reading goes on. A commit is
//
//   1. write events/…/NAME.parquet.part and synchronise it
//   2. rename it to events/…/NAME.parquet and synchronise the folder
//   3. one transaction: the files are the lake's, the objects that ended are loaded
//
// Killed before 3, the records are not in the lake and their objects will be read again; what lies
// around is cleared away by the next writer. An object whose records fill several commits is marked
// loaded with the last; read again after an interruption, the records that it had already given are
// recognised.
//
// A record is the same as another when their content fingerprints are (cloudtrail.h): the same
// eventID and the same facts. A second record with a known eventID and other content is kept.

#include "base/result.h"
#include "cloudtrail/cloudtrail.h"
#include "lake/lake.h"
#include "model/event.h"
#include "model/source.h"
#include "model/standard_fields.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cairn::lake {

struct LoadOptions {
  unsigned lanes = 1;
  /// Of record text that may be collected before it is written.
  size_t memory_bytes = 64u << 20;
  /// Leave the column `raw` out. For a lake without records; it stays so for all later loads.
  bool without_raw = false;
  /// Told before each step of a commit, from whichever thread takes it; tests end the process
  /// there.
  std::function<void(const char* step)> at_step;
};

/// What came of a load. records = stored + duplicates + resumed + quarantined.
struct LoadSummary {
  uint64_t records = 0;           // read: events, and stretches of text that became none
  uint64_t stored = 0;            // new in the lake
  uint64_t duplicates = 0;        // the lake, or this load, has them from another object
  uint64_t resumed = 0;           // an interrupted load had stored them from the same object
  uint64_t quarantined = 0;       // became no event
  uint64_t objects = 0;           // read to their end
  uint64_t objects_skipped = 0;   // loaded before with the same content: not read again
  uint64_t objects_partial = 0;   // begun, but not read to their end
  uint64_t files = 0, bytes = 0;  // written
};

/// Numbers the objects of one load.
using ObjectId = uint32_t;

/// What an object is before it is read.
struct ObjectFacts {
  std::string name;
  uint64_t size_bytes = 0;
  std::string sha256;  // 32 bytes; "" when unknown: then it is never recognised
};

class Loader {
 public:
  /// Begins a load into a lake that is open for writing. It must outlive the loader.
  static Result<std::unique_ptr<Loader>> begin(Lake& lake, const LoadOptions& options);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // Any thread:

  /// Announces an object; nothing when it was loaded before. `pieces` that are read on their own
  /// (of one large file) are one object: each calls this, and the same id comes back.
  Result<std::optional<ObjectId>> begin_object(const ObjectFacts& facts);
  /// Says that an object, or a piece of it, was read. `complete`: nothing of it is left to read.
  void end_object(ObjectId object, SourceKind kind, uint64_t quarantined, bool complete);
  /// Keeps what could not be read, with its reason. No object: a folder, or a file that could not
  /// be opened.
  void quarantine(std::optional<ObjectId> object, const QuarantineEntry& entry);
  /// False once something failed: there is no use in reading on.
  bool going() const;

  // One thread for each lane:

  /// Collects a record. May write files.
  void add(unsigned lane, const Event& event, const StandardFields& standard, ObjectId object);
  /// The lane has no more records. Returns when all lanes have ended and everything is written.
  void end(unsigned lane);

  // After all lanes have ended:

  /// Closes the load's account. `complete`: everything that was asked for was read.
  Result<LoadSummary> finish();

 private:
  class Impl;
  explicit Loader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::lake
