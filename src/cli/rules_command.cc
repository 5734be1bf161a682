#include "base/text.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/rules_tools.h"
#include "cli/screen.h"
#include "cli/try_lines.h"
#include "engine/rule_tools.h"

#include <algorithm>
#include <array>

namespace cairn::cli {

namespace {

std::string counts_line(const report::RuleCounts& counts) {
  std::string text = plural(counts.loaded, "rule") + " loaded from " + plural(counts.files, "file");
  if (counts.filters > 0) text += ", " + plural(counts.filters, "filter document") + " applied";
  if (counts.rejected > 0) text += ", " + format_count(counts.rejected) + " rejected";
  if (counts.other_log_source > 0)
    text += ", " + format_count(counts.other_log_source) + " for other log sources";
  return text + "; " + plural(counts.errors, "error") + ", " + plural(counts.warnings, "warning") +
         "\n";
}

int list(const engine::LoadedRules& loaded) {
  std::vector<const RuleInfo*> rules;
  for (const RuleInfo& info : loaded.infos)
    if (!info.silent) rules.push_back(&info);  // not what is only a part of others
  std::stable_sort(rules.begin(), rules.end(),
                   [](const RuleInfo* a, const RuleInfo* b) { return a->level > b->level; });
  std::string text;
  for (const RuleInfo* info : rules) {
    std::string level(to_string(info->level)), code = truncate_to_width(printable(info->code), 36);
    text += level + std::string(15 - level.size(), ' ') + code +
            std::string(std::max<size_t>(display_width(code), 10) - display_width(code) + 2, ' ') +
            printable(info->title) + "\n";
  }
  text += "\n" + counts_line(loaded.counts);
  return print_out(text) ? 0 : kExitIncomplete;
}

int check(const engine::LoadedRules& loaded, bool strict) {
  std::string text;
  for (const Diagnostic& item : loaded.diagnostics.items()) text += format_text(item);
  text += counts_line(loaded.counts);
  if (!print_out(text)) return kExitIncomplete;
  bool wrong = loaded.diagnostics.has_errors() || (strict && loaded.counts.warnings > 0);
  return wrong ? kExitIncomplete : 0;
}

int explain(const engine::LoadedRules& loaded, const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    bool found = false;
    for (size_t i = 0; i < loaded.infos.size(); ++i) {
      const RuleInfo& info = loaded.infos[i];
      if (!equals_ignore_case(info.code, name) && !equals_ignore_case(info.id, name)) continue;
      found = true;
      text += printable(info.code) + "  " + printable(info.title) + "\n";
      text += "  level      " + std::string(to_string(info.level)) + "\n  id         " +
              printable(info.id) + "\n  file       " + printable(info.file) + "\n";
      if (!info.tags.empty()) text += "  tags       " + printable(join(info.tags, ", ")) + "\n";
      if (!info.frameworks.empty())
        text += "  frameworks " + printable(join(info.frameworks, ", ")) + "\n";
      if (!info.description.empty())
        text += "  why        " + printable(trim(info.description)) + "\n";
      if (!info.next_step.empty()) text += "  next       " + printable(trim(info.next_step)) + "\n";
      text += "  grouped by " + printable(join(info.dedup_by, ", ")) + " within " +
              format_duration(info.dedup_window) + "\n";
      text += "  matches    " + printable(loaded.explanations[i]) + "\n";
    }
    if (!found) {
      complain("no rule has the code or id \"" + printable(name) +
               "\"; cairn rules list shows all");
      return kExitUsage;
    }
  }
  return print_out(text) ? 0 : kExitIncomplete;
}

int test(const engine::RuleTestOutcome& outcome) {
  std::string text;
  for (const Diagnostic& item : outcome.diagnostics.items()) text += format_text(item);
  for (const std::string& failure : outcome.failures) text += "FAILED " + printable(failure) + "\n";
  text += plural(outcome.rules, "rule") + ", " + format_count(outcome.with_tests) +
          " with both kinds of test records, " + plural(outcome.records, "record") + ", " +
          plural(outcome.failures.size(), "failure") + "\n";
  if (!print_out(text)) return kExitIncomplete;
  return outcome.failures.empty() && !outcome.diagnostics.has_errors() ? 0 : kExitIncomplete;
}

}  // namespace

int run(const RulesCommand& command, engine::World world) {
  switch (command.action) {
    case RulesCommand::Action::kConvert:
      return convert_rules(command, world);
    case RulesCommand::Action::kShow:
      return show_rules(command, world);
    case RulesCommand::Action::kBacktest:
      return backtest_rules(command, world);
    case RulesCommand::Action::kCoverage:
      return cover_rules(command, world);
    case RulesCommand::Action::kExplain:
      if (asks_about_event(command, world.files)) return explain_event(command, world);
      break;
    default:
      break;
  }
  if (command.action == RulesCommand::Action::kTry)
    return answer_lines(command.lines, world, engine::try_patterns);
  if (command.action == RulesCommand::Action::kTest) {
    engine::RuleOptions beside = command.rules;
    beside.builtin = false;
    auto outcome = engine::test_rules(world, beside);
    return outcome.ok() ? test(outcome.value()) : job_failed(outcome.error());
  }
  auto loaded = command.action == RulesCommand::Action::kCheck
                    ? engine::lint_rules(world, command.rules)
                    : engine::load_rules(world, command.rules);
  if (!loaded.ok()) return job_failed(loaded.error());
  switch (command.action) {
    case RulesCommand::Action::kCheck: {
      int checked = check(loaded.value(), command.strict);
      if (command.logs.empty()) return checked;
      int studied = check_with_logs(command, world);
      return studied != 0 ? studied : checked;
    }
    case RulesCommand::Action::kExplain:
      return explain(loaded.value(), command.names);
    default:
      return list(loaded.value());
  }
}

}  // namespace cairn::cli
