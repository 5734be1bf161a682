#include "engine/scan_outputs.h"

#include "engine/content.h"

namespace cairn::engine {

namespace {

/// Every match, of rules below the run's level too.
report::MatchStream stream_of(detect::Detector& detector) {
  return [&detector](const report::MatchVisitor& visit) { return detector.for_each_match(visit); };
}

/// The matches of rules at or above the run's level.
report::MatchStream reported_stream(detect::Detector& detector, const report::ScanReport& report) {
  return [&detector, &report](const report::MatchVisitor& visit) {
    return detector.for_each_match(
        [&](uint32_t rule, const EventSummary& event, bool allowed) -> Status {
          if (report.rules[rule].level < report.min_level) return Status::success();
          return visit(rule, event, allowed);
        });
  };
}

Status write_timeline(OutputFile& out, const report::ScanReport& report, detect::Detector& detector,
                      uint64_t& rows) {
  return report::write_timeline_csv(out, report.rules, reported_stream(detector, report), &rows);
}
Status write_matches(OutputFile& out, const report::ScanReport& report, detect::Detector& detector,
                     uint64_t& rows) {
  return report::write_matches(out, report.rules, stream_of(detector), &rows);
}
Status write_findings(OutputFile& out, const report::ScanReport& report, detect::Detector&,
                      uint64_t& rows) {
  return report::write_findings_jsonl(out, report, &rows);
}
Status write_html(OutputFile& out, const report::ScanReport& report, detect::Detector&, uint64_t&) {
  return report::write_report_html(out, report, embedded_text("report.html"));
}
Status write_principals(OutputFile& out, const report::ScanReport& report, detect::Detector&,
                        uint64_t& rows) {
  rows = report.outcome.principals.size();
  return report::write_principals_csv(out, report);
}
Status write_summary(OutputFile& out, const report::ScanReport& report, detect::Detector&,
                     uint64_t&) {
  return report::write_summary_json(out, report);
}
Status write_quarantine(OutputFile& out, const report::ScanReport& report, detect::Detector&,
                        uint64_t&) {
  return report::write_quarantine_jsonl(out, report);
}

}  // namespace

Result<ScanOutputs> ScanOutputs::open(Files& files, const ScanOptions& options) {
  ScanOutputs outputs;
  if (!options.out_folder.empty()) {
    TRY(files.make_folders(options.out_folder));
    auto in_folder = [&](std::string_view name) { return join_path(options.out_folder, name); };
    TRY(outputs.add(files, in_folder("report.html"), "all of this, for a browser", write_html));
    TRY(outputs.add(files, in_folder("timeline.csv"), "every match in time order", write_timeline));
    TRY(outputs.add(files, in_folder("findings.jsonl"), "findings with their sample events",
                    write_findings));
    TRY(outputs.add(files, in_folder("principals.csv"), "principals by risk", write_principals));
    TRY(outputs.add(files, in_folder("summary.json"), "this screen's numbers", write_summary));
    TRY(outputs.add(files, in_folder("quarantine.jsonl"), "what could not be read, and why",
                    write_quarantine));
    TRY(outputs.add(files, in_folder("matches.tsv"), "rule id and eventID of every match",
                    write_matches));
  }
  if (!options.html_path.empty())
    TRY(outputs.add(files, options.html_path, "all of this, for a browser", write_html));
  if (!options.matches_path.empty()) {
    TRY(outputs.add(files, options.matches_path, "rule id and eventID of every match",
                    write_matches));
  }
  if (!options.jsonl_path.empty()) {
    TRY(outputs.add(files, options.jsonl_path, "findings with their sample events",
                    write_findings));
  }
  if (!options.csv_path.empty()) {
    TRY(outputs.add(files, options.csv_path, "every match in time order", write_timeline));
  }
  return outputs;
}

Status ScanOutputs::add(Files& files, const std::string& path, std::string content, Writer writer) {
  TRY_ASSIGN(auto file, PendingFile::create(files, path));
  outputs_.push_back({std::move(file), std::move(content), std::move(writer)});
  return Status::success();
}

Status ScanOutputs::write(report::ScanReport& report, detect::Detector& detector) {
  report.all_findings = [&detector](const report::FindingVisitor& visit) {
    return detector.for_each_finding(visit);
  };
  Status written = write_each(report, detector);
  report.all_findings = nullptr;
  return written;
}

Status ScanOutputs::write_each(report::ScanReport& report, detect::Detector& detector) {
  for (Output& output : outputs_) {
    uint64_t rows = 0;
    TRY(output.writer(output.file->out(), report, detector, rows));
    TRY(output.file->commit());
    report.written.push_back({output.file->path(), output.content, rows});
  }
  return Status::success();
}

}  // namespace cairn::engine
