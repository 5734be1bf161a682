#pragma once

// The commands below `cairn rules` that are jobs of their own (engine/rule_tools.h).

#include "cli/arguments.h"
#include "engine/engine.h"

namespace cairn::cli {

/// Each prints its result and returns the exit code.
int convert_rules(const RulesCommand& command, engine::World world);
int show_rules(const RulesCommand& command, engine::World world);
int backtest_rules(const RulesCommand& command, engine::World world);
int explain_event(const RulesCommand& command, engine::World world);
int cover_rules(const RulesCommand& command, engine::World world);
/// What `check --logs` adds to the remarks.
int check_with_logs(const RulesCommand& command, engine::World world);

/// Tells whether the last name of `explain` is an event: one with --logs, or a file that is no
/// rule.
bool asks_about_event(const RulesCommand& command, Files& files);

}  // namespace cairn::cli
