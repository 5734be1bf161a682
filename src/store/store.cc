#include "store/store.h"

#include "base/text.h"

#include <sqlite3.h>

#include <utility>

namespace cairn::store {

namespace {

sqlite3* handle_of(void* handle) { return static_cast<sqlite3*>(handle); }
sqlite3_stmt* statement_of(void* statement) { return static_cast<sqlite3_stmt*>(statement); }

ErrorCode code_of(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::kCorrupt;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return ErrorCode::kPermission;
    case SQLITE_CANTOPEN:
      return ErrorCode::kNotFound;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
      return ErrorCode::kUnavailable;
    default:
      return ErrorCode::kInvalidInput;
  }
}

Error error_of(int code, const std::string& path, std::string_view words) {
  return Error{code_of(code), printable(path) + ": " + std::string(words)};
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)),
      path_(other.path_),
      failed_(other.failed_) {}
Statement::~Statement() { sqlite3_finalize(statement_of(statement_)); }

void Statement::keep(int code) {
  if (code != SQLITE_OK && failed_ == SQLITE_OK) failed_ = code;
}

Statement& Statement::bind(int place, int64_t value) {
  keep(sqlite3_bind_int64(statement_of(statement_), place, value));
  return *this;
}

Statement& Statement::bind(int place, std::string_view text) {
  // A null pointer would be NULL; SQLITE_TRANSIENT makes a copy.
  keep(sqlite3_bind_text64(statement_of(statement_), place, text.empty() ? "" : text.data(),
                           text.size(), SQLITE_TRANSIENT,  // NOLINT: SQLite's own macro
                           SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_blob(int place, std::string_view bytes) {
  keep(sqlite3_bind_blob64(statement_of(statement_), place, bytes.empty() ? "" : bytes.data(),
                           bytes.size(), SQLITE_TRANSIENT));  // NOLINT: SQLite's own macro
  return *this;
}

Statement& Statement::bind_null(int place) {
  keep(sqlite3_bind_null(statement_of(statement_), place));
  return *this;
}

Result<bool> Statement::step() {
  if (int failed = std::exchange(failed_, SQLITE_OK); failed != SQLITE_OK)
    return error_of(failed, path_, "a value could not be bound");
  int code = sqlite3_step(statement_of(statement_));
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  Error error = error_of(code, path_, sqlite3_errmsg(sqlite3_db_handle(statement_of(statement_))));
  reset();
  return error;
}

Status Statement::run() {
  for (;;) {
    TRY_ASSIGN(bool more, step());
    if (!more) return {};
  }
}

void Statement::reset() {
  sqlite3_reset(statement_of(statement_));
  sqlite3_clear_bindings(statement_of(statement_));
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_of(statement_), column);
}

std::string_view Statement::text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_of(statement_), column);
  int size = sqlite3_column_bytes(statement_of(statement_), column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<size_t>(size)};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_of(statement_), column) == SQLITE_NULL;
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Access access,
                                                 int wait_ms) {
  int flags =
      access == Access::kRead ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_EXRESCODE, nullptr);
  // A reader may be without the right to write: then the file must be at rest.
  if (access == Access::kRead && code != SQLITE_OK && code_of(code) != ErrorCode::kNotFound) {
    sqlite3_close(handle);
    code = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_EXRESCODE,
                           nullptr);
  }
  if (code != SQLITE_OK) {
    Error error =
        error_of(code, path, handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code));
    sqlite3_close(handle);
    return error;
  }
  std::unique_ptr<Database> database(new Database(handle, path));
  sqlite3_busy_timeout(handle, wait_ms);
  // A database from elsewhere must not run code of its own through its schema.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  TRY(database->execute("PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON;"));
  if (access == Access::kRead) {
    TRY(database->execute("PRAGMA query_only = ON"));
  } else {
    TRY(
        database->execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                          "PRAGMA secure_delete = ON;"));
  }
  TRY(database->version());  // a file that is no database is noticed now
  return database;
}

Database::~Database() { sqlite3_close_v2(handle_of(handle_)); }

Status Database::execute(std::string_view sql) {
  std::string text(sql);
  char* words = nullptr;
  int code = sqlite3_exec(handle_of(handle_), text.c_str(), nullptr, nullptr, &words);
  if (code == SQLITE_OK) return {};
  Error error = error_of(code, path_, words != nullptr ? words : sqlite3_errstr(code));
  sqlite3_free(words);
  return error;
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v3(handle_of(handle_), sql.data(), static_cast<int>(sql.size()), 0,
                                &statement, nullptr);
  if (code != SQLITE_OK) return error_of(code, path_, sqlite3_errmsg(handle_of(handle_)));
  return Statement(statement, path_);
}

Result<int64_t> Database::integer(std::string_view sql) {
  TRY_ASSIGN(Statement statement, prepare(sql));
  TRY_ASSIGN(bool row, statement.step());
  return row ? statement.integer(0) : int64_t{0};
}

Status Database::check() {
  TRY_ASSIGN(Statement statement, prepare("PRAGMA integrity_check(1)"));
  TRY_ASSIGN(bool row, statement.step());
  if (row && statement.text(0) == "ok") return {};
  return Error{ErrorCode::kCorrupt,
               printable(path_) + ": " + (row ? statement.string(0) : "no answer")};
}

Status Database::scour() {
  TRY(execute("VACUUM"));
  TRY_ASSIGN(Statement statement, prepare("PRAGMA wal_checkpoint(TRUNCATE)"));
  TRY_ASSIGN(bool row, statement.step());
  if (row && statement.integer(0) == 0) return {};
  return Error{ErrorCode::kUnavailable,
               printable(path_) + ": another process is reading; try again when it has ended"};
}

Result<Transaction> Transaction::begin(Database& database) {
  TRY(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Result<Transaction> Transaction::begin_reading(Database& database) {
  TRY(database.execute("BEGIN"));
  TRY(database.version());  // the view begins with the first read
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  if (database_ != nullptr) static_cast<void>(database_->execute("ROLLBACK").ok());
}

Status Transaction::commit() {
  TRY(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace cairn::store
