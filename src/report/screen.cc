// The verdict, and the order of the screen's parts.

#include "report/screen.h"

#include "base/text.h"
#include "report/verdict.h"

#include <cmath>

namespace cairn::report {

std::string percent_of(uint64_t part, uint64_t whole) {
  if (whole == 0) return "0 %";
  double share = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (part > 0 && share < 0.1) return "under 0.1 %";
  auto tenths = static_cast<uint64_t>(std::llround(share * 10));
  if (tenths >= 100 || tenths % 10 == 0) return std::to_string((tenths + 5) / 10) + " %";
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

void Screen::verdict() {
  Verdict verdict = verdict_of(report_, folded_, coverage_);
  Ink ink = verdict.grave ? Ink::kHigh : verdict.clean ? Ink::kGood : Ink::kLabel;
  page_.labelled("VERDICT", verdict.findings, 0, Ink::kLabel, ink);
  if (!verdict.worst.empty()) page_.labelled("", verdict.worst, 0, Ink::kLabel, ink);
  page_.labelled("", verdict.scope);
  if (!verdict.filters.empty()) page_.labelled("", verdict.filters);
  if (!verdict.completeness.empty()) {
    page_.labelled("", verdict.completeness, 0, Ink::kLabel,
                   report_.complete() ? Ink::kPlain : Ink::kHigh);
  }
}

Status ScanReport::each_finding(const FindingVisitor& visit) const {
  if (all_findings) return all_findings(visit);
  for (const Finding& finding : outcome.findings) TRY(visit(finding));
  return Status::success();
}

uint64_t ScanReport::quarantined() const {
  uint64_t count = 0;
  for (size_t kind = 0; kind < quarantine_by_kind.size(); ++kind)
    if (kind != static_cast<size_t>(QuarantineEntry::Kind::kRepaired))
      count += quarantine_by_kind[kind];
  return count;
}

bool ScanReport::complete() const {
  return !interrupted && quarantined() == 0 && partial_files == 0 && files_unread == 0;
}

bool ScanReport::examined() const {
  return files_by_kind[static_cast<size_t>(SourceKind::kCloudTrail)] + passed_over > 0;
}

bool ScanReport::broken() const {
  return integrity && integrity->outcome == integrity::Outcome::kBroken;
}

int exit_code(const ScanReport& report, Level fail_on) {
  if (report.broken()) return 10;
  for (const Finding& finding : report.outcome.findings)
    if (finding.level >= fail_on) return 10;
  bool proven = !report.integrity || report.integrity->outcome == integrity::Outcome::kProven;
  return report.complete() && report.examined() && proven ? 0 : 3;
}

std::string render_terminal(const ScanReport& report, const TerminalStyle& style) {
  return Screen(report, style).render();
}

}  // namespace cairn::report
