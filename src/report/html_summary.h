#pragma once

#include "report/fold.h"
#include "report/report.h"

#include <string>
#include <vector>

namespace cairn::report {

/// Returns the block `cairn-report` of report.html: everything but the findings, as one JSON
/// document.
std::string html_summary(const ScanReport& report, const std::vector<FoldedFinding>& folded);

}  // namespace cairn::report
