#pragma once

// The command lines of SQL: sql and ask.

#include "cli/arguments.h"

#include <memory>
#include <optional>

namespace CLI {
class App;
}

namespace cairn::cli {

class SqlArguments {
 public:
  /// Adds the commands. The object must stay where it is until the application has parsed.
  explicit SqlArguments(CLI::App& app);
  ~SqlArguments();
  SqlArguments(const SqlArguments&) = delete;
  SqlArguments& operator=(const SqlArguments&) = delete;

  /// After parsing: the command, when it was one of these.
  std::optional<Command> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::cli
