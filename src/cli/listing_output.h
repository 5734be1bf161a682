#pragma once

// What the commands that list rows share: where the rows go, and what is said beside them.

#include "cli/arguments.h"
#include "engine/explore_jobs.h"
#include "engine/pending_file.h"
#include "report/listing.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::cli {

/// Divides words into what is asked and where to look; an error is a usage error.
Result<explore::DividedWords> divide(const MixedWords& mixed, size_t least_asked,
                                     std::string_view what_is_asked, Files& files);

/// Returns how a column of this name is shown.
report::ListingColumn listing_column(const std::string& name);

/// The rows' way to a file or standard output. One thread at a time.
class ListingOutput : public engine::RowSink {
 public:
  /// Opens the output, so that a path that cannot be written is known before any work is done.
  static Result<std::unique_ptr<ListingOutput>> open(const ListingChoice& choice,
                                                     std::vector<report::ListingColumn> columns,
                                                     engine::World world);
  void measure(const explore::Row& row) override { listing_->measure(row); }
  Status write(const explore::Row& row) override;
  /// Writes what is left and closes. A file appears now, whole.
  Status finish();
  /// True when whoever reads standard output has gone (`| head`): no error.
  bool reader_gone() const { return reader_gone_; }

 private:
  ListingOutput(std::unique_ptr<engine::PendingFile> file, bool silent)
      : file_(std::move(file)), silent_(silent) {}

  std::unique_ptr<engine::PendingFile> file_;
  std::unique_ptr<report::Listing> listing_;
  bool silent_;  // --quiet: a table is not printed
  bool reader_gone_ = false;
};

/// Says on standard error what could not be read.
void print_problems(const engine::ReadSummary& read);
/// "12,345 events in 210 files (1.2 GiB of text) in 2.1 s: 5,900 events/s".
std::string reading_sentence(const engine::ReadSummary& read);

/// Prints why a job failed; returns the exit code.
int job_failed(const Error& error);
/// The exit code of a job that ran: 3 when something could not be read, else 0 or 1.
int listing_exit_code(const engine::ReadSummary& read, bool found);

}  // namespace cairn::cli
