#pragma once

// The timeline strip: events and matches over the period as rows of small bars.

#include "report/report.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cairn::report {

/// Counts in buckets of equal length.
struct Strip {
  int64_t bucket_minutes = 0;  // 0: nothing to show
  Timestamp begin{};           // of the first bucket
  std::vector<uint64_t> events;
  std::array<std::vector<uint64_t>, kLevelCount> matches;  // by level; empty when there are none

  size_t buckets() const { return events.size(); }
};

/// Chooses the shortest bucket (1 minute to 4 weeks, then whole multiples) with which the period
/// fits into `columns`.
Strip make_strip(const detect::Outcome& outcome, size_t columns);

/// One row of bars: blank for nothing, then eight heights relative to the row's highest. `plain`:
/// ASCII.
std::string bars(const std::vector<uint64_t>& counts, bool plain);

/// Dates under the strip: where it begins, its middle when there is room, and its end.
std::string axis(const Strip& strip);

}  // namespace cairn::report
