#pragma once

// The door of `query`: questions of people in SQL, safely. A session is a database in memory that
// knows Athena's dialect; whoever opens it adds tables (of raw logs, of a lake), then starts it,
// and from then on it answers single SELECTs and can reach nothing else.

#include "base/result.h"
#include "duck/duck.h"
#include "query/athena.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::query {

enum class Dialect : uint8_t {
  kAthena,  // Trino's: docs/reference/sql.md
  kDuckdb,  // DuckDB's own, untouched
};

struct SessionOptions {
  Dialect dialect = Dialect::kAthena;
  uint64_t memory_bytes = 1u << 30;
  unsigned threads = 0;  // 0: one for each processor
};

/// A session. One thread, but for Connection::interrupt().
class Session {
 public:
  /// Loads DuckDB (see duck.h) and opens an empty database with the dialect's functions.
  static Result<std::unique_ptr<Session>> open(const SessionOptions& options);

  /// For adding tables and views; not after start().
  duck::Database& database() { return *database_; }
  duck::Connection& connection() { return *connection_; }

  /// Locks the database: from now on only these tables can be read, and of files only those below
  /// the folders, by views that were made before.
  Status start(std::vector<std::string> tables, std::span<const std::string> readable_folders = {});

  /// Returns the statement as DuckDB will see it.
  Result<std::string> translate(std::string_view sql) const;
  /// Answers one SELECT. After start() only. Errors: kInvalidInput what is wrong with it,
  /// kPermission what is not allowed, and what Connection::query() gives.
  Result<std::unique_ptr<duck::Answer>> ask(std::string_view sql, const duck::Watch& watch = {});

  /// Runs `COPY (question) TO …`: `target` is the rest, the caller's own text. The question is
  /// examined like any other.
  Result<std::unique_ptr<duck::Answer>> copy(std::string_view sql, const std::string& target,
                                             const duck::Watch& watch = {});

  const std::vector<std::string>& tables() const { return limits_.tables; }

 private:
  explicit Session(Dialect dialect) : dialect_(dialect) {}

  Dialect dialect_;
  std::unique_ptr<duck::Database> database_;
  std::unique_ptr<duck::Connection> connection_;
  duck::QuestionLimits limits_;
  bool started_ = false;
};

}  // namespace cairn::query
