#pragma once

// The door of `duck`: the only room that sees DuckDB. SQL in, rows out; rows of our own in.
//
// DuckDB is 60 MB of library and takes longer to load than a small scan runs. So everything behind
// these interfaces is in a shared object of its own, libcairn_duck.so in lib/cairn, which
// Database::open() loads when it is first called. A program that never opens a database never maps
// it. That is why the door has interfaces and plain data only: nothing here is linked.

#include "base/result.h"
#include "base/time.h"
#include "duck/mounted_files.h"
#include "model/column_type.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::duck {

// --- tables that we feed
// --------------------------------------------------------------------------

/// A condition that every wanted row fulfils. What the database knows of a query's WHERE, as far as
/// a source can use it; the database checks everything again, so a source may ignore it.
struct Condition {
  enum class Kind : uint8_t {
    kAll,    // all of `parts`
    kAny,    // one of `parts`
    kEqual,  // column = one of `values`
    kLess,   // column < values[0]: bytes of texts, or instants
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kContains,  // column contains values[0]
    kStartsWith,
    kEndsWith,
    kIsNull,
    kIsNotNull,
  };
  Kind kind = Kind::kAll;
  size_t column = 0;                // of the table
  std::vector<std::string> member;  // the way into a struct column, by names
  bool as_time = false;             // a text column read as an instant is compared
  std::vector<std::string> values;  // of instants: microseconds since 1970, in decimal
  std::vector<Condition> parts;
};

/// What one query wants of a table.
struct ScanRequest {
  std::vector<bool> columns;  // for each column of the table: is it wanted?
  /// For struct columns, the wanted members (dotted names); empty: all of them. Others may stay
  /// absent.
  std::vector<std::vector<std::string>> members;
  Condition condition;
};

/// The rows of one scan. Destroyed when the query ends, also when it ends early: then the source
/// must stop.
class RowSource {
 public:
  virtual ~RowSource() = default;
  /// Returns some rows, or none at the end; the database holds them while it needs their texts.
  /// Any thread; several at once, up to `threads`. An error
  /// ends the query with its message.
  virtual Result<std::shared_ptr<Batch>> next() = 0;
  /// How much was read, from 0 to 1; negative when unknown. Any thread.
  virtual double progress() const { return -1; }
};

/// Rows of one batch; the database takes them as they are.
inline constexpr size_t kBatchRows = 2048;

/// A table whose rows come from us: `SELECT … FROM name()`.
struct SourceTable {
  std::string name;  // of a function without arguments; lower case
  std::vector<TableColumn> columns;
  unsigned threads = 1;         // how many may call next() of one source at once
  uint64_t estimated_rows = 0;  // 0: unknown
  /// Begins a scan. Called when a query starts to run, in its thread.
  std::function<Result<std::unique_ptr<RowSource>>(const ScanRequest&)> open;
};

/// A table whose rows are Parquet files of a mount, all with the same columns:
/// `SELECT … FROM name('')`.
struct FileTable {
  std::string name;                // of a function; lower case
  std::vector<std::string> files;  // with the mount's prefix; at least one
  /// Returns what to read for a query: each file in which a row may fulfil the condition, or a name
  /// that stands for the part of it that matters. Columns of the condition are those of the files,
  /// in order. Called when a query is planned, in its thread; an error ends the query.
  std::function<Result<std::vector<std::string>>(const Condition&)> choose;
};

// --- functions that we add
// ------------------------------------------------------------------------

/// Types of a function's arguments and result.
enum class ScalarKind : uint8_t {
  kText,
  kBoolean,
  kInteger,
  kDouble,
  kTimestamp,  // microseconds since 1970
  kInstant,    // the same with a time zone: TIMESTAMPTZ
  kDate,       // days since 1970
  kJson,       // text that is JSON; a result must be valid
};

/// An argument or a result of a scalar function.
struct Scalar {
  bool null = false;
  std::string_view text;  // kText, kJson
  int64_t integer = 0;    // kInteger, kTimestamp, kInstant, kDate, kBoolean
  double number = 0;      // kDouble
};

/// A function of SQL that returns one value for each row. Called from several threads at once.
/// Functions of one name with other arguments are overloads.
struct ScalarFunction {
  std::string name;
  std::vector<ScalarKind> arguments;
  ScalarKind result = ScalarKind::kText;
  bool null_in_null_out = true;  // NULL arguments give NULL without a call
  /// Returns the value; its text may be in `scratch`, in an argument, or anywhere that lives until
  /// the next call in this thread. An error ends the query with its message.
  std::function<Result<Scalar>(std::span<const Scalar> arguments, std::string& scratch)> call;
};

// --- asking
// ---------------------------------------------------------------------------------------

/// What may end a query early, and who watches it.
struct Watch {
  const std::atomic<bool>* cancelled = nullptr;  // ends with kCancelled soon after it turns true
  Duration timeout{0};                           // 0: none; ends with kExhausted
  /// Called about ten times a second, from a thread of its own, with 0 to 1 (negative: unknown).
  std::function<void(double)> progress;
};

struct AnswerColumn {
  std::string name;
  std::string sql_type;    // "VARCHAR", "STRUCT(a BIGINT)", "DECIMAL(18,3)"
  bool is_number = false;  // shown to the right
};

/// Rows of a query, a chunk at a time, as the query produces them. Not longer than its connection,
/// which cannot run anything else meanwhile. One thread.
class Answer {
 public:
  virtual ~Answer() = default;
  virtual const std::vector<AnswerColumn>& columns() const = 0;
  /// Goes on to the next chunk; returns its number of rows, 0 after the last.
  virtual Result<size_t> next() = 0;

  // Of the current chunk.

  virtual bool is_null(size_t column, size_t row) const = 0;
  /// Appends the value as people read it; nothing for NULL. Structs, lists and maps are JSON.
  virtual void append_text(size_t column, size_t row, std::string& out) const = 0;
  /// Appends the value as JSON: numbers that JSON can hold exactly as numbers, everything else that
  /// is no boolean, list, struct or NULL as strings.
  virtual void append_json(size_t column, size_t row, std::string& out) const = 0;
};

/// What is allowed in a question of a person: see check_question().
struct QuestionLimits {
  std::vector<std::string> tables;           // that may be read, beside the question's own WITH
  std::vector<std::string> table_functions;  // that may be called
};

/// One line of work with a database. One thread, except for what says otherwise.
class Connection {
 public:
  virtual ~Connection() = default;
  /// Runs statements one after the other; rows are thrown away.
  virtual Status execute(const std::string& sql) = 0;
  /// Runs one statement. Errors: kInvalidInput for what is wrong with it, kExhausted for memory or
  /// time, kCancelled. The watch holds until the answer is destroyed.
  virtual Result<std::unique_ptr<Answer>> query(const std::string& sql,
                                                const Watch& watch = {}) = 0;
  /// Admits exactly one SELECT that reads only the given tables and calls only harmless functions;
  /// kPermission says what is not allowed, kInvalidInput that it does not parse.
  virtual Status check_question(const std::string& sql, const QuestionLimits& limits) = 0;
  /// Ends what is running in this connection. Any thread.
  virtual void interrupt() = 0;
};

struct ConnectionOptions {
  bool integer_division = false;  // 7 / 2 is 3, as in Trino
};

struct DatabaseOptions {
  std::string path;  // of a database file; "" keeps it in memory
  uint64_t memory_bytes = 1u << 30;
  unsigned threads = 0;          // 0: one for each processor
  std::string temporary_folder;  // where what exceeds the memory goes; "": nowhere, it fails
};

/// A database. Made ready by one thread; connections may then be in several.
class Database {
 public:
  /// Loads the library and opens a database, with UTC as its time zone, and with cardinality() for
  /// lists beside DuckDB's for maps. Fails with kUnavailable
  /// when the library cannot be loaded; the message says where it was looked for.
  static Result<std::unique_ptr<Database>> open(const DatabaseOptions& options);

  virtual ~Database() = default;
  virtual Result<std::unique_ptr<Connection>> connect(const ConnectionOptions& options = {}) = 0;
  virtual Status add_table(SourceTable table) = 0;
  virtual Status add_file_table(FileTable table) = 0;
  virtual Status add_function(ScalarFunction function) = 0;
  /// Lets SQL read and write files of ours: each name that begins with `prefix` ("lake://") is the
  /// files' affair, with the rest of it. Give the prefix to lock() to keep them readable.
  virtual Status mount(std::string prefix, std::shared_ptr<MountedFiles> files) = 0;
  /// From now on nothing reaches files, extensions or settings, in any connection and for good.
  /// Excepted: files below `readable_folders` (DuckDB would also write there, so check every
  /// question of a person with check_question()).
  virtual Status lock(std::span<const std::string> readable_folders = {}) = 0;
  /// The library's version: "v1.4.4".
  virtual std::string version() const = 0;
};

}  // namespace cairn::duck
