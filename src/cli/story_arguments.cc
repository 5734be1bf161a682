#include "cli/story_arguments.h"

#include "cli/rules_arguments.h"
#include "cli/shared_options.h"
#include "cli/usage_error.h"

#include <CLI/CLI.hpp>

namespace cairn::cli {

struct StoryArguments::State {
  CLI::App* story = nullptr;
  StoryCommand command;
  FilterTexts filter;
  bool no_builtin = false;
};

StoryArguments::StoryArguments(CLI::App& app) : state_(std::make_unique<State>()) {
  State& raw = *state_;
  raw.story = app.add_subcommand("story", "Tell incidents whole: who, why, step by step, what now");
  CLI::App& to = *raw.story;
  StoryCommand& command = raw.command;
  to.add_option("INCIDENT... PATH", command.words.words,
                "Ids of incidents as cairn scan names them (none: all), then where: the same files "
                "or folders; without a path: the lake");
  to.add_option("--in", command.words.paths, "A path; then every word is an incident")
      ->allow_extra_args(false)
      ->group("Where");
  add_filter(to, raw.filter, command.place.read.filter);
  to.add_option("-r,--rules", command.rules.paths,
                "Sigma rules to run besides the built-in pack: files or folders")
      ->allow_extra_args(false)
      ->group("Rules");
  to.add_flag("--no-builtin", raw.no_builtin, "Leave the built-in pack out")->group("Rules");
  add_lake_choice(to, command.lake);
  add_sets(to, command.rules.sets, "Rules");
  to.add_flag("--json", command.json, "Write JSON lines: one incident a line")->group("Output");
  to.add_option("--html", command.html,
                "Also write the stories as one page for a browser, which loads nothing else")
      ->group("Output");
  add_places(to, command.geoip);
  add_appearance(to, command.appearance);
  add_threads(to, command.place.read.threads);
  to.footer(
      "The events are read again, so give the same rules and filters as to cairn scan.\n"
      "Exit codes: 0 told, 1 no such incident, 2 wrong usage, 3 something could not be read.\n"
      "Examples:\n"
      "  cairn story INC-644c1fbd1d ./AWSLogs\n"
      "  cairn story ./AWSLogs --json | jq .story\n"
      "  cairn story --lake ./lake --html stories.html");
}

StoryArguments::~StoryArguments() = default;

std::optional<Command> StoryArguments::finish(Timestamp now) {
  State& raw = *state_;
  if (!raw.story->parsed()) return std::nullopt;
  if (auto stop = finish_filter("story", raw.filter, now, raw.command.place.read.filter))
    return *stop;
  raw.command.rules.builtin = !raw.no_builtin;
  return raw.command;
}

}  // namespace cairn::cli
