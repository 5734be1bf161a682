#include "base/text.h"
#include "cli/commands.h"
#include "cli/screen.h"
#include "cli/usage_error.h"
#include "report/report.h"

#include <algorithm>

namespace cairn::cli {

namespace {

std::string list_of(const std::vector<engine::HelpTopic>& topics) {
  std::string list = "\n## Topics\n\n| topic | about |\n|---|---|\n";
  for (const engine::HelpTopic& topic : topics)
    list += "| `cairn help " + topic.name + "` | " + topic.title + " |\n";
  return list;
}

}  // namespace

int run(const HelpCommand& command, engine::World) {
  report::TerminalStyle style = style_for(command.appearance, false);
  std::vector<engine::HelpTopic> topics = engine::help_topics();
  std::string wanted = command.topic.empty() ? "cairn" : to_lower(command.topic);
  auto found = std::find_if(topics.begin(), topics.end(),
                            [&](const engine::HelpTopic& topic) { return topic.name == wanted; });
  if (found == topics.end()) {
    std::vector<std::string> names;
    for (const engine::HelpTopic& topic : topics) names.push_back(topic.name);
    std::string message = "there is no topic \"" + printable(command.topic) + "\"";
    std::string_view meant = nearest(wanted, names);
    if (!meant.empty()) message += "; did you mean \"" + std::string(meant) + "\"?";
    complain(message + " (cairn help lists the topics)");
    return kExitUsage;
  }
  std::string page(found->text);
  if (command.topic.empty()) {
    topics.erase(found);
    page += list_of(topics);
  }
  return print_out(report::render_help_page(page, style)) ? 0 : kExitIncomplete;
}

}  // namespace cairn::cli
