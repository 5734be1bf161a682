#include "cli/commands.h"
#include "cli/screen.h"
#include "cli/try_lines.h"
#include "engine/monitor_job.h"

namespace cairn::cli {

int run(const MonitorCommand& command, engine::World world) {
  return answer_lines(command.lines, world, engine::try_alarms);
}

}  // namespace cairn::cli
