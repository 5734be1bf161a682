#pragma once

// An answer (investigate/sheet.h) as a page for a terminal, or as JSON.

#include "investigate/sheet.h"
#include "report/report.h"

#include <string>

namespace cairn::cli {

/// The page; every text of a log is made fit to print. Ends in a line end.
std::string render_sheet(const investigate::Sheet& sheet, const report::TerminalStyle& style);

/// One object with a member for each part, on one line.
std::string sheet_json(const investigate::Sheet& sheet);

}  // namespace cairn::cli
