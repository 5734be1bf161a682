#pragma once

// Findings as a reader wants them: windows of one rule and one key folded into one entry.

#include "report/report.h"

#include <string>
#include <vector>

namespace cairn::report {

/// All findings of one rule and key.
struct FoldedFinding {
  uint32_t rule = 0;
  Level level = Level::kMedium;
  std::string key;
  std::vector<const Finding*> windows;  // by time
  uint64_t count = 0, failed = 0;
  bool time_known = true;  // false when no window has a time
  Timestamp first{}, last{};
  double risk = 0;  // highest of its principals
  std::vector<std::string> principals, accounts, access_keys,
      sessions;  // distinct, in order of time
  std::vector<std::string> source_ips, clients, regions, targets, error_codes;
  uint64_t source_ip_count = 0, principal_count = 0, target_count = 0;  // at least
};

/// Returns the folded findings: by level, then risk of their principal, then time.
std::vector<FoldedFinding> fold(const detect::Outcome& outcome);

/// What was done, from the samples: distinct sentences in order of time, those of refused calls
/// marked.
struct Deed {
  std::string words;
  std::string error_code;  // empty: it was done
  uint64_t samples = 0;
};
std::vector<Deed> deeds_of(const FoldedFinding& folded, size_t limit);

}  // namespace cairn::report
