#pragma once

// The command line of insights.

#include "cli/arguments.h"
#include "cli/shared_options.h"

#include <memory>
#include <optional>

namespace CLI {
class App;
}

namespace cairn::cli {

class InsightsArguments {
 public:
  /// Adds the command. The object must stay where it is until the application has parsed.
  explicit InsightsArguments(CLI::App& app);
  ~InsightsArguments();
  InsightsArguments(const InsightsArguments&) = delete;
  InsightsArguments& operator=(const InsightsArguments&) = delete;

  /// After parsing: the command, when it was this.
  std::optional<Command> finish(Timestamp now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::cli
