#include "base/text.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/places.h"
#include "cli/screen.h"
#include "cli/usage_error.h"

namespace cairn::cli {

namespace {

/// The incidents that were asked for; a name that none has is said.
std::vector<const incident::Incident*> chosen(const std::vector<std::string>& asked,
                                              const incident::Incidents& incidents) {
  std::vector<const incident::Incident*> list;
  for (const std::string& id : asked) {
    const incident::Incident* found = incidents.find(id);
    if (found == nullptr) {
      complain("there is no incident " + printable(id) + " in these logs; there " +
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
  auto words = divide(command.words, 0, "an incident", world.files);
  if (!words.ok()) {
    print_error(usage_error("story", words.error().message).text);
    return kExitUsage;
  }
  engine::ScanOptions options = command.options;
  options.inputs = words.value().paths;
  auto atlas = open_atlas(command.geoip, world.files);
  if (!atlas.ok()) return job_failed(atlas.error());
  engine::World located{world.files, world.clock, world.interrupted, atlas.value()};
  ProgressLine line(command.appearance);
  auto result = engine::run_scan(
      located, options, [&](const engine::ScanProgress& progress) { line.show(progress); });
  line.clear();
  if (!result.ok()) return job_failed(result.error());
  print_problem(atlas.value());
  const report::ScanReport& report = result.value().report;
  std::vector<const incident::Incident*> told = chosen(words.value().asked, report.incidents);
  report::TerminalStyle style = style_for(command.appearance, false);
  bool first = true;
  for (const incident::Incident* incident : told) {
    std::string text = command.json ? report::incident_line(*incident, report.rules)
                                    : report::render_story(*incident, report.rules, style);
    if (!first && !command.json) text = "\n" + text;
    first = false;
    if (!command.appearance.quiet && !print_out(text)) return kExitIncomplete;
  }
  if (told.empty() && words.value().asked.empty())
    print_error("No incidents: cairn scan shows the findings, if there are any.\n");
  if (!report.complete() || !report.examined()) return kExitIncomplete;
  bool all = !told.empty() && told.size() >= words.value().asked.size();
  return all ? 0 : kExitNothingFound;
}

}  // namespace cairn::cli
