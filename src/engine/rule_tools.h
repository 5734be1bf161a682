#pragma once

// Jobs for people who write rules: which rules they mean, and what can be said of them.

#include "base/diagnostics.h"
#include "base/result.h"
#include "engine/engine.h"
#include "engine/explore_jobs.h"
#include "model/explanation.h"
#include "model/finding.h"
#include "model/rule_info.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace cairn::engine {

/// Which rules a person means.
struct RuleChoice {
  RuleOptions rules;
  /// Codes, ids or titles (case ignored) of rules that `rules` loads, or files and folders of
  /// rules. Empty: all rules. When all of them are paths, the built-in pack is left out.
  std::vector<std::string> names;
};

/// A rule in another language, or why it is not.
struct ConvertedRule {
  RuleInfo info;
  std::string text;                      // empty: refused
  std::vector<std::string> assumptions;  // what the translation takes for granted
  std::string refused;                   // the reason
};
struct ConvertedRules {
  std::vector<ConvertedRule> rules;
  Diagnostics diagnostics;
};

/// Returns the names of the languages that rules can be converted to.
const std::vector<std::string>& conversion_targets();

/// Writes rules in another language. `plain_fields`: take JSON fields for single values. Fails when
/// a name stands for nothing, or the target is unknown.
Result<ConvertedRules> convert_rules(World world, const RuleChoice& choice, const std::string& to,
                                     bool plain_fields);

/// Returns the names of the languages of patterns that convert_patterns() reads.
const std::vector<std::string>& pattern_languages();

/// Writes patterns in another language: texts that begin with a brace, or files of one (- for
/// standard input). `info.code` is the number of a text, or the path. Fails when a file cannot be
/// read, or a language is unknown.
Result<ConvertedRules> convert_patterns(World world, const std::string& from,
                                        const std::vector<std::string>& patterns,
                                        const std::string& to, bool plain_fields);

/// Loads rules and looks for what is wrong although it can be loaded: remarks of both kinds, those
/// of loading first. Without logs; study_rules() looks at some.
Result<LoadedRules> lint_rules(World world, const RuleOptions& options);

/// Where the event stands that rules are held against.
struct ExplainedEvent {
  std::vector<std::string> logs;  // files or folders
  std::string event_id;           // empty: they hold a single event
};

/// How one event fares with a rule.
struct ExplainedRule {
  /// What a correlation wants of an event to group and count it.
  struct GroupValue {
    std::string name, path;  // name in the correlation, or "counted"; where this event has it
    std::string value;
    bool known = false;  // neither missing nor null
  };
  RuleInfo info;
  bool matches = false;              // of a correlation: the event takes part in it
  bool allowed = false;              // matches, but an allow-list of the rule expects the event
  Explanation condition;             // of a rule of single events
  std::string asks;                  // of a correlation: what it asks over events; "" of any other
  std::vector<ExplainedRule> parts;  // of a correlation: the rules it looks at
  std::vector<GroupValue> group;     // of a part
};
struct RuleExplanations {
  EventSummary event;
  std::vector<ExplainedRule> rules;
  Diagnostics diagnostics;
  ReadSummary read;
};

/// Holds one event against rules, part by part. Fails with kNotFound when there is no such event or
/// rule, with kInvalidInput when more than one event is meant.
Result<RuleExplanations> explain_event(World world, const RuleChoice& choice,
                                       const ExplainedEvent& asked,
                                       const ScanProgressCallback& progress);

/// What one rule did to logs.
struct StudiedRule {
  RuleInfo info;
  uint64_t matches = 0;                  // events, copies counted once; of a correlation: those
                                         // that its findings name
  uint64_t findings = 0;                 // after grouping by the dedup key and window
  uint64_t principals = 0;               // distinct
  std::map<std::string, uint64_t> days;  // "2024-01-31" → matches
  std::vector<std::pair<std::string, uint64_t>> overlaps;  // codes of rules → shared events; most
                                                           // first, a few
  double microseconds = 0;                 // for one event, by itself; 0 for a correlation
  bool saw_its_events = false;             // events of the sources and names that it needs
  std::vector<std::string> absent_fields;  // needed, and in none of those events
};
struct RuleStudy {
  std::vector<StudiedRule> rules;  // in the order of loading
  Diagnostics diagnostics;
  uint64_t events = 0, files = 0;  // events without copies
  uint64_t days = 0;               // on which there are events
  bool hits_cut = false;           // more matches than kHitsKept: days and principals are of those
  double microseconds = 0;         // for one event, all rules together
  ReadSummary read;
};
inline constexpr size_t kHitsKept = 4'000'000;

/// Runs rules over logs and measures each. Fails like run_scan().
Result<RuleStudy> study_rules(World world, const RuleChoice& choice,
                              const std::vector<std::string>& inputs,
                              const ScanProgressCallback& progress);

/// A technique of ATT&CK and the rules that name it.
struct CoveredTechnique {
  std::string technique;           // "T1562.008"
  std::vector<std::string> rules;  // codes
};
struct CoveredTactic {
  std::string id, name;  // "TA0005", "Defense Evasion"
  std::vector<CoveredTechnique> techniques;
  uint64_t rules = 0;  // that name the tactic
};
struct RuleCoverage {
  std::vector<CoveredTactic> tactics;  // all that are named, in the matrix's order
  uint64_t rules = 0, untagged = 0, techniques = 0;
  std::vector<std::string> without_tags;  // codes
};
/// Tells which techniques the rules name; writes a layer for ATT&CK Navigator when a path is given.
Result<RuleCoverage> cover_rules(World world, const RuleChoice& choice,
                                 const std::string& navigator_path);

/// A rule as its author wrote it, with what belongs to it.
struct ShownRule {
  RuleInfo info;
  std::string yaml;         // the document, as written or as the pack holds it
  std::string explanation;  // the condition as understood
  uint64_t matching_records = 0, other_records = 0;  // beside it, for its tests
  std::vector<std::string> parts;                    // of a correlation: codes of its rules
};
Result<std::vector<ShownRule>> show_rules(World world, const RuleChoice& choice);

}  // namespace cairn::engine
