#include "base/text.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/replay_output.h"
#include "cli/screen.h"
#include "cli/usage_error.h"
#include "engine/monitor_run_job.h"

namespace cairn::cli {

namespace {

int refuse(const char* command, const Error& error) {
  if (error.code != ErrorCode::kInvalidInput) return job_failed(error);
  print_error(usage_error(command, error.message).text);
  return kExitUsage;
}

int tell_history(const MonitorRunCommand& command, engine::World world) {
  auto history = engine::monitor_history(world, command.output.options.stack.state_folder);
  if (!history.ok()) return job_failed(history.error());
  for (const engine::PastChange& change : history.value()) {
    std::string line = format_time(change.time) + "  " + printable(change.alarm) + "  " +
                       printable(change.summary) + ". " + printable(change.reason) + "\n";
    if (!print_out(line)) return kExitIncomplete;
  }
  return 0;
}

}  // namespace

int run(const MonitorRunCommand& command, engine::World world) {
  if (command.history) return tell_history(command, world);
  const ReplayCommand& output = command.output;
  engine::MonitorRunOptions options{output.options.place, output.options.stack,
                                    output.options.clock, command.until};
  ProgressLine line(output.appearance);
  auto result = engine::run_monitor(
      world, options, [&](const engine::ScanProgress& progress) { line.show(progress); });
  line.clear();
  if (!result.ok()) return refuse("monitor run", result.error());
  const engine::ReplayResult& run = result.value();
  print_diagnostics(run.diagnostics, 20);
  if (run.diagnostics.has_errors()) return kExitUsage;
  print_problems(run.read);
  if (output.json || !output.appearance.quiet) {
    std::string text = output.json
                           ? replay_json(run)
                           : render_replay(run, output, style_for(output.appearance, false));
    if (!print_out(text)) return kExitIncomplete;
  }
  if (!output.json && !output.appearance.quiet) print_error(reading_sentence(run.read) + "\n");
  return listing_exit_code(run.read, true);
}

int run(const MonitorPutCommand& command, engine::World world) {
  auto put = engine::put_metrics(world, command.path, command.state_folder);
  if (!put.ok()) return refuse("monitor put", put.error());
  print_error(plural(put.value(), "datum", "data") + " kept\n");
  return 0;
}

}  // namespace cairn::cli
