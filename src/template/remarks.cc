#include "template/remarks.h"

#include "base/text.h"

#include <algorithm>

namespace cairn::templates {

Remarks::Remarks(std::string_view text, std::string file, Diagnostics& diagnostics)
    : text_(text), file_(std::move(file)), diagnostics_(diagnostics), lines_{0} {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') lines_.push_back(i + 1);
  }
}

std::pair<size_t, size_t> Remarks::place(size_t offset) const {
  auto line = std::upper_bound(lines_.begin(), lines_.end(), offset) - 1;
  return {static_cast<size_t>(line - lines_.begin()) + 1, offset - *line + 1};
}

void Remarks::say(DiagnosticSeverity severity, const char* code, const YamlNode& at,
                  std::string message, std::string hint) {
  if (++count_ > kLimit + 1) return;
  if (count_ > kLimit) {
    Diagnostic last;
    last.code = "template-size";
    last.file = file_;
    last.message = "more than " + format_count(kLimit) + " remarks: the rest is left out";
    diagnostics_.add(std::move(last));
    return;
  }
  std::string source;
  if (at.line >= 1 && at.line <= lines_.size()) {
    size_t begin = lines_[at.line - 1];
    size_t end = std::min(text_.find('\n', begin), text_.size());
    source = text_.substr(begin, end - begin);
    if (source.ends_with('\r')) source.pop_back();
    if (source.size() > 500) source.clear();  // a whole template on one line helps nobody
  }
  size_t length = at.is_scalar() ? std::min<size_t>(at.text.size(), 100) : 1;
  diagnostics_.add({.code = code,
                    .severity = severity,
                    .file = file_,
                    .line = at.line,
                    .column = at.column,
                    .length = std::max<size_t>(length, 1),
                    .message = std::move(message),
                    .hint = std::move(hint),
                    .source_line = std::move(source)});
}

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  size_t distance = 3;
  for (std::string_view candidate : candidates) {
    size_t edits = edit_distance(to_lower(name), to_lower(candidate), distance);
    if (edits < distance) {
      distance = edits;
      best = candidate;
    }
  }
  return best.empty() ? "" : "did you mean \"" + printable(best) + "\"?";
}

}  // namespace cairn::templates
