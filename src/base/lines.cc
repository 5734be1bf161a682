#include "base/lines.h"

#include <algorithm>

namespace cairn {

namespace {
// A caret under the ten thousandth character helps nobody, and each remark holds its line.
constexpr size_t kShownLimit = 1'000;
}  // namespace

const std::vector<size_t>& Lines::begins() const {
  if (!begins_) {
    begins_.emplace(1, 0);
    for (size_t end = 0; (end = text_.find('\n', end)) != std::string_view::npos;)
      begins_->push_back(++end);
  }
  return *begins_;
}

size_t Lines::begin(size_t line) const {
  const std::vector<size_t>& all = begins();
  if (line == 0) return 0;
  return line <= all.size() ? all[line - 1] : text_.size();
}

std::string_view Lines::at(size_t line) const {
  const std::vector<size_t>& all = begins();
  if (line == 0 || line > all.size()) return {};
  size_t end = line < all.size() ? all[line] - 1 : text_.size();
  std::string_view found = text_.substr(all[line - 1], end - all[line - 1]);
  if (found.ends_with('\r')) found.remove_suffix(1);
  return found;
}

size_t Lines::holding(size_t position) const {
  const std::vector<size_t>& all = begins();
  return static_cast<size_t>(std::upper_bound(all.begin(), all.end(), position) - all.begin());
}

std::string Lines::shown(size_t line) const { return shown_line(at(line)); }

std::string shown_line(std::string_view line) {
  return line.size() > kShownLimit ? "" : std::string(line);
}

}  // namespace cairn
