#include "base/text.h"
#include "cli/commands.h"
#include "cli/screen.h"

namespace cairn::cli {

namespace {

int list_attacks() {
  std::string text = "Attacks that cairn simulate can play:\n\n";
  for (const auto& scenario : simulate::attack_scenarios()) {
    text += "  ";
    text += scenario.name;
    text += "\n      ";
    text += scenario.description;
    text += "\n      detections:";
    for (std::string_view code : scenario.detections) {
      text += ' ';
      text += code;
    }
    text += "\n";
  }
  return print_out(text) ? 0 : kExitIncomplete;
}

}  // namespace

int run(const SimulateCommand& command, engine::World world) {
  if (command.list_attacks) return list_attacks();
  ProgressLine line(command.appearance);
  auto summary = simulate::simulate(world.files, command.folder, command.plan,
                                    [&](const simulate::SimulationProgress& progress) {
                                      line.show(progress);
                                      return !world.interrupted.load();
                                    });
  line.clear();
  if (!summary.ok()) {
    complain("simulate: " + summary.error().message);
    return summary.error().code == ErrorCode::kInvalidInput ? kExitUsage : kExitIncomplete;
  }
  if (command.appearance.quiet) return 0;
  const auto& made = summary.value();
  Timestamp end = command.plan.start + command.plan.length;
  std::string text = "Simulated " + plural(made.events, "event") + " of " +
                     plural(made.accounts.size(), "account") + ", " +
                     format_time_short(command.plan.start) + " to " + format_time_short(end) +
                     " UTC, seed " + std::to_string(command.plan.seed) + "\n";
  text += "  " + plural(made.files, "file") + ", " + format_bytes(made.stored_bytes) + " (" +
          format_bytes(made.text_bytes) + " of JSON); " + format_count(made.error_events) +
          " calls failed or were denied\n";
  if (!command.plan.attacks.empty()) {
    text += "  " + plural(made.attack_events, "event") + " of " +
            plural(command.plan.attacks.size(), "attack") + ": " +
            join(command.plan.attacks, ", ") + "\n";
  }
  text += "  logs   " + printable(join_path(command.folder, "AWSLogs")) + "\n";
  text += "  truth  " + printable(join_path(command.folder, "truth.jsonl")) + "\n";
  return print_out(text) ? 0 : kExitIncomplete;
}

}  // namespace cairn::cli
