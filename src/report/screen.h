#pragma once

// The screen after a scan, top down: what was found, who did it, when, what could not be seen, what
// it cost, where the files are. It is read by someone under pressure and forwarded to someone who
// was not there, so every line says what it counts. Its parts are in screen_findings.cc,
// screen_principals.cc and screen_coverage.cc.

#include "report/fold.h"
#include "report/page.h"
#include "report/report.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::report {

/// One screen in the making: verdict, findings and so on append to the page in order. One thread.
class Screen {
 public:
  Screen(const ScanReport& report, const TerminalStyle& style)
      : report_(report),
        outcome_(report.outcome),
        style_(style),
        all_(style.top == 0),
        page_(style),
        folded_(fold(outcome_)) {
    many_accounts_ = outcome_.accounts.size() > 1;
  }

  std::string render() {
    coverage_ = coverage_of(report_);
    verdict();
    integrity();
    incidents();
    findings();
    principals();
    timeline();
    coverage();
    cost();
    files();
    return std::move(page_).take();
  }

 private:
  // Verdict.
  void verdict();
  uint64_t unique_events() const { return outcome_.events - outcome_.duplicates; }

  void integrity();  // when the logs were verified
  void incidents();

  // Findings.
  void findings();
  size_t leave_out_told();
  using RuleGroup = std::vector<const FoldedFinding*>;  // of one rule, worst first; never empty
  std::vector<RuleGroup> by_rule(Level lowest, Level highest) const;
  std::string names_of(const RuleGroup& groups, size_t from, size_t shown) const;
  void title_line(const FoldedFinding& folded);
  void rule_in_full(const RuleGroup& groups);
  void rule_in_a_line(const RuleGroup& groups);
  std::string who(const FoldedFinding& folded) const;
  std::string what(const FoldedFinding& folded) const;
  std::string when(const FoldedFinding& folded) const;
  std::string where_all(std::string_view file) const;

  void principals();
  struct PrincipalRow {
    std::string_view label;
    std::string name, risk, levels, calls, failed, seen;
  };
  void principal_row(const PrincipalRow& row);
  void principal(const PrincipalProfile& profile);
  std::string seen(const PrincipalProfile& profile) const;
  void timeline();

  // Coverage.
  void coverage();
  void rule_coverage();
  void blind_line(BlindRule::Reason reason, std::string_view words);
  void file_coverage();
  void record_coverage();
  void time_coverage();

  void cost();
  void files();

  const ScanReport& report_;
  const detect::Outcome& outcome_;
  const TerminalStyle& style_;
  const bool all_;  // nothing is shortened
  Page page_;
  std::vector<FoldedFinding> folded_;
  Coverage coverage_;
  bool many_accounts_ = false;
};

/// "3.4 %", "55 %", "under 0.1 %".
std::string percent_of(uint64_t part, uint64_t whole);

}  // namespace cairn::report
