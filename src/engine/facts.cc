// What the program knows of itself.

#include "base/text.h"
#include "engine/content.h"
#include "engine/engine.h"

#include <algorithm>

namespace cairn::engine {

namespace {

constexpr std::string_view kHelpFolder = "help/";

#ifdef __clang__
constexpr std::string_view kCompiler = "clang " __clang_version__;
#else
constexpr std::string_view kCompiler = "g++ " __VERSION__;
#endif

/// The first line of a page, without its marks.
std::string title_of(std::string_view page) {
  std::string_view line = page.substr(0, page.find('\n'));
  std::string title(trim(line.substr(std::min(line.find_first_not_of("# "), line.size()))));
  std::erase(title, '`');
  return title;
}

}  // namespace

const geo::Atlas& nowhere() {
  static const geo::Atlas atlas;
  return atlas;
}

std::string version() { return CAIRN_VERSION; }

std::string build_facts() {
  uint64_t rules = 0;
  for (const EmbeddedFile& file : embedded_files()) rules += file.name.starts_with("rules/");
  return "cairn " + version() + "\n" +                                          //
         "built with " + std::string(kCompiler) + ", " CAIRN_BUILD_KIND "\n" +  //
         plural(rules, "rule") + " inside\n" +                                  //
         "libraries: " CAIRN_LIBRARIES "\n";
}

std::vector<HelpTopic> help_topics() {
  std::vector<HelpTopic> topics;
  for (const EmbeddedFile& file : embedded_files()) {
    if (!file.name.starts_with(kHelpFolder)) continue;
    std::string name(file.name.substr(kHelpFolder.size()));
    topics.push_back({name.substr(0, name.find('.')), title_of(file.text), file.text});
  }
  std::sort(topics.begin(), topics.end(),
            [](const HelpTopic& a, const HelpTopic& b) { return a.name < b.name; });
  return topics;
}

}  // namespace cairn::engine
