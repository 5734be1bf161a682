#include "cli/command_tree.h"

#include "base/text.h"

#include <CLI/CLI.hpp>

namespace cairn::cli {

namespace {

/// The values that CLI::IsMember admits, which it only tells in words: "{auto,always,never}".
std::vector<std::string> choices_of(const CLI::Option& option) {
  std::string words = option.get_type_name();
  size_t open = words.find('{'), close = words.find('}');
  std::vector<std::string> choices;
  if (open == std::string::npos || close == std::string::npos || close < open) return choices;
  for (std::string_view part :
       split(std::string_view(words).substr(open + 1, close - open - 1), ','))
    choices.emplace_back(trim(part));
  return choices;
}

OptionInfo describe(const CLI::Option& option) {
  OptionInfo info;
  for (const std::string& name : option.get_snames()) info.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) info.names.push_back("--" + name);
  info.description = option.get_description();
  info.takes_value = option.get_items_expected_max() > 0;
  info.choices = choices_of(option);
  return info;
}

}  // namespace

CommandInfo describe_commands(const CLI::App& app) {
  CommandInfo info;
  info.name = app.get_name();
  info.description = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      info.takes_arguments = true;
      if (info.choices.empty()) info.choices = choices_of(*option);
    } else {
      info.options.push_back(describe(*option));
    }
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    info.commands.push_back(describe_commands(*command));
  return info;
}

}  // namespace cairn::cli
