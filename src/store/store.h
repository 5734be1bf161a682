#pragma once

// The door of `store`: small durable state in SQLite. What a transaction has committed survives the
// end of the process and of the machine; what it has not is gone as a whole.
//
//   TRY_ASSIGN(auto database, store::Database::open(path, store::Access::kWrite));
//   TRY_ASSIGN(auto transaction, store::Transaction::begin(*database));
//   TRY_ASSIGN(auto insert, database->prepare("INSERT INTO t VALUES (?, ?)"));
//   TRY(insert.bind(1, name).bind(2, count).run());
//   TRY(transaction.commit());
//
// Files are in write-ahead mode, so that readers never wait for the writer and see the state that
// was committed last when they began. Every commit reaches the disk before it returns. Deleted
// content is overwritten (secure_delete), because deleting keys is how data is forgotten.
//
// Errors: kUnavailable when the disk is full or another process holds the file too long, kCorrupt
// when the file is damaged or no database, kPermission, kNotFound.

#include "base/result.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace cairn::store {

enum class Access : uint8_t {
  kRead,   // the file must exist; nothing is changed
  kWrite,  // the file is made when it does not exist, readable for its owner only
};

/// A statement with its places for values. Good as long as its database; one thread. Values are
/// copied. Errors of bind() are kept for the next step.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  /// Puts a value into a place, counted from 1.
  Statement& bind(int place, int64_t value);
  Statement& bind(int place, uint64_t value) { return bind(place, static_cast<int64_t>(value)); }
  Statement& bind(int place, int value) { return bind(place, static_cast<int64_t>(value)); }
  Statement& bind(int place, std::string_view text);
  Statement& bind(int place, const std::string& text) {
    return bind(place, std::string_view(text));
  }
  Statement& bind(int place, const char* text) { return bind(place, std::string_view(text)); }
  Statement& bind_blob(int place, std::string_view bytes);
  Statement& bind_null(int place);

  /// Moves to the next row; false when there is none, and the statement may be bound and run anew.
  Result<bool> step();
  /// Runs a statement without rows to its end, and makes it ready for the next values.
  Status run();
  /// Leaves the rows that were not asked for.
  void reset();

  /// Values of the row, by column from 0. Views are good until the next step.
  int64_t integer(int column) const;
  uint64_t count(int column) const { return static_cast<uint64_t>(integer(column)); }
  std::string_view text(int column) const;  // of a text or a blob; "" for NULL
  std::string string(int column) const { return std::string(text(column)); }
  bool is_null(int column) const;

 private:
  friend class Database;
  Statement(void* statement, const std::string& path) : statement_(statement), path_(path) {}
  void keep(int code);

  void* statement_;
  const std::string& path_;
  int failed_ = 0;
};

/// One open database file. One thread at a time; statements must be gone before it is.
class Database {
 public:
  /// `wait_ms`: how long to wait for another process that writes.
  static Result<std::unique_ptr<Database>> open(const std::string& path, Access access,
                                                int wait_ms = 10'000);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  /// Runs statements that give no rows, separated by semicolons.
  Status execute(std::string_view sql);
  Result<Statement> prepare(std::string_view sql);
  /// Runs a query of one value; 0 without a row.
  Result<int64_t> integer(std::string_view sql);

  /// The schema's version, which callers set in the transaction that makes the tables
  /// (`PRAGMA user_version = 1`); 0 in a new file.
  Result<int64_t> version() { return integer("PRAGMA user_version"); }
  /// Says whether SQLite finds its file whole; kCorrupt with its words otherwise.
  Status check();
  /// Puts everything into the main file and gives freed pages back, so that deleted content is in
  /// no file any more. Fails with kUnavailable while another process reads.
  Status scour();

 private:
  Database(void* handle, std::string path) : handle_(handle), path_(std::move(path)) {}

  void* handle_;
  std::string path_;
};

/// A transaction that is undone when it is destroyed before commit().
class Transaction {
 public:
  /// Begins writing at once: fails with kUnavailable while another process writes.
  static Result<Transaction> begin(Database& database);
  /// Begins a view of one state: what others commit meanwhile is not seen.
  static Result<Transaction> begin_reading(Database& database);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  Status commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace cairn::store
