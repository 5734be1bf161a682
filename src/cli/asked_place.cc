#include "cli/asked_place.h"

#include "cli/commands.h"
#include "cli/lake_choice.h"
#include "cli/listing_output.h"
#include "cli/screen.h"
#include "cli/usage_error.h"

namespace cairn::cli {

namespace {

bool looks_like_a_path(const std::string& word) {
  return word == "-" || word.front() == '.' || word.front() == '/';
}

}  // namespace

std::optional<int> find_place(std::string_view command, const MixedWords& words, size_t least,
                              std::string_view what, const LakeChoice& choice, engine::World world,
                              AskedPlace& found) {
  auto usage = [&](const std::string& message) {
    print_error(usage_error(command, message).text);
    return kExitUsage;
  };
  const bool wants_lake = !choice.folder.empty();
  std::string no_paths = "name files or folders of logs, or a lake with --lake";
  const bool path =
      !words.paths.empty() || (!words.words.empty() && world.files.stat(words.words.back()).ok());
  if (wants_lake && path) return usage("a path and --lake: ask either logs or the lake");
  if (!wants_lake && words.words.size() + words.paths.size() > 0) {
    auto divided = divide(words, least, what, world.files);
    if (divided.ok()) {
      found.asked = std::move(divided.value().asked);
      found.place.read.inputs = std::move(divided.value().paths);
      return std::nullopt;
    }
    no_paths = divided.error().message;
    bool none_meant = words.paths.empty() && !looks_like_a_path(words.words.back());
    if (!none_meant) return usage(no_paths);
  }
  found.asked = words.words;
  if (found.asked.size() < least) return usage("name " + std::string(what));
  auto opened = open_lake(choice, lake::Access::kRead, world);
  if (!opened.ok() && !wants_lake && opened.error().code == ErrorCode::kNotFound)
    return usage(no_paths);
  if (!opened.ok()) return job_failed(opened.error());
  found.lake = std::move(opened).value();
  found.place.lake = found.lake.get();
  return std::nullopt;
}

}  // namespace cairn::cli
