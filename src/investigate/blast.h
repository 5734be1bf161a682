#pragma once

// What a credential and everything it made left behind, and what to do at once.

#include "base/result.h"
#include "investigate/reach.h"
#include "investigate/sheet.h"

#include <vector>

namespace cairn::investigate {

struct BlastResult {
  bool found = false;
  std::vector<std::string> near;
  Sheet sheet;
};

/// Answers when all events were read by gatherers of wanted_for_reach(). Lists are cut at some
/// thousand rows; all else is in scratch files.
Result<BlastResult> blast(const Subject& subject, const InverseTable& table,
                          const std::vector<Gatherer*>& gatherers);

}  // namespace cairn::investigate
