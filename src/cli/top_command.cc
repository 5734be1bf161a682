#include "base/text.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/screen.h"
#include "report/overview.h"

namespace cairn::cli {

namespace {

explore::Row row_of(const explore::ValueList& list, const explore::ValueList::Value& value,
                    uint64_t all) {
  auto number = [](uint64_t count) {
    return explore::Cell{{FieldKind::kNumber, std::to_string(count)}};
  };
  auto time = [&](int64_t time_ms) {
    if (!value.count.time_known()) return explore::Cell{};
    return explore::Cell{{FieldKind::kString, format_time(Timestamp(Duration(time_ms)))}};
  };
  explore::Row row;
  row.push_back({{FieldKind::kString, list.name}});
  row.push_back({{FieldKind::kString, value.text}});
  row.push_back(number(value.count.events));
  row.push_back(engine::share_cell(value.count.events, all));
  row.push_back(number(value.count.failed));
  row.push_back(time(value.count.first_ms));
  row.push_back(time(value.count.last_ms));
  return row;
}

Status write_rows(const engine::TopResult& top, ListingOutput& output) {
  std::vector<explore::Row> rows;
  for (const explore::ValueList& list : top.lists) {
    for (const auto& value : list.values)
      rows.push_back(row_of(list, value, top.totals.events.events));
  }
  for (const explore::Row& row : rows) output.measure(row);
  for (const explore::Row& row : rows) TRY(output.write(row));
  return {};
}

}  // namespace

int run(const TopCommand& command, engine::World world) {
  bool screen =
      command.listing.format == report::ListingFormat::kTable && command.listing.output == "-";
  std::vector<report::ListingColumn> columns;
  for (const char* name : {"list", "value", "events", "share", "failed", "first", "last"})
    columns.push_back(listing_column(name));
  std::unique_ptr<ListingOutput> output;
  if (!screen) {
    auto opened = ListingOutput::open(command.listing, std::move(columns), world);
    if (!opened.ok()) return job_failed(opened.error());
    output = std::move(opened).value();
  }
  ProgressLine line(command.listing.appearance);
  auto result = engine::run_top(world, command.options,
                                [&](const engine::ScanProgress& progress) { line.show(progress); });
  line.clear();
  if (!result.ok()) return job_failed(result.error());
  const engine::TopResult& top = result.value();
  if (output) {
    Status done = write_rows(top, *output);
    if (output->reader_gone()) return 0;
    if (done.ok()) done = output->finish();
    if (!done.ok()) return job_failed(done.error());
  }
  print_problems(top.read);
  bool found = top.totals.events.events > 0;
  if (screen && !command.listing.appearance.quiet) {
    report::OverviewFacts facts{join(command.options.read.inputs, ", "), reading_sentence(top.read),
                                &top.totals};
    print_out(
        report::render_overview(facts, top.lists, style_for(command.listing.appearance, false)));
  }
  return listing_exit_code(top.read, found);
}

}  // namespace cairn::cli
