#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/screen.h"
#include "report/integrity_page.h"

namespace cairn::cli {

int run(const VerifyCommand& command, engine::World world) {
  ProgressLine line(command.appearance);
  auto result = engine::run_verify(
      world, command.job, [&](const integrity::VerifyProgress& progress) { line.show(progress); });
  line.clear();
  if (!result.ok()) return job_failed(result.error());
  const integrity::VerifySummary& summary = result.value();
  bool standard_output = command.job.jsonl_path == "-" || command.job.verdicts_path == "-";
  std::string text;
  if (command.json) {
    text = report::integrity_json(summary);
  } else if (!command.appearance.quiet) {
    report::TerminalStyle style = style_for(command.appearance, standard_output);
    style.top = command.top;
    text = report::render_integrity(summary, command.job.options.roots, style);
  }
  if (!(standard_output && !command.json ? print_error(text) : print_out(text)))
    return kExitIncomplete;
  switch (summary.outcome) {
    case integrity::Outcome::kProven:
      return 0;
    case integrity::Outcome::kBroken:
      return kExitFindings;
    case integrity::Outcome::kGaps:
    case integrity::Outcome::kNothing:
      break;
  }
  return kExitIncomplete;
}

}  // namespace cairn::cli
