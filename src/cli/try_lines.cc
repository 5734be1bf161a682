#include "cli/try_lines.h"

#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/screen.h"

namespace cairn::cli {

int answer_lines(const std::string& path, engine::World world, LineJob job) {
  Status done =
      job(world, path == "-" ? "/dev/stdin" : path, [](std::string_view answer) -> Status {
        if (print_out(std::string(answer) + "\n")) return Status::success();
        return Error{ErrorCode::kUnavailable, ""};
      });
  if (done.ok()) return 0;
  return done.error().message.empty() ? kExitIncomplete : job_failed(done.error());
}

}  // namespace cairn::cli
