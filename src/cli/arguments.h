#pragma once

// What the user typed, understood. Nothing here does any work.

#include "base/time.h"
#include "cli/lake_choice.h"
#include "engine/dashboard_job.h"
#include "engine/engine.h"
#include "engine/explore_jobs.h"
#include "engine/identity_jobs.h"
#include "engine/insights_job.h"
#include "engine/investigate_jobs.h"
#include "engine/lake_jobs.h"
#include "engine/replay_job.h"
#include "engine/sql.h"
#include "engine/verify_job.h"
#include "report/listing.h"
#include "report/report.h"
#include "simulate/simulate.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cairn::cli {

/// How to print.
struct Appearance {
  std::string colour = "auto";  // auto, always, never
  bool plain = false;           // ASCII, no colour
  bool quiet = false;           // no progress, no screen: only files and the exit code
  size_t width = 0;             // 0: the terminal's, else 100
};

/// A manifest to write of what a command read and wrote.
struct EvidenceChoice {
  std::string manifest;     // its file; "": none
  std::string signing_key;  // "": integrity::default_signing_key()
  std::string command;      // the command line
};

struct ScanCommand {
  EvidenceChoice evidence;
  engine::ScanOptions options;
  Level fail_on = Level::kMedium;
  size_t top = report::TerminalStyle{}.top;
  bool save_findings = false;  // into the lake
  LakeChoice lake;
  std::vector<std::string> geoip;
  Appearance appearance;
};

struct SimulateCommand {
  std::string folder;
  simulate::SimulationPlan plan;
  bool list = false;
  uint64_t events_per_second = 0;  // 0: as fast as it goes
  bool digests = false;            // also write signed digests
  std::string tamper;              // and do this to them or the logs
  Appearance appearance;
};

struct RulesCommand {
  enum class Action {
    kList,
    kShow,
    kCheck,
    kTest,
    kExplain,
    kConvert,
    kBacktest,
    kCoverage,
    kTry
  } action = Action::kList;
  engine::RuleOptions rules;
  std::vector<std::string> names;  // codes, ids, titles, files, folders
  std::string lines = "-";         // try: where the lines are
  std::string to;                  // convert: the language
  std::string from;                // convert: of patterns that `names` are; "": they are rules
  bool plain_fields = false;       // convert
  bool json = false;               // convert
  bool strict = false;             // check: warnings count as errors
  std::vector<std::string> logs;   // check, backtest
  std::vector<std::string> geoip;  // check, backtest
  std::string navigator;           // coverage: a file, or ""
  Appearance appearance;           // for progress
};

/// How a listing is written.
struct ListingChoice {
  report::ListingFormat format = report::ListingFormat::kTable;
  std::string output = "-";  // a file, or standard output
  Appearance appearance;
};

/// Words that say both what is asked and where to look; which is which is found out with the files
/// (explore::divide_words), unless `paths` or `asked` say it.
struct MixedWords {
  std::vector<std::string> words;
  std::vector<std::string> asked;  // --for: then all words are paths
  std::vector<std::string> paths;  // --in: then all words are asked
};

struct SearchCommand {
  MixedWords words;
  std::vector<std::string> regexes, negated;
  std::string indicator_file;
  bool fixed = false;  // no word is a field test
  engine::SearchOptions options;
  ListingChoice listing;
};

struct StatsCommand {
  MixedWords words;
  engine::StatsOptions options;
  std::optional<uint64_t> top;
  ListingChoice listing;
};

struct ShowCommand {
  MixedWords words;
  std::optional<LakeChoice> lake;  // look there: all words are asked
  engine::ShowOptions options;
  ListingChoice listing;
};

struct TopCommand {
  engine::TopOptions options;
  ListingChoice listing;
};

struct SessionsCommand {
  MixedWords words;
  engine::SessionsOptions options;
  LakeChoice lake;
  bool tree = false;
  std::string html;  // also as a page, in this file; "": no
  std::vector<std::string> geoip;
  ListingChoice listing;
};

enum class QuestionKind : uint8_t { kWho, kBlast, kPolicy, kDiff };
/// Those that tell where addresses are.
inline bool tells_places(QuestionKind kind) {
  return kind == QuestionKind::kWho || kind == QuestionKind::kDiff;
}

/// A question about somebody, or about what happened.
struct QuestionCommand {
  QuestionKind kind = QuestionKind::kWho;
  std::string subject;
  engine::EventPlace place;  // without inputs: the lake
  LakeChoice lake;
  engine::RuleOptions rules;
  engine::DiffOptions diff;  // kDiff: all but its place
  std::vector<std::string> geoip;
  bool json = false;
  std::string output = "-";
  std::string html;  // also as a page, in this file; "": no
  Appearance appearance;
};

struct InsightsCommand {
  engine::InsightsOptions options;  // without inputs: the lake
  LakeChoice lake;
  bool json = false;
  std::string output = "-";
  Appearance appearance;
};

struct StoryCommand {
  MixedWords words;
  engine::EventPlace place;  // without its inputs and lake
  engine::RuleOptions rules;
  LakeChoice lake;
  std::vector<std::string> geoip;
  bool json = false;
  std::string html;  // also as a page, in this file; "": no
  Appearance appearance;
};

struct UndoCommand {
  MixedWords words;
  engine::UndoOptions options;  // without inputs: the lake
  LakeChoice lake;
  std::vector<std::string> geoip;
  bool json = false;
  std::string output = "-";
  std::string html;  // also as a page, in this file; "": no
  Appearance appearance;
};

struct LoadCommand {
  EvidenceChoice evidence;
  engine::LoadJob job;
  LakeChoice lake;
  bool plain = false;  // make a lake without encryption when there is none
  Appearance appearance;
};

struct KeyCommand {
  enum class Action { kInit, kStatus, kRotate, kSigning } action = Action::kStatus;
  LakeChoice lake;
  bool passphrase = false;  // init, rotate: instead of a key file
  std::string new_key_file, new_passphrase_file;
  std::string signing_key;  // signing: "" is the default
};

/// What SQL is asked of, and how its answers are written.
struct SqlChoice {
  EvidenceChoice evidence;
  engine::SqlOptions options;
  LakeChoice lake;
  std::string format;             // "": table; csv, json, jsonl, markdown, parquet
  std::string output = "-";       // a file, or standard output
  std::optional<uint64_t> limit;  // rows that are written; 0: all; none: 1,000 in a table
  Duration timeout{0};
  Appearance appearance;
};

struct SqlCommand {
  std::string statement;  // "": from the file, or else a shell
  std::string file;       // "-" is standard input
  SqlChoice choice;
};

struct AskCommand {
  std::string name;
  std::vector<std::string> parameters;  // NAME=VALUE
  bool list = false;
  bool print_sql = false;
  SqlChoice choice;
};

struct LakeCommand {
  enum class Action {
    kStatus,
    kCheck,
    kForget,
    kRetain,
    kHold,
    kRelease,
    kMerge,
    kExport
  } action = Action::kStatus;
  LakeChoice lake;
  bool repair = false;   // check
  bool dry_run = false;  // retain
  int days = 0;          // retain
  std::string account, reason;
  lake::Bounds bounds;  // export
  std::string folder, location;
};

struct VerifyCommand {
  engine::VerifyJob job;       // without roots: check the manifest
  bool save_verdicts = false;  // into the lake
  LakeChoice lake;
  EvidenceChoice evidence;
  std::string root, public_key;  // of a manifest that is checked
  bool json = false;
  size_t top = report::TerminalStyle{}.top;
  Appearance appearance;
};

struct AuditCommand {
  bool show = false;  // else: check
  LakeChoice lake;
  std::string head;  // that was its head once
  bool json = false;
};

struct MonitorCommand {
  std::string lines = "-";  // of alarms and datapoints
};

/// template, apply, and monitor list and show.
struct StackCommand {
  enum class Kind { kCheck, kBuiltin, kApply, kList, kShow };
  Kind kind = Kind::kCheck;
  std::vector<std::string> files;
  std::map<std::string, std::string> parameters;
  std::string state_folder;        // "": engine::default_state_folder()
  std::vector<std::string> names;  // of kShow
  bool dry_run = false, builtin = false, json = false;
};

/// monitor replay.
struct ReplayCommand {
  engine::ReplayOptions options;
  LakeChoice lake;
  bool json = false;
  bool all_changes = false;  // not only those to and from ALARM
  bool sql = false;          // print the SQL behind each change
  size_t top = 50;           // changes on the screen
  Appearance appearance;
};

/// monitor run.
struct MonitorRunCommand {
  ReplayCommand output;  // its place, stack and clock, and how it is told
  std::optional<Timestamp> until;
  bool history = false;  // only what earlier runs have seen
};

/// monitor put.
struct MonitorPutCommand {
  std::string path = "-", state_folder;
};

/// monitor dashboard.
struct DashboardCommand {
  engine::DashboardOptions options;
  std::string out = "dashboard.html";
  LakeChoice lake;
  Appearance appearance;
};

/// monitor test.
struct MonitorTestCommand {
  engine::StackChoice stack;
  std::string tests;  // a file
  bool json = false;
};

struct VersionCommand {};

struct HelpCommand {
  std::string topic;  // empty: the list of topics
  Appearance appearance;
};

/// The program ends here: help was asked for, or the arguments are wrong.
struct Stop {
  std::string text;
  bool error = false;
};

using Command =
    std::variant<ScanCommand, SearchCommand, StatsCommand, ShowCommand, TopCommand, SessionsCommand,
                 StoryCommand, QuestionCommand, InsightsCommand, UndoCommand, SqlCommand,
                 AskCommand, SimulateCommand, LoadCommand, KeyCommand, LakeCommand, VerifyCommand,
                 AuditCommand, MonitorCommand, ReplayCommand, MonitorTestCommand, MonitorRunCommand,
                 MonitorPutCommand, DashboardCommand, StackCommand, RulesCommand, VersionCommand,
                 HelpCommand, Stop>;

/// Parses the command line. `now` gives meaning to "yesterday" and "30d".
Command parse_arguments(int argument_count, const char* const* arguments, Timestamp now);

}  // namespace cairn::cli
