// who, blast, policy, diff: one way to ask and to answer.

#include "base/text.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/places.h"
#include "cli/screen.h"
#include "cli/sheet_output.h"
#include "cli/sheet_page.h"
#include "cli/usage_error.h"
#include "engine/investigate_jobs.h"
#include "report/page.h"

namespace cairn::cli {

namespace {

std::string_view name_of(QuestionKind kind) {
  switch (kind) {
    case QuestionKind::kWho:
      break;
    case QuestionKind::kBlast:
      return "blast";
    case QuestionKind::kPolicy:
      return "policy";
    case QuestionKind::kDiff:
      return "diff";
  }
  return "who";
}

Result<engine::SheetResult> ask(const QuestionCommand& command, const engine::EventPlace& place,
                                engine::World world, const engine::ScanProgressCallback& progress) {
  switch (command.kind) {
    case QuestionKind::kWho:
      break;
    case QuestionKind::kBlast:
      return engine::run_blast(world, {place, command.subject}, progress);
    case QuestionKind::kPolicy:
      return engine::run_policy(world, {place, command.subject}, progress);
    case QuestionKind::kDiff: {
      engine::DiffOptions options = command.diff;
      options.place = place;
      return engine::run_diff(world, options, progress);
    }
  }
  return engine::run_who(world, {place, command.subject, command.rules}, progress);
}

/// Prints the answer, or writes it into a file.
Status put(const std::string& text, const QuestionCommand& command, Files& files) {
  if (command.output != "-") return write_file(files, command.output, text);
  if (!print_out(text)) return Error{ErrorCode::kUnavailable, "standard output is closed"};
  return {};
}

std::string question_of(const QuestionCommand& command) {
  std::string text = "cairn " + std::string(name_of(command.kind));
  if (!command.subject.empty()) return text + " " + command.subject;
  const engine::DiffOptions& diff = command.diff;
  auto time = [](const engine::TimeRange& range) {
    return format_time(range.from) + ".." + format_time(range.to);
  };
  if (diff.by_time())
    return text + " --before " + time(diff.before_time) + " --after " + time(diff.after_time);
  return text + " --before " + join(diff.before_paths, " --before ") + " --after " +
         join(diff.after_paths, " --after ");
}

void complain_of_nobody(const engine::SheetResult& result, const QuestionCommand& command) {
  if (result.read.events == 0) return complain("no events: nothing to look at");
  if (command.kind == QuestionKind::kDiff)
    return complain("no events " + (result.near.empty() ? "" : result.near.front()) +
                    ": nothing to compare with");
  std::string text =
      "nobody and nothing in these logs is called \"" + printable(command.subject) + "\"";
  std::vector<std::string> near;
  for (const std::string& name : result.near) near.push_back(printable(name));
  if (!near.empty()) text += "; near it: " + join(near, ", ");
  complain(text);
}

}  // namespace

int run(const QuestionCommand& command, engine::World world) {
  engine::EventPlace place;
  place.read = command.place.read;
  std::unique_ptr<lake::Lake> lake;
  bool two_places = command.kind == QuestionKind::kDiff && !command.diff.by_time();
  if (place.read.inputs.empty() && !two_places) {
    auto opened = open_lake(command.lake, lake::Access::kRead, world);
    if (!opened.ok() && command.lake.folder.empty() &&
        opened.error().code == ErrorCode::kNotFound) {
      print_error(usage_error(name_of(command.kind),
                              "name files or folders of logs, or a lake "
                              "with --lake")
                      .text);
      return kExitUsage;
    }
    if (!opened.ok()) return job_failed(opened.error());
    lake = std::move(opened).value();
    place.lake = lake.get();
  }
  Result<geo::Atlas> atlas = geo::Atlas();
  if (tells_places(command.kind)) atlas = open_atlas(command.geoip, world.files);
  if (!atlas.ok()) return job_failed(atlas.error());
  engine::World located{world.files, world.clock, world.interrupted, atlas.value()};
  ProgressLine line(command.appearance);
  auto result = ask(command, place, located,
                    [&](const engine::ScanProgress& progress) { line.show(progress); });
  line.clear();
  if (!result.ok()) {
    if (result.error().code != ErrorCode::kInvalidInput) return job_failed(result.error());
    print_error(usage_error(name_of(command.kind), result.error().message).text);
    return kExitUsage;
  }
  const engine::SheetResult& answer = result.value();
  print_problems(answer.read);
  print_problem(atlas.value());
  if (!answer.found) {
    complain_of_nobody(answer, command);
    return listing_exit_code(answer.read, false);
  }
  report::TerminalStyle style = style_for(command.appearance, false);
  if (command.output != "-" && command.appearance.colour != "always") style.colour = false;
  std::string text = command.json ? sheet_json(answer.sheet) : render_sheet(answer.sheet, style);
  if (!command.json && !command.appearance.quiet && command.output == "-")
    text +=
        "\n" + std::string(report::Page::kLabelWidth, ' ') + reading_sentence(answer.read) + "\n";
  if (command.json || command.output != "-" || !command.appearance.quiet) {
    if (Status done = put(text, command, world.files); !done.ok())
      return command.output == "-" ? kExitIncomplete : job_failed(done.error());
  }
  if (!command.html.empty()) {
    std::string page = sheet_page(answer.sheet, engine::answer_page(), question_of(command),
                                  reading_sentence(answer.read) + "; Cairn " + engine::version());
    if (Status done = write_file(world.files, command.html, page); !done.ok())
      return job_failed(done.error());
  }
  return listing_exit_code(answer.read, true);
}

}  // namespace cairn::cli
