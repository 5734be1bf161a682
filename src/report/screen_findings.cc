// The findings on the screen: by rule, worst first, each with who, what and when.

#include "base/text.h"
#include "report/screen.h"

#include <algorithm>
#include <map>

namespace cairn::report {

namespace {

constexpr size_t kNextSteps = 3;  // rules that come with their next step
constexpr size_t kTopGroups = 3;  // principals shown of each of these; of the others, one
constexpr size_t kDeedsShown = 3;
constexpr size_t kBriefRules = 6;  // low rules, one line each

std::string level_tag(Level level) {
  std::string tag(level == Level::kInformational ? "info" : to_string(level));
  for (char& c : tag) c = static_cast<char>(c - 32);
  return tag;
}

}  // namespace

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

std::string Screen::in_files(std::string_view name) const {
  return report_.out_folder.empty() ? "--out DIR writes all" : std::string(name) + " has all";
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

}  // namespace cairn::report
