#include "geo/geo.h"
#include "sys/process.h"

#include <algorithm>

namespace cairn::geo {

std::vector<std::string> installed_files(Files& files) {
  std::string folder = program_folder();
  if (folder.empty()) return {};
  for (const char* share : {"share/cairn", "../share/cairn"}) {
    auto listed = files.list(join_path(folder, share));
    if (!listed.ok()) continue;
    std::vector<std::string> paths;
    for (const FileInfo& file : listed.value())
      if (file.path.ends_with(".mmdb")) paths.push_back(file.path);
    std::sort(paths.begin(), paths.end());
    if (!paths.empty()) return paths;
  }
  return {};
}

}  // namespace cairn::geo
