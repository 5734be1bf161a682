// The screen after a scan, top down: what was found, who did it, when, what could not be seen, what
// it cost, where the files are. It is read by someone under pressure and forwarded to someone who
// was not there, so every line says what it counts.

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "report/fold.h"
#include "report/page.h"
#include "report/report.h"
#include "report/strip.h"

namespace cairn::report {

namespace {

constexpr size_t kNextSteps = 3;  // rules that come with their next step
constexpr size_t kTopGroups = 3;  // principals shown of each of these; of the others, one
constexpr size_t kDeedsShown = 3;
constexpr size_t kRoomForAccounts = 100;  // columns
constexpr size_t kBriefRules = 6;         // low rules, one line each
constexpr size_t kGapsShown = 3;
constexpr size_t kListedSources = 6;

class Screen {
 public:
  Screen(const ScanReport& report, const TerminalStyle& style)
      : report_(report),
        outcome_(report.outcome),
        style_(style),
        page_(style),
        folded_(fold(outcome_)) {
    many_accounts_ = outcome_.accounts.size() > 1;
  }

  std::string render() {
    coverage_ = coverage_of(report_);
    verdict();
    findings();
    principals();
    timeline();
    coverage();
    cost();
    files();
    return std::move(page_).take();
  }

 private:
  // Verdict.
  void verdict();
  std::string nothing_sentence() const;
  std::string verdict_sentence() const;
  std::string worst_sentence() const;
  std::string scope_sentence() const;
  std::string completeness_sentence() const;
  uint64_t groups_at(Level level) const;
  uint64_t unique_events() const { return outcome_.events - outcome_.duplicates; }

  // Findings.
  void findings();
  std::string names_of(const std::vector<const FoldedFinding*>& groups, size_t from,
                       size_t shown) const;
  void title_line(const FoldedFinding& folded);
  void rule_findings(const std::vector<const FoldedFinding*>& groups, size_t shown,
                     bool with_next_step);
  void brief_findings();
  std::string who(const FoldedFinding& folded) const;
  std::string what(const FoldedFinding& folded) const;
  std::string when(const FoldedFinding& folded) const;
  std::string in_files(std::string_view name) const;

  void principals();
  struct PrincipalRow {
    std::string_view label;
    std::string name, risk, levels, calls, failed, seen;
  };
  void principal_row(const PrincipalRow& row);
  void principal(const PrincipalProfile& profile);
  std::string seen(const PrincipalProfile& profile) const;
  void timeline();

  // Coverage.
  void coverage();
  void rule_coverage();
  void blind_line(BlindRule::Reason reason, std::string_view words);
  void file_coverage();
  void record_coverage();
  void time_coverage();

  void cost();
  void files();

  const ScanReport& report_;
  const detect::Outcome& outcome_;
  const TerminalStyle& style_;
  Page page_;
  std::vector<FoldedFinding> folded_;
  Coverage coverage_;
  bool many_accounts_ = false;
};

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

std::string percent_of(uint64_t part, uint64_t whole) {
  if (whole == 0) return "0 %";
  double share = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (part > 0 && share < 0.1) return "under 0.1 %";
  auto tenths = static_cast<uint64_t>(share * 10 + 0.5);
  if (tenths >= 100 || tenths % 10 == 0) return std::to_string((tenths + 5) / 10) + " %";
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

uint64_t Screen::groups_at(Level level) const {
  return static_cast<uint64_t>(std::count_if(
      folded_.begin(), folded_.end(), [&](const FoldedFinding& f) { return f.level == level; }));
}

std::string Screen::nothing_sentence() const {
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
  return text + ".";
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
         plural(coverage_.rules, "rule") + " could not have fired on these logs (see COVERAGE).";
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

std::string Screen::in_files(std::string_view name) const {
  return report_.out_folder.empty() ? "--out DIR writes all" : std::string(name) + " has all";
}

std::string Screen::who(const FoldedFinding& folded) const {
  std::vector<std::string> names;
  for (const std::string& principal : folded.principals)
    names.push_back(detect::short_principal(principal));
  std::string text = few(names, 2, folded.principal_count);
  if (folded.sessions.size() == 1 && names.size() == 1) text += " as " + folded.sessions[0];
  if (folded.sessions.size() > 1 && names.size() == 1)
    text += " as " + few(folded.sessions, 1, folded.sessions.size());
  if (many_accounts_ && !folded.accounts.empty())
    text += ", account " + few(folded.accounts, 2, folded.accounts.size());
  if (!folded.access_keys.empty())
    text += ", key " + few(folded.access_keys, 1, folded.access_keys.size());
  if (!folded.source_ips.empty())
    text += ", from " + few(folded.source_ips, 2, folded.source_ip_count);
  bool same = folded.clients.size() == 1 &&
              folded.clients == folded.source_ips;  // a service names itself twice
  if (!folded.clients.empty() && !same)
    text += ", " + few(folded.clients, 2, folded.clients.size());
  if (!folded.regions.empty()) text += ", " + few(folded.regions, 2, folded.regions.size());
  return text;
}

std::string Screen::what(const FoldedFinding& folded) const {
  std::vector<Deed> deeds = deeds_of(folded, kDeedsShown);
  std::string text;
  uint64_t shown = 0;
  const std::string* error = nullptr;
  for (const Deed& deed : deeds) {
    if (!text.empty()) text += "; ";
    // The reason is said once for all that follow with the same one.
    bool same = error != nullptr && *error == deed.error_code;
    if (!same && !deed.error_code.empty()) text += "failed (" + deed.error_code + "): ";
    if (!same && deed.error_code.empty() && error != nullptr) text += "done: ";
    text += deed.words;
    if (deed.samples > 1) text += " (" + std::to_string(deed.samples) + " times)";
    shown += deed.samples;
    error = &deed.error_code;
  }
  if (folded.count > shown) text += " … and " + plural(folded.count - shown, "more call");
  if (folded.target_count > kDeedsShown) text += ", on " + plural(folded.target_count, "target");
  return text;
}

std::string Screen::when(const FoldedFinding& folded) const {
  std::string text = folded.time_known ? period(folded.first, folded.last) : "at an unknown time";
  text += ", " + plural(folded.count, "call");
  if (folded.failed == folded.count) {
    text += folded.count == 1 ? ", which failed" : ", all failed";
  } else if (folded.failed > 0) {
    text += ", " + format_count(folded.failed) + " failed";
  }
  if (folded.windows.size() > 1) text += ", in " + plural(folded.windows.size(), "window");
  return text;
}

std::string level_tag(Level level) {
  std::string tag(level == Level::kInformational ? "info" : to_string(level));
  for (char& c : tag) c = static_cast<char>(c - 32);
  return tag;
}

void Screen::title_line(const FoldedFinding& folded) {
  const RuleInfo& rule = report_.rules[folded.rule];
  std::string tag = level_tag(folded.level);
  std::string code = page_.cut(rule.code, 24);
  size_t title_columns = page_.text_width() - display_width(code) - 2;
  std::string title = page_.cut(rule.title, title_columns);
  std::string line = page_.paint(ink_of(folded.level), tag);
  line.append(Page::kLabelWidth - tag.size(), ' ');
  line += page_.paint(Ink::kLabel, title);
  line.append(title_columns - display_width(title) + 2, ' ');
  page_.line(line + page_.paint(Ink::kDim, code));
}

/// The principals of groups from one on: "role/a, role/b and 3 more".
std::string Screen::names_of(const std::vector<const FoldedFinding*>& groups, size_t from,
                             size_t shown) const {
  std::vector<std::string> names;
  for (size_t i = from; i < groups.size(); ++i) {
    if (groups[i]->principals.empty()) continue;
    std::string name = detect::short_principal(groups[i]->principals[0]);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return few(names, shown, names.size());
}

/// One rule: its title, the principals most worth a look, how many more there are.
void Screen::rule_findings(const std::vector<const FoldedFinding*>& groups, size_t shown,
                           bool with_next_step) {
  title_line(*groups[0]);
  if (groups.size() <= shown + 1)
    shown = groups.size();  // one more line says no more than its finding
  for (size_t i = 0; i < shown; ++i) {
    page_.labelled("", who(*groups[i]), 2);
    page_.labelled("", what(*groups[i]), 2);
    page_.labelled("", when(*groups[i]), 2);
  }
  if (groups.size() > shown) {
    uint64_t calls = 0;
    for (size_t i = shown; i < groups.size(); ++i) calls += groups[i]->count;
    page_.labelled("",
                   "… and " + plural(groups.size() - shown, "more time") + ", " +
                       plural(calls, "call") + ": " + names_of(groups, shown, 3),
                   2);
  }
  const RuleInfo& rule = report_.rules[groups[0]->rule];
  if (with_next_step && !rule.next_step.empty()) page_.labelled("", "Next: " + rule.next_step, 6);
}

/// Low findings in one line a rule, informational ones as a number.
void Screen::brief_findings() {
  std::map<uint32_t, size_t> index;
  std::vector<std::vector<const FoldedFinding*>> by_rule;
  uint64_t informational = 0, low_left = 0;
  for (const FoldedFinding& folded : folded_) {
    if (folded.level == Level::kInformational) ++informational;
    if (folded.level != Level::kLow) continue;
    auto [entry, is_new] = index.emplace(folded.rule, by_rule.size());
    if (is_new) by_rule.emplace_back();
    by_rule[entry->second].push_back(&folded);
  }
  for (size_t i = 0; i < by_rule.size(); ++i) {
    if (i >= kBriefRules) {
      low_left += by_rule[i].size();
      continue;
    }
    uint64_t calls = 0;
    for (const FoldedFinding* folded : by_rule[i]) calls += folded->count;
    std::string text = report_.rules[by_rule[i][0]->rule].title + ": " + plural(calls, "call") +
                       " by " + names_of(by_rule[i], 0, 2);
    std::string tag = level_tag(Level::kLow);
    page_.line(page_.paint(Ink::kLow, tag) + std::string(Page::kLabelWidth - tag.size(), ' ') +
               page_.cut(text, page_.text_width()));
  }
  std::vector<std::string> rest;
  if (low_left > 0) rest.push_back(format_count(low_left) + " more low");
  if (informational > 0) rest.push_back(format_count(informational) + " informational");
  if (!rest.empty())
    page_.labelled("", join(rest, " and ") + "; " + in_files("findings.jsonl") + ".", 0,
                   Ink::kLabel, Ink::kDim);
}

void Screen::findings() {
  if (folded_.empty()) return;
  page_.blank();
  std::string heading = plural(outcome_.findings.size(), "finding");
  if (folded_.size() < outcome_.findings.size())
    heading += ", folded into " + format_count(folded_.size()) + " by rule and principal";
  heading += ", from " + plural(outcome_.matched_events, "event") + " (" +
             solid(percent_of(outcome_.matched_events, unique_events())) + " of all)";
  page_.labelled("FINDINGS", heading);
  // Rules in order of their worst finding, so that one noisy rule does not hide the others.
  std::vector<std::vector<const FoldedFinding*>> by_rule;
  std::map<uint32_t, size_t> index;
  for (const FoldedFinding& folded : folded_) {
    if (folded.level < Level::kMedium) break;
    auto [entry, is_new] = index.emplace(folded.rule, by_rule.size());
    if (is_new) by_rule.emplace_back();
    by_rule[entry->second].push_back(&folded);
  }
  std::vector<std::string> left;
  uint64_t left_groups = 0;
  for (size_t i = 0; i < by_rule.size(); ++i) {
    if (i < style_.max_findings) {
      rule_findings(by_rule[i], i < kNextSteps ? kTopGroups : 1, i < kNextSteps);
      continue;
    }
    left_groups += by_rule[i].size();
    const RuleInfo& rule = report_.rules[by_rule[i][0]->rule];
    left.push_back(rule.title + " (" + std::string(to_string(rule.level)) + ")");
  }
  if (!left.empty())
    page_.labelled("", "… and " + plural(left_groups, "more finding") + " of " +
                           plural(left.size(), "more rule") + ": " + few(left, 6, left.size()) +
                           "; " + in_files("findings.jsonl") + ".");
  brief_findings();
}

/// The two worst levels of a principal's findings: "2 crit, 1 high".
std::string worst_levels(const PrincipalProfile& profile) {
  static constexpr std::string_view kNames[] = {"info", "low", "medium", "high", "crit"};
  std::string text;
  int shown = 0;
  for (size_t level = kLevelCount; level-- > 0 && shown < 2;) {
    if (profile.findings_by_level[level] == 0) continue;
    if (!text.empty()) text += ", ";
    text += format_count(profile.findings_by_level[level]) + " " + std::string(kNames[level]);
    ++shown;
  }
  return text;
}

/// "01-03..01-17" inside one year, else "2023-12..2024-02".
std::string Screen::seen(const PrincipalProfile& profile) const {
  if (profile.first == Timestamp{} && profile.last == Timestamp{}) return "";
  std::string first = format_date(profile.first), last = format_date(profile.last);
  if (first.size() != 10 || last.size() != 10) return first + ".." + last;
  bool one_year =
      format_date(outcome_.first).substr(0, 4) == format_date(outcome_.last).substr(0, 4);
  size_t from = one_year ? 5 : 0, count = one_year ? 5 : 7;
  first = first.substr(from, count);
  last = last.substr(from, count);
  return first == last ? first : first + ".." + last;
}

void Screen::principal_row(const PrincipalRow& row) {
  constexpr size_t kRisk = 5, kLevels = 17, kCalls = 9, kFailed = 7, kSeen = 18;
  size_t columns = page_.text_width() - kRisk - kLevels - kCalls - kFailed - kSeen - 2;
  std::string label = page_.pad(row.label, Page::kLabelWidth);
  page_.line(page_.paint(Ink::kLabel, label) +
             page_.pad(page_.cut_middle(row.name, columns), columns) +
             page_.pad_left(row.risk, kRisk) + "  " + page_.pad(row.levels, kLevels) +
             page_.pad_left(row.calls, kCalls) + page_.pad_left(row.failed, kFailed) + "  " +
             page_.pad(row.seen, kSeen - 2));
}

void Screen::principal(const PrincipalProfile& profile) {
  std::string share = percent_of(profile.errors, profile.events);
  if (share.substr(0, 6) == "under ") share = "<" + share.substr(6);
  std::vector<std::string> remarks = profile.unusual;
  std::string name = detect::short_principal(profile.key);
  if (many_accounts_ && !profile.account.empty()) {
    if (page_.width() >= kRoomForAccounts) {
      name += " " + profile.account;
    } else {
      remarks.insert(remarks.begin(), "account " + profile.account);
    }
  }
  principal_row({"", std::move(name), format_count(static_cast<uint64_t>(profile.risk + 0.5)),
                 worst_levels(profile), format_count(profile.events),
                 profile.errors == 0 ? "-" : share, seen(profile)});
  if (!remarks.empty()) page_.wrapped(join(remarks, "; "), Page::kLabelWidth + 2, Ink::kMedium);
}

/// Something to say beyond a share of failed calls.
bool is_worth_showing(const PrincipalProfile& profile) {
  bool found = std::any_of(profile.findings_by_level.begin() + 1, profile.findings_by_level.end(),
                           [](uint64_t count) { return count > 0; });
  return found || !profile.unusual.empty();
}

void Screen::principals() {
  std::vector<const PrincipalProfile*> shown;
  uint64_t risky = 0;
  for (const PrincipalProfile& profile : outcome_.principals) {
    if (!is_worth_showing(profile)) continue;
    ++risky;
    if (shown.size() < style_.max_principals) shown.push_back(&profile);
  }
  if (shown.empty()) return;
  page_.blank();
  principal_row({"WHO", "", "risk", "findings", "calls", "failed", "seen"});
  for (const PrincipalProfile* profile : shown) principal(*profile);
  uint64_t rest = outcome_.principal_count - shown.size();
  if (rest == 0) return;
  std::string text = "… and " + plural(rest, "more principal");
  text += risky > shown.size() ? "; " + in_files("principals.csv")
                               : ", without findings or anything unusual";
  page_.labelled("", text + ".", 0, Ink::kLabel, Ink::kDim);
}

std::string bucket_name(int64_t minutes) {
  if (minutes % 1440 == 0)
    return minutes == 1440 ? "1 day" : std::to_string(minutes / 1440) + " days";
  if (minutes % 60 == 0) return minutes == 60 ? "1 hour" : std::to_string(minutes / 60) + " hours";
  return minutes == 1 ? "1 minute" : std::to_string(minutes) + " minutes";
}

void Screen::timeline() {
  constexpr size_t kCountColumns = 12;
  Strip strip = make_strip(outcome_, page_.text_width() - kCountColumns);
  if (strip.buckets() < 3) return;  // a bar or two say nothing
  page_.blank();
  auto busiest = std::max_element(outcome_.hours.begin(), outcome_.hours.end(),
                                  [](const auto& a, const auto& b) { return a.second < b.second; });
  std::string when = format_time_short(Timestamp(std::chrono::hours(busiest->first)));
  page_.labelled("TIMELINE", "one mark is " + bucket_name(strip.bucket_minutes) +
                                 "; busiest hour " + when.substr(0, when.size() - 3) + " with " +
                                 plural(busiest->second, "event"));
  auto row = [&](std::string_view label, Ink ink, const std::vector<uint64_t>& counts) {
    uint64_t total = 0;
    for (uint64_t count : counts) total += count;
    page_.line(page_.pad(label, Page::kLabelWidth) + page_.paint(ink, bars(counts, page_.plain())) +
               "  " + format_count(total));
  };
  row("events", Ink::kPlain, strip.events);
  for (size_t level = kLevelCount; level-- > static_cast<size_t>(Level::kLow);) {
    if (!strip.matches[level].empty())
      row(to_string(static_cast<Level>(level)),
          level == static_cast<size_t>(Level::kCritical) ? Ink::kHigh
                                                         : ink_of(static_cast<Level>(level)),
          strip.matches[level]);
  }
  page_.line(std::string(Page::kLabelWidth, ' ') + page_.paint(Ink::kDim, axis(strip)));
}

void Screen::blind_line(BlindRule::Reason reason, std::string_view words) {
  std::vector<std::string> details;
  uint64_t count = 0;
  for (const BlindRule& blind : coverage_.blind) {
    if (blind.reason != reason) continue;
    ++count;
    std::string detail = blind.detail;
    // "iam.amazonaws.com" is "iam" to everybody.
    constexpr std::string_view kSuffix = ".amazonaws.com";
    for (size_t at = detail.find(kSuffix); at != std::string::npos; at = detail.find(kSuffix))
      detail.erase(at, kSuffix.size());
    if (reason == BlindRule::Reason::kNoField)
      detail += " (" + report_.rules[blind.rule].code + ")";
    if (std::find(details.begin(), details.end(), detail) == details.end())
      details.push_back(detail);
  }
  if (count == 0) return;
  page_.wrapped(format_count(count) + " " + std::string(words) + ": " +
                    few(details, kListedSources, details.size()),
                Page::kLabelWidth + 2);
}

void Screen::rule_coverage() {
  uint64_t blind = coverage_.blind.size();
  std::string loaded = plural(coverage_.rules, "rule");
  if (coverage_.rules == 0) {
    page_.labelled("COVERAGE", "no rule was loaded, so nothing could be found", 0, Ink::kLabel,
                   Ink::kHigh);
  } else if (outcome_.events == 0) {
    page_.labelled("COVERAGE", "none of the " + loaded + " could fire: there were no events");
  } else {
    std::string text = format_count(coverage_.matched) + " of " + loaded + " matched";
    uint64_t quiet = coverage_.rules - coverage_.matched - blind;
    if (quiet > 0) text += ", " + format_count(quiet) + " could have and did not";
    if (blind > 0) text += ", " + format_count(blind) + " could NOT have fired on these logs:";
    page_.labelled("COVERAGE", text);
    blind_line(BlindRule::Reason::kNoSource, "for services without any event here");
    blind_line(BlindRule::Reason::kNoDataEvents, "for data events, none of which were logged");
    blind_line(BlindRule::Reason::kNoField, "for a field that its events never carry");
  }
  const RuleCounts& counts = report_.rule_counts;
  std::vector<std::string> left;
  if (counts.rejected > 0) left.push_back(format_count(counts.rejected) + " rejected with errors");
  if (counts.unsupported > 0)
    left.push_back(format_count(counts.unsupported) + " of a kind not supported yet");
  if (counts.other_log_source > 0)
    left.push_back(format_count(counts.other_log_source) + " for other logs");
  if (!left.empty()) page_.labelled("", "rule documents not used: " + join(left, ", "), 6);
  uint64_t allowed = 0;
  for (uint64_t count : outcome_.rule_allowed) allowed += count;
  if (allowed > 0)
    page_.labelled("", plural(allowed, "match", "matches") + " expected by allow-lists", 6);
}

void Screen::file_coverage() {
  auto of_kind = [&](SourceKind kind) { return report_.files_by_kind[static_cast<size_t>(kind)]; };
  uint64_t with_events = of_kind(SourceKind::kCloudTrail);
  std::string text =
      with_events == report_.files && with_events > 0
          ? "files: all " + format_count(with_events)
          : "files: " + format_count(with_events) + " of " + format_count(report_.files);
  text += " hold CloudTrail events";
  if (uint64_t count = of_kind(SourceKind::kDigest); count > 0)
    text += "; " + plural(count, "digest") + " found, not verified";
  if (uint64_t count = of_kind(SourceKind::kConfig); count > 0)
    text += "; " + format_count(count) + " of AWS Config left alone";
  std::vector<std::string> reasons;
  uint64_t skipped = 0;
  for (const auto& [reason, count] : report_.skipped_reasons) {
    skipped += count;
    reasons.push_back(format_count(count) + " " + reason);
  }
  if (skipped > 0)
    text += "; " + format_count(skipped) + " skipped: " + few(reasons, 4, reasons.size());
  page_.labelled("", text, 6);
  if (of_kind(SourceKind::kDigest) == 0 && outcome_.events > 0)
    page_.labelled(
        "", "no digests in this input: nothing proves that files are unchanged or complete", 6);
}

void Screen::record_coverage() {
  std::vector<std::string> parts;
  using Kind = QuarantineEntry::Kind;
  auto add = [&](Kind kind, std::string_view one, std::string_view many) {
    uint64_t count = report_.quarantine_by_kind[static_cast<size_t>(kind)];
    if (count > 0) parts.push_back(plural(count, one, many));
  };
  add(Kind::kRecord, "record does not parse", "records do not parse");
  add(Kind::kTruncated, "file ends inside a record", "files end inside a record");
  add(Kind::kContainer, "damaged stretch", "damaged stretches");
  add(Kind::kUnreadable, "file or folder unreadable", "files or folders unreadable");
  add(Kind::kLimit, "limit reached", "limits reached");
  add(Kind::kRepaired, "record repaired (invalid UTF-8)", "records repaired (invalid UTF-8)");
  if (!parts.empty()) {
    std::string text = "quarantine: " + join(parts, ", ");
    if (report_.quarantined() > 0 && !report_.quarantine.empty()) {
      const QuarantineEntry& first = report_.quarantine[0];
      text +=
          "; first: " + first.file + " at byte " + format_count(first.offset) + ", " + first.reason;
    }
    page_.labelled("", text, 6, Ink::kLabel, report_.quarantined() > 0 ? Ink::kHigh : Ink::kPlain);
  }
  std::vector<std::string> records;
  if (outcome_.duplicates > 0)
    records.push_back(plural(outcome_.duplicates, "duplicate") + " counted once");
  if (outcome_.without_time > 0)
    records.push_back(plural(outcome_.without_time, "event") + " without a readable time");
  if (!records.empty()) page_.labelled("", "records: " + join(records, ", "), 6);
}

void Screen::time_coverage() {
  if (coverage_.hours == 0) return;
  std::string text = "time: ";
  if (coverage_.silent_hours == 0) {
    text += coverage_.hours == 1
                ? "all within one hour"
                : "each of the " + format_count(coverage_.hours) + " hours has events";
  } else {
    text += format_count(coverage_.silent_hours) + " of " + format_count(coverage_.hours) +
            " hours without any event";
  }
  std::vector<std::string> gaps;
  for (const Coverage::Gap& gap : coverage_.gaps) {
    if (gaps.size() >= kGapsShown) break;
    std::string words = gap.account.empty() ? "" : "account " + gap.account + " ";
    gaps.push_back(words + period(gap.begin, gap.end) + " (" +
                   solid(format_duration(gap.end - gap.begin)) + ")");
  }
  if (!gaps.empty()) text += "; longest " + join(gaps, ", ");
  page_.labelled("", text, 6);
}

void Screen::coverage() {
  page_.blank();
  rule_coverage();
  file_coverage();
  record_coverage();
  time_coverage();
}

/// Three digits that mean something: 612345 is "612,000".
std::string rate(double per_second, std::string_view unit) {
  auto value = static_cast<uint64_t>(per_second);
  uint64_t step = 1;
  while (value / step >= 1000) step *= 10;
  return solid(format_count(value / step * step) + " " + std::string(unit));
}

void Screen::cost() {
  page_.blank();
  std::string text = plural(report_.files, "file") + ", " + format_bytes(report_.stored_bytes);
  if (report_.text_bytes > report_.stored_bytes)
    text += " (" + format_bytes(report_.text_bytes) + " of text)";
  text += ", " + plural(outcome_.events, "event") + " in " + format_seconds(report_.seconds);
  if (report_.seconds > 0 && outcome_.events > 0) {
    text += ": " + rate(static_cast<double>(outcome_.events) / report_.seconds, "events/s") + ", " +
            rate(static_cast<double>(report_.text_bytes) / 1e6 / report_.seconds, "MB/s");
  }
  text += "; " + plural(report_.threads, "thread") + ", peak memory " +
          format_bytes(report_.peak_memory_bytes);
  page_.labelled("COST", text);
  std::vector<std::string> elapsed, cpu;
  for (const Phase& phase : report_.phases)
    (phase.cpu ? cpu : elapsed).push_back(phase.name + " " + format_seconds(phase.seconds));
  std::string phases = join(elapsed, ", ");
  if (!cpu.empty()) phases += (phases.empty() ? "" : "; ") + ("CPU: " + join(cpu, ", "));
  if (!phases.empty()) page_.labelled("", phases, 0, Ink::kLabel, Ink::kDim);
}

void Screen::files() {
  if (report_.written.empty()) return;
  page_.blank();
  size_t widest = 0;
  for (const WrittenFile& file : report_.written)
    widest = std::max(widest, display_width(page_.clean(file.path)));
  widest = std::min(widest, page_.text_width() / 2);
  bool first = true;
  for (const WrittenFile& file : report_.written) {
    std::string content = file.content;
    if (file.rows > 0) content += ", " + plural(file.rows, "row");
    page_.line(page_.paint(Ink::kLabel, page_.pad(first ? "FILES" : "", Page::kLabelWidth)) +
               page_.pad(page_.cut_middle(file.path, widest), widest) + "  " +
               page_.cut(content, page_.text_width() - widest - 2));
    first = false;
  }
}

}  // namespace

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

int exit_code(const ScanReport& report, Level fail_on) {
  for (const Finding& finding : report.outcome.findings)
    if (finding.level >= fail_on) return 10;
  return report.complete() ? 0 : 3;
}

std::string render_terminal(const ScanReport& report, const TerminalStyle& style) {
  return Screen(report, style).render();
}

}  // namespace cairn::report
