#pragma once

// The door of `report`: what a scan says, as a screen and as files.
//
// engine fills a ScanReport; the functions below only read it. Every text that came out of a log is
// untrusted: the screen prints it through printable(), CSV through append_csv_field(), JSON through
// JsonWriter. Nothing here reads a clock, a file or the environment, so the same report gives the
// same bytes. The files are described in docs/reference/outputs.md.

#include "base/result.h"
#include "detect/detect.h"
#include "identity/session_tree.h"
#include "incident/incident.h"
#include "integrity/integrity.h"
#include "model/finding.h"
#include "model/rule_info.h"
#include "model/source.h"
#include "sys/files.h"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::report {

/// How many entries of a list engine should keep for the report; the totals count all.
inline constexpr size_t kListedFiles = 1000;

/// Files of one shape that held records.
struct SourceCount {
  std::string shape;  // SourceReport::shape: "Records", "JSON lines", …
  uint64_t files = 0;
  uint64_t events = 0;
};

/// What was inside archives. The files in them count like any others; the archives do not.
struct ArchiveCounts {
  uint64_t archives = 0;
  uint64_t files = 0;          // looked at inside them
  uint64_t links = 0;          // inside them: not followed
  uint64_t special_files = 0;  // inside them: pipes, devices
};

/// A file that was looked at and left alone, or could not be read.
struct SkippedFile {
  std::string path;
  std::string reason;  // "CloudTrail digest", "AWS Config", "empty", "not CloudTrail: PNG image",
                       // "cannot be read: Permission denied", …
};

/// How the reason of a file that could not be opened begins: "cannot be read: Permission denied".
inline constexpr std::string_view kUnreadableReason = "cannot be read: ";

/// A step of the run and the time it took. Phases add up to the elapsed time of the run when `cpu`
/// is false.
struct Phase {
  std::string name;  // "list", "read", "match", "group", "write", …
  double seconds = 0;
  bool cpu = false;  // CPU seconds summed over threads instead of elapsed time
};

/// A file that the run left behind.
struct WrittenFile {
  std::string path;
  std::string content;  // in words: "timeline of all matches", …
  uint64_t rows = 0;    // 0 = not told
};

/// What became of the rule files. rules = loaded + rejected + other_log_source.
struct RuleCounts {
  uint64_t files = 0;
  uint64_t loaded = 0, rejected = 0, other_log_source = 0;
  uint64_t correlations = 0;          // of the loaded ones, those over several events
  uint64_t builtin = 0;               // of the loaded ones, from the pack inside the program
  uint64_t errors = 0, warnings = 0;  // diagnostics
  uint64_t filters = 0;               // filter documents joined to the rules they list
  uint64_t fingerprint = 0;  // hash of the rule files' names and texts, in order of loading
};

using FindingVisitor = std::function<Status(const Finding&)>;

/// Everything about one scan. A value, but for `rules` and `all_findings`.
struct ScanReport {
  // What was asked.
  std::string version;              // of Cairn
  std::string command;              // the command line, quoted for a shell
  Timestamp started{};              // when the run began
  std::vector<std::string> inputs;  // as typed; "-" is standard input
  std::vector<std::string>
      filters;  // as understood, one each: "from 2024-01-01T00:00:00Z", "account 111122223333"
  Level min_level = Level::kInformational;
  std::span<const RuleInfo> rules;  // of the run; must outlive the report
  RuleCounts rule_counts;

  // What was read.
  uint64_t files = 0;          // looked at
  uint64_t stored_bytes = 0;   // read from them
  uint64_t text_bytes = 0;     // after decompression
  uint64_t passed_over = 0;    // files that a filter excluded by their name alone
  uint64_t special_files = 0;  // pipes, sockets, devices inside folders: not opened
  ArchiveCounts archives;
  uint64_t events_filtered = 0;      // events read but excluded by a filter (not in the outcome)
  std::vector<SourceCount> sources;  // by events, most first
  std::array<uint64_t, kSourceKinds> files_by_kind{};  // indexed by SourceKind
  uint64_t partial_files = 0;  // read in part: damaged, truncated or over a limit
  std::vector<SkippedFile>
      skipped;  // the first kListedFiles in order of path, other than digests and Config
  std::map<std::string, uint64_t> skipped_reasons;  // reason → all such files
  std::vector<QuarantineEntry> quarantine;  // the first kListedFiles in order of file and offset
  std::array<uint64_t, 6> quarantine_by_kind{};  // indexed by QuarantineEntry::Kind; all of them
  bool interrupted =
      false;  // the user stopped the run: the outcome covers what was read until then
  uint64_t files_unread = 0;  // found, but not read because of that

  detect::Outcome outcome;
  std::optional<integrity::VerifySummary> integrity;  // when the logs were verified first
  /// What digests say of an input file, as a word of integrity::Verdict; none: were not asked.
  std::function<std::string_view(const std::string& file)> file_verdict;
  incident::Incidents incidents;  // of the findings
  /// What the principals at risk did with which credential, and who is behind them: for the page.
  std::vector<identity::OriginTree> sessions;
  /// Visits all findings, when they are more than outcome.findings holds
  /// (detect::Detector::for_each_finding); only while files are written.
  std::function<Status(const FindingVisitor&)> all_findings;

  // What it cost.
  double seconds = 0;  // elapsed, whole run
  std::vector<Phase> phases;
  unsigned threads = 1;
  uint64_t peak_memory_bytes = 0;

  std::vector<WrittenFile> written;
  std::string out_folder;  // of --out, for "N more in …"; empty when no files were asked for

  /// Visits every finding: by level (highest first), then first time, rule, key.
  Status each_finding(const FindingVisitor& visit) const;

  bool broken() const;           // the logs were verified, and are not what CloudTrail delivered
  uint64_t quarantined() const;  // of all kinds but kRepaired
  /// False when anything that was asked for could not be read in full: then the exit code is 3
  /// unless findings decide it.
  bool complete() const;
  /// False when no file held CloudTrail records and none was passed over by a filter: then "no
  /// findings" would say nothing, and the exit code is 3 as well.
  bool examined() const;
};

/// How a terminal wants its text.
struct TerminalStyle {
  size_t width = 100;   // columns; below 80 is taken for 80, above 160 for 160
  bool colour = false;  // ANSI colours
  bool plain = false;   // ASCII only: no box characters, bars or dots
  // Rules whose findings are shown in full; the next ones get a line each, and the rest is counted.
  // With the default a screen has some 60 lines. 0 = everything, however long.
  size_t top = 2;
};

/// Returns the screen that a finished scan prints: verdict, findings, principals, timeline,
/// coverage, cost, files. Ends in a line end.
std::string render_terminal(const ScanReport& report, const TerminalStyle& style);

/// Returns a whole incident: who, why, sessions, story with event ids, what to do. Ends in a line
/// end.
std::string render_story(const incident::Incident& incident, std::span<const RuleInfo> rules,
                         const TerminalStyle& style);

/// Returns an incident as incidents.jsonl has it, with the line end.
std::string incident_line(const incident::Incident& incident, std::span<const RuleInfo> rules);

/// Returns a page of docs/reference (Markdown) as text for a terminal.
std::string render_help_page(std::string_view markdown, const TerminalStyle& style);

/// Why a rule could not have fired on these logs, or nothing when it could.
struct BlindRule {
  enum class Reason : uint8_t {
    kNoSource,      // no event of the services it watches
    kNoDataEvents,  // it watches data events (S3 objects, Lambda invocations …) and none were
                    // logged
    kNoField,       // its events occur, but never with a field it needs
  };
  uint32_t rule = 0;
  Reason reason = Reason::kNoSource;
  std::string detail;  // the sources, or the fields, joined with ", "
};

/// What the rules could see: coverage, as printed and as written to summary.json.
struct Coverage {
  uint64_t rules = 0;            // loaded, at or above the run's level
  uint64_t matched = 0;          // with at least one match
  std::vector<BlindRule> blind;  // by reason, then rule
  uint64_t hours = 0;            // in the period, first to last event
  uint64_t silent_hours = 0;     // of these, without any event
  struct Gap {
    std::string account;       // empty: over all accounts
    Timestamp begin{}, end{};  // whole hours: [begin, end)
  };
  std::vector<Gap> gaps;  // longest first: up to 20, of at least 2 hours
};
Coverage coverage_of(const ScanReport& report);

/// Visits matches in time order; detect::Detector::for_each_match, or a list in tests.
using MatchVisitor = std::function<Status(uint32_t rule, const EventSummary& event, bool allowed)>;
using MatchStream = std::function<Status(const MatchVisitor&)>;

/// What a record says beside its EventSummary, for those outputs that tell it; kept for matched
/// events only when one was asked for. Owns its text, all of it untrusted. Members whose names end
/// in "parameters", "elements", "data" or "record" hold JSON as it stood in the log.
struct EventDetails {
  std::string identity_type, identity_arn, principal_id, user_name, invoked_by;
  std::string issuer_arn, mfa, source_identity;
  std::string event_version, event_type, event_category, read_only;
  std::string request_id, shared_event_id, vpc_endpoint_id;
  std::string request_parameters, response_elements, additional_event_data;
  std::string record;
};
/// Returns the details of an event that a MatchStream visits, or null when there are none. Asked in
/// the stream's order; the answer is valid until the next question. Fails when scratch files cannot
/// be read.
using DetailsLookup = std::function<Result<const EventDetails*>(const EventSummary& event)>;

/// A column that timeline.csv may have.
struct TimelineColumn {
  std::string_view name, content;
};
/// Returns all of them, in the order of the profile `full`.
std::vector<TimelineColumn> timeline_columns();
/// Returns the columns of a profile: minimal, analyst, full or raw; nothing when there is no such.
std::optional<std::vector<std::string>> timeline_profile(std::string_view name);

enum class TimelineOrder : uint8_t {
  kTime,
  kLevel,  // worst first, then time
  kRule,   // worst first, then code of the rule, then time
};

/// How timeline.csv looks.
struct TimelineFormat {
  std::vector<std::string> columns;  // names of timeline_columns(); empty: those of `analyst`
  TimelineOrder order = TimelineOrder::kTime;
  Files* scratch = nullptr;  // for the sorter that any other order needs
  DetailsLookup details;     // for columns that needs_details() tells of
};
/// True when some column takes EventDetails; without them it stays empty.
bool needs_details(const TimelineFormat& format);

// Writers. Each fails with the file's error; none closes the file. `rows`, when given, gets the
// number of rows written.

/// timeline.csv: one row per match, safe to open in a spreadsheet.
Status write_timeline_csv(OutputFile& out, std::span<const RuleInfo> rules,
                          const MatchStream& matches, const TimelineFormat& format = {},
                          uint64_t* rows = nullptr);
/// matches.tsv (--matches): rule_id TAB eventID, one line per match before grouping; tabs and line
/// ends inside either become blanks.
Status write_matches(OutputFile& out, std::span<const RuleInfo> rules, const MatchStream& matches,
                     uint64_t* rows = nullptr);
/// findings.jsonl (--jsonl): one finding a line, worst first.
Status write_findings_jsonl(OutputFile& out, const ScanReport& report, uint64_t* rows = nullptr);
/// incidents.jsonl: one incident a line, gravest first.
Status write_incidents_jsonl(OutputFile& out, const ScanReport& report, uint64_t* rows = nullptr);
/// principals.csv: one row per principal of the outcome, by risk.
Status write_principals_csv(OutputFile& out, const ScanReport& report);
/// summary.json: the report's numbers and coverage as one document.
Status write_summary_json(OutputFile& out, const ScanReport& report);
/// quarantine.jsonl: what did not become an event and every listed file that was skipped, one a
/// line.
Status write_quarantine_jsonl(OutputFile& out, const ScanReport& report);

/// report.html (--html): the whole scan as one page for a browser, which loads nothing else. `page`
/// is the page without its data (content/report/, put together when Cairn is built);
/// kReportDataMark stands in it where the data goes.
Status write_report_html(OutputFile& out, const ScanReport& report, std::string_view page);
inline constexpr std::string_view kReportDataMark = "<!--cairn:data-->";
// Exports: the same in formats of other tools (docs/reference/exports.md says how each is loaded).
// Where a finding needs a time of its own, it is that of its last event: the same logs give the
// same bytes.

/// timesketch.jsonl: an event a line, with Timesketch's mandatory fields; events without a time are
/// left out, because it refuses files that hold one.
Status write_timesketch_jsonl(OutputFile& out, std::span<const RuleInfo> rules,
                              const MatchStream& matches, uint64_t* rows = nullptr);
/// The same as CSV.
Status write_timesketch_csv(OutputFile& out, std::span<const RuleInfo> rules,
                            const MatchStream& matches, uint64_t* rows = nullptr);
/// navigator.json: a layer for ATT&CK Navigator, format 4.5. `rows`: techniques.
Status write_navigator_layer(OutputFile& out, const ScanReport& report, uint64_t* rows = nullptr);
/// The same for what rules can find: techniques coloured by the number of rules that name them.
Status write_coverage_layer(OutputFile& out, std::span<const RuleInfo> rules,
                            const std::string& version);
/// ocsf-findings.jsonl: OCSF 1.3 Detection Findings (class 2004), one a line, worst first.
Status write_ocsf_findings(OutputFile& out, const ScanReport& report, uint64_t* rows = nullptr);
/// ocsf-events.jsonl: the matched events as OCSF 1.3 API Activity (class 6003), one a line, in time
/// order. `details` may be empty: then what only the record says is missing.
Status write_ocsf_events(OutputFile& out, std::span<const RuleInfo> rules,
                         const MatchStream& matches, const DetailsLookup& details,
                         uint64_t* rows = nullptr);
/// asff.jsonl: findings in the AWS Security Finding Format; each line is the input of one
/// BatchImportFindings call: findings of one account and region, at most 100. `rows`: findings.
Status write_asff_batches(OutputFile& out, const ScanReport& report, uint64_t* rows = nullptr);
/// summary.md: what one pastes into a ticket. Text of the logs stands in code spans.
Status write_summary_markdown(OutputFile& out, const ScanReport& report);

/// The exit code of a finished scan: 10 with a finding at or above `fail_on` or broken integrity,
/// else 3 when the input could not be read in full, the run was interrupted, nothing could be
/// examined, or the logs were verified and not all of them proven, else 0.
int exit_code(const ScanReport& report, Level fail_on);

}  // namespace cairn::report
