// The verdict, and the order of the screen's parts.

#include "report/screen.h"

#include "base/text.h"

#include <algorithm>
#include <cmath>
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

}  // namespace

std::string percent_of(uint64_t part, uint64_t whole) {
  if (whole == 0) return "0 %";
  double share = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (part > 0 && share < 0.1) return "under 0.1 %";
  auto tenths = static_cast<uint64_t>(std::llround(share * 10));
  if (tenths >= 100 || tenths % 10 == 0) return std::to_string((tenths + 5) / 10) + " %";
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

uint64_t Screen::groups_at(Level level) const {
  return static_cast<uint64_t>(std::count_if(
      folded_.begin(), folded_.end(), [&](const FoldedFinding& f) { return f.level == level; }));
}

std::string Screen::nothing_sentence() const {
  if (report_.files == 0 && report_.passed_over > 0)
    return "Nothing was scanned: the filters passed over every file by its name.";
  if (report_.files == 0) return "Nothing was scanned: no files were found.";
  if (report_.events_filtered > 0)
    return "Nothing was scanned: the filters left out all " +
           plural(report_.events_filtered, "event") + ".";
  return "Nothing was scanned: no CloudTrail events in " + plural(report_.files, "file") + ".";
}

std::string Screen::verdict_sentence() const {
  if (outcome_.events == 0) return nothing_sentence();
  std::vector<std::pair<Level, uint64_t>> grave, context;
  uint64_t total = 0;
  for (Level level : {Level::kCritical, Level::kHigh, Level::kMedium}) {
    grave.emplace_back(level, groups_at(level));
    total += grave.back().second;
  }
  for (Level level : {Level::kLow, Level::kInformational})
    context.emplace_back(level, groups_at(level));
  std::string context_text = level_list(context);
  std::string in_events = " in " + plural(unique_events(), "event");
  if (total == 0) {
    std::string text = "No finding of medium level or above" + in_events;
    if (!context_text.empty()) text += "; " + context_text + " for context";
    return text + ".";
  }
  std::set<std::string_view> people;
  for (const FoldedFinding& folded : folded_)
    if (folded.level >= Level::kMedium)
      people.insert(folded.principals.begin(), folded.principals.end());
  std::string text = plural(total, "finding") + " (" + level_list(grave) + ") by ";
  text += people.size() == 1 ? detect::short_principal(*people.begin())
                             : plural(people.size(), "principal");
  text += in_events;
  if (!context_text.empty()) text += ", and " + context_text + " for context";
  return text + ".";
}

/// The worst finding in one sentence: the reader's first lead.
std::string Screen::worst_sentence() const {
  if (folded_.empty() || folded_[0].level < Level::kMedium) return "";
  const FoldedFinding& worst = folded_[0];
  std::string text = "Worst: " + report_.rules[worst.rule].title;
  if (!worst.principals.empty()) text += ", " + detect::short_principal(worst.principals[0]);
  if (worst.time_known) text += ", " + solid(format_time_short(worst.first));
  return text + ".";
}

std::string Screen::scope_sentence() const {
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

std::string Screen::completeness_sentence() const {
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

void Screen::verdict() {
  bool grave = groups_at(Level::kCritical) + groups_at(Level::kHigh) > 0;
  bool clean = folded_.empty() && outcome_.events > 0 && report_.complete();
  Ink ink = grave ? Ink::kHigh : clean ? Ink::kGood : Ink::kLabel;
  page_.labelled("VERDICT", verdict_sentence(), 0, Ink::kLabel, ink);
  if (std::string worst = worst_sentence(); !worst.empty())
    page_.labelled("", worst, 0, Ink::kLabel, ink);
  page_.labelled("", scope_sentence());
  if (!report_.filters.empty()) {
    std::string text = "Filters: " + join(report_.filters, "; ") + ".";
    if (report_.events_filtered > 0)
      text += " " + plural(report_.events_filtered, "other event") + " left out.";
    if (report_.passed_over > 0)
      text += " " + plural(report_.passed_over, "file") + " passed over by name.";
    page_.labelled("", text);
  }
  std::string complete = completeness_sentence();
  if (!complete.empty())
    page_.labelled("", complete, 0, Ink::kLabel, report_.complete() ? Ink::kPlain : Ink::kHigh);
}

Status ScanReport::each_finding(const FindingVisitor& visit) const {
  if (all_findings) return all_findings(visit);
  for (const Finding& finding : outcome.findings) TRY(visit(finding));
  return Status::success();
}

uint64_t ScanReport::quarantined() const {
  uint64_t count = 0;
  for (size_t kind = 0; kind < quarantine_by_kind.size(); ++kind)
    if (kind != static_cast<size_t>(QuarantineEntry::Kind::kRepaired))
      count += quarantine_by_kind[kind];
  return count;
}

bool ScanReport::complete() const {
  return !interrupted && quarantined() == 0 && partial_files == 0 && files_unread == 0;
}

bool ScanReport::examined() const {
  return files_by_kind[static_cast<size_t>(SourceKind::kCloudTrail)] + passed_over > 0;
}

int exit_code(const ScanReport& report, Level fail_on) {
  for (const Finding& finding : report.outcome.findings)
    if (finding.level >= fail_on) return 10;
  return report.complete() && report.examined() ? 0 : 3;
}

std::string render_terminal(const ScanReport& report, const TerminalStyle& style) {
  return Screen(report, style).render();
}

}  // namespace cairn::report
