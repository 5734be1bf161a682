#pragma once

// Where addresses are: which files tell it.

#include "base/result.h"
#include "geo/geo.h"
#include "sys/files.h"

#include <string>
#include <vector>

namespace cairn::cli {

/// Opens the chosen files (else $CAIRN_GEOIP), and behind them those installed with the program;
/// "none" among the chosen: no file at all. Fails when a file cannot be opened or is no MaxMind DB.
Result<geo::Atlas> open_atlas(const std::vector<std::string>& chosen, Files& files);

/// Says on standard error what was wrong with a file while it was asked.
void print_problem(const geo::Atlas& atlas);

}  // namespace cairn::cli
