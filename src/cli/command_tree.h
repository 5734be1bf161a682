#pragma once

// The commands and options of the program as plain data, for completion scripts.

#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace cairn::cli {

struct OptionInfo {
  std::vector<std::string> names;  // with their dashes
  std::string description;
  bool takes_value = false;
  std::vector<std::string> choices;  // of the value, when they are few
};

struct CommandInfo {
  std::string name, description;
  std::vector<OptionInfo> options;
  bool takes_arguments = false;      // beside options: paths, mostly
  std::vector<std::string> choices;  // of the argument, when they are few
  std::vector<CommandInfo> commands;
};

/// Returns what a parser knows.
CommandInfo describe_commands(const CLI::App& app);

/// Returns a completion script for "bash", "zsh" or "fish".
std::string completion_script(const CommandInfo& program, const std::string& shell);

}  // namespace cairn::cli
