#pragma once

// The files a scan leaves behind: opened before anything is read, written when everything is known.

#include "detect/detect.h"
#include "engine/engine.h"
#include "engine/pending_file.h"
#include "engine/record_keeper.h"
#include "report/report.h"

#include <memory>
#include <string>
#include <vector>

namespace cairn::engine {

/// What outputs are written from.
struct OutputSources {
  const report::ScanReport& report;
  detect::Detector& detector;
  RecordKeeper* records;  // null unless some output tells records
  const ScanOptions& options;
  Files& files;
};

class ScanOutputs {
 public:
  /// Opens every file that the options ask for. Fails when one cannot be written. The options must
  /// outlive the outputs.
  static Result<ScanOutputs> open(Files& files, const ScanOptions& options);

  bool empty() const { return outputs_.empty() && !options_.keep_findings; }
  /// True when an output tells matches below the run's level too.
  bool tell_context() const;
  /// True when an output tells more of a record than its summary.
  bool tell_records() const;
  /// True when an output tells sessions, with their calls.
  bool tell_sessions() const;

  /// Writes all of them; adds each to report.written. The report's lists must be complete.
  Status write(report::ScanReport& report, detect::Detector& detector, RecordKeeper* records);

 private:
  struct Output {
    size_t kind;  // index into the table of kinds
    std::unique_ptr<PendingFile> file;
  };

  ScanOutputs(Files& files, const ScanOptions& options) : files_(files), options_(options) {}
  Status write_each(report::ScanReport& report, detect::Detector& detector, RecordKeeper* records);
  Status add(std::string_view name, const std::string& path);

  Files& files_;
  const ScanOptions& options_;
  std::vector<Output> outputs_;
};

}  // namespace cairn::engine
