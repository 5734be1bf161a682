#pragma once

// The answer of a scan in a few sentences, for every form in which it is told.

#include "report/fold.h"
#include "report/report.h"

#include <string>
#include <vector>

namespace cairn::report {

/// Sentences without line ends. Blanks that should not become line ends are no-break spaces; text
/// of the logs in them is untrusted.
struct Verdict {
  std::string findings;      // "12 findings (4 critical and 8 high) by 2 principals in 23 events."
  std::string worst;         // the reader's first lead; empty without a finding of medium or above
  std::string scope;         // inputs, accounts, regions, period
  std::string filters;       // as understood, and what they left out; empty without filters
  std::string completeness;  // what was not read, or that all was; empty without events
  bool grave = false;        // something critical or high
  bool clean = false;        // events, nothing found, everything read
};
Verdict verdict_of(const ScanReport& report, const std::vector<FoldedFinding>& folded,
                   const Coverage& coverage);

}  // namespace cairn::report
