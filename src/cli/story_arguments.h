#pragma once

// The command line of `cairn story`.

#include "cli/arguments.h"

#include <memory>
#include <optional>

namespace CLI {
class App;
}

namespace cairn::cli {

class StoryArguments {
 public:
  /// Adds the command. The object must stay where it is until the application has parsed.
  explicit StoryArguments(CLI::App& app);
  ~StoryArguments();
  StoryArguments(const StoryArguments&) = delete;
  StoryArguments& operator=(const StoryArguments&) = delete;

  /// After parsing: the command, when it was this.
  std::optional<Command> finish(Timestamp now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::cli
