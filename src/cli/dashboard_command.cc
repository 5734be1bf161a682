#include "base/text.h"
#include "cli/commands.h"
#include "cli/lake_choice.h"
#include "cli/listing_output.h"
#include "cli/screen.h"
#include "cli/usage_error.h"
#include "engine/dashboard_job.h"
#include "engine/pending_file.h"

namespace cairn::cli {

int run(const DashboardCommand& command, engine::World world) {
  engine::DashboardOptions options = command.options;
  std::unique_ptr<lake::Lake> lake;
  if (options.place.read.inputs.empty()) {
    auto opened = open_lake(command.lake, lake::Access::kRead, world);
    if (!opened.ok()) return job_failed(opened.error());
    lake = std::move(opened).value();
    options.place.lake = lake.get();
    options.open_lake = [&] { return open_lake(command.lake, lake::Access::kRead, world); };
  }
  auto file = engine::PendingFile::create(world.files, command.out);
  if (!file.ok()) return job_failed(file.error());
  ProgressLine line(command.appearance);
  auto result = engine::run_dashboard(
      world, options, [&](const engine::ScanProgress& progress) { line.show(progress); });
  line.clear();
  if (!result.ok()) {
    int failed = job_failed(result.error());
    return result.error().code == ErrorCode::kInvalidInput ? kExitUsage : failed;
  }
  const engine::DashboardResult& drawn = result.value();
  print_diagnostics(drawn.replay.diagnostics, 20);
  if (drawn.replay.diagnostics.has_errors()) return kExitUsage;
  print_problems(drawn.replay.read);
  if (drawn.replay.nothing()) {
    complain("no event has a time: nothing to draw");
    return listing_exit_code(drawn.replay.read, false);
  }
  Status written = file.value()->out().write(drawn.html);
  if (written.ok()) written = file.value()->commit();
  if (!written.ok()) return job_failed(written.error());
  if (!command.appearance.quiet && command.out != "-") {
    print_out("Wrote " + command.out + ": " + drawn.name + ", " + plural(drawn.widgets, "widget") +
              "\n");
    print_error(reading_sentence(drawn.replay.read) + "\n");
  }
  return listing_exit_code(drawn.replay.read, true);
}

}  // namespace cairn::cli
