#pragma once

#include "cli/arguments.h"
#include "engine/engine.h"

namespace cairn::cli {

// Exit codes (docs/reference/outputs.md): 0 and 10 are a scan's answer, 2 is wrong usage, 3 means
// that something could not be done.
inline constexpr int kExitNothingFound = 1;  // search, stats, show, top
inline constexpr int kExitUsage = 2;
inline constexpr int kExitIncomplete = 3;
inline constexpr int kExitFindings = 10;

int run(const ScanCommand& command, engine::World world);
int run(const SearchCommand& command, engine::World world);
int run(const StatsCommand& command, engine::World world);
int run(const ShowCommand& command, engine::World world);
int run(const TopCommand& command, engine::World world);
int run(const SessionsCommand& command, engine::World world);
int run(const QuestionCommand& command, engine::World world);
int run(const InsightsCommand& command, engine::World world);
int run(const StoryCommand& command, engine::World world);
int run(const UndoCommand& command, engine::World world);
int run(const SqlCommand& command, engine::World world);
int run(const AskCommand& command, engine::World world);
int run(const SimulateCommand& command, engine::World world);
int run(const LoadCommand& command, engine::World world);
int run(const KeyCommand& command, engine::World world);
int run(const LakeCommand& command, engine::World world);
int run(const VerifyCommand& command, engine::World world);
int run(const AuditCommand& command, engine::World world);
int run(const MonitorCommand& command, engine::World world);
int run(const DashboardCommand& command, engine::World world);
int run(const StackCommand& command, engine::World world);
int run(const ReplayCommand& command, engine::World world);
int run(const MonitorTestCommand& command, engine::World world);
int run(const MonitorRunCommand& command, engine::World world);
int run(const MonitorPutCommand& command, engine::World world);
int run(const RulesCommand& command, engine::World world);
int run(const HelpCommand& command, engine::World world);

}  // namespace cairn::cli
