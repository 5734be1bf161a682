#include "rules/remarks.h"

#include "base/text.h"

#include <algorithm>

namespace cairn::rules {
namespace {

// How far behind its first character a scalar's text is looked for: quotes, escapes and indentation
// may write it at more length than it has.
size_t written_limit(const YamlNode& scalar) { return 4096 + 16 * scalar.text.size(); }

std::string_view without_mark(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

}  // namespace

Remarks::Remarks(const std::string& file, std::string_view text, Diagnostics& diagnostics)
    : file_(file), text_(without_mark(text)), lines_(text_), diagnostics_(diagnostics) {}

void Remarks::error(const char* code, Place place, std::string message, std::string hint) {
  ++errors_;
  add(DiagnosticSeverity::kError, code, place, std::move(message), std::move(hint));
}

void Remarks::warning(const char* code, Place place, std::string message, std::string hint) {
  add(DiagnosticSeverity::kWarning, code, place, std::move(message), std::move(hint));
}

void Remarks::add(DiagnosticSeverity severity, const char* code, Place place, std::string message,
                  std::string hint) {
  diagnostics_.add({.code = code,
                    .severity = severity,
                    .file = file_,
                    .line = place.line,
                    .column = place.column,
                    .length = place.length,
                    .message = std::move(message),
                    .hint = std::move(hint),
                    .source_line = lines_.shown(place.line)});
}

Place Remarks::at(const YamlNode& node) const {
  size_t length = node.is_scalar() ? node.text.size() + (node.quoted ? 2 : 0) : 1;
  std::string_view line = lines_.at(node.line);
  if (!line.empty() && node.column > 0 && node.column <= line.size()) {
    length =
        std::min(length, line.size() - node.column + 1);  // of a text over several lines, the first
  }
  return {node.line, node.column, std::max<size_t>(length, 1)};
}

Place Remarks::at(const YamlNode& scalar, size_t offset, size_t length) const {
  std::string_view value = scalar.text;
  std::string_view fragment = value.substr(std::min(offset, value.size()), length);
  if (fragment.empty() || text_.empty()) return at(scalar);
  size_t begin = lines_.begin(scalar.line) + (scalar.column > 0 ? scalar.column - 1 : 0);
  std::string_view written = text_.substr(0, begin + written_limit(scalar));
  size_t position = begin;
  // The fragment's n-th occurrence in the value is its n-th in the written text.
  for (size_t seen = value.find(fragment);; seen = value.find(fragment, seen + 1)) {
    position = written.find(fragment, position);
    if (position == std::string_view::npos) return at(scalar);
    if (seen >= offset) break;
    ++position;
  }
  size_t line = lines_.holding(position);
  return {line, position - lines_.begin(line) + 1, fragment.size()};
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  constexpr size_t kEdits = 2;
  size_t best = kEdits + 1;
  std::string_view nearest;
  for (std::string_view candidate : known) {
    size_t distance = edit_distance(to_lower(word), to_lower(candidate), kEdits);
    if (distance < best && distance < candidate.size()) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest.empty() ? "" : "did you mean \"" + std::string(nearest) + "\"?";
}

}  // namespace cairn::rules
