#include "cli/stack_arguments.h"

#include "base/text.h"
#include "cli/usage_error.h"

#include <CLI/CLI.hpp>

namespace cairn::cli {

struct StackArguments::State {
  CLI::App* template_app = nullptr;
  CLI::App* check = nullptr;
  CLI::App* builtin = nullptr;
  CLI::App* apply = nullptr;
  CLI::App* list = nullptr;
  CLI::App* show = nullptr;
  StackCommand command;
  std::vector<std::string> parameters;

  void add_parameters(CLI::App& app) {
    app.add_option("-p,--parameters,--parameter", parameters,
                   "A value for a parameter, an export or AWS::Region and its kind: NAME=VALUE, "
                   "again for more")
        ->allow_extra_args(false);
  }
  void add_state(CLI::App& app) {
    app.add_option("--state", command.state_folder,
                   "The folder where state is kept (default: $CAIRN_STATE, else "
                   "~/.local/share/cairn/state)");
  }
  void add_choice(CLI::App& app) {
    app.add_option("-t,--template", command.files,
                   "This template instead of what was applied; again for more")
        ->allow_extra_args(false);
    add_parameters(app);
    add_state(app);
    app.add_flag("--json", command.json, "Print JSON");
  }
  void add_template(CLI::App& app);
  void add_apply(CLI::App& app);
  void add_monitor(CLI::App& monitor);
};

void StackArguments::State::add_template(CLI::App& app) {
  template_app = app.add_subcommand("template", "Check CloudFormation templates");
  template_app->require_subcommand(1);
  check = template_app->add_subcommand("check", "Say what is wrong with templates, and what runs");
  check->add_option("FILE", command.files, "Templates, YAML or JSON")->required();
  add_parameters(*check);
  check->add_flag("--json", command.json, "Print JSON");
  check->footer(
      "Functions, parameters and conditions are worked out, properties held against what\n"
      "CloudFormation takes; filter patterns, alarms, rules of composite alarms, event patterns\n"
      "and dashboards are read as AWS reads them. Nothing is sent anywhere.\n"
      "Exit codes: 0 nothing wrong, 2 wrong usage or something wrong, 3 a file could not be read.");
  builtin = template_app->add_subcommand(
      "builtin", "Print the template inside the program, to deploy or to change");
}

void StackArguments::State::add_apply(CLI::App& app) {
  apply = app.add_subcommand("apply", "Run these CloudFormation templates from now on");
  apply->add_option("TEMPLATE", command.files, "Templates, YAML or JSON");
  add_parameters(*apply);
  add_state(*apply);
  apply->add_flag("-n,--dry-run", command.dry_run, "Only say what would change");
  apply->add_flag("--builtin", command.builtin, "Run the template inside the program again");
  apply->add_flag("--json", command.json, "Print JSON");
  apply->footer(
      "What runs is replaced as a whole; the same templates once more change nothing. Nothing is\n"
      "sent to AWS: for that, aws cloudformation deploy takes the same files.\n"
      "Exit codes: 0 done, 2 wrong usage or something wrong with a template, 3 a file could not "
      "be\n"
      "read or written.\n"
      "Examples:\n"
      "  cairn apply cis.yaml --parameters LogGroupName=CloudTrail/logs\n"
      "  cairn template builtin > security.yaml   # change it, then:\n"
      "  cairn apply security.yaml --dry-run");
}

void StackArguments::State::add_monitor(CLI::App& monitor) {
  list = monitor.add_subcommand("list", "List the filters, alarms and dashboards that run");
  add_choice(*list);
  show = monitor.add_subcommand("show", "Show one of them whole");
  show->add_option("NAME", command.names, "Names or logical ids, * and ? allowed")->required();
  add_choice(*show);
}

StackArguments::StackArguments(CLI::App& app) : state_(std::make_unique<State>()) {
  State& raw = *state_;
  raw.add_template(app);
  raw.add_apply(app);
  raw.add_monitor(*app.get_subcommand("monitor"));
}

StackArguments::~StackArguments() = default;

std::optional<Command> StackArguments::finish() {
  State& raw = *state_;
  StackCommand& command = raw.command;
  using Kind = StackCommand::Kind;
  const char* name = "monitor";
  if (raw.check->parsed()) {
    command.kind = Kind::kCheck;
    name = "template";
  } else if (raw.builtin->parsed()) {
    command.kind = Kind::kBuiltin;
  } else if (raw.apply->parsed()) {
    command.kind = Kind::kApply;
    name = "apply";
    if (command.files.empty() != command.builtin)
      return usage_error("apply", "name templates, or say --builtin");
  } else if (raw.list->parsed()) {
    command.kind = Kind::kList;
  } else if (raw.show->parsed()) {
    command.kind = Kind::kShow;
  } else {
    return std::nullopt;
  }
  for (const std::string& text : raw.parameters) {
    size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      return usage_error(name,
                         "--parameters: expected NAME=VALUE, got \"" + printable(text) + "\"");
    command.parameters[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return command;
}

}  // namespace cairn::cli
