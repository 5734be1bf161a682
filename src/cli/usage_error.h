#pragma once

// What is wrong with a command line, in our words: the word that is not understood, the nearest one
// that is, and where to read on.

#include "cli/arguments.h"

#include <string>
#include <string_view>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
class ParseError;
}  // namespace CLI

namespace cairn::cli {

/// Returns the end of a run whose command line is wrong. `command` is "scan", "rules list" or empty
/// for the program itself; `message` says what is wrong and what to do.
Stop usage_error(std::string_view command, const std::string& message);

/// The same for what CLI11 refused. `app` is as the failed parse left it.
Stop usage_error(const CLI::App& app, const CLI::ParseError& error);

/// Returns the candidate that a misspelt word most likely stands for: a few letters apart, or one
/// the beginning of the other. Case is ignored. Empty when none is near; valid as long as
/// `candidates`.
std::string_view nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace cairn::cli
