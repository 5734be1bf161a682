#pragma once

// The screen of `cairn top`: what is in a pile of logs, at one look.

#include "explore/counting.h"
#include "report/report.h"

#include <span>
#include <string>

namespace cairn::report {

/// What an overview says besides its lists.
struct OverviewFacts {
  std::string inputs;   // as typed
  std::string reading;  // "12,345 events in 210 files, 2.1 s"
  const explore::CountTotals* totals = nullptr;
};

/// Returns the screen: the period, a strip of events over time, the lists. Ends in a line end.
std::string render_overview(const OverviewFacts& facts, std::span<const explore::ValueList> lists,
                            const TerminalStyle& style);

}  // namespace cairn::report
