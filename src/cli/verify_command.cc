#include "base/text.h"
#include "cli/commands.h"
#include "cli/evidence.h"
#include "cli/lake_choice.h"
#include "cli/listing_output.h"
#include "cli/screen.h"
#include "report/integrity_page.h"

namespace cairn::cli {

namespace {

int exit_code(integrity::Outcome outcome) {
  switch (outcome) {
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

/// Prints the screen or the JSON; false when that cannot be written.
bool show(const VerifyCommand& command, const engine::VerifyResult& result) {
  const integrity::VerifySummary& summary = result.summary;
  bool taken = command.job.jsonl_path == "-" || command.job.verdicts_path == "-";
  if (command.json) return print_out(report::integrity_json(summary));
  if (command.appearance.quiet) return true;
  report::TerminalStyle style = style_for(command.appearance, taken);
  style.top = command.top;
  std::string text = report::render_integrity(summary, command.job.options.roots, style);
  if (command.save_verdicts) {
    text += "\n" + plural(result.lake_files, "file") + " of the lake " +
            (result.lake_files == 1 ? "carries its verdict" : "carry their verdicts") +
            " now: cairn sql \"SELECT verdict, count(*) FROM files GROUP BY 1\"\n";
  }
  return taken ? print_error(text) : print_out(text);
}

}  // namespace

int run(const VerifyCommand& command, engine::World world) {
  if (command.job.options.roots.empty()) return check_evidence(command, world);
  if (int code = prepare_evidence(command.evidence, world); code != 0) return code;
  engine::VerifyJob job = command.job;
  integrity::ManifestFiles content;
  if (!command.evidence.manifest.empty()) job.verdicts = &content.verdicts;
  std::unique_ptr<lake::Lake> lake;
  if (command.save_verdicts) {
    auto opened = open_lake(command.lake, lake::Access::kWrite, world);
    if (!opened.ok()) return job_failed(opened.error());
    lake = std::move(opened).value();
    job.lake = lake.get();
  }
  ProgressLine line(command.appearance);
  auto result = engine::run_verify(
      world, job, [&](const integrity::VerifyProgress& progress) { line.show(progress); });
  line.clear();
  if (!result.ok()) return job_failed(result.error());
  const integrity::VerifySummary& summary = result.value().summary;
  if (!show(command, result.value())) return kExitIncomplete;
  for (const std::string& root : job.options.roots) {
    // Verdicts are told of files by their true names.
    auto real = world.files.real_path(root);
    content.inputs.push_back(real.ok() ? real.value() : root);
  }
  content.inputs.insert(content.inputs.end(), job.key_files.begin(), job.key_files.end());
  content.results = {job.out_folder, job.jsonl_path, job.verdicts_path};
  return write_evidence(command.evidence, world, std::move(content),
                        {{"outcome", std::string(to_string(summary.outcome))}},
                        exit_code(summary.outcome));
}

}  // namespace cairn::cli
