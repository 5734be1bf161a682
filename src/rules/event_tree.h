#pragma once

// What an event pattern says, as parsed: branches of fields, `$or` multiplied out, because that is
// how fields under one array stay together.

#include "rules/event_pattern.h"
#include "rules/leaf_matcher.h"

#include <string>
#include <vector>

namespace cairn::rules {

/// What one field must be: any of its matchers.
struct EventField {
  std::string path;  // names with dots between them
  std::vector<LeafMatcher> matchers;
  bool or_missing = false;  // {"exists": false} is among them
};

/// Fields that must all hold.
using EventBranch = std::vector<EventField>;

struct EventPattern::Contents {
  std::string text;
  std::vector<EventBranch> branches;
};

/// Parses `text` into `contents`. Returns false with a remark.
bool parse_event_pattern(std::string_view text, const std::string& name,
                         EventPattern::Contents& contents, Diagnostics& diagnostics);

}  // namespace cairn::rules
