#include "base/text.h"
#include "cli/asked_place.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/places.h"
#include "cli/screen.h"
#include "cli/sheet_output.h"
#include "cli/sheet_page.h"
#include "cli/usage_error.h"

#include <algorithm>

namespace cairn::cli {

namespace {

void say_what_is_missing(const engine::UndoJobResult& result, const UndoCommand& command) {
  for (const std::string& id : result.not_found)
    complain("no event, finding or incident " + printable(id));
  for (const std::string& id : result.ambiguous)
    complain("\"" + printable(id) + "\" begins several eventIDs; write more of it");
  if (result.changed_nothing > 0)
    complain(plural(result.changed_nothing, "event") +
             " changed nothing: the call failed, or only looked");
  if (command.options.by.empty() || result.calls > 0) return;
  std::string text =
      "nothing in these logs was changed by \"" + printable(command.options.by) + "\"";
  std::vector<std::string> near;
  for (const std::string& name : result.near) near.push_back(printable(name));
  if (!near.empty()) text += "; near it: " + join(near, ", ");
  complain(text);
}

/// Calls with commands and calls without are two tables for people.
investigate::Sheet for_page(const engine::UndoJobResult& result) {
  investigate::Sheet sheet;
  sheet.title = format_count(result.taken_back) + " of " + plural(result.calls, "call") +
                " can be taken back";
  sheet.say("how", "HOW",
            "The newest first. The script that cairn undo writes prints these commands, and runs "
            "them when it is given --execute.");
  for (const investigate::SheetPart& part : result.sheet.parts) {
    investigate::SheetPart can = part, cannot;
    // The principal and the command say these.
    for (investigate::SheetColumn& column : can.columns)
      if (column.name == "account" || column.name == "region")
        column.kind = investigate::SheetColumn::Kind::kHidden;
    cannot = can;
    can.label = "CAN BE TAKEN BACK";
    cannot.label = "NOTHING TO RUN";
    auto commands = std::find_if(part.columns.begin(), part.columns.end(),
                                 [](const auto& column) { return column.name == "commands"; });
    if (commands == part.columns.end()) continue;
    size_t at = static_cast<size_t>(commands - part.columns.begin());
    std::erase_if(can.rows, [&](const auto& row) { return row[at].empty(); });
    std::erase_if(cannot.rows, [&](const auto& row) { return !row[at].empty(); });
    cannot.total = cannot.total > can.rows.size() ? cannot.total - can.rows.size() : 0;
    can.total = can.shown = can.rows.size();
    cannot.shown = cannot.rows.size();
    sheet.parts.push_back(std::move(can));
    sheet.parts.push_back(std::move(cannot));
  }
  return sheet;
}

}  // namespace

int run(const UndoCommand& command, engine::World world) {
  auto usage = [](const std::string& message) {
    print_error(usage_error("undo", message).text);
    return kExitUsage;
  };
  engine::UndoOptions options = command.options;
  // With --by every word is a path.
  MixedWords words = command.words;
  if (!options.by.empty()) words = {{}, {}, command.words.words};
  if (options.by.empty() && words.words.empty() && words.paths.empty())
    return usage("name eventIDs, or a principal with --by");
  AskedPlace found;
  if (auto code =
          find_place("undo", words, options.by.empty() ? 1 : 0,
                     "an incident, an eventID or a finding's id", command.lake, world, found))
    return *code;
  options.asked = found.asked;
  options.place.read.inputs = found.place.read.inputs;
  options.place.lake = found.place.lake;
  auto atlas = open_atlas(command.geoip, world.files);  // rules ask it: findings have their ids
  if (!atlas.ok()) return job_failed(atlas.error());
  const engine::World located{world.files, world.clock, world.interrupted, atlas.value()};
  ProgressLine line(command.appearance);
  auto result = engine::run_undo(
      located, options, [&](const engine::ScanProgress& progress) { line.show(progress); });
  line.clear();
  if (!result.ok()) return job_failed(result.error());
  const engine::UndoJobResult& answer = result.value();
  print_problems(answer.read);
  say_what_is_missing(answer, command);
  if (!answer.ambiguous.empty()) return kExitUsage;
  if (answer.calls == 0) return listing_exit_code(answer.read, false);
  std::string text = command.json ? sheet_json(answer.sheet) : answer.script;
  if (command.output == "-") {
    if (!print_out(text)) return kExitIncomplete;
  } else if (Status done = write_file(world.files, command.output, text); !done.ok()) {
    return job_failed(done.error());
  }
  if (!command.html.empty()) {
    std::string asked = options.by.empty() ? join(options.asked, " ") : "--by " + options.by;
    std::string page = sheet_page(for_page(answer), engine::answer_page(), "cairn undo " + asked,
                                  reading_sentence(answer.read) + "; Cairn " + engine::version());
    if (Status done = write_file(world.files, command.html, page); !done.ok())
      return job_failed(done.error());
  }
  if (!command.appearance.quiet)
    print_error(format_count(answer.taken_back) + " of " + plural(answer.calls, "call") +
                " can be taken back" +
                (command.json ? "\n" : "; review the script: it does nothing without --execute\n"));
  return listing_exit_code(answer.read, answer.not_found.empty());
}

}  // namespace cairn::cli
