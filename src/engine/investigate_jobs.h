#pragma once

// Questions of a responder, asked of raw logs or of a lake: who, blast, undo, policy, diff.

#include "engine/explore_jobs.h"
#include "investigate/sheet.h"
#include "lake/lake.h"

#include <string>
#include <string_view>
#include <vector>

namespace cairn::engine {

/// Where a job's events come from: `lake` when it is not null, else the inputs of `read`.
struct EventPlace {
  ReadOptions read;
  lake::Lake* lake = nullptr;
};

struct WhoOptions {
  EventPlace place;
  std::string subject;  // a name, access key or address (investigate/subject.h)
  RuleOptions rules;
  Level min_level = Level::kLow;  // of the findings that are told
};

/// Returns the page that an answer is written into: the AnswerMarks stand in it once each. The text
/// lives as long as the program.
std::string_view answer_page();
struct AnswerMarks {
  static constexpr std::string_view kTitle = "<!--cairn:title-->";
  static constexpr std::string_view kSheet = "<!--cairn:sheet-->";
  static constexpr std::string_view kMade = "<!--cairn:made-->";
};

/// The answer to a question about somebody.
struct SheetResult {
  ReadSummary read;
  bool found = false;
  std::vector<std::string> near;  // names like the one that was not found
  investigate::Sheet sheet;
};

/// Tells everything about one principal, key, session or address. Fails as feed_events() does, when
/// a rule path cannot be read, and with kInvalidInput for an empty subject.
Result<SheetResult> run_who(World world, const WhoOptions& options,
                            const ScanProgressCallback& progress);

struct BlastOptions {
  EventPlace place;
  std::string subject;
};

/// Tells what somebody, and every credential and principal that they made, left behind, with the
/// commands to contain it. Fails as run_who() does.
Result<SheetResult> run_blast(World world, const BlastOptions& options,
                              const ScanProgressCallback& progress);

struct PolicyOptions {
  EventPlace place;
  std::string subject;
};

/// Writes a least-privilege policy from what somebody used. Fails as run_who() does, and with
/// kInvalidInput for an address.
Result<SheetResult> run_policy(World world, const PolicyOptions& options,
                               const ScanProgressCallback& progress);

struct TimeRange {
  Timestamp from{}, to{};  // both included
};

struct DiffOptions {
  EventPlace place;  // by paths, its inputs and lake do not matter
  std::vector<std::string> before_paths, after_paths;
  TimeRange before_time, after_time;  // without paths: of the place's events

  bool by_time() const { return before_paths.empty() && after_paths.empty(); }
};

/// Tells what is new, gone, more and less. Without events on one side nothing is found, and
/// SheetResult::near names that side. Fails as feed_events() does.
Result<SheetResult> run_diff(World world, const DiffOptions& options,
                             const ScanProgressCallback& progress);

struct UndoOptions {
  EventPlace place;
  std::vector<std::string> asked;  // eventIDs or beginnings of them; ids of findings, of incidents
  std::string by;                  // or all that this subject reaches
  RuleOptions rules;               // for findings
};

struct UndoJobResult {
  ReadSummary read;
  uint64_t calls = 0, taken_back = 0;
  uint64_t changed_nothing = 0;  // events that were asked for and failed or only looked
  std::vector<std::string> not_found, ambiguous, near;
  std::string script;
  investigate::Sheet sheet;
};

/// Writes the script that takes calls back. Ids of findings and incidents cost a second reading.
/// Fails as run_who() does.
Result<UndoJobResult> run_undo(World world, const UndoOptions& options,
                               const ScanProgressCallback& progress);

}  // namespace cairn::engine
