#pragma once

// The command line of template, apply, and monitor list, show and dashboard.

#include "cli/arguments.h"

#include <memory>
#include <optional>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace cairn::cli {

class StackArguments {
 public:
  /// Adds the commands, those of monitor to the one that is there. The object must stay where it is
  /// until the application has parsed.
  explicit StackArguments(CLI::App& app);
  ~StackArguments();
  StackArguments(const StackArguments&) = delete;
  StackArguments& operator=(const StackArguments&) = delete;

  /// After parsing: the command, when it was one of these.
  std::optional<Command> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::cli
