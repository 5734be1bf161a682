#include "base/text.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/screen.h"
#include "cli/usage_error.h"
#include "formats/json_writer.h"

namespace cairn::cli {

namespace {

/// Rules and places are lists: in JSON always arrays, in CSV one text.
explore::Row row_of(const report::ShownEvent& event, bool json) {
  const EventSummary& summary = event.summary;
  explore::Row row;
  auto text = [&](std::string value) {
    explore::Cell& cell = row.emplace_back();
    if (!value.empty()) cell.push_back({FieldKind::kString, std::move(value)});
  };
  text(summary.event_id);
  text(summary.time_known ? format_time(summary.time) : "");
  text(summary.account);
  text(summary.region);
  text(summary.principal);
  text(summary.session);
  text(summary.access_key);
  text(summary.event_source);
  text(summary.event_name);
  text(summary.target);
  text(summary.words);
  text(summary.source_ip);
  text(summary.user_agent);
  text(summary.error_code);
  text(summary.error_message);
  JsonWriter rules, places;
  std::string rule_text, place_text;
  rules.begin_array();
  for (const auto& rule : event.rules) {
    rules.begin_object().member("code", rule.code).member("level", to_string(rule.level));
    rules.member("title", rule.title).end_object();
    rule_text += (rule_text.empty() ? "" : "; ") + rule.code;
  }
  rules.end_array();
  places.begin_array();
  for (const auto& place : event.places) {
    places.begin_object().member("file", place.file);
    place_text += (place_text.empty() ? "" : "; ") + place.file;
    if (place.offset != report::ShownEvent::kNoOffset) {
      places.member("offset", place.offset);
      place_text += ":" + std::to_string(place.offset);
    }
    places.end_object();
  }
  places.end_array();
  if (json) {
    row.push_back({{FieldKind::kArray, std::move(rules).take()}});
    row.push_back({{FieldKind::kArray, std::move(places).take()}});
  } else {
    text(rule_text);
    text(place_text);
  }
  row.push_back({{FieldKind::kNumber, std::to_string(event.copies)}});
  row.push_back({{FieldKind::kNumber, std::to_string(event.variants)}});
  row.push_back({{FieldKind::kObject, event.record}});
  return row;
}

Status write_rows(const engine::ShowResult& result, const ListingChoice& choice,
                  ListingOutput& output) {
  for (const report::ShownEvent& event : result.events) {
    explore::Row row;
    if (choice.format == report::ListingFormat::kRaw) {
      row.push_back({{FieldKind::kObject, event.record}});
    } else {
      row = row_of(event, choice.format == report::ListingFormat::kJson);
    }
    TRY(output.write(row));
  }
  return output.finish();
}

std::vector<report::ListingColumn> columns_of(report::ListingFormat format) {
  if (format == report::ListingFormat::kRaw) return {listing_column("record")};
  std::vector<report::ListingColumn> columns;
  for (const char* name :
       {"event_id",      "time",       "account", "region", "principal", "session",    "access_key",
        "event_source",  "event_name", "target",  "words",  "source_ip", "user_agent", "error_code",
        "error_message", "rules",      "places",  "copies", "variants",  "record"})
    columns.push_back(listing_column(name));
  return columns;
}

Status write_pages(const engine::ShowResult& result, const ListingChoice& choice, Files& files) {
  report::TerminalStyle style = style_for(choice.appearance, false);
  if (choice.output != "-" && choice.appearance.colour != "always") style.colour = false;
  std::string text;
  for (const report::ShownEvent& event : result.events)
    text += (text.empty() ? "" : "\n") + report::render_event(event, style);
  if (choice.output != "-") return write_file(files, choice.output, text);
  if (!choice.appearance.quiet) print_out(text);
  return {};
}

void print_missing(const engine::ShowResult& result) {
  for (const std::string& id : result.not_found) complain("no event " + printable(id));
  for (const auto& ambiguous : result.ambiguous) {
    std::string text = "\"" + printable(ambiguous.asked) + "\" begins " +
                       (ambiguous.candidates.empty() ? "more than " : "") +
                       plural(ambiguous.events, "eventID");
    for (size_t i = 0; i < ambiguous.candidates.size(); ++i)
      text += (i == 0 ? ": " : ", ") + printable(ambiguous.candidates[i]);
    if (ambiguous.events > ambiguous.candidates.size()) text += " …";
    complain(text + "; write more of it");
  }
}

}  // namespace

int run(const ShowCommand& command, engine::World world) {
  auto usage = [](const std::string& message) {
    print_error(usage_error("show", message).text);
    return kExitUsage;
  };
  engine::ShowOptions options = command.options;
  std::unique_ptr<lake::Lake> lake;
  if (command.lake) {
    options.event_ids = command.words.words;
    auto opened = open_lake(*command.lake, lake::Access::kRead, world);
    if (!opened.ok()) return job_failed(opened.error());
    lake = std::move(opened).value();
  } else {
    auto words = divide(command.words, 1, "an eventID", world.files);
    if (!words.ok()) return usage(words.error().message);
    options.read.inputs = words.value().paths;
    options.event_ids = words.value().asked;
  }
  if (!options.rules.builtin && options.rules.paths.empty())
    return usage("--no-builtin leaves no rules: name some with --rules");

  bool pages = command.listing.format == report::ListingFormat::kTable;
  std::unique_ptr<ListingOutput> output;
  if (!pages) {
    auto opened = ListingOutput::open(command.listing, columns_of(command.listing.format), world);
    if (!opened.ok()) return job_failed(opened.error());
    output = std::move(opened).value();
  }
  if (lake) {
    auto keeps_raw = lake::keeps_raw(*lake);
    if (!keeps_raw.ok()) return job_failed(keeps_raw.error());
    if (!keeps_raw.value() && command.listing.format == report::ListingFormat::kRaw) {
      complain(
          "the lake was loaded with --no-raw: it has no records as they were; leave --raw out");
      return kExitUsage;
    }
    if (!keeps_raw.value())
      complain(
          "the lake was loaded with --no-raw: records are made of its columns, and lack what no "
          "column has");
  }
  ProgressLine line(command.listing.appearance);
  auto result = lake ? engine::run_lake_show(world, *lake, options)
                     : engine::run_show(world, options, [&](const engine::ScanProgress& progress) {
                         line.show(progress);
                       });
  line.clear();
  if (!result.ok()) return job_failed(result.error());
  const engine::ShowResult& shown = result.value();
  Status done = pages ? write_pages(shown, command.listing, world.files)
                      : write_rows(shown, command.listing, *output);
  if (output && output->reader_gone()) return 0;
  if (!done.ok()) return job_failed(done.error());
  print_missing(shown);
  if (!lake) print_problems(shown.read);
  if (!shown.ambiguous.empty()) return kExitUsage;
  return listing_exit_code(shown.read, shown.not_found.empty());
}

}  // namespace cairn::cli
