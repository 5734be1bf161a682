#pragma once

// The options of `cairn rules`.

#include "cli/arguments.h"

#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace cairn::cli {

/// Adds `--set` to a command; `sets` must outlive the parsing.
void add_sets(CLI::App& to, std::vector<std::string>& sets, const std::string& group);

/// Adds the command and its own commands; both references must outlive the parsing.
void add_rules(CLI::App& app, RulesCommand& raw, bool& no_builtin);

}  // namespace cairn::cli
