#pragma once

// A script that takes calls back: for each record the inverse AWS CLI calls, the newest first.

#include "base/result.h"
#include "investigate/reach.h"
#include "investigate/sheet.h"

#include <string>
#include <unordered_set>
#include <vector>

namespace cairn::investigate {

struct UndoResult {
  uint64_t calls = 0;             // records that were asked for
  uint64_t taken_back = 0;        // of them, those with commands
  std::string script;             // bash; it only prints its commands unless given --execute
  Sheet sheet;                    // the same for programs
  std::vector<std::string> near;  // when a subject was asked for and nothing found
};

/// Which calls to take back.
struct UndoChoice {
  std::unordered_set<std::string> event_ids;  // small letters
  const Subject* subject = nullptr;           // all of its reach
  /// All that these credentials did in a time, both ends included: what an incident is made of.
  struct Stretch {
    uint64_t handle = 0;  // identity::handle_of()
    int64_t first_ms = 0, last_ms = 0;
  };
  std::vector<Stretch> stretches;
};

/// Answers when all events were read by gatherers of wanted_for_reach(). At most kUndoCalls calls,
/// the latest; the script says how many were left out. Nothing of a record is anything but a quoted
/// word of the script, or a comment of one line.
inline constexpr size_t kUndoCalls = 2'000;
Result<UndoResult> undo(const UndoChoice& choice, const InverseTable& table,
                        const std::vector<Gatherer*>& gatherers);

}  // namespace cairn::investigate
