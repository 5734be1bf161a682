#include "base/text.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/replay_output.h"
#include "cli/screen.h"
#include "cli/usage_error.h"

namespace cairn::cli {

int run(const ReplayCommand& command, engine::World world) {
  engine::ReplayOptions options = command.options;
  std::unique_ptr<lake::Lake> lake;
  if (options.place.read.inputs.empty()) {
    auto opened = open_lake(command.lake, lake::Access::kRead, world);
    if (!opened.ok()) return job_failed(opened.error());
    lake = std::move(opened).value();
    options.place.lake = lake.get();
  }
  ProgressLine line(command.appearance);
  auto result = engine::run_replay(
      world, options, [&](const engine::ScanProgress& progress) { line.show(progress); });
  line.clear();
  if (!result.ok()) {
    if (result.error().code != ErrorCode::kInvalidInput) return job_failed(result.error());
    print_error(usage_error("monitor replay", result.error().message).text);
    return kExitUsage;
  }
  const engine::ReplayResult& replay = result.value();
  print_diagnostics(replay.diagnostics, 20);
  if (replay.diagnostics.has_errors()) return kExitUsage;
  print_problems(replay.read);
  if (replay.variants.front().alarms.empty()) complain("the templates have no alarms");
  std::string text = command.json
                         ? replay_json(replay)
                         : render_replay(replay, command, style_for(command.appearance, false));
  if (command.json || !command.appearance.quiet) {
    if (!print_out(text)) return kExitIncomplete;
  }
  if (!command.json && !command.appearance.quiet)
    print_error(reading_sentence(replay.read) + "; replayed in " + format_seconds(replay.seconds) +
                "\n");
  return listing_exit_code(replay.read, !replay.nothing());
}

}  // namespace cairn::cli
