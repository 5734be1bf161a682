#include "base/text.h"
#include "cli/asked_place.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/places.h"
#include "cli/screen.h"
#include "cli/story_page.h"
#include "engine/identity_jobs.h"

namespace cairn::cli {

namespace {

/// The incidents that were asked for; a name that none has is said.
std::vector<const incident::Incident*> chosen(const std::vector<std::string>& asked,
                                              const incident::Incidents& incidents,
                                              const std::string& where) {
  std::vector<const incident::Incident*> list;
  for (const std::string& id : asked) {
    const incident::Incident* found = incidents.find(id);
    if (found == nullptr) {
      complain("there is no incident " + printable(id) + " in " + where + "; there " +
               (incidents.list.size() == 1 ? "is " : "are ") +
               plural(incidents.list.size(), "incident"));
    } else {
      list.push_back(found);
    }
  }
  if (asked.empty())
    for (const incident::Incident& incident : incidents.list) list.push_back(&incident);
  return list;
}

}  // namespace

int run(const StoryCommand& command, engine::World world) {
  AskedPlace found;
  if (auto code = find_place("story", command.words, 0, "an incident", command.lake, world, found))
    return *code;
  engine::EventPlace place = command.place;
  place.read.inputs = found.place.read.inputs;
  place.lake = found.place.lake;
  auto atlas = open_atlas(command.geoip, world.files);
  if (!atlas.ok()) return job_failed(atlas.error());
  engine::World located{world.files, world.clock, world.interrupted, atlas.value()};
  ProgressLine line(command.appearance);
  auto result =
      engine::search_incidents(located, place, command.rules,
                               [&](const engine::ScanProgress& progress) { line.show(progress); });
  line.clear();
  if (!result.ok()) return job_failed(result.error());
  const engine::FoundIncidents& answer = result.value();
  print_problems(answer.read);
  print_problem(atlas.value());
  std::vector<const incident::Incident*> told =
      chosen(found.asked, answer.incidents, place.lake == nullptr ? "these logs" : "the lake");
  if (!command.html.empty() && !told.empty()) {
    std::string question = "cairn story";
    for (const std::string& id : found.asked) question += " " + id;
    std::string page = story_page(told, *answer.rules, engine::answer_page(), question,
                                  reading_sentence(answer.read) + "; Cairn " + engine::version());
    if (Status done = write_file(world.files, command.html, page); !done.ok())
      return job_failed(done.error());
  }
  report::TerminalStyle style = style_for(command.appearance, false);
  bool first = true;
  for (const incident::Incident* incident : told) {
    std::string text = command.json ? report::incident_line(*incident, *answer.rules)
                                    : report::render_story(*incident, *answer.rules, style);
    if (!first && !command.json) text = "\n" + text;
    first = false;
    if (!command.appearance.quiet && !print_out(text)) return kExitIncomplete;
  }
  if (told.empty() && found.asked.empty())
    print_error("No incidents: cairn scan shows the findings, if there are any.\n");
  return listing_exit_code(answer.read, !told.empty() && told.size() >= found.asked.size());
}

}  // namespace cairn::cli
