#pragma once

// SQL over raw logs or a lake: a session as a whole job. What a session can be asked, and how it is
// kept from everything else, is in query/query.h.

#include "base/result.h"
#include "duck/duck.h"
#include "engine/explore_jobs.h"
#include "lake/lake.h"
#include "query/query.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::engine {

class LastReading;
class ResultFile;

struct SqlOptions {
  std::vector<std::string> logs;  // files, folders; empty: a lake
  query::Dialect dialect = query::Dialect::kAthena;
  uint64_t memory_bytes = 1u << 30;
  unsigned threads = 0;  // 0: one for each processor
};

/// A table that can be asked.
struct SqlTable {
  std::string name;
  std::vector<TableColumn> columns;  // empty when only the database knows them
};

/// An open session. One thread.
class SqlSession {
 public:
  /// Over the logs of the options, or, when they name none, over a lake opened for reading. Fails
  /// when an input does not exist, or the SQL engine cannot be loaded.
  static Result<std::unique_ptr<SqlSession>> open(World world, const SqlOptions& options,
                                                  std::unique_ptr<lake::Lake> lake);
  ~SqlSession();

  /// Answers one SELECT; see query::Session::ask().
  Result<std::unique_ptr<duck::Answer>> ask(std::string_view sql, const duck::Watch& watch = {});
  /// Writes the answer as a Parquet file, which appears whole or not at all; returns its rows.
  Result<uint64_t> write_parquet(std::string_view sql, const std::string& path,
                                 const duck::Watch& watch = {});
  Result<std::string> translate(std::string_view sql) const { return session_->translate(sql); }

  const std::vector<std::string>& tables() const { return session_->tables(); }
  /// The columns of a table.
  Result<std::vector<duck::AnswerColumn>> columns(const std::string& table);
  /// What the last question read of raw logs; nothing for a lake, or when it read none.
  std::optional<ReadSummary> last_reading();
  /// "raw logs in ./AWSLogs", "the lake ./lake: 10,000 events".
  const std::string& source() const { return source_; }

 private:
  SqlSession();

  std::unique_ptr<query::Session> session_;
  std::shared_ptr<LastReading> reading_;
  std::shared_ptr<ResultFile> result_file_;
  std::unique_ptr<lake::Lake> lake_;
  std::unique_ptr<lake::Snapshot> snapshot_;
  std::string source_;
};

}  // namespace cairn::engine
