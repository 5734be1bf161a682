// The findings on the screen: by rule, worst first, each with who, what and when.

#include "base/text.h"
#include "report/screen.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace cairn::report {

namespace {

constexpr size_t kDeedsShown = 3;  // of a finding, with its targets
constexpr size_t kLineRules = 8;   // rules in a line each, below those in full
constexpr size_t kLowRules = 2;    // low rules, one line each

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
std::string Screen::names_of(const RuleGroup& groups, size_t from, size_t shown) const {
  std::vector<std::string> names;
  for (size_t i = from; i < groups.size(); ++i) {
    if (groups[i]->principals.empty()) continue;
    std::string name = detect::short_principal(groups[i]->principals[0]);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return few(names, shown, names.size());
}

/// One rule in full: its title, the principals most worth a look, how many more there are.
void Screen::rule_in_full(const RuleGroup& groups) {
  title_line(*groups[0]);
  size_t shown = all_ ? groups.size() : 1;
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
                       plural(calls, "call") + ": " + names_of(groups, shown, 2),
                   2);
  }
  const RuleInfo& rule = report_.rules[groups[0]->rule];
  std::string_view next = rule.next_step;
  if (!all_) next = next.substr(0, next.find(". "));  // its first sentence
  if (next.empty()) return;
  std::string end = next.size() < rule.next_step.size() ? "." : "";
  page_.labelled("", "Next: " + std::string(next) + end, 6);
}

/// One rule in a line: "HIGH  VPC flow logs were deleted: user/ann, 1 call   NET-09".
void Screen::rule_in_a_line(const RuleGroup& groups) {
  const RuleInfo& rule = report_.rules[groups[0]->rule];
  uint64_t calls = 0;
  for (const FoldedFinding* folded : groups) calls += folded->count;
  std::string tag = level_tag(groups[0]->level);
  std::string code = page_.cut(rule.code, 24);
  size_t columns = page_.text_width() - display_width(code) - 2;
  std::string count = ", " + plural(calls, "call");
  std::string names = page_.cut(": " + names_of(groups, 0, 1), columns / 2) + count;
  std::string text = page_.cut(rule.title, columns - display_width(names)) + names;
  page_.line(page_.paint(ink_of(groups[0]->level), tag) +
             std::string(Page::kLabelWidth - tag.size(), ' ') + page_.pad(text, columns + 2) +
             page_.paint(Ink::kDim, code));
}

/// The findings of some levels by rule, rules in order of their worst finding, so that one noisy
/// rule does not hide the others.
std::vector<Screen::RuleGroup> Screen::by_rule(Level lowest, Level highest) const {
  std::vector<RuleGroup> rules;
  std::map<uint32_t, size_t> index;
  for (const FoldedFinding& folded : folded_) {
    if (folded.level < lowest || folded.level > highest) continue;
    auto [entry, is_new] = index.emplace(folded.rule, rules.size());
    if (is_new) rules.emplace_back();
    rules[entry->second].push_back(&folded);
  }
  return rules;
}

/// Where a shortened list is whole.
std::string Screen::where_all(std::string_view file) const {
  std::string text = report_.out_folder.empty() ? "" : std::string(file) + " has all";
  if (all_) return text.empty() ? "--out DIR writes all" : text;
  return text.empty() ? "--top 0 shows all, --out DIR writes all" : "--top 0 shows all, " + text;
}

/// Takes out what the incidents tell already, unless everything is wanted.
size_t Screen::leave_out_told() {
  if (all_ || report_.incidents.list.empty()) return 0;
  std::set<std::string_view> told;
  for (const incident::Incident& incident : report_.incidents.list)
    told.insert(incident.findings.begin(), incident.findings.end());
  size_t before = folded_.size();
  std::erase_if(folded_, [&](const FoldedFinding& folded) {
    return std::all_of(folded.windows.begin(), folded.windows.end(),
                       [&](const Finding* window) { return told.find(window->id) != told.end(); });
  });
  return before - folded_.size();
}

void Screen::findings() {
  size_t told = leave_out_told();
  if (folded_.empty()) return;
  page_.blank();
  std::string heading = plural(outcome_.findings.size(), "finding");
  if (told > 0) {
    heading = format_count(folded_.size()) + " outside of incidents, of " + heading;
  } else if (folded_.size() < outcome_.findings.size()) {
    heading += ", folded into " + format_count(folded_.size()) + " by rule and principal";
  }
  heading += ", from " + plural(outcome_.matched_events, "event") + " (" +
             solid(percent_of(outcome_.matched_events, unique_events())) + " of all)";
  page_.labelled("FINDINGS", heading);
  std::array<uint64_t, kLevelCount> left{};
  auto show = [&](const std::vector<RuleGroup>& rules, size_t in_full, size_t in_a_line) {
    for (size_t i = 0; i < rules.size(); ++i) {
      if (i < in_full) {
        rule_in_full(rules[i]);
      } else if (all_ || i < in_full + in_a_line) {
        rule_in_a_line(rules[i]);
      } else {
        left[static_cast<size_t>(rules[i][0]->level)] += rules[i].size();
      }
    }
  };
  std::vector<RuleGroup> grave = by_rule(Level::kMedium, Level::kCritical);
  bool one_more = grave.size() == style_.top + 1;  // there is room for it
  show(grave, all_ || one_more ? grave.size() : style_.top, kLineRules);
  show(by_rule(Level::kLow, Level::kLow), 0, kLowRules);
  show(by_rule(Level::kInformational, Level::kInformational), 0, 0);
  std::vector<std::string> rest;
  for (size_t level = kLevelCount; level-- > 0;)
    if (left[level] > 0)
      rest.push_back(format_count(left[level]) + " more " +
                     std::string(to_string(static_cast<Level>(level))));
  if (!rest.empty())
    page_.labelled("", "… and " + join(rest, ", ") + "; " + where_all("findings.jsonl") + ".", 0,
                   Ink::kLabel, Ink::kDim);
}

}  // namespace cairn::report
