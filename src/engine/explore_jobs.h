#pragma once

// Questions about raw logs as whole jobs: search, stats, show, top. Each reads the same inputs in
// the same way as a scan (docs/reference/inputs.md) and says what it could not read.

#include "base/result.h"
#include "base/time.h"
#include "engine/engine.h"
#include "explore/columns.h"
#include "explore/counting.h"
#include "explore/terms.h"
#include "model/source.h"
#include "report/event_page.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace cairn::engine {

/// What every such job reads.
struct ReadOptions {
  std::vector<std::string> inputs;  // files, folders, "-"
  EventFilter filter;
  unsigned threads = 0;             // 0: one for each processor
  size_t memory_bytes = 16u << 20;  // for what is kept until the end; more goes to scratch files
};

/// What became of the inputs.
struct ReadSummary {
  uint64_t files = 0, stored_bytes = 0, text_bytes = 0;
  uint64_t events = 0;    // that the filter admits, copies included
  uint64_t filtered = 0;  // read, but the filter left them out
  uint64_t unreadable_files = 0, partial_files = 0;
  uint64_t quarantined = 0;   // records and stretches that became no event
  uint64_t files_unread = 0;  // found, but not read because of an interruption
  bool interrupted = false;
  bool examined = true;  // some file held CloudTrail records, or a filter passed some over
  std::vector<QuarantineEntry> problems;  // the first few, in order of file and offset
  double seconds = 0;

  /// False when something that was asked for could not be read.
  bool complete() const;
};

enum class RowOrder : uint8_t {
  kTime,      // oldest first; ties by content, so that threads change nothing
  kNewest,    // newest first
  kUnsorted,  // as found, at once; copies of an event are not recognised
};

struct SearchOptions {
  ReadOptions read;
  explore::SearchTerms terms;
  std::vector<std::string> columns;  // names (explore/columns.h)
  RowOrder order = RowOrder::kTime;
  uint64_t limit = 0;       // rows; 0: all
  bool count_only = false;  // no rows
};

/// Takes rows, one at a time, in the thread that called the job (kUnsorted: in any, but one at a
/// time).
class RowSink {
 public:
  virtual ~RowSink() = default;
  /// Sees every row before the first write(), when rows are sorted: for the widths of columns.
  virtual void measure(const explore::Row& row) = 0;
  /// An error ends the job with it.
  virtual Status write(const explore::Row& row) = 0;
};

struct SearchResult {
  ReadSummary read;
  uint64_t found = 0;   // different events (kUnsorted: with copies)
  uint64_t copies = 0;  // more records of events found: from a second trail, or another file
  uint64_t written = 0;
  bool stopped = false;                    // at the limit, before everything was read
  std::vector<uint64_t> indicator_hits;    // records each, in the terms' order
  std::vector<std::string> unseen_fields;  // of the terms: no record read had them
};

/// Finds events. Fails when an input does not exist, a term is no valid expression, or scratch
/// files or the sink's output cannot be written.
Result<SearchResult> run_search(World world, const SearchOptions& options, RowSink& sink,
                                const ScanProgressCallback& progress);

struct StatsOptions {
  ReadOptions read;
  std::vector<std::string> fields;  // names (explore/columns.h); combinations are counted
  explore::Period period = explore::Period::kNone;
  uint64_t top = 0;  // values, the most frequent (of each period); 0: all
};

/// Columns after the period and the fields: events, share, failed, first, last.
struct StatsResult {
  ReadSummary read;
  explore::CountTotals totals;
  uint64_t written = 0;
  uint64_t hidden_values = 0, hidden_events = 0;  // not written because of `top`
  uint64_t cut_events = 0;  // had more combinations than kCombinations: only these were counted
  std::vector<std::string> unseen_fields;  // no record read had them
};
/// Combinations of values that are counted of one event whose fields have several values.
inline constexpr size_t kCombinations = 64;
/// Rows that decide the widths of a table.
inline constexpr size_t kMeasuredRows = 2000;

/// Returns part / whole as a cell, with six decimals.
explore::Cell share_cell(uint64_t part, uint64_t whole);

/// Counts values: most frequent first, with --by in order of period first.
Result<StatsResult> run_stats(World world, const StatsOptions& options, RowSink& sink,
                              const ScanProgressCallback& progress);

struct TopOptions {
  ReadOptions read;
  size_t values = 5;  // of each list
};

struct TopResult {
  ReadSummary read;
  explore::CountTotals totals;
  std::vector<explore::ValueList> lists;
};

/// Says what is in the logs: the most frequent principals, addresses, calls, errors, clients,
/// regions and accounts.
Result<TopResult> run_top(World world, const TopOptions& options,
                          const ScanProgressCallback& progress);

struct ShowOptions {
  ReadOptions read;
  RuleOptions rules;
  std::vector<std::string> event_ids;  // or beginnings of them
};

struct ShowResult {
  ReadSummary read;
  std::vector<report::ShownEvent> events;  // in the order they were asked for, then by content
  std::vector<std::string> not_found;
  /// A beginning that several events share, with the first of them.
  struct Ambiguous {
    std::string asked;
    uint64_t events = 0;                  // kCandidates stands for that many or more
    std::vector<std::string> candidates;  // eventIDs, sorted, a few
  };
  std::vector<Ambiguous> ambiguous;
};
/// Events that one beginning is told apart for.
inline constexpr size_t kCandidates = 1000;

/// Finds single events by their ids and tells all about them: their copies, what they mean, which
/// rules they match.
Result<ShowResult> run_show(World world, const ShowOptions& options,
                            const ScanProgressCallback& progress);

}  // namespace cairn::engine
