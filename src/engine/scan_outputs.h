#pragma once

// The files a scan leaves behind: opened before anything is read, written when everything is known.

#include "detect/detect.h"
#include "engine/engine.h"
#include "engine/pending_file.h"
#include "report/report.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cairn::engine {

class ScanOutputs {
 public:
  /// Opens every file that the options ask for. Fails when one cannot be written.
  static Result<ScanOutputs> open(Files& files, const ScanOptions& options);

  bool empty() const { return outputs_.empty(); }
  /// Writes all of them; adds each to report.written. The report's lists must be complete.
  Status write(report::ScanReport& report, detect::Detector& detector);

 private:
  using Writer = std::function<Status(OutputFile&, const report::ScanReport&, detect::Detector&,
                                      uint64_t& rows)>;
  struct Output {
    std::unique_ptr<PendingFile> file;
    std::string content;
    Writer writer;
  };

  Status write_each(report::ScanReport& report, detect::Detector& detector);
  Status add(Files& files, const std::string& path, std::string content, Writer writer);

  std::vector<Output> outputs_;
};

}  // namespace cairn::engine
