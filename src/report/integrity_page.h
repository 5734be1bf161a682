#pragma once

// What a verification says: the screen, the summary as JSON, the findings as JSON lines.

#include "integrity/integrity.h"
#include "report/report.h"
#include "sys/files.h"

#include <string>
#include <vector>

namespace cairn::report {

/// Returns the screen: verdict, findings, coverage as a calendar, chains, cost. Ends in a line end.
/// `style.top` findings of each level are shown with their objects; 0: all.
std::string render_integrity(const integrity::VerifySummary& summary,
                             const std::vector<std::string>& roots, const TerminalStyle& style);

/// Returns the summary as one JSON document: outcome, counts, chains, findings, coverage by hour.
std::string integrity_json(const integrity::VerifySummary& summary);

/// Returns a file's verdict as one JSON line.
std::string verdict_line(const integrity::FileVerdict& file);

/// Writes the findings, one JSON object a line.
Status write_integrity_findings(OutputFile& out, const integrity::VerifySummary& summary);

}  // namespace cairn::report
