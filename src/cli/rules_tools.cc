#include "cli/rules_tools.h"

#include "base/text.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/places.h"
#include "cli/screen.h"
#include "engine/rule_tools.h"
#include "formats/json_writer.h"

#include <algorithm>
#include <cstdio>

namespace cairn::cli {

namespace {

constexpr size_t kRemarks = 20;

/// What begins a comment in a language; patterns have no comments.
std::string comment_of(const std::string& language) {
  if (language == "sigma") return "# ";
  return language == "cloudwatch" || language == "eventbridge" ? "" : "-- ";
}

std::string as_json(const engine::ConvertedRule& rule, const std::string& to) {
  JsonWriter json;
  json.begin_object()
      .member("code", rule.info.code)
      .member("id", rule.info.id)
      .member("title", rule.info.title)
      .member("to", to);
  if (rule.refused.empty()) {
    json.member("text", rule.text).key("assumptions").begin_array();
    for (const std::string& assumption : rule.assumptions) json.value(assumption);
    json.end_array();
  } else {
    json.member("refused", rule.refused);
  }
  return std::move(json.end_object()).take() + "\n";
}

std::string as_text(const engine::ConvertedRule& rule, const std::string& to, bool alone) {
  std::string comment = comment_of(to), out;
  if (!comment.empty()) {
    if (to != "sigma")
      out += comment + printable(rule.info.code) + "  " + printable(rule.info.title) + "\n";
    for (const std::string& assumption : rule.assumptions)
      out += comment + "assumes: " + printable(assumption) + "\n";
  } else if (!alone) {
    out += printable(rule.info.code) + "\t";
  }
  out += rule.text;
  if (comment == "-- ") out += ";";
  return out + "\n";
}

}  // namespace

int convert_rules(const RulesCommand& command, engine::World world) {
  auto converted = command.from.empty()
                       ? engine::convert_rules(world, {command.rules, command.names}, command.to,
                                               command.plain_fields)
                       : engine::convert_patterns(world, command.from, command.names, command.to,
                                                  command.plain_fields);
  if (!converted.ok()) return job_failed(converted.error());
  print_diagnostics(converted.value().diagnostics, kRemarks);
  const auto& rules = converted.value().rules;
  size_t refused = 0;
  bool first = true;
  for (const engine::ConvertedRule& rule : rules) {
    const bool is_refused = !rule.refused.empty();
    refused += is_refused ? 1 : 0;
    if (is_refused && !command.json) {
      complain(printable(rule.info.code) + " is refused: " + rule.refused);
      continue;
    }
    std::string text =
        command.json ? as_json(rule, command.to) : as_text(rule, command.to, rules.size() == 1);
    if (!command.json && !first && !comment_of(command.to).empty())
      text.insert(0, command.to == "sigma" ? "---\n" : "\n");
    first = false;
    if (!print_out(text)) return kExitIncomplete;
    if (comment_of(command.to).empty() && !command.json) {
      for (const std::string& assumption : rule.assumptions)
        print_error("cairn: " + printable(rule.info.code) + " assumes: " + assumption + "\n");
    }
  }
  if (refused > 0 && rules.size() > 1)
    print_error("cairn: " + format_count(rules.size() - refused) + " of " +
                plural(rules.size(), "rule") + " converted, " + format_count(refused) +
                " refused\n");
  return refused > 0 || converted.value().diagnostics.has_errors() ? kExitIncomplete : 0;
}

namespace {

constexpr double kOftenShare = 0.2;  // of all events: more is no finding any more
constexpr size_t kDaysShown = 10;
constexpr size_t kCodeWidth = 40;

std::string column(std::string text, size_t width) {
  size_t used = display_width(text);
  return std::move(text) + std::string(used < width ? width - used : 0, ' ') + "  ";
}
std::string right(const std::string& text, size_t width) {
  return std::string(text.size() < width ? width - text.size() : 0, ' ') + text + "  ";
}

std::string fixed(double value, int digits) {
  char buffer[32];
  int length = std::snprintf(buffer, sizeof buffer, "%.*f", digits, value);
  return {buffer, static_cast<size_t>(length)};
}
std::string share(uint64_t part, uint64_t whole) {
  if (whole == 0 || part == 0) return "0 %";
  double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  return percent < 0.001 ? "<0.001 %" : fixed(percent, percent < 1 ? 3 : 1) + " %";
}

/// Why a rule is worth a look; "" when it is not.
std::string remark_of(const engine::StudiedRule& rule, uint64_t events) {
  if (events > 0 && rule.matches == events) return "matches every event";
  if (events > 0 && static_cast<double>(rule.matches) > kOftenShare * static_cast<double>(events))
    return "matches more than a fifth of all events";
  if (rule.matches > 0) return "";
  if (!rule.saw_its_events) return "not judged: no event of its services or names here";
  if (!rule.absent_fields.empty())
    return "never: its events have no " + printable(join(rule.absent_fields, ", "));
  return "never: its events are here, none fulfils the rest";
}

std::string study_line(const engine::RuleStudy& study) {
  return format_count(study.events) + " events of " + plural(study.files, "file") + " on " +
         plural(study.days, "day") + "; all rules together " + fixed(study.microseconds, 2) +
         " µs an event\n";
}

std::string days_text(const engine::StudiedRule& rule) {
  std::string text;
  size_t shown = 0;
  for (const auto& [day, count] : rule.days) {
    if (shown++ == kDaysShown) {
      return text + ", … and " + plural(rule.days.size() - kDaysShown, "more day");
    }
    text += (text.empty() ? "" : ", ") + day + " " + format_count(count);
  }
  return text;
}

std::string backtest_text(const engine::StudiedRule& rule, uint64_t events) {
  std::string out = printable(rule.info.code) + "  " + printable(rule.info.title) + "  (" +
                    std::string(to_string(rule.info.level)) + ")\n";
  auto line = [&out](std::string_view name, const std::string& text) {
    out += "  " + column(std::string(name), 10) + text + "\n";
  };
  line("matches", plural(rule.matches, "event") + ", " + share(rule.matches, events) + " of all");
  if (!rule.days.empty()) line("by day", days_text(rule));
  if (rule.principals > 0) line("by", plural(rule.principals, "principal"));
  line("alerts", format_count(rule.findings) + " after grouping by " +
                     printable(join(rule.info.dedup_by, ", ")) + " within " +
                     format_duration(rule.info.dedup_window));
  std::string overlaps;
  for (const auto& [code, count] : rule.overlaps)
    overlaps += (overlaps.empty() ? "" : ", ") + printable(code) + " in " + format_count(count);
  if (!overlaps.empty()) line("also match", overlaps);
  if (rule.microseconds > 0) line("cost", fixed(rule.microseconds, 3) + " µs an event by itself");
  if (std::string remark = remark_of(rule, events); !remark.empty()) line("note", remark);
  return out;
}

/// Prints what was found out, and what could not be read; returns the exit code.
int end_of_study(const engine::RuleStudy& study, const std::string& text) {
  if (study.events > 0 && !print_out(text)) return kExitIncomplete;
  print_problems(study.read);
  return study.read.complete() && study.read.examined ? 0 : kExitIncomplete;
}

Result<engine::RuleStudy> study(const RulesCommand& command, const engine::RuleChoice& choice,
                                engine::World world) {
  TRY_ASSIGN(const geo::Atlas atlas, open_atlas(command.geoip, world.files));
  const engine::World located{world.files, world.clock, world.interrupted, atlas};
  ProgressLine progress(command.appearance);
  auto studied =
      engine::study_rules(located, choice, command.logs,
                          [&progress](const engine::ScanProgress& state) { progress.show(state); });
  progress.clear();
  return studied;
}

}  // namespace

int backtest_rules(const RulesCommand& command, engine::World world) {
  auto studied = study(command, {command.rules, command.names}, world);
  if (!studied.ok()) return job_failed(studied.error());
  print_diagnostics(studied.value().diagnostics, kRemarks);
  auto& rules = studied.value().rules;
  std::stable_sort(rules.begin(), rules.end(),
                   [](const auto& a, const auto& b) { return a.matches > b.matches; });
  std::string text;
  size_t silent = 0;
  for (const engine::StudiedRule& rule : rules) {
    if (rule.matches == 0 && rule.findings == 0 && command.names.empty()) {
      ++silent;
      continue;
    }
    text += backtest_text(rule, studied.value().events) + "\n";
  }
  if (silent > 0)
    text += plural(silent, "rule") + " matched nothing: cairn rules check --logs says why\n";
  text += study_line(studied.value());
  if (studied.value().hits_cut)
    text += "More matches than are kept: days, principals and overlaps are of the first ones.\n";
  return end_of_study(studied.value(), text);
}

int check_with_logs(const RulesCommand& command, engine::World world) {
  auto studied = study(command, {command.rules, {}}, world);
  if (!studied.ok()) return job_failed(studied.error());
  auto& rules = studied.value().rules;
  std::stable_sort(rules.begin(), rules.end(),
                   [](const auto& a, const auto& b) { return a.matches > b.matches; });
  size_t width = 4;
  for (const engine::StudiedRule& rule : rules)
    width =
        std::max(width, display_width(truncate_to_width(printable(rule.info.code), kCodeWidth)));
  std::string text = "\n" + column("RULE", width) + right("events", 9) + right("share", 9) +
                     right("alerts", 7) + "us/event\n";
  for (const engine::StudiedRule& rule : rules) {
    text += column(truncate_to_width(printable(rule.info.code), kCodeWidth), width) +
            right(format_count(rule.matches), 9) +
            right(share(rule.matches, studied.value().events), 9) +
            right(format_count(rule.findings), 7) +
            right(rule.microseconds > 0 ? fixed(rule.microseconds, 3) : "-", 8) +
            remark_of(rule, studied.value().events);
    while (text.ends_with(' ')) text.pop_back();
    text += '\n';
  }
  text += "\n" + study_line(studied.value());
  return end_of_study(studied.value(), text);
}

int cover_rules(const RulesCommand& command, engine::World world) {
  auto covered = engine::cover_rules(world, {command.rules, command.names}, command.navigator);
  if (!covered.ok()) return job_failed(covered.error());
  const engine::RuleCoverage& coverage = covered.value();
  std::string text;
  for (const engine::CoveredTactic& tactic : coverage.tactics) {
    text += tactic.id + "  " + tactic.name + ": " + plural(tactic.rules, "rule") + ", " +
            plural(tactic.techniques.size(), "technique") + "\n";
    for (const engine::CoveredTechnique& technique : tactic.techniques)
      text += "  " + column(technique.technique, 10) + printable(join(technique.rules, " ")) + "\n";
  }
  text += (text.empty() ? "" : "\n") + plural(coverage.rules, "rule") + " name " +
          plural(coverage.techniques, "technique") + " of ATT&CK in " +
          plural(coverage.tactics.size(), "tactic");
  if (coverage.untagged > 0)
    text += "; without any: " + printable(join(coverage.without_tags, " "));
  text += "\n";
  if (!command.navigator.empty())
    text += "Layer for ATT&CK Navigator: " + printable(command.navigator) + "\n";
  return print_out(text) ? 0 : kExitIncomplete;
}

int show_rules(const RulesCommand& command, engine::World world) {
  auto shown = engine::show_rules(world, {command.rules, command.names});
  if (!shown.ok()) return job_failed(shown.error());
  std::string text;
  for (const engine::ShownRule& rule : shown.value()) {
    const RuleInfo& info = rule.info;
    if (!text.empty()) text += '\n';
    text += printable(info.code) + "  " + printable(info.title) + "\n";
    auto line = [&text](std::string_view name, const std::string& value) {
      if (!value.empty()) text += "  " + column(std::string(name), 10) + value + "\n";
    };
    line("level", std::string(to_string(info.level)));
    line("id", printable(info.id));
    line("file", printable(info.file));
    line("ATT&CK", printable(join(info.tags, ", ")));
    line("frameworks", printable(join(info.frameworks, ", ")));
    line("grouped by",
         printable(join(info.dedup_by, ", ")) + " within " + format_duration(info.dedup_window));
    line("over", printable(join(rule.parts, ", ")));
    line("next", printable(trim(info.next_step)));
    line("tests", rule.matching_records + rule.other_records == 0
                      ? ""
                      : plural(rule.matching_records, "record") + " that must match, " +
                            format_count(rule.other_records) + " that must not");
    line("means", printable(rule.explanation));
    text += '\n';
    for (std::string_view part : split(std::string_view(rule.yaml), '\n'))
      if (!part.empty()) text += "    " + printable(part) + "\n";
  }
  return print_out(text) ? 0 : kExitIncomplete;
}

}  // namespace cairn::cli
