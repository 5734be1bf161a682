#include "base/text.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/screen.h"
#include "cli/usage_error.h"

#include <array>

namespace cairn::cli {

namespace {

constexpr uint64_t kTopOfTable = 20, kTopOfPeriod = 5;

using Shape = report::ListingColumn::Shape;

/// Everything is written unless it is a table, for which the most frequent are enough.
uint64_t top_of(const StatsCommand& command, bool has_fields) {
  if (command.top) return *command.top;
  if (command.listing.format != report::ListingFormat::kTable || !has_fields) return 0;
  return command.options.period == explore::Period::kNone ? kTopOfTable : kTopOfPeriod;
}

std::string_view name_of(explore::Period period) {
  constexpr std::array<std::string_view, 5> kNames = {"", "hour", "day", "week", "month"};
  return kNames[static_cast<size_t>(period)];
}

std::vector<report::ListingColumn> columns_of(const engine::StatsOptions& options) {
  std::vector<report::ListingColumn> columns;
  if (options.period != explore::Period::kNone) {
    columns.push_back({std::string(name_of(options.period)), Shape::kText, false, "(no time)"});
  }
  for (const std::string& field : options.fields) {
    columns.push_back(listing_column(field));
    columns.back().missing = "(none)";
  }
  for (const char* name : {"events", "share", "failed", "first", "last"})
    columns.push_back(listing_column(name));
  return columns;
}

void print_summary(const engine::StatsResult& result, bool by_period) {
  std::string text = plural(result.totals.different[0], by_period ? "row" : "value");
  if (result.hidden_values > 0) {
    text += ", " + format_count(result.written) + " shown; the other " +
            format_count(result.hidden_values) + " stand for " +
            plural(result.hidden_events, "event") + " (--top 0 shows all)";
  }
  text += "; " + reading_sentence(result.read);
  if (result.totals.copies > 0)
    text += "; " + format_count(result.totals.copies) +
            (result.totals.copies == 1 ? " copy" : " copies") + " of events counted once";
  print_error(text + "\n");
}

}  // namespace

int run(const StatsCommand& command, engine::World world) {
  bool by_period = command.options.period != explore::Period::kNone;
  auto words = divide(command.words, by_period ? 0 : 1, "a field to count", world.files);
  if (!words.ok()) {
    print_error(usage_error("stats", words.error().message).text);
    return kExitUsage;
  }
  engine::StatsOptions options = command.options;
  options.read.inputs = words.value().paths;
  options.fields = words.value().asked;
  options.top = top_of(command, !options.fields.empty());

  auto output = ListingOutput::open(command.listing, columns_of(options), world);
  if (!output.ok()) return job_failed(output.error());
  ProgressLine line(command.listing.appearance);
  auto result =
      engine::run_stats(world, options, *output.value(),
                        [&](const engine::ScanProgress& progress) { line.show(progress); });
  line.clear();
  if (output.value()->reader_gone()) return 0;
  if (!result.ok()) return job_failed(result.error());
  if (Status done = output.value()->finish(); !done.ok()) return job_failed(done.error());
  const engine::StatsResult& stats = result.value();
  for (const std::string& field : stats.unseen_fields)
    complain("no record has a field " + printable(field));
  if (stats.cut_events > 0) {
    complain(plural(stats.cut_events, "event") + " had more than " +
             std::to_string(engine::kCombinations) +
             " combinations of values: only so many were counted");
  }
  print_problems(stats.read);
  if (!command.listing.appearance.quiet) print_summary(stats, by_period);
  bool nothing = stats.totals.events.events == 0 ||
                 (!options.fields.empty() && stats.unseen_fields.size() == options.fields.size());
  return listing_exit_code(stats.read, !nothing);
}

}  // namespace cairn::cli
