#include "engine/scan_outputs.h"

#include "engine/content.h"

#include <algorithm>
#include <array>

namespace cairn::engine {

namespace {

/// Every match, of rules below the run's level too.
report::MatchStream stream_of(const OutputSources& sources) {
  return [&detector = sources.detector](const report::MatchVisitor& visit) {
    return detector.for_each_match(visit);
  };
}

/// The matches of rules at or above the run's level.
report::MatchStream reported_stream(const OutputSources& sources) {
  return
      [&detector = sources.detector, &report = sources.report](const report::MatchVisitor& visit) {
        return detector.for_each_match(
            [&](uint32_t rule, const EventSummary& event, bool allowed) -> Status {
              if (report.rules[rule].level < report.min_level) return Status::success();
              return visit(rule, event, allowed);
            });
      };
}

Result<report::DetailsLookup> lookup_of(const OutputSources& sources) {
  if (sources.records == nullptr) return report::DetailsLookup();
  return sources.records->open();
}

Status write_timeline(OutputFile& out, const OutputSources& sources, uint64_t& rows) {
  const report::ScanReport& report = sources.report;
  if (sources.options.timeline_for_timesketch)
    return report::write_timesketch_csv(out, report.rules, reported_stream(sources), &rows);
  report::TimelineFormat format = sources.options.timeline;
  format.scratch = &sources.files;
  if (report::needs_details(format)) {
    TRY_ASSIGN(format.details, lookup_of(sources));
  }
  return report::write_timeline_csv(out, report.rules, reported_stream(sources), format, &rows);
}
Status write_html(OutputFile& out, const OutputSources& sources, uint64_t&) {
  return report::write_report_html(out, sources.report, embedded_text("report.html"));
}
Status write_matches(OutputFile& out, const OutputSources& sources, uint64_t& rows) {
  return report::write_matches(out, sources.report.rules, stream_of(sources), &rows);
}
Status write_findings(OutputFile& out, const OutputSources& sources, uint64_t& rows) {
  return report::write_findings_jsonl(out, sources.report, &rows);
}
Status write_incidents(OutputFile& out, const OutputSources& sources, uint64_t& rows) {
  return report::write_incidents_jsonl(out, sources.report, &rows);
}
Status write_principals(OutputFile& out, const OutputSources& sources, uint64_t& rows) {
  rows = sources.report.outcome.principals.size();
  return report::write_principals_csv(out, sources.report);
}
Status write_summary(OutputFile& out, const OutputSources& sources, uint64_t&) {
  return report::write_summary_json(out, sources.report);
}
Status write_quarantine(OutputFile& out, const OutputSources& sources, uint64_t&) {
  return report::write_quarantine_jsonl(out, sources.report);
}
Status write_timesketch(OutputFile& out, const OutputSources& sources, uint64_t& rows) {
  return report::write_timesketch_jsonl(out, sources.report.rules, reported_stream(sources), &rows);
}
Status write_timesketch_csv(OutputFile& out, const OutputSources& sources, uint64_t& rows) {
  return report::write_timesketch_csv(out, sources.report.rules, reported_stream(sources), &rows);
}
Status write_navigator(OutputFile& out, const OutputSources& sources, uint64_t& rows) {
  return report::write_navigator_layer(out, sources.report, &rows);
}
Status write_markdown(OutputFile& out, const OutputSources& sources, uint64_t&) {
  return report::write_summary_markdown(out, sources.report);
}
Status write_ocsf(OutputFile& out, const OutputSources& sources, uint64_t& rows) {
  return report::write_ocsf_findings(out, sources.report, &rows);
}
Status write_ocsf_events(OutputFile& out, const OutputSources& sources, uint64_t& rows) {
  TRY_ASSIGN(report::DetailsLookup details, lookup_of(sources));
  return report::write_ocsf_events(out, sources.report.rules, reported_stream(sources), details,
                                   &rows);
}
Status write_asff(OutputFile& out, const OutputSources& sources, uint64_t& rows) {
  return report::write_asff_batches(out, sources.report, &rows);
}

/// Collects what a writer writes.
class TextOutput : public OutputFile {
 public:
  Status write(std::string_view bytes) override {
    text += bytes;
    return {};
  }
  Status close() override { return {}; }

  std::string text;
};

using Writer = Status (*)(OutputFile&, const OutputSources&, uint64_t& rows);

// In the order in which a folder's files are listed on the screen.
constexpr auto kKinds = std::to_array<OutputKind>({
    {"html", "report.html", "all of this, for a browser", true},
    {"timeline", "timeline.csv", "every match, for a spreadsheet", true},
    {"incidents", "incidents.jsonl", "incidents: story, sessions, what to do", true},
    {"findings", "findings.jsonl", "findings with their sample events", true},
    {"markdown", "summary.md", "incidents and findings in words, for a ticket", true},
    {"principals", "principals.csv", "principals by risk", true},
    {"timesketch", "timesketch.jsonl", "matched events, for Timesketch", true},
    {"navigator", "navigator.json", "techniques seen, for ATT&CK Navigator", true},
    {"summary", "summary.json", "this screen's numbers", true},
    {"quarantine", "quarantine.jsonl", "what could not be read, and why", true},
    {"matches", "matches.tsv", "rule id and eventID of every match", true},
    {"timesketch-csv", "timesketch.csv", "matched events, for Timesketch, as CSV", false},
    {"ocsf", "ocsf-findings.jsonl", "findings in OCSF: Detection Finding (2004)", false},
    {"ocsf-events", "ocsf-events.jsonl", "matched events in OCSF: API Activity (6003)", false},
    {"asff", "asff.jsonl", "findings for AWS Security Hub, a batch a line", false},
});
constexpr std::array<Writer, kKinds.size()> kWriters = {
    write_html,       write_timeline,       write_incidents, write_findings,    write_markdown,
    write_principals, write_timesketch,     write_navigator, write_summary,     write_quarantine,
    write_matches,    write_timesketch_csv, write_ocsf,      write_ocsf_events, write_asff,
};

size_t index_of(std::string_view name) {
  auto found = std::find_if(kKinds.begin(), kKinds.end(),
                            [&](const OutputKind& kind) { return kind.name == name; });
  CAIRN_CHECK(found != kKinds.end());
  return static_cast<size_t>(found - kKinds.begin());
}

}  // namespace

std::span<const OutputKind> output_kinds() { return kKinds; }

Result<ScanOutputs> ScanOutputs::open(Files& files, const ScanOptions& options) {
  ScanOutputs outputs(files, options);
  if (!options.out_folder.empty()) {
    TRY(files.make_folders(options.out_folder));
    for (const OutputKind& kind : kKinds)
      if (kind.in_folder) TRY(outputs.add(kind.name, join_path(options.out_folder, kind.file)));
  }
  for (const OutputRequest& request : options.exports) {
    const OutputKind& kind = kKinds[index_of(request.name)];
    if (!request.path.empty()) {
      TRY(outputs.add(kind.name, request.path));
    } else if (!kind.in_folder) {
      TRY(outputs.add(kind.name, join_path(options.out_folder, kind.file)));
    }
  }
  if (!options.matches_path.empty()) TRY(outputs.add("matches", options.matches_path));
  if (!options.jsonl_path.empty()) TRY(outputs.add("findings", options.jsonl_path));
  if (!options.csv_path.empty()) TRY(outputs.add("timeline", options.csv_path));
  if (!options.html_path.empty()) TRY(outputs.add("html", options.html_path));
  return outputs;
}

Status ScanOutputs::add(std::string_view name, const std::string& path) {
  TRY_ASSIGN(auto file, PendingFile::create(files_, path));
  outputs_.push_back({index_of(name), std::move(file)});
  return Status::success();
}

bool ScanOutputs::tell_context() const {
  return std::any_of(outputs_.begin(), outputs_.end(),
                     [](const Output& output) { return kKinds[output.kind].name == "matches"; });
}

bool ScanOutputs::tell_records() const {
  bool timeline = !options_.timeline_for_timesketch && report::needs_details(options_.timeline);
  return std::any_of(outputs_.begin(), outputs_.end(), [&](const Output& output) {
    std::string_view name = kKinds[output.kind].name;
    return name == "ocsf-events" || (name == "timeline" && timeline);
  });
}

bool ScanOutputs::tell_sessions() const {
  return std::any_of(outputs_.begin(), outputs_.end(),
                     [](const Output& output) { return kKinds[output.kind].name == "html"; });
}

Status ScanOutputs::write(report::ScanReport& report, detect::Detector& detector,
                          RecordKeeper* records) {
  report.all_findings = [&detector](const report::FindingVisitor& visit) {
    return detector.for_each_finding(visit);
  };
  Status written = write_each(report, detector, records);
  if (written.ok() && options_.keep_findings) {
    TextOutput findings;
    uint64_t rows = 0;
    written = report::write_findings_jsonl(findings, report, &rows);
    if (written.ok()) written = options_.keep_findings(findings.text);
  }
  report.all_findings = nullptr;
  return written;
}

Status ScanOutputs::write_each(report::ScanReport& report, detect::Detector& detector,
                               RecordKeeper* records) {
  OutputSources sources{report, detector, records, options_, files_};
  for (Output& output : outputs_) {
    uint64_t rows = 0;
    TRY(kWriters[output.kind](output.file->out(), sources, rows));
    TRY(output.file->commit());
    report.written.push_back({output.file->path(), std::string(kKinds[output.kind].content), rows});
  }
  return Status::success();
}

}  // namespace cairn::engine
