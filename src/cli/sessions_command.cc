#include "base/text.h"
#include "cli/asked_place.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/places.h"
#include "cli/screen.h"
#include "cli/session_page.h"
#include "cli/session_tree_output.h"
#include "cli/usage_error.h"
#include "engine/investigate_jobs.h"

namespace cairn::cli {

namespace {

constexpr const char* kMarksMissing = ", too many values: not all that is first seen is told";

/// A table has room for the answer; files have all.
std::vector<std::string> columns_of(const SessionsCommand& command, bool no_places) {
  if (!command.options.columns.empty()) return command.options.columns;
  if (command.listing.format != report::ListingFormat::kTable) return engine::session_columns();
  std::vector<std::string> names = {"first",     "origin",  "kind",   "principal", "session",
                                    "source_ip", "country", "events", "failed",    "because"};
  if (no_places) std::erase(names, "country");
  return names;
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
    column.hide_empty = name == "because" || name == "country";
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

/// Trees go to one file or the screen, whole.
int show_tree(const SessionsCommand& command, const engine::SessionsOptions& options,
              engine::World world) {
  ProgressLine line(command.listing.appearance);
  auto result = engine::run_session_tree(
      world, options, [&](const engine::ScanProgress& progress) { line.show(progress); });
  line.clear();
  if (!result.ok()) return job_failed(result.error());
  const engine::SessionForest& forest = result.value();
  const ListingChoice& listing = command.listing;
  report::TerminalStyle style = style_for(listing.appearance, false);
  if (listing.output != "-" && listing.appearance.colour != "always") style.colour = false;
  bool json = listing.format == report::ListingFormat::kJson;
  std::string text;
  for (const identity::OriginTree& tree : forest.origins) {
    if (!json && !text.empty()) text += "\n";
    text += json ? tree_line(tree, world.atlas) : render_tree(tree, world.atlas, style);
  }
  if (!command.html.empty()) {
    std::string question = "cairn sessions";
    for (const std::string& who : options.asked) question += " " + who;
    std::string page = session_page(forest, world.atlas, engine::answer_page(), question,
                                    reading_sentence(forest.read) + "; Cairn " + engine::version());
    if (Status done = write_file(world.files, command.html, page); !done.ok())
      return job_failed(done.error());
  }
  if (listing.output != "-") {
    if (Status done = write_file(world.files, listing.output, text); !done.ok())
      return job_failed(done.error());
  } else if ((json || !listing.appearance.quiet) && !print_out(text)) {
    return 0;
  }
  print_problems(forest.read);
  print_problem(world.atlas);
  if (!listing.appearance.quiet) {
    std::string sum = plural(forest.found, "session");
    if (forest.found != forest.sessions) sum += " of " + format_count(forest.sessions);
    sum += " of " + plural(forest.origins.size(), "origin");
    if (forest.found > engine::kTreeSessions)
      sum += ", the " + format_count(engine::kTreeSessions) + " busiest shown";
    if (!forest.first_seen_complete) sum += kMarksMissing;
    print_error(sum + "; " + reading_sentence(forest.read) + "\n");
  }
  return listing_exit_code(forest.read, forest.found > 0);
}

void print_summary(const engine::SessionsResult& result) {
  std::string text = plural(result.written, "session");
  if (result.written != result.sessions) text += " of " + format_count(result.sessions);
  text += ", " + plural(result.credentials_issued, "credential") + " issued in these logs";
  if (result.events > 0) {
    text += "; the origin of " + format_count(result.certain_events) + " of " +
            plural(result.events, "event") + " is certain (" + kinds_of(result) + ")";
  }
  if (!result.first_seen_complete) text += kMarksMissing;
  print_error(text + "; " + reading_sentence(result.read) + "\n");
}

}  // namespace

int run(const SessionsCommand& command, engine::World world) {
  AskedPlace found;
  if (auto code = find_place("sessions", command.words, 0, "who", command.lake, world, found))
    return *code;
  engine::SessionsOptions options = command.options;
  options.place.read.inputs = found.place.read.inputs;
  options.place.lake = found.place.lake;
  options.asked = found.asked;
  auto atlas = open_atlas(command.geoip, world.files);
  if (!atlas.ok()) return job_failed(atlas.error());
  engine::World located{world.files, world.clock, world.interrupted, atlas.value()};
  if (command.tree) return show_tree(command, options, located);
  options.columns = columns_of(command, atlas.value().empty());
  auto output = ListingOutput::open(command.listing, listing_columns(options.columns), world);
  if (!output.ok()) return job_failed(output.error());
  ProgressLine line(command.listing.appearance);
  auto result =
      engine::run_sessions(located, options, *output.value(),
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
  print_problem(atlas.value());
  if (!command.listing.appearance.quiet) print_summary(result.value());
  return listing_exit_code(result.value().read, result.value().written > 0);
}

}  // namespace cairn::cli
