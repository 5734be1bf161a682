#pragma once

// The shell of `cairn sql`: statements over several lines, commands that begin with a dot.

#include "cli/arguments.h"
#include "engine/engine.h"
#include "engine/sql.h"

namespace cairn::cli {

/// Runs until the user leaves; returns the exit code.
int run_shell(engine::SqlSession& session, const SqlChoice& choice, engine::World world);

}  // namespace cairn::cli
