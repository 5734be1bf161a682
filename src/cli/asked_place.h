#pragma once

// Where a command looks, and what for: words in front of paths, or all words of a lake.

#include "cli/arguments.h"
#include "engine/engine.h"
#include "engine/investigate_jobs.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::cli {

struct AskedPlace {
  std::vector<std::string> asked;
  engine::EventPlace place;          // with the caller's filter and threads
  std::unique_ptr<lake::Lake> lake;  // place.lake, when it is not null
};

/// Divides the words of `command` and opens the lake, when there are no paths or --lake is given:
/// then all words are asked for. At least `least` are; `what` says of what. When it cannot, says
/// why and returns the exit code.
std::optional<int> find_place(std::string_view command, const MixedWords& words, size_t least,
                              std::string_view what, const LakeChoice& choice, engine::World world,
                              AskedPlace& found);

}  // namespace cairn::cli
