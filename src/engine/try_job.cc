// `cairn rules try`: JSON lines in, one answer a line out.

#include "base/text.h"
#include "engine/engine.h"
#include "formats/json_tree.h"
#include "rules/trial.h"

#include <array>
#include <optional>

namespace cairn::engine {

namespace {

constexpr size_t kLineLimit = 32u << 20;

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
  TRY_ASSIGN(auto file, world.files.open(path));
  JsonTree tree;
  std::string pending;
  std::array<char, 64 << 10> buffer{};
  auto take = [&](std::string_view line) {
    bool is_blank = line.find_first_not_of(" \t\r") == std::string_view::npos;
    return is_blank ? Status::success() : print(try_line(tree, line));
  };
  for (bool more = true; more;) {
    TRY_ASSIGN(size_t size, file->read(buffer));
    more = size > 0 && !world.interrupted;
    pending.append(buffer.data(), size);
    size_t begin = 0;
    for (size_t end; (end = pending.find('\n', begin)) != std::string::npos; begin = end + 1)
      TRY(take(std::string_view(pending).substr(begin, end - begin)));
    pending.erase(0, begin);
    if (pending.size() > kLineLimit) {
      return Error{ErrorCode::kExhausted, "a line is longer than " + format_bytes(kLineLimit) +
                                              ": nothing behind it was read"};
    }
  }
  return take(pending);
}

}  // namespace cairn::engine
