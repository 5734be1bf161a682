#pragma once

// The command lines of the lake: load, key, lake.

#include "cli/arguments.h"

#include <memory>
#include <optional>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace cairn::cli {

class LakeArguments {
 public:
  /// Adds the commands. The object must stay where it is until the application has parsed.
  explicit LakeArguments(CLI::App& app);
  ~LakeArguments();
  LakeArguments(const LakeArguments&) = delete;
  LakeArguments& operator=(const LakeArguments&) = delete;

  /// After parsing: the command, when it was one of these.
  std::optional<Command> finish(Timestamp now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::cli
