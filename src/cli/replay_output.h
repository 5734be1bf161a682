#pragma once

// What a replay of alarms came to, as a page for a terminal or as JSON.

#include "cli/arguments.h"
#include "engine/replay_job.h"
#include "report/report.h"

#include <string>

namespace cairn::cli {

/// The page; every text of a log or template is made fit to print. Ends in a line end.
std::string render_replay(const engine::ReplayResult& result, const ReplayCommand& command,
                          const report::TerminalStyle& style);

/// One object on one line.
std::string replay_json(const engine::ReplayResult& result);

}  // namespace cairn::cli
