#include "base/text.h"
#include "cli/commands.h"
#include "cli/evidence.h"
#include "cli/listing_output.h"
#include "cli/places.h"
#include "cli/screen.h"
#include "engine/lake_jobs.h"

#include <algorithm>

namespace cairn::cli {

namespace {

constexpr size_t kDiagnosticsShown = 10;

bool uses_standard_output(const engine::ScanOptions& options) {
  bool exported = std::any_of(options.exports.begin(), options.exports.end(),
                              [](const auto& request) { return request.path == "-"; });
  return exported || options.matches_path == "-" || options.jsonl_path == "-" ||
         options.csv_path == "-" || options.html_path == "-";
}

/// The manifest of a scan: also which rules ran, and over which time.
int write_evidence(const ScanCommand& command, engine::World world, int code) {
  if (command.evidence.manifest.empty()) return code;
  const engine::ScanOptions& options = command.options;
  auto rules = engine::hash_of_rules(world, options.rules);
  integrity::ManifestFiles content;
  content.inputs = options.inputs;
  content.inputs.insert(content.inputs.end(), options.key_files.begin(), options.key_files.end());
  content.results = {options.out_folder, options.html_path, options.csv_path, options.jsonl_path,
                     options.matches_path};
  for (const engine::OutputRequest& request : options.exports)
    content.results.push_back(request.path);
  std::vector<std::pair<std::string, std::string>> more = {
      {"rules_sha256", std::move(rules).value_or("")}};
  if (options.filter.from) more.emplace_back("from", format_time(*options.filter.from));
  if (options.filter.to) more.emplace_back("to", format_time(*options.filter.to));
  return write_evidence(command.evidence, world, std::move(content), std::move(more), code);
}

}  // namespace

int run(const ScanCommand& command, engine::World world) {
  if (int code = prepare_evidence(command.evidence, world); code != 0) return code;
  engine::ScanOptions options = command.options;
  std::unique_ptr<lake::Lake> lake;
  if (command.save_findings) {
    auto opened = open_lake(command.lake, lake::Access::kWrite, world);
    if (!opened.ok()) return job_failed(opened.error());
    lake = std::move(opened).value();
    options.keep_findings = [&](std::string_view jsonl) {
      return engine::save_findings(*lake, jsonl);
    };
  }
  auto atlas = open_atlas(command.geoip, world.files);
  if (!atlas.ok()) return job_failed(atlas.error());
  engine::World located{world.files, world.clock, world.interrupted, atlas.value()};
  ProgressLine line(command.appearance);
  auto result = engine::run_scan(
      located, options, [&](const engine::ScanProgress& progress) { line.show(progress); });
  line.clear();
  if (!result.ok()) return job_failed(result.error());
  print_problem(atlas.value());
  const report::ScanReport& report = result.value().report;
  print_diagnostics(result.value().diagnostics, kDiagnosticsShown);
  if (!command.appearance.quiet) {
    bool to_error_stream = uses_standard_output(command.options);
    report::TerminalStyle style = style_for(command.appearance, to_error_stream);
    style.top = command.top;
    std::string screen = report::render_terminal(report, style);
    bool printed = to_error_stream ? print_error(screen) : print_out(screen);
    if (!printed) return kExitIncomplete;
  }
  return write_evidence(command, world, report::exit_code(report, command.fail_on));
}

}  // namespace cairn::cli
