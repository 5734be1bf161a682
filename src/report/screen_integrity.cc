// What verifying the logs came to: the part of the screen that says how far everything else can be
// trusted.

#include "base/text.h"
#include "report/integrity_words.h"
#include "report/screen.h"

#include <algorithm>

namespace cairn::report {

namespace {
constexpr size_t kFindingsShown = 3;
}  // namespace

void Screen::integrity() {
  if (!report_.integrity) return;
  const integrity::VerifySummary& summary = *report_.integrity;
  auto [text, ink] = integrity_verdict(summary);
  page_.blank();
  page_.labelled("INTEGRITY", text, 0, Ink::kLabel, ink);
  size_t shown = all_ ? summary.findings.size() : std::min(summary.findings.size(), kFindingsShown);
  for (size_t i = 0; i < shown; ++i) {
    const integrity::Finding& finding = summary.findings[i];
    page_.wrapped(finding.level + ": " + page_.clean(finding.title) + ", account " +
                      page_.clean(finding.account) + ", " + page_.clean(finding.region) +
                      ", delivered " + period(finding.first, finding.last),
                  Page::kLabelWidth);
  }
  if (summary.findings.size() > shown)
    page_.wrapped("… and " + format_count(summary.findings.size() - shown) +
                      " more; cairn verify shows all, with a calendar.",
                  Page::kLabelWidth, Ink::kDim);
}

}  // namespace cairn::report
