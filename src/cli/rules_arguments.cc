#include "cli/rules_arguments.h"

#include "cli/shared_options.h"
#include "engine/rule_tools.h"

#include <CLI/CLI.hpp>

namespace cairn::cli {

void add_sets(CLI::App& to, std::vector<std::string>& sets, const std::string& group) {
  std::vector<std::string> names;
  std::string description = "Also run a set of rules inside the program:";
  for (const engine::RuleSetKind& set : engine::rule_set_kinds()) {
    names.emplace_back(set.name);
    description += (names.size() > 1 ? "; " : " ") + std::string(set.name) + " (" +
                   std::string(set.content) + ")";
  }
  CLI::Option* option = to.add_option("--set", sets, description)
                            ->allow_extra_args(false)
                            ->check(CLI::IsMember(names));
  if (!group.empty()) option->group(group);
}

void add_rules(CLI::App& app, RulesCommand& raw, bool& no_builtin) {
  auto add_values = [&raw](CLI::App* command) {
    command->add_option("--values", raw.rules.values_path,
                        "YAML file with the values of placeholders (expand) in rules");
  };
  CLI::App* rules = app.add_subcommand("rules", "Look at rules, test and translate them");
  rules->require_subcommand(1);
  auto add = [&](const char* name, const char* description, RulesCommand::Action action) {
    CLI::App* command = rules->add_subcommand(name, description);
    command->callback([&raw, action] { raw.action = action; });
    return command;
  };
  CLI::App* list = add("list", "List the rules that a scan would run", RulesCommand::Action::kList);
  list->add_option("-r,--rules", raw.rules.paths, "Also these files or folders")
      ->allow_extra_args(false);
  list->add_flag("--no-builtin", no_builtin, "Leave the built-in pack out");
  add_sets(*list, raw.rules.sets, "");
  add_values(list);
  CLI::App* check = add("check", "Load rule files and print every error and warning",
                        RulesCommand::Action::kCheck);
  check->add_option("PATH", raw.rules.paths, "Sigma files or folders (default: the built-in pack)");
  check->add_option("--logs", raw.logs, "Also run the rules over these logs and say how they fared")
      ->allow_extra_args(false);
  add_places(*check, raw.geoip);
  check->add_flag("--strict", raw.strict, "Warnings count as errors");
  add_values(check);
  CLI::App* test =
      add("test", "Run rules over the records beside them (CODE.match.jsonl, CODE.nomatch.jsonl)",
          RulesCommand::Action::kTest);
  test->add_option("PATH", raw.rules.paths, "Sigma files or folders")->required();
  add_values(test);
  CLI::App* explain =
      add("explain", "Print what a rule's condition came to, or why an event matches it or not",
          RulesCommand::Action::kExplain);
  explain
      ->add_option("RULE", raw.names,
                   "Codes or ids of rules; then perhaps an event: a file that holds it alone, or, "
                   "with --logs, its eventID")
      ->required();
  explain->add_option("--logs", raw.logs, "Where the event of this eventID is")
      ->allow_extra_args(false);
  explain->add_flag("--json", raw.json, "One JSON object a line for each rule");
  explain->footer(
      "Examples:\n  cairn rules explain LOG-02\n  cairn rules explain LOG-02 event.json\n  cairn "
      "rules explain my-rule.yml 0f2c… --logs ./AWSLogs\nExit codes: 0 explained, 3 something "
      "could "
      "not be read, 2 wrong usage.");
  explain->add_option("-r,--rules", raw.rules.paths, "Also these files or folders")
      ->allow_extra_args(false);
  explain->add_flag("--no-builtin", no_builtin, "Leave the built-in pack out");
  add_sets(*explain, raw.rules.sets, "");
  add_values(explain);
  CLI::App* convert =
      add("convert", "Write rules in another language, or say why that cannot be exact",
          RulesCommand::Action::kConvert);
  convert->add_option("RULE", raw.names,
                      "Codes, ids or titles of rules, or files and folders of them (default: all)");
  convert
      ->add_option("--to", raw.to, "duckdb, athena, clickhouse, cloudwatch, eventbridge or sigma")
      ->required()
      ->check(CLI::IsMember(engine::conversion_targets()));
  convert
      ->add_option("--from", raw.from,
                   "RULE is no rule but a pattern, or a file of one (- for standard input): "
                   "cloudwatch or eventbridge")
      ->check(CLI::IsMember(engine::pattern_languages()))
      ->needs(convert->get_option("RULE"));
  convert->add_flag(
      "--plain-fields", raw.plain_fields,
      "Take each field of requestParameters and its like for a single value, never in "
      "an array");
  convert->add_flag("--json", raw.json, "One JSON object a line for each rule");
  convert->add_option("-r,--rules", raw.rules.paths, "Also these files or folders")
      ->allow_extra_args(false);
  convert->add_flag("--no-builtin", no_builtin, "Leave the built-in pack out");
  add_sets(*convert, raw.rules.sets, "");
  convert->footer(
      "Examples:\n  cairn rules convert LOG-02 --to athena\n  cairn rules convert ./rules --to "
      "duckdb --json\n  cairn rules convert --from cloudwatch --to athena '{ $.eventName = "
      "ConsoleLogin "
      "}'\nExit codes: 0 all were converted, 3 some were refused, 2 wrong usage.");
  add_values(convert);
  auto choose = [&](CLI::App* command) {
    command->add_option("RULE", raw.names,
                        "Codes, ids or titles of rules, or files and folders of them");
    command->add_option("-r,--rules", raw.rules.paths, "Also these files or folders")
        ->allow_extra_args(false);
    command->add_flag("--no-builtin", no_builtin, "Leave the built-in pack out");
    add_sets(*command, raw.rules.sets, "");
    add_values(command);
  };
  CLI::App* show =
      add("show", "Print rules whole: what they say, mean and need", RulesCommand::Action::kShow);
  choose(show);
  show->get_option("RULE")->required();
  CLI::App* backtest = add("backtest", "Run rules over logs: matches by day, alerts, overlap, cost",
                           RulesCommand::Action::kBacktest);
  choose(backtest);
  backtest->add_option("--logs", raw.logs, "Files or folders of CloudTrail logs")
      ->required()
      ->allow_extra_args(false);
  add_places(*backtest, raw.geoip);
  CLI::App* coverage = add("coverage", "Print which techniques of ATT&CK the rules name",
                           RulesCommand::Action::kCoverage);
  choose(coverage);
  coverage->add_option("--navigator", raw.navigator, "Also write a layer for ATT&CK Navigator");
  CLI::App* attempt =
      add("try", "Hold patterns against events, one pair a line", RulesCommand::Action::kTry);
  attempt->add_option("FILE", raw.lines, "JSON lines (default: standard input)");
  attempt->footer(
      "A line is {\"language\": \"sigma|cloudwatch|eventbridge\", \"pattern\": TEXT, \"event\": "
      "TEXT};\n"
      "the answer is match, no match, or error: and why. Exit codes: 0 answered, 2 wrong usage, 3 "
      "the\n"
      "lines could not be read.");
}

}  // namespace cairn::cli
