#include "cli/listing_output.h"

#include "base/text.h"
#include "cli/commands.h"
#include "cli/screen.h"
#include "sys/process.h"

#include <algorithm>

namespace cairn::cli {

namespace {

constexpr size_t kProblemsShown = 5;

using Shape = report::ListingColumn::Shape;

}  // namespace

Result<explore::DividedWords> divide(const MixedWords& mixed, size_t least_asked,
                                     std::string_view what_is_asked, Files& files) {
  if (mixed.asked.empty() && mixed.paths.empty()) {
    return explore::divide_words(
        mixed.words, least_asked, what_is_asked,
        [&](const std::string& word) { return word == "-" || files.stat(word).ok(); });
  }
  explore::DividedWords divided{mixed.asked, mixed.paths};
  if (!mixed.asked.empty() && !mixed.paths.empty() && !mixed.words.empty())
    return Error{ErrorCode::kInvalidInput, "with --for and --in, \"" +
                                               printable(mixed.words.front()) +
                                               "\" is neither a term nor a path"};
  std::vector<std::string>& rest = mixed.paths.empty() ? divided.paths : divided.asked;
  rest.insert(rest.end(), mixed.words.begin(), mixed.words.end());
  if (divided.paths.empty())
    return Error{ErrorCode::kInvalidInput,
                 "name the files or folders to look in (- for standard input)"};
  if (divided.asked.size() < least_asked)
    return Error{ErrorCode::kInvalidInput, "name " + std::string(what_is_asked)};
  return divided;
}

report::ListingColumn listing_column(const std::string& name) {
  report::ListingColumn column;
  column.name = name;
  if (name == "time" || name == "eventTime" || name == "first" || name == "last")
    column.shape = Shape::kTime;
  if (name == "principal") column.shape = Shape::kPrincipal;
  if (name == "offset" || name == "events" || name == "failed") column.shape = Shape::kNumber;
  if (name == "share") column.shape = Shape::kShare;
  constexpr size_t kWhole = 1000, kSeconds = 19, kDay = 10;
  if (column.shape == Shape::kTime)
    column.least = name == "first" || name == "last" ? kDay : kSeconds;
  for (const char* short_one : {"source_ip", "ip", "region", "event_id", "account"}) {
    if (name == short_one) column.least = kWhole;
  }
  if (name == "words") column.least = 20;
  if (name == "action" || name == "principal") column.least = 14;
  return column;
}

Result<std::unique_ptr<ListingOutput>> ListingOutput::open(
    const ListingChoice& choice, std::vector<report::ListingColumn> columns, engine::World world) {
  TRY_ASSIGN(auto file, engine::PendingFile::create(world.files, choice.output));
  bool to_screen = choice.output == "-";
  report::TerminalStyle style = style_for(choice.appearance, false);
  if (!to_screen && choice.appearance.colour != "always") style.colour = false;
  // A pipe or a file wants values whole, unless a width was asked for.
  bool whole = choice.appearance.width == 0 && !(to_screen && is_terminal(Stream::kOut));
  bool silent =
      choice.appearance.quiet && to_screen && choice.format == report::ListingFormat::kTable;
  std::unique_ptr<ListingOutput> output(new ListingOutput(std::move(file), silent));
  output->listing_ = std::make_unique<report::Listing>(std::move(columns), choice.format, style,
                                                       whole, output->file_->out());
  return output;
}

Status ListingOutput::write(const explore::Row& row) {
  if (silent_) return {};
  Status written = listing_->write(row);
  if (!written.ok()) reader_gone_ = written.error().code == ErrorCode::kCancelled;
  return written;
}

Status ListingOutput::finish() {
  Status done = silent_ ? Status() : listing_->end();
  if (done.ok()) done = file_->commit();
  if (!done.ok()) reader_gone_ = done.error().code == ErrorCode::kCancelled;
  return reader_gone_ ? Status() : done;
}

std::string reading_sentence(const engine::ReadSummary& read) {
  std::string text = plural(read.events, "event");
  if (read.filtered > 0) text += " (" + format_count(read.filtered) + " more left out by filters)";
  text += " in " + plural(read.files, "file") + ", " + format_seconds(read.seconds);
  if (read.seconds >= 0.1) {
    auto rate =
        static_cast<uint64_t>(static_cast<double>(read.events + read.filtered) / read.seconds);
    text += ", " + format_count(rate) + " events/s";
  }
  return text;
}

void print_problems(const engine::ReadSummary& read) {
  size_t shown = 0;
  for (const QuarantineEntry& problem : read.problems) {
    if (problem.kind == QuarantineEntry::Kind::kRepaired) continue;
    if (shown++ == kProblemsShown) break;
    complain(printable(problem.file) + ": byte " + std::to_string(problem.offset) + ": " +
             printable(problem.reason));
  }
  if (read.interrupted) {
    complain("stopped by you: " + plural(read.files_unread, "file") + " not read");
    return;
  }
  if (!read.examined) complain("nothing here is CloudTrail: no file held a record");
  if (read.complete()) return;
  complain("not everything could be read: " +
           plural(read.unreadable_files, "file or folder", "files or folders") + " unreadable, " +
           plural(read.partial_files, "file") + " read in part, " +
           plural(read.quarantined, "record or stretch", "records or stretches") +
           " left out; cairn scan --out lists them");
}

int job_failed(const Error& error) {
  complain(error.message);
  return error.code == ErrorCode::kInvalidInput || error.code == ErrorCode::kNotFound
             ? kExitUsage
             : kExitIncomplete;
}

int listing_exit_code(const engine::ReadSummary& read, bool found) {
  if (!read.complete() || !read.examined) return kExitIncomplete;
  return found ? 0 : kExitNothingFound;
}

}  // namespace cairn::cli
