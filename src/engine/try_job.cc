// `cairn rules try`: JSON lines in, one answer a line out.

#include "engine/each_line.h"
#include "engine/engine.h"
#include "formats/json_tree.h"
#include "rules/trial.h"

#include <array>
#include <optional>

namespace cairn::engine {

namespace {

/// Returns the text of a member; nothing when it is missing or no text.
std::optional<std::string> text_of(const JsonTree& tree, std::string_view key) {
  uint32_t node = tree.find(0, key);
  if (node == 0 || !tree[node].is_string()) return std::nullopt;
  return std::string(tree[node].text);
}

std::string try_line(JsonTree& tree, std::string_view line) {
  Status parsed = tree.parse(line);
  if (!parsed.ok()) return "error: the line: " + parsed.error().message;
  std::array<std::string, 3> texts;
  constexpr std::array<std::string_view, 3> kKeys = {"language", "pattern", "event"};
  for (size_t i = 0; i < kKeys.size(); ++i) {
    auto text = text_of(tree, kKeys[i]);
    if (!text) return "error: the line: \"" + std::string(kKeys[i]) + "\" must be a text";
    texts[i] = std::move(*text);
  }
  return rules::try_pattern(texts[0], texts[1], texts[2]);
}

}  // namespace

Status try_patterns(World world, const std::string& path,
                    const std::function<Status(std::string_view)>& print) {
  JsonTree tree;
  return each_line(world, path, [&](Result<std::string_view> line) {
    return print(line.ok() ? try_line(tree, line.value())
                           : "error: the line: " + line.error().message);
  });
}

}  // namespace cairn::engine
