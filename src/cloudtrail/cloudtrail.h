#pragma once

// The door of `cloudtrail`: from paths to events. Finds inputs, opens whatever container they are
// in, cuts it into records, walks each record once into an Event, and quarantines what does not
// parse. Formats: spec'd by AWS's "CloudTrail log file examples", "record contents" and "log file
// name format" pages; the oddities of real data are listed in docs/reference/inputs.md.

#include "base/result.h"
#include "base/time.h"
#include "model/event.h"
#include "model/field_table.h"
#include "model/source.h"
#include "model/standard_fields.h"
#include "sys/files.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::cloudtrail {

/// What CloudTrail's own key layout says of an object
/// ([prefix/]AWSLogs/[org/]account/CloudTrail…/region/Y/M/D/file).
struct ObjectKey {
  std::string organization;  // "o-…" or empty
  std::string account;
  std::string kind;  // "CloudTrail", "CloudTrail-Insight", "CloudTrail-Digest", …
  std::string region;
  Timestamp delivered{};  // from the file name, else the date folder

  bool operator==(const ObjectKey&) const = default;
};

/// Reads the layout out of a path or S3 key; nothing when it is no such key. A bare file name in
/// CloudTrail's form is enough.
std::optional<ObjectKey> parse_object_key(std::string_view path);

/// One piece of work for a reader: a file, or a range of a large plain JSON Lines file cut at line
/// ends.
struct Input {
  std::string path;             // "-" is standard input; a member is "archive.zip!its/name"
  uint64_t size_bytes = 0;      // as stored; 0 when unknown
  uint64_t begin = 0, end = 0;  // byte range; end 0 = the whole file
  std::optional<ObjectKey> key;
};

/// Walks files and folders in byte order of their names and hands out work, in a thread of its own
/// choosing (the caller's). Links to files are followed; links to folders only when they stay
/// inside the root and were not seen yet. Unreadable folders are reported and passed over.
class InputWalk {
 public:
  struct Options {
    std::optional<Timestamp> not_delivered_before;  // objects whose key says they were delivered
                                                    // earlier are passed over, and counted
    std::vector<std::string> accounts, regions;     // empty = all; applied to what the key says
    uint64_t cut_above_bytes =
        64u << 20;  // plain JSON Lines files above this are cut into pieces of about this size
  };
  struct Totals {
    uint64_t files = 0, bytes = 0, passed_over = 0;
    uint64_t special_files = 0;  // pipes, sockets and devices inside folders: not opened
    bool complete = false;       // the walk has seen everything
  };

  InputWalk(Files& files, std::vector<std::string> roots, Options options);

  /// Visits inputs until the visitor returns false. Problems go to `quarantine` (kUnreadable). A
  /// root that does not exist is an error.
  Status run(const std::function<bool(Input)>& visit,
             const std::function<void(QuarantineEntry)>& quarantine);
  /// True when the options want an object of this key, or of none. The walk asks it of files; who
  /// reads archives asks it of their members.
  bool wants(const std::optional<ObjectKey>& key) const;
  /// What was found so far; safe from any thread while run() works.
  Totals totals() const;

 private:
  struct Walker;
  Files& files_;
  std::vector<std::string> roots_;
  Options options_;
  std::atomic<uint64_t> file_count_{0}, byte_count_{0}, passed_over_{0}, special_files_{0};
  std::atomic<bool> complete_{false};
};

/// Limits of reading; each has a name in messages.
struct ReadLimits {
  size_t piece_bytes = 1u << 20;    // inputs that inflate above this are read piece by piece
  size_t record_bytes = 16u << 20;  // a longer record is quarantined
  uint64_t expansion_floor_bytes = 256u << 20;  // the ratio is judged from here on
  // Decompressed / stored; above, the input "looks like a decompression bomb" and the rest is not
  // read. Records with ids of their own reach 32 at most. An archive is judged by all of its
  // members together, and each compressed member from piece_bytes on.
  uint64_t expansion_ratio = 200;
  size_t nesting = 1024;            // deeper records are quarantined
  size_t quarantine_entries = 200;  // listed for one input; the counts go on
};

/// What was in an archive.
struct ArchiveContent {
  uint64_t members = 0;        // files: each was reported to the sink
  uint64_t links = 0;          // to other members or places: not followed
  uint64_t special_files = 0;  // pipes, devices
};

/// What became of one input.
struct SourceReport {
  SourceKind kind = SourceKind::kOther;
  std::string shape;  // "Records", "JSON lines", "lookup-events", "EventBridge", "CloudWatch Logs",
                      // … ; for kOther what it looks like,
                      // for kUnreadable why
  uint64_t events = 0;        // handed to the sink
  uint64_t stored_bytes = 0;  // read from the file; of a member: from the archive, since the last
  uint64_t text_bytes = 0;    // after decompression
  uint64_t quarantined = 0;   // records (or damaged stretches) that became no event
  uint64_t repaired = 0;
  bool partial = false;  // opened, but something of it could not be read: the container is damaged,
                         // truncated or over a limit
  bool cancelled = false;
  std::optional<ArchiveContent> archive;  // the input is an archive: it holds no events itself, and
                                          // `events`, `text_bytes`, `kind` are its members' affair
};

/// Receives events. The event is valid during the call only.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void on_event(const Event& event) = 0;
  virtual void on_quarantine(QuarantineEntry entry) = 0;
  /// Asked after every piece of an input; false ends the reading there, as if cancelled.
  virtual bool wants_more() const { return true; }
  /// An archive's member begins: what is delivered until end_member() is of it. When this returns
  /// false the member is passed over, and end_member() is not called.
  virtual bool begin_member(const Input& /*member*/) { return true; }
  virtual void end_member(const Input& /*member*/, const SourceReport& /*report*/) {}
};

/// Reads inputs one after another, reusing its buffers; one per worker thread. Memory: about 3 ×
/// piece_bytes, plus one record; twice that once it has met an archive.
class Reader {
 public:
  Reader(Files& files, const FieldTable& fields, const StandardFields& standard, ReadLimits limits);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// Reads one input to its end (or until `cancel` turns true, seen at least every piece). Never
  /// fails: what goes wrong is in the report and quarantine, and every intact record of a damaged
  /// input is still delivered. A tar or zip archive (compressed or not) is read member by member;
  /// each is an input of its own to the sink, archives inside archives are not opened.
  SourceReport read(const Input& input, EventSink& sink, const std::atomic<bool>& cancel);
  /// The same for text already in memory (rule tests, fuzzing).
  SourceReport read_text(std::string_view name, std::string_view bytes, EventSink& sink);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Returns a 64-bit fingerprint of the event's content: its eventID and the facts that make it the
/// same event, independent of top-level key order, of blanks between tokens, and of the container.
/// Two records with one eventID but different content differ. Documented in
/// docs/reference/inputs.md, "Duplicates".
uint64_t content_fingerprint(const Event& event, const StandardFields& standard);

/// Appends a record's text without the blanks between its tokens, so that it is one line.
void compact_json(std::string_view raw, std::string& out);

}  // namespace cairn::cloudtrail
