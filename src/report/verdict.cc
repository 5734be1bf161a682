#include "report/verdict.h"

#include "base/text.h"
#include "report/page.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace cairn::report {

namespace {

std::string level_list(const std::vector<std::pair<Level, uint64_t>>& counts) {
  std::vector<std::string> parts;
  for (const auto& [level, count] : counts)
    if (count > 0) parts.push_back(format_count(count) + " " + std::string(to_string(level)));
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? " and " : ", ";
    text += parts[i];
  }
  return text;
}

class Sentences {
 public:
  Sentences(const ScanReport& report, const std::vector<FoldedFinding>& folded,
            const Coverage& coverage)
      : report_(report), outcome_(report.outcome), folded_(folded), coverage_(coverage) {}

  std::string findings() const;
  std::string worst() const;
  std::string scope() const;
  std::string filters() const;
  std::string completeness() const;
  uint64_t groups_at(Level level) const;

 private:
  std::string nothing() const;

  const ScanReport& report_;
  const detect::Outcome& outcome_;
  const std::vector<FoldedFinding>& folded_;
  const Coverage& coverage_;
};

uint64_t Sentences::groups_at(Level level) const {
  return static_cast<uint64_t>(std::count_if(
      folded_.begin(), folded_.end(), [&](const FoldedFinding& f) { return f.level == level; }));
}

std::string Sentences::nothing() const {
  if (report_.files == 0 && report_.passed_over > 0)
    return "Nothing was scanned: the filters passed over every file by its name.";
  if (report_.files == 0) return "Nothing was scanned: no files were found.";
  if (report_.events_filtered > 0)
    return "Nothing was scanned: the filters left out all " +
           plural(report_.events_filtered, "event") + ".";
  return "Nothing was scanned: no CloudTrail events in " + plural(report_.files, "file") + ".";
}

std::string Sentences::findings() const {
  if (outcome_.events == 0) return nothing();
  std::vector<std::pair<Level, uint64_t>> grave, context;
  uint64_t total = 0;
  for (Level level : {Level::kCritical, Level::kHigh, Level::kMedium}) {
    grave.emplace_back(level, groups_at(level));
    total += grave.back().second;
  }
  for (Level level : {Level::kLow, Level::kInformational})
    context.emplace_back(level, groups_at(level));
  std::string context_text = level_list(context);
  std::string in_events = " in " + plural(outcome_.events - outcome_.duplicates, "event");
  if (total == 0) {
    std::string text = "No finding of medium level or above" + in_events;
    if (!context_text.empty()) text += "; " + context_text + " for context";
    return text + ".";
  }
  std::set<std::string_view> people;
  for (const FoldedFinding& folded : folded_)
    if (folded.level >= Level::kMedium)
      people.insert(folded.principals.begin(), folded.principals.end());
  std::string text;
  if (size_t incidents = report_.incidents.list.size(); incidents > 0) {
    std::vector<std::pair<Level, uint64_t>> levels;
    for (Level level : {Level::kCritical, Level::kHigh, Level::kMedium})
      levels.emplace_back(
          level, std::count_if(report_.incidents.list.begin(), report_.incidents.list.end(),
                               [&](const auto& i) { return i.level == level; }));
    text = plural(incidents, "incident") + " to read (" + level_list(levels) + "), from ";
  }
  text += plural(total, "finding") + " (" + level_list(grave) + ") by ";
  text += people.size() == 1 ? detect::short_principal(*people.begin())
                             : plural(people.size(), "principal");
  text += in_events;
  if (!context_text.empty()) text += ", and " + context_text + " for context";
  return text + ".";
}

/// The worst finding in one sentence: the reader's first lead.
std::string Sentences::worst() const {
  if (folded_.empty() || folded_[0].level < Level::kMedium) return "";
  const FoldedFinding& worst = folded_[0];
  std::string text = "Worst: " + report_.rules[worst.rule].title;
  if (!worst.principals.empty()) text += ", " + detect::short_principal(worst.principals[0]);
  if (worst.time_known) text += ", " + solid(format_time_short(worst.first));
  return text + ".";
}

std::string Sentences::scope() const {
  std::vector<std::string> inputs;
  for (const std::string& input : report_.inputs)
    inputs.push_back(input == "-" ? "standard input" : input);
  std::string text = few(inputs, 3, inputs.size());
  if (outcome_.events == 0) return "Looked in " + text + ".";
  text += outcome_.accounts.size() == 1 ? ": account " + outcome_.accounts.begin()->first
                                        : ": " + plural(outcome_.accounts.size(), "account");
  text += ", " + plural(outcome_.regions.size(), "region");
  if (outcome_.events > outcome_.without_time)
    text += ", " + period(outcome_.first, outcome_.last) + " UTC (" +
            solid(format_duration(outcome_.last - outcome_.first)) + ")";
  text += ".";
  uint64_t all = std::accumulate(outcome_.findings_by_level.begin(),
                                 outcome_.findings_by_level.end(), uint64_t{0});
  if (all > outcome_.findings.size())
    text += " Of " + plural(all, "finding") + " the earliest " +
            format_count(outcome_.findings.size()) + " are shown here; findings.jsonl has all.";
  return text;
}

std::string Sentences::completeness() const {
  std::vector<std::string> gaps;
  auto by_kind = [&](QuarantineEntry::Kind kind) {
    return report_.quarantine_by_kind[static_cast<size_t>(kind)];
  };
  if (report_.files_unread > 0)
    gaps.push_back(plural(report_.files_unread, "file") + " not read any more");
  if (report_.partial_files > 0)
    gaps.push_back(plural(report_.partial_files, "file") + " read only in part");
  if (uint64_t count = by_kind(QuarantineEntry::Kind::kUnreadable); count > 0)
    gaps.push_back(plural(count, "file or folder", "files or folders") + " unreadable");
  if (uint64_t count = by_kind(QuarantineEntry::Kind::kRecord); count > 0)
    gaps.push_back(plural(count, "record") + " unreadable");
  if (outcome_.findings_not_kept > 0)
    gaps.push_back(plural(outcome_.findings_not_kept, "finding") +
                   " above the limit, in the timeline only");
  std::string text = join(gaps, ", ");
  if (report_.interrupted)
    return "INTERRUPTED: this is what was read until then" + (text.empty() ? "" : "; " + text) +
           ".";
  if (!gaps.empty()) return "INPUT NOT COMPLETE: " + text + " (see COVERAGE).";
  if (outcome_.events == 0) return "";
  uint64_t blind = coverage_.blind.size();
  if (blind == 0) return "Every file was read to its end.";
  return "Every file was read to its end; " + format_count(blind) + " of " +
         plural(coverage_.rules, "rule") + " could not have fired here (see COVERAGE).";
}

std::string Sentences::filters() const {
  if (report_.filters.empty()) return "";
  std::string text = "Filters: " + join(report_.filters, "; ") + ".";
  if (report_.events_filtered > 0)
    text += " " + plural(report_.events_filtered, "other event") + " left out.";
  if (report_.passed_over > 0)
    text += " " + plural(report_.passed_over, "file") + " passed over by name.";
  return text;
}

}  // namespace

Verdict verdict_of(const ScanReport& report, const std::vector<FoldedFinding>& folded,
                   const Coverage& coverage) {
  Sentences sentences(report, folded, coverage);
  Verdict verdict;
  verdict.findings = sentences.findings();
  verdict.worst = sentences.worst();
  verdict.scope = sentences.scope();
  verdict.filters = sentences.filters();
  verdict.completeness = sentences.completeness();
  verdict.grave = sentences.groups_at(Level::kCritical) + sentences.groups_at(Level::kHigh) > 0;
  verdict.clean = folded.empty() && report.outcome.events > 0 && report.complete();
  return verdict;
}

}  // namespace cairn::report
