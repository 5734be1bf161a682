#pragma once

// The command lines of a responder's questions: who, blast, undo, policy, diff.

#include "cli/arguments.h"
#include "cli/shared_options.h"

#include <memory>
#include <optional>

namespace CLI {
class App;
}

namespace cairn::cli {

class InvestigateArguments {
 public:
  /// Adds the commands. The object must stay where it is until the application has parsed.
  explicit InvestigateArguments(CLI::App& app);
  ~InvestigateArguments();
  InvestigateArguments(const InvestigateArguments&) = delete;
  InvestigateArguments& operator=(const InvestigateArguments&) = delete;

  /// After parsing: the command, when it was one of these.
  std::optional<Command> finish(Timestamp now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::cli
