#pragma once

// Answers of SQL on their way to people and programs.

#include "cli/arguments.h"
#include "engine/engine.h"
#include "engine/sql.h"

#include <mutex>
#include <string>
#include <string_view>

namespace cairn::cli {

/// Rows of a table that are written when nobody says how many.
inline constexpr uint64_t kTableRows = 1000;

/// How far a query is, on the last line of a terminal. Any thread.
class QueryProgress {
 public:
  explicit QueryProgress(const Appearance& appearance);
  ~QueryProgress() { finish(); }
  QueryProgress(const QueryProgress&) = delete;
  QueryProgress& operator=(const QueryProgress&) = delete;

  /// 0 to 1; negative: unknown.
  void show(double done);
  /// Clears the line for good.
  void finish();

 private:
  const bool enabled_, plain_;
  const size_t width_;
  std::mutex mutex_;
  bool drawn_ = false, finished_ = false;
};

/// What became of a statement.
struct Answered {
  uint64_t rows = 0;
  bool more = false;     // there were more rows than the limit
  bool complete = true;  // false: some of the raw logs could not be read
  double seconds = 0;
};

/// Asks and writes the answer as the choice says. A closed pipe is no error. With `paging`, a table
/// that is longer than the terminal is shown page by page.
Result<Answered> answer(engine::SqlSession& session, engine::World world, std::string_view sql,
                        const SqlChoice& choice, bool paging);

/// "12 rows in 0.31 s", with what was read of raw logs.
void print_answered(const Answered& answered);

}  // namespace cairn::cli
