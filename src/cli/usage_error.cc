#include "cli/usage_error.h"

#include "base/text.h"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace cairn::cli {

namespace {

std::string in_quotes(std::string_view word) { return "\"" + printable(word) + "\""; }

/// "rules list": the names of a command from the program down.
std::string path_of(const CLI::App& command) {
  if (command.get_parent() == nullptr) return "";
  std::string above = path_of(*command.get_parent());
  return above + (above.empty() ? "" : " ") + command.get_name();
}

std::string in_full(const CLI::App& command) {
  std::string path = path_of(command);
  return path.empty() ? "cairn" : "cairn " + path;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

std::string unknown_option(const CLI::App& app, const std::string& word) {
  std::string name = word.substr(0, word.find('='));
  std::string text = "unknown option " + in_quotes(name);
  // An option of the command in front of the command.
  for (const CLI::App* command : app.get_subcommands()) {
    std::vector<std::string> names = option_names(*command);
    if (std::find(names.begin(), names.end(), name) != names.end())
      return text + " before the command; write " + in_full(*command) + " " + name;
  }
  std::string_view near;
  std::vector<std::string> names = option_names(app);
  if (name.starts_with("--")) near = nearest(name, names);
  return near.empty() ? text : text + "; did you mean " + std::string(near) + "?";
}

std::string unknown_command(const CLI::App& app, const std::string& word) {
  std::string text = "unknown command " + in_quotes(word);
  std::vector<std::string> names = command_names(app);
  if (std::string_view near = nearest(word, names); !near.empty())
    return text + "; did you mean " + in_full(app) + " " + std::string(near) + "?";
  bool is_path = app.get_parent() == nullptr && word.find_first_of("./") != std::string::npos;
  if (is_path) return text + "; to read logs: cairn scan " + printable(word);
  return text + "; commands are " + join(names, ", ");
}

/// The option or positional that an error is about: CLI11 puts its name first.
const CLI::Option* option_of(const CLI::App& app, const CLI::ParseError& error) {
  std::string_view what = error.what();
  for (const CLI::Option* option : app.get_options()) {
    std::string name = option->get_name();
    if (what.starts_with(name + ":") || what.starts_with(name + " ")) return option;
  }
  return nullptr;
}

std::string in_words(const CLI::App& app, const CLI::ParseError& error) {
  bool has_commands = !command_names(app).empty();
  std::vector<std::string> extras = app.remaining();
  if (!extras.empty()) {
    const std::string& word = extras[0];
    if (word.size() > 1 && word[0] == '-') return unknown_option(app, word);
    if (has_commands && app.get_subcommands().empty()) return unknown_command(app, word);
    return "unexpected argument " + in_quotes(word);
  }
  if (has_commands && app.get_subcommands().empty())
    return "no command given; commands are " + join(command_names(app), ", ");
  if (const CLI::Option* option = option_of(app, error)) {
    auto kind = static_cast<CLI::ExitCodes>(error.get_exit_code());
    if (kind == CLI::ExitCodes::RequiredError)
      return option->get_name() + " is missing: " + option->get_description();
    if (kind == CLI::ExitCodes::ArgumentMismatch)
      return option->get_name() + " needs a value: " + option->get_description();
  }
  constexpr std::string_view kConversion = "Could not convert: ";
  std::string_view what = error.what();
  if (what.starts_with(kConversion))
    return printable(what.substr(kConversion.size())) + ": expected a whole number";
  return printable(what);
}

/// The command that a complaint is about: the innermost that was named, or the first above it that
/// met a word it does not know.
const CLI::App& concerned(const CLI::App& app) {
  std::vector<CLI::App*> named = app.get_subcommands();
  return named.empty() || !app.remaining().empty() ? app : concerned(*named[0]);
}

}  // namespace

Stop usage_error(std::string_view command, const std::string& message) {
  std::string text = "cairn: " + message + "\nSee: cairn ";
  if (!command.empty()) text += std::string(command) + " ";
  return Stop{text + "--help\n", true};
}

Stop usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = concerned(app);
  return usage_error(path_of(command), in_words(command, error));
}

std::string_view nearest(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr size_t kPrefix = 3;  // letters that a beginning must have to mean something
  std::string wanted = to_lower(word);
  size_t letters = wanted.size() - std::min(wanted.find_first_not_of('-'), wanted.size());
  size_t limit = letters < 4 ? 1 : std::max<size_t>(2, letters / 3);
  std::string_view best;
  for (const std::string& candidate : candidates) {
    std::string known = to_lower(candidate);
    size_t distance = edit_distance(wanted, known, limit);
    bool beginning = letters >= kPrefix && (known.starts_with(wanted) || wanted.starts_with(known));
    if (beginning) distance = std::min(distance, limit);
    if (distance > limit || (distance == limit && !best.empty())) continue;
    best = candidate;
    limit = distance;
  }
  return best;
}

}  // namespace cairn::cli
