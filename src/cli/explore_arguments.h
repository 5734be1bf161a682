#pragma once

// The command lines of the questions about raw logs: search, stats, show, top.

#include "cli/arguments.h"
#include "cli/shared_options.h"

#include <memory>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace cairn::cli {

class ExploreArguments {
 public:
  /// Adds the commands. The object must stay where it is until the application has parsed.
  explicit ExploreArguments(CLI::App& app);
  ~ExploreArguments();
  ExploreArguments(const ExploreArguments&) = delete;
  ExploreArguments& operator=(const ExploreArguments&) = delete;

  /// After parsing: the command, when it was one of these.
  std::optional<Command> finish(Timestamp now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::cli
