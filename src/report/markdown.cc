// summary.md: what one pastes into a ticket.
//
// Text of the logs stands in code spans, which hold anything: no renderer finds markup, links,
// mentions or images in them. A span's fence is longer than any run of backticks inside (CommonMark
// 6.1). Text of rules is escaped; what is left is ours.

#include "base/text.h"
#include "model/attack_tags.h"
#include "report/event_text.h"
#include "report/fold.h"
#include "report/report.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <span>

namespace cairn::report {

namespace {

constexpr size_t kRules = 30;   // whose findings are told in full; of the others a line
constexpr size_t kLines = 100;  // of those
constexpr size_t kWhos = 5;     // principals of one rule
constexpr size_t kPrincipals = 10;
constexpr size_t kValues = 5;  // of one list
constexpr size_t kDeeds = 5;   // of one finding
constexpr size_t kIncidents = 10;
constexpr size_t kSentences = 12;  // of one incident: the gravest
constexpr size_t kAdvice = 12;
constexpr size_t kCommandWidth = 4000;  // a command that is cut short is of no use
constexpr size_t kWidth = 200;          // cells of one text of the logs
constexpr size_t kBlindRules = 30;

/// Without the beginnings of HTML comments: two of them on a line, in code spans too, have
/// Python-Markdown (3.4.1 with Debian's changes) search for ever.
std::string without_comments(std::string text) {
  for (size_t at = 0; (at = text.find("<!", at)) != std::string::npos; ++at)
    text.replace(at, 2, "<\\x21");
  return text;
}

/// A code span holding untrusted text.
std::string code(std::string_view text, size_t width = kWidth) {
  std::string shown = truncate_to_width(without_comments(printable(text)), width);
  if (trim(shown).empty()) return "–";
  size_t longest = 0, run = 0;
  for (char c : shown) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  std::string fence(longest + 1, '`');
  bool pad = shown.front() == '`' || shown.back() == '`' || shown.front() == ' ';
  std::string blank = pad ? " " : "";
  return fence + blank + shown + blank + fence;
}

/// The same in a table, where a bar would end the cell.
std::string code_cell(std::string_view text) {
  std::string out;
  for (char c : code(text)) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

/// Text of a rule, without markup.
std::string prose(std::string_view text) {
  std::string out;
  for (char c : printable(text)) {
    switch (c) {
      case '\\':
      case '`':
      case '*':
      case '_':
      case '[':
      case ']':
      case '#':
        out += '\\';
        out += c;
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '~':
        out += "&#126;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string code_list(const std::vector<std::string>& values, uint64_t total) {
  std::string text;
  size_t count = std::min(values.size(), kValues);
  for (size_t i = 0; i < count; ++i) text += (i > 0 ? ", " : "") + code(values[i]);
  if (total > count) text += " and " + format_count(total - count) + " more";
  return text;
}

std::string code_list(const std::vector<std::string>& values) {
  return code_list(values, values.size());
}

void item(std::string& out, std::string_view label, const std::string& text) {
  if (!text.empty()) out += "- **" + std::string(label) + ":** " + text + "\n";
}

std::string names_of(const std::vector<std::string>& principals) {
  std::vector<std::string> names;
  for (const std::string& principal : principals) {
    std::string name = detect::short_principal(principal);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return code_list(names);
}

std::string attack_of(const RuleInfo& rule) {
  std::vector<std::string> names;
  for (const Tactic& tactic : tactics_of(rule)) names.emplace_back(tactic.name);
  std::vector<std::string> techniques = techniques_of(rule);
  std::string text = join(names, ", ");
  if (!techniques.empty()) text += (text.empty() ? "" : ": ") + join(techniques, ", ");
  return text;
}

std::string times_of(const FoldedFinding& folded) {
  std::string text = folded.time_known ? period_text(folded.first, folded.last) : "time unknown";
  text += ", " + plural(folded.count, "event");
  if (folded.failed > 0) text += ", " + format_count(folded.failed) + " failed";
  return text;
}

std::string what_of(const FoldedFinding& folded) {
  std::string text;
  for (const Deed& deed : deeds_of(folded, kDeeds)) {
    if (!text.empty()) text += "; ";
    if (!deed.error_code.empty()) text += "failed (" + code(deed.error_code) + "): ";
    text += code(deed.words);
  }
  uint64_t told = 0;
  for (const Finding* window : folded.windows) told += window->samples.size();
  if (folded.count > told) text += "; and " + plural(folded.count - told, "more event");
  return text;
}

std::string where_of(const FoldedFinding& folded) {
  std::string text;
  if (!folded.source_ips.empty())
    text += "from " + code_list(folded.source_ips, folded.source_ip_count);
  if (!folded.clients.empty())
    text += (text.empty() ? "" : ", ") + std::string("with ") + code_list(folded.clients);
  if (!folded.regions.empty())
    text += (text.empty() ? "" : ", ") + std::string("in ") + code_list(folded.regions);
  return text;
}

std::string who_of(const FoldedFinding& folded) {
  std::string text = names_of(folded.principals);
  if (!folded.sessions.empty()) text += ", session " + code_list(folded.sessions);
  if (!folded.accounts.empty()) text += ", account " + code_list(folded.accounts);
  if (!folded.access_keys.empty()) text += ", key " + code_list(folded.access_keys);
  return text;
}

std::string evidence_of(const FoldedFinding& folded) {
  std::vector<std::string> ids;
  for (const Finding* window : folded.windows)
    for (const EventSummary& event : window->samples)
      if (!event.event_id.empty()) ids.push_back(event.event_id);
  return ids.empty() ? ""
                     : "eventID " + code_list(ids, std::max<uint64_t>(ids.size(), folded.count));
}

/// One principal of a rule's findings.
void write_who(std::string& out, const FoldedFinding& folded) {
  auto detail = [&](const char* label, const std::string& text) {
    if (!text.empty()) out += "    - " + std::string(label) + ": " + text + "\n";
  };
  out += "- " + who_of(folded) + "\n";
  detail("what", what_of(folded));
  detail("when", times_of(folded));
  detail("where", where_of(folded));
  detail("evidence", evidence_of(folded));
}

/// The findings of one rule, in the order of the screen.
using RuleGroup = std::vector<const FoldedFinding*>;

void write_rule(std::string& out, const RuleGroup& group, const RuleInfo& rule, size_t number) {
  out += "\n### " + std::to_string(number) + ". " + prose(rule.title) + " (" +
         std::string(to_string(rule.level)) + ", " + prose(rule.code) + ")\n\n";
  for (size_t i = 0; i < std::min(group.size(), kWhos); ++i) write_who(out, *group[i]);
  if (group.size() > kWhos)
    out += "- and " + format_count(group.size() - kWhos) + " more, in findings.jsonl\n";
  if (!rule.next_step.empty()) out += "\n**Next:** " + prose(rule.next_step) + "\n";
  if (std::string attack = attack_of(rule); !attack.empty())
    out += "\n**ATT&CK:** " + attack + "\n";
}

/// A rule in one line.
std::string rule_line(const RuleGroup& group, const RuleInfo& rule) {
  std::vector<std::string> principals;
  uint64_t count = 0;
  for (const FoldedFinding* folded : group) {
    count += folded->count;
    principals.insert(principals.end(), folded->principals.begin(), folded->principals.end());
  }
  return "- " + prose(rule.title) + " (" + std::string(to_string(rule.level)) + ", " +
         prose(rule.code) + "): " + names_of(principals) + ", " + plural(count, "event") + "\n";
}

void write_findings(std::string& out, const ScanReport& report,
                    const std::vector<FoldedFinding>& all) {
  std::vector<RuleGroup> groups;
  std::map<uint32_t, size_t> group_of;
  for (const FoldedFinding& folded : all) {
    auto [entry, is_new] = group_of.emplace(folded.rule, groups.size());
    if (is_new) groups.emplace_back();
    groups[entry->second].push_back(&folded);
  }
  size_t told = 0, lines = 0;
  std::string others;
  for (const RuleGroup& group : groups) {
    const RuleInfo& rule = report.rules[group[0]->rule];
    if (rule.level >= Level::kMedium && told < kRules) {
      if (told == 0) out += "\n## Findings\n";
      write_rule(out, group, rule, ++told);
    } else if (++lines <= kLines) {
      others += rule_line(group, rule);
    }
  }
  if (others.empty()) return;
  out += "\n## Other findings\n\n" + others;
  if (lines > kLines) out += "- " + plural(lines - kLines, "more rule") + ", in findings.jsonl\n";
}

/// The gravest sentences of a story, in order of time.
std::vector<const incident::Sentence*> gravest(const incident::Incident& incident) {
  std::vector<const incident::Sentence*> all;
  for (const incident::Sentence& sentence : incident.story)
    if (!sentence.is_mark) all.push_back(&sentence);
  if (all.size() <= kSentences) return all;
  std::vector<const incident::Sentence*> picked = all;
  std::stable_sort(picked.begin(), picked.end(),
                   [](const auto* a, const auto* b) { return a->level > b->level; });
  picked.resize(kSentences);
  std::erase_if(all, [&](const auto* sentence) {
    return std::find(picked.begin(), picked.end(), sentence) == picked.end();
  });
  return all;
}

void write_incident(std::string& out, const incident::Incident& incident, size_t number) {
  out += "\n### " + std::to_string(number) + ". " + prose(incident.title) + " (" +
         std::string(to_string(incident.level)) + ", " + incident.id + ")\n\n";
  std::string who = code(incident.origin.name);
  if (!incident.also.empty()) who += ", also " + code_list(incident.also);
  if (!incident.accounts.empty()) who += ", account " + code_list(incident.accounts);
  item(out, "Who", who);
  item(out, "When",
       period_text(incident.first, incident.last) + ", " + plural(incident.events, "event") +
           (incident.failed > 0 ? ", " + format_count(incident.failed) + " failed" : ""));
  std::vector<std::string> addresses;
  for (const std::string& address : incident.source_ips) {
    auto place = incident.places.find(address);
    addresses.push_back(place == incident.places.end() ? address
                                                       : address + " (" + place->second + ")");
  }
  item(out, "From", code_list(addresses));
  item(out, "Acted on", code_list(incident.resources, incident.resource_count));
  item(out, "Level", code(incident.because));
  item(out, "ATT&CK", join(incident.tactics, ", "));
  out += "\n";
  std::vector<const incident::Sentence*> told = gravest(incident);
  for (size_t i = 0; i < told.size(); ++i) {
    const incident::Sentence& sentence = *told[i];
    out += std::to_string(i + 1) + ". " + format_time(sentence.first) + " " + code(sentence.actor) +
           ": " + code(sentence.words);
    if (!sentence.event_ids.empty())
      out += " (eventID " + code(sentence.event_ids.front()) +
             (sentence.events > 1 ? " and " + format_count(sentence.events - 1) + " more" : "") +
             ")";
    out += "\n";
  }
  out += "\nThe whole story: `cairn story " + incident.id + " LOGS`\n";
  if (incident.next.empty()) return;
  out += "\n**Next:**\n\n";
  size_t given = std::min(incident.next.size(), kAdvice);
  for (const incident::Advice& advice : std::span(incident.next).first(given)) {
    std::string_view words = advice.words;
    if (!advice.command.empty() && words.ends_with('.')) words.remove_suffix(1);
    out += "- " + code(words, kCommandWidth) +
           (advice.command.empty() ? "" : ": " + code(advice.command, kCommandWidth)) + "\n";
  }
  if (incident.next.size() > given)
    out += "- " + format_count(incident.next.size() - given) + " more, in the story\n";
}

void write_incidents(std::string& out, const incident::Incidents& incidents) {
  if (incidents.list.empty()) return;
  out += "\n## Incidents\n";
  size_t told = std::min(incidents.list.size(), kIncidents);
  for (size_t i = 0; i < told; ++i) write_incident(out, incidents.list[i], i + 1);
  if (incidents.list.size() > told)
    out += "\nAnd " + plural(incidents.list.size() - told, "more incident") +
           ", in incidents.jsonl.\n";
}

void write_principals(std::string& out, const ScanReport& report) {
  size_t shown = 0;
  std::string rows;
  for (const PrincipalProfile& profile : report.outcome.principals) {
    uint64_t findings = 0;
    for (uint64_t count : profile.findings_by_level) findings += count;
    if (findings == 0 || shown == kPrincipals) continue;
    ++shown;
    rows += "| " + code_cell(detect::short_principal(profile.key)) + " | " +
            code_cell(profile.account) + " | " +
            format_count(static_cast<uint64_t>(profile.risk + 0.5)) + " | " +
            format_count(findings) + " | " + format_count(profile.events) + " | " +
            format_count(profile.errors) + " | ";
    for (size_t i = 0; i < profile.unusual.size(); ++i)
      rows += (i > 0 ? ", " : "") + code_cell(profile.unusual[i]);
    rows += " |\n";
  }
  if (rows.empty()) return;
  out +=
      "\n## Principals\n\n"
      "| principal | account | risk | findings | calls | failed | unusual |\n"
      "|---|---|---:|---:|---:|---:|---|\n" +
      rows;
}

std::string verdict_of(const std::vector<FoldedFinding>& all) {
  std::vector<std::string> levels;
  uint64_t total = 0;
  for (Level level : {Level::kCritical, Level::kHigh, Level::kMedium}) {
    auto count = static_cast<uint64_t>(std::count_if(
        all.begin(), all.end(), [&](const FoldedFinding& f) { return f.level == level; }));
    total += count;
    if (count > 0) levels.push_back(format_count(count) + " " + std::string(to_string(level)));
  }
  if (total == 0) return "No finding of medium level or above";
  return plural(total, "finding") + " (" + join(levels, ", ") + ")";
}

std::string completeness_of(const ScanReport& report) {
  if (!report.examined()) return "**nothing was examined: no CloudTrail files**";
  if (report.complete()) return "every file was read to its end";
  std::vector<std::string> gaps;
  if (report.interrupted) gaps.emplace_back("the run was interrupted");
  if (report.files_unread > 0) gaps.push_back(plural(report.files_unread, "file") + " not read");
  if (report.partial_files > 0)
    gaps.push_back(plural(report.partial_files, "file") + " read in part");
  if (report.quarantined() > 0)
    gaps.push_back(plural(report.quarantined(), "stretch", "stretches") + " in quarantine");
  return "**not complete:** " + join(gaps, ", ");
}

void write_scope(std::string& out, const ScanReport& report) {
  const detect::Outcome& outcome = report.outcome;
  item(out, "Looked in",
       code_list(report.inputs) + ", " + plural(report.files, "file") + ", " +
           plural(outcome.events - outcome.duplicates, "event"));
  if (outcome.events > outcome.without_time)
    item(out, "Period", period_text(outcome.first, outcome.last));
  std::vector<std::string> accounts, regions;
  for (const auto& [account, count] : outcome.accounts) accounts.push_back(account);
  for (const auto& [region, count] : outcome.regions) regions.push_back(region);
  item(out, "Accounts", code_list(accounts));
  item(out, "Regions", code_list(regions));
  item(out, "Filters", code_list(report.filters));
  item(out, "Input", completeness_of(report));
  uint64_t findings = std::accumulate(outcome.findings_by_level.begin(),
                                      outcome.findings_by_level.end(), uint64_t{0});
  if (findings > outcome.findings.size())
    item(out, "Told here",
         "the first " + format_count(outcome.findings.size()) + " of " +
             plural(findings, "finding") + "; all are in findings.jsonl");
}

void write_coverage(std::string& out, const ScanReport& report) {
  Coverage coverage = coverage_of(report);
  out += "\n## What could not be seen\n\n";
  out += "- " + format_count(coverage.matched) + " of " + plural(coverage.rules, "rule") +
         " matched; " + format_count(coverage.blind.size()) +
         " could not have fired on these logs.\n";
  auto blind = [&](BlindRule::Reason reason, const char* why) {
    std::vector<std::string> codes;
    for (const BlindRule& rule : coverage.blind)
      if (rule.reason == reason) codes.push_back(prose(report.rules[rule.rule].code));
    if (codes.empty()) return;
    uint64_t total = codes.size();
    if (codes.size() > kBlindRules) codes.resize(kBlindRules);
    out += "- " + std::string(why) + ": " + join(codes, ", ");
    if (total > codes.size()) out += " and " + format_count(total - codes.size()) + " more";
    out += "\n";
  };
  blind(BlindRule::Reason::kNoSource, "No event of the services they watch");
  blind(BlindRule::Reason::kNoDataEvents, "No data events were logged");
  blind(BlindRule::Reason::kNoField, "A field they need never occurs");
  if (coverage.silent_hours > 0)
    out += "- " + format_count(coverage.silent_hours) + " of " + plural(coverage.hours, "hour") +
           " without any event.\n";
  for (size_t i = 0; i < std::min(coverage.gaps.size(), kValues); ++i) {
    const Coverage::Gap& gap = coverage.gaps[i];
    out += "- No event";
    if (!gap.account.empty()) out += " of account " + code(gap.account);
    out += " from " + format_time(gap.begin) + " to " + format_time(gap.end) + ".\n";
  }
}

void write_making(std::string& out, const ScanReport& report) {
  out += "\n## How this was made\n\n";
  item(out, "Program", "cairn " + prose(report.version));
  const RuleCounts& counts = report.rule_counts;
  std::string built_in = counts.builtin == counts.loaded
                             ? "all built in"
                             : format_count(counts.builtin) + " of them built in";
  item(out, "Rules",
       format_count(counts.loaded) + ", " + built_in + "; findings from level " +
           std::string(to_string(report.min_level)) + " up");
  if (report.rule_counts.rejected > 0)
    item(out, "Rules not loaded", format_count(report.rule_counts.rejected));
}

}  // namespace

Status write_summary_markdown(OutputFile& out, const ScanReport& report) {
  std::vector<FoldedFinding> all = fold(report.outcome);
  std::string text = "# CloudTrail: ";
  if (size_t count = report.incidents.list.size(); count > 0)
    text += plural(count, "incident") + ", ";
  std::string verdict = verdict_of(all);
  if (!report.incidents.list.empty() && verdict.starts_with("No")) verdict[0] = 'n';
  text += verdict + "\n\n";
  write_scope(text, report);
  write_incidents(text, report.incidents);
  write_findings(text, report, all);
  write_principals(text, report);
  write_coverage(text, report);
  write_making(text, report);
  return out.write(text);
}

}  // namespace cairn::report
