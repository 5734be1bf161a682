#include "cli/monitor_arguments.h"

#include <CLI/CLI.hpp>

namespace cairn::cli {

struct MonitorArguments::State {
  CLI::App* monitor = nullptr;
  MonitorCommand command;
};

MonitorArguments::MonitorArguments(CLI::App& app) : state_(std::make_unique<State>()) {
  State& raw = *state_;
  raw.monitor = app.add_subcommand("monitor", "Judge CloudWatch alarms as CloudWatch does");
  raw.monitor->require_subcommand(1);
  CLI::App* attempt =
      raw.monitor->add_subcommand("try", "Hold alarms against datapoints, one alarm a line");
  attempt->add_option("FILE", raw.command.lines, "JSON lines (default: standard input)");
  attempt->footer(
      "A line is {\"alarm\": PROPERTIES, \"datapoints\": [number or null, oldest first], "
      "\"state\": "
      "\"OK\"};\n"
      "PROPERTIES are those of AWS::CloudWatch::Alarm, or of AWS::CloudWatch::CompositeAlarm with\n"
      "\"states\": {ALARM: STATE} for datapoints. The answer is the state, or error: and why.\n"
      "Exit codes: 0 answered, 2 wrong usage, 3 the lines could not be read.");
}

MonitorArguments::~MonitorArguments() = default;

std::optional<Command> MonitorArguments::finish() {
  if (!state_->monitor->parsed()) return std::nullopt;
  return state_->command;
}

}  // namespace cairn::cli
