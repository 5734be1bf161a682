#pragma once

// The door of `engine`: whole jobs. It alone knows how the rooms fit together; the command line and
// the server only say what is wanted.

#include "base/diagnostics.h"
#include "base/result.h"
#include "base/time.h"
#include "geo/geo.h"
#include "model/rule_info.h"
#include "report/report.h"
#include "sys/clock.h"
#include "sys/files.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::engine {

/// An atlas that knows nothing.
const geo::Atlas& nowhere();

/// The world a job runs in. Members must outlive the job.
struct World {
  Files& files;
  Clock& clock;
  const std::atomic<bool>& interrupted;  // turns true when the user wants to stop
  const geo::Atlas& atlas = nowhere();   // where addresses are
};

/// Version of the program, as in CMakeLists.txt.
std::string version();
/// What this program is made of, in lines: version, compiler and kind of build, rules inside,
/// libraries.
std::string build_facts();

/// A page of the manual: docs/reference/NAME.md.
struct HelpTopic {
  std::string name, title;
  std::string_view text;  // Markdown; lives as long as the program
};
/// Returns all pages, by name.
std::vector<HelpTopic> help_topics();

/// Which rules to run.
struct RuleOptions {
  bool builtin = true;                 // the pack inside the program
  std::vector<std::string> paths;      // Sigma files (.yml, .yaml), or folders of them
  std::string values_path = {};        // YAML: names of placeholders → their values; "" = none
  std::vector<std::string> sets = {};  // further rules inside the program, by name of a RuleSetKind
};

/// Rules inside the program that only run when asked for.
struct RuleSetKind {
  std::string_view name;     // "cis"
  std::string_view content;  // in words
};
/// Returns all of them.
std::span<const RuleSetKind> rule_set_kinds();

/// Which events a scan looks at. Empty lists admit everything; within a list any entry is enough,
/// all lists must agree.
struct EventFilter {
  std::optional<Timestamp> from,
      to;  // on eventTime, both inclusive; events without a time are left out when set
  std::vector<std::string> accounts;  // recipientAccountId (or the identity's account), globs
  std::vector<std::string> regions;   // awsRegion, globs
  std::vector<std::string>
      principals;  // glob on the principal's key, ARN, user name, short name or access key
  std::vector<std::string> events;  // glob on eventName, or SOURCE:NAME such as iam:Create*
  /// Files whose names say that they were delivered before are not opened; says nothing of events.
  std::optional<Timestamp> not_delivered_before = {};
};

/// A file that a scan can write.
struct OutputKind {
  std::string_view name;     // "timesketch"
  std::string_view file;     // its name in ScanOptions::out_folder
  std::string_view content;  // in words
  bool in_folder = false;    // written with out_folder without being asked for
};
/// Returns all of them, those of out_folder first.
std::span<const OutputKind> output_kinds();

/// One that is asked for by name.
struct OutputRequest {
  std::string name;  // of an OutputKind
  std::string path;  // "" = in out_folder, under its own name
};

struct ScanOptions {
  std::vector<std::string> inputs;  // files, folders, "-"
  RuleOptions rules;
  EventFilter filter;
  Level min_level = Level::kLow;  // findings below are context: counted, not listed
  unsigned threads = 0;           // 0: one for each processor
  size_t memory_bytes =
      12u << 20;  // for collected matches and duplicate detection; more goes to temporary files
  bool incidents = true;  // join findings to incidents
  std::vector<AllowEntry> allow;
  std::vector<std::string> key_files;  // CloudTrail's public keys: verify the inputs first
  std::string state_path;  // what rules over several events remember, from scan to scan; "" = none
  Duration lateness{};     // with state_path: events wait for others so much younger
  std::string command;     // the command line, for the report; "" = not told
  std::string html_path;   // the report as one page; "" = none
  std::string matches_path;  // rule_id TAB eventID lines; "" = none
  std::string jsonl_path;    // findings, one a line
  std::string csv_path;      // timeline
  std::string out_folder;    // the kinds that say so
  std::vector<OutputRequest> exports;
  report::TimelineFormat timeline;       // columns and order of the timeline
  bool timeline_for_timesketch = false;  // the timeline in Timesketch's form instead
  /// Takes the findings, as findings.jsonl has them, when the scan is complete; none: nobody does.
  std::function<Status(std::string_view jsonl)> keep_findings;
};

/// How far a scan is. Totals grow until `totals_final`.
struct ScanProgress {
  const char* phase = "";
  uint64_t files = 0, files_total = 0;
  uint64_t bytes = 0, bytes_total = 0;  // as stored
  uint64_t text_bytes = 0, events = 0, matches = 0;
  bool totals_final = false;
  double seconds = 0;
};
/// Called about ten times a second from the thread that called run_scan().
using ScanProgressCallback = std::function<void(const ScanProgress&)>;

/// Rules ready to run, with every remark on their texts.
struct LoadedRules {
  std::vector<RuleInfo> infos;
  std::vector<std::string> explanations;  // one each: the lowered condition
  Diagnostics diagnostics;
  report::RuleCounts counts;
};
/// Loads rules only to look at them (cairn rules list, check). Fails when a path cannot be read.
Result<LoadedRules> load_rules(World world, const RuleOptions& options);

/// Runs each rule over the test records beside its file: `<CODE>.match.jsonl` must match,
/// `<CODE>.nomatch.jsonl` must not.
struct RuleTestOutcome {
  uint64_t rules = 0, with_tests = 0;
  uint64_t records = 0;
  std::vector<std::string> failures;  // one line each, in order of file
  Diagnostics diagnostics;
};
Result<RuleTestOutcome> test_rules(World world, const RuleOptions& options);

/// Reads lines {"language": "sigma|cloudwatch|eventbridge", "pattern": TEXT, "event": TEXT} from a
/// file (/dev/stdin too) and hands over one answer each: "match", "no match" or "error: …". Blank
/// lines are passed over.
Status try_patterns(World world, const std::string& path,
                    const std::function<Status(std::string_view)>& print);

/// A finished scan. `rules` backs report.rules.
struct ScanResult {
  std::unique_ptr<std::vector<RuleInfo>> rules;
  Diagnostics diagnostics;
  report::ScanReport report;
};

/// Reads, matches, groups, and writes the files that were asked for. Fails when an input does not
/// exist, a rule path or output cannot be used (before reading anything), or temporary or output
/// files cannot be written. An interrupted scan is a result that says so.
Result<ScanResult> run_scan(World world, const ScanOptions& options,
                            const ScanProgressCallback& progress);

}  // namespace cairn::engine
