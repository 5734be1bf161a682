#include "base/text.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/screen.h"
#include "cli/usage_error.h"

namespace cairn::cli {

namespace {

/// A table has room for the answer; files have all.
std::vector<std::string> columns_of(const SessionsCommand& command) {
  if (!command.options.columns.empty()) return command.options.columns;
  if (command.listing.format != report::ListingFormat::kTable) return engine::session_columns();
  return {"first",     "origin", "kind",   "principal", "session",
          "source_ip", "events", "failed", "because"};
}

std::vector<report::ListingColumn> listing_columns(const std::vector<std::string>& names) {
  std::vector<report::ListingColumn> columns;
  for (const std::string& name : names) {
    columns.push_back(listing_column(name));
    report::ListingColumn& column = columns.back();
    if (name == "origin") column.shape = report::ListingColumn::Shape::kPrincipal;
    if (name == "origin") column.least = 24;
    if (name == "kind") column.least = 15;
    if (name == "source_ip") column.least = 15;
    if (name == "session") column.drop = 1;
    if (name == "because") column.drop = 2;
    column.hide_empty = name == "because";
  }
  return columns;
}

std::string kinds_of(const engine::SessionsResult& result) {
  std::string text;
  for (size_t i = 0; i < identity::kOriginKinds; ++i) {
    if (result.events_by_kind[i] == 0) continue;
    if (!text.empty()) text += ", ";
    text += std::string(identity::name_of(static_cast<identity::OriginKind>(i))) + " " +
            format_count(result.events_by_kind[i]);
  }
  return text;
}

void print_summary(const engine::SessionsResult& result) {
  std::string text = plural(result.written, "session");
  if (result.written != result.sessions) text += " of " + format_count(result.sessions);
  text += ", " + plural(result.credentials_issued, "credential") + " issued in these logs";
  if (result.events > 0) {
    text += "; the origin of " + format_count(result.certain_events) + " of " +
            plural(result.events, "event") + " is certain (" + kinds_of(result) + ")";
  }
  print_error(text + "; " + reading_sentence(result.read) + "\n");
}

}  // namespace

int run(const SessionsCommand& command, engine::World world) {
  auto words = divide(command.words, 0, "who", world.files);
  if (!words.ok()) {
    print_error(usage_error("sessions", words.error().message).text);
    return kExitUsage;
  }
  engine::SessionsOptions options = command.options;
  options.read.inputs = words.value().paths;
  options.asked = words.value().asked;
  options.columns = columns_of(command);
  auto output = ListingOutput::open(command.listing, listing_columns(options.columns), world);
  if (!output.ok()) return job_failed(output.error());
  ProgressLine line(command.listing.appearance);
  auto result =
      engine::run_sessions(world, options, *output.value(),
                           [&](const engine::ScanProgress& progress) { line.show(progress); });
  line.clear();
  if (output.value()->reader_gone()) return 0;
  if (!result.ok()) {
    if (result.error().code != ErrorCode::kInvalidInput) return job_failed(result.error());
    print_error(usage_error("sessions", result.error().message).text);
    return kExitUsage;
  }
  if (Status done = output.value()->finish(); !done.ok()) return job_failed(done.error());
  print_problems(result.value().read);
  if (!command.listing.appearance.quiet) print_summary(result.value());
  return listing_exit_code(result.value().read, result.value().written > 0);
}

}  // namespace cairn::cli
