#pragma once

// The command line of monitor.

#include "cli/arguments.h"

#include <memory>
#include <optional>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace cairn::cli {

class MonitorArguments {
 public:
  /// Adds the command. The object must stay where it is until the application has parsed.
  explicit MonitorArguments(CLI::App& app);
  ~MonitorArguments();
  MonitorArguments(const MonitorArguments&) = delete;
  MonitorArguments& operator=(const MonitorArguments&) = delete;

  /// After parsing: the command, when it was this.
  std::optional<Command> finish(Timestamp now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::cli
