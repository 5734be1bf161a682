#pragma once

// The command line of verify.

#include "cli/arguments.h"

#include <memory>
#include <optional>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace cairn::cli {

class VerifyArguments {
 public:
  /// Adds the command. The object must stay where it is until the application has parsed.
  explicit VerifyArguments(CLI::App& app);
  ~VerifyArguments();
  VerifyArguments(const VerifyArguments&) = delete;
  VerifyArguments& operator=(const VerifyArguments&) = delete;

  /// After parsing: the command, when it was this.
  std::optional<Command> finish(Timestamp now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::cli
