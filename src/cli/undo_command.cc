#include "base/text.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/screen.h"
#include "cli/sheet_output.h"
#include "cli/usage_error.h"

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

}  // namespace

int run(const UndoCommand& command, engine::World world) {
  auto usage = [](const std::string& message) {
    print_error(usage_error("undo", message).text);
    return kExitUsage;
  };
  engine::UndoOptions options = command.options;
  std::unique_ptr<lake::Lake> lake;
  bool wants_lake = !command.lake.folder.empty();
  if (!options.by.empty()) {
    options.place.read.inputs = command.words.words;
    if (!options.place.read.inputs.empty() && wants_lake)
      return usage("a path and --lake: ask either logs or the lake");
  } else if (wants_lake) {
    options.asked = command.words.words;
    if (options.asked.empty()) return usage("name eventIDs, or a principal with --by");
  } else {
    auto words = divide(command.words, 1, "an incident, an eventID or a finding's id", world.files);
    if (!words.ok()) return usage(words.error().message);
    options.place.read.inputs = words.value().paths;
    options.asked = words.value().asked;
  }
  if (options.place.read.inputs.empty()) {
    auto opened = open_lake(command.lake, lake::Access::kRead, world);
    if (!opened.ok() && !wants_lake && opened.error().code == ErrorCode::kNotFound)
      return usage("name files or folders of logs, or a lake with --lake");
    if (!opened.ok()) return job_failed(opened.error());
    lake = std::move(opened).value();
    options.place.lake = lake.get();
  }
  ProgressLine line(command.appearance);
  auto result = engine::run_undo(
      world, options, [&](const engine::ScanProgress& progress) { line.show(progress); });
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
  if (!command.appearance.quiet)
    print_error(format_count(answer.taken_back) + " of " + plural(answer.calls, "call") +
                " can be taken back" +
                (command.json ? "\n" : "; review the script: it does nothing without --execute\n"));
  return listing_exit_code(answer.read, answer.not_found.empty());
}

}  // namespace cairn::cli
