#include "cli/insights_arguments.h"

#include "cli/usage_error.h"

#include <CLI/CLI.hpp>

namespace cairn::cli {

struct InsightsArguments::State {
  CLI::App* app = nullptr;
  InsightsCommand command;
  FilterTexts filter;
  std::string only, learning;
};

InsightsArguments::InsightsArguments(CLI::App& app) : state_(std::make_unique<State>()) {
  State& s = *state_;
  InsightsCommand& command = s.command;
  engine::InsightsOptions& options = command.options;
  s.app = app.add_subcommand("insights", "Tell what is unusual: rates of calls, and behaviour");
  s.app->add_option("PATH", options.place.read.inputs,
                    "Files or folders of CloudTrail logs, - for standard input; none: the lake");
  s.app
      ->add_option("--only", s.only,
                   "rates (bursts and drops of an API) or behaviour (of principals)")
      ->check(CLI::IsMember({"rates", "behaviour"}))
      ->group("What");
  s.app
      ->add_option("--threshold", options.threshold,
                   "Score of behaviour that is told: 2 tells more, 5 only the oddest (2.5)")
      ->check(CLI::Range(0.1, 100.0))
      ->group("What");
  s.app
      ->add_option("--learning", s.learning,
                   "Behaviour is only learned for so long: 12h, 3d (default: a quarter of the "
                   "logs, at most 3d)")
      ->group("What");
  s.app->add_flag("--services", options.services, "Behaviour of AWS services too")->group("What");
  add_filter(*s.app, s.filter, options.place.read.filter);
  add_lake_choice(*s.app, command.lake);
  s.app
      ->add_flag("--json", command.json,
                 "Write one JSON object a line: Insight events as CloudTrail writes them")
      ->group("Output");
  s.app->add_option("-o,--output", command.output, "Write to this file instead of the screen")
      ->group("Output");
  add_appearance(*s.app, command.appearance);
  add_threads(*s.app, options.place.read.threads);
  s.app->footer(
      "Exit codes: 0 something is unusual, 1 nothing is, 2 wrong usage, 3 something could not be "
      "read.\n"
      "Examples:\n"
      "  cairn insights ./AWSLogs\n"
      "  cairn insights ./AWSLogs --only rates --json > insights.jsonl\n"
      "  cairn insights --lake ./lake --from 30d --threshold 5");
}

InsightsArguments::~InsightsArguments() = default;

std::optional<Command> InsightsArguments::finish(Timestamp now) {
  State& s = *state_;
  if (!s.app->parsed()) return std::nullopt;
  engine::InsightsOptions& options = s.command.options;
  if (auto stop = finish_filter("insights", s.filter, now, options.place.read.filter)) return *stop;
  if (!s.learning.empty()) {
    auto learning = parse_duration(s.learning);
    if (!learning.ok()) return usage_error("insights", "--learning: " + learning.error().message);
    options.learning = learning.value();
  }
  options.rates = s.only != "behaviour";
  options.behaviour = s.only != "rates";
  if (!options.place.read.inputs.empty() && !s.command.lake.folder.empty())
    return usage_error("insights", "a path and --lake: ask either logs or the lake");
  return s.command;
}

}  // namespace cairn::cli
