#include "cli/places.h"

#include "cli/screen.h"
#include "sys/process.h"

#include <algorithm>

namespace cairn::cli {

Result<geo::Atlas> open_atlas(const std::vector<std::string>& chosen, Files& files) {
  std::vector<std::string> paths = chosen;
  if (paths.empty()) {
    std::string from_environment = environment("CAIRN_GEOIP");
    if (!from_environment.empty()) paths.push_back(std::move(from_environment));
  }
  if (std::find(paths.begin(), paths.end(), "none") != paths.end()) return geo::Atlas();
  for (std::string& path : geo::installed_files(files)) paths.push_back(std::move(path));
  return geo::Atlas::open(paths);
}

void print_problem(const geo::Atlas& atlas) {
  std::string problem = atlas.problem();
  if (!problem.empty()) complain(problem);
}

}  // namespace cairn::cli
