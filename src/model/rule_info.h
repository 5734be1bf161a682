#pragma once

// What the rest of Cairn needs to know of a rule, whatever language it was written in.

#include "base/time.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

/// Sigma's five levels (specification, "level").
enum class Level : uint8_t { kInformational, kLow, kMedium, kHigh, kCritical };
inline constexpr size_t kLevelCount = 5;

/// Returns "informational", "low", "medium", "high" or "critical".
std::string_view to_string(Level level);
/// Parses a level's name, ignoring case; "info" is taken for informational. Returns false when it
/// is none.
bool parse_level(std::string_view text, Level& level);

/// One way a match may be expected and so not become a finding. Every field that is set must agree.
/// Globs ignore case.
struct AllowEntry {
  std::string principal;   // glob on the principal's key or ARN
  std::string cidr;        // network holding the source address
  std::string user_agent;  // glob
  std::string account;     // 12-digit id

  bool operator==(const AllowEntry&) const = default;
};

/// A rule as detect and report see it. A value.
struct RuleInfo {
  std::string id;    // the rule's stable id (Sigma: `id`, else `name`, else the file's name)
  std::string code;  // short name people use, e.g. "IAM-02"; the id when there is none
  std::string title;
  std::string description;
  std::string file;  // where it came from; "builtin:iam/IAM-02-….yml" for the pack
  std::string author;
  Level level = Level::kMedium;
  std::vector<std::string> tags;        // "attack.t1098.003", …
  std::vector<std::string> frameworks;  // "CIS 1.16", …
  std::vector<std::string> false_positives;
  std::string next_step;  // what the reader should do; may be empty

  // Grouping of matches into findings. Names: principal, account, region, ip, or an event field
  // path.
  std::vector<std::string> dedup_by = {"principal"};
  Duration dedup_window = std::chrono::hours(1);
  std::vector<AllowEntry> allow;
  bool silent = false;  // only a part of other rules: makes no findings of its own

  // What must be in the logs for the rule to be able to fire; used to say which rules were blind.
  // Empty = anything.
  std::vector<std::string>
      needed_event_sources;  // full names ("iam.amazonaws.com"), lower case; globs as in the rule
  std::vector<std::string> needed_event_names;  // lower case; globs as in the rule
  std::vector<std::string> needed_fields;       // paths without which it cannot match
};

}  // namespace cairn
