#pragma once

// Where text goes: results to standard output, everything else to standard error.

#include "base/diagnostics.h"
#include "cli/arguments.h"
#include "engine/engine.h"
#include "integrity/integrity.h"
#include "report/report.h"
#include "simulate/simulate.h"

#include <string>
#include <string_view>

namespace cairn::cli {

/// Writes to a stream; false when it is closed or full. What keeps standard output from being
/// written is said once on standard error, but for a reader that went away.
bool print_out(std::string_view text);
bool print_error(std::string_view text);

/// Prints "cairn: message" to standard error.
void complain(std::string_view message);

/// Prints diagnostics to standard error: the first few in full, then how many more there are and
/// how to see them.
void print_diagnostics(const Diagnostics& diagnostics, size_t limit);

/// Decides colour, plain and width for a stream from options and environment.
report::TerminalStyle style_for(const Appearance& appearance, bool to_error_stream);

/// A line that is rewritten in place on a terminal; says nothing elsewhere.
class ProgressLine {
 public:
  explicit ProgressLine(const Appearance& appearance);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const engine::ScanProgress& progress);
  void show(const simulate::SimulationProgress& progress);
  void show(const integrity::VerifyProgress& progress);
  void clear();

 private:
  void draw(const std::string& text);

  bool enabled_, plain_;
  size_t width_;
  bool drawn_ = false;
};

}  // namespace cairn::cli
