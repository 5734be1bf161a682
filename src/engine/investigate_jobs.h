#pragma once

// Questions of a responder, asked of raw logs or of a lake: who, blast, undo, policy, diff.

#include "engine/explore_jobs.h"
#include "investigate/sheet.h"
#include "lake/lake.h"

#include <string>
#include <vector>

namespace cairn::engine {

/// Where a job's events come from: `lake` when it is not null, else the inputs of `read`.
struct EventPlace {
  ReadOptions read;
  lake::Lake* lake = nullptr;
};

struct WhoOptions {
  EventPlace place;
  std::string subject;  // a name, access key or address (investigate/subject.h)
  RuleOptions rules;
  Level min_level = Level::kLow;  // of the findings that are told
};

/// The answer to a question about somebody.
struct SheetResult {
  ReadSummary read;
  bool found = false;
  std::vector<std::string> near;  // names like the one that was not found
  investigate::Sheet sheet;
};

/// Tells everything about one principal, key, session or address. Fails as feed_events() does, when
/// a rule path cannot be read, and with kInvalidInput for an empty subject.
Result<SheetResult> run_who(World world, const WhoOptions& options,
                            const ScanProgressCallback& progress);

}  // namespace cairn::engine
