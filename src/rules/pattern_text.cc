#include "rules/pattern_text.h"

#include "base/lines.h"

#include <algorithm>

namespace cairn::rules {

Diagnostic error_at(std::string_view text, const std::string& file, const char* code, size_t offset,
                    std::string message, std::string hint) {
  std::string_view before = text.substr(0, std::min(offset, text.size()));
  size_t line = 1 + static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
  size_t begin = before.rfind('\n') + 1;  // npos + 1 = 0
  return {.code = code,
          .severity = DiagnosticSeverity::kError,
          .file = file,
          .line = line,
          .column = before.size() - begin + 1,
          .length = 1,
          .message = std::move(message),
          .hint = std::move(hint),
          .source_line = Lines(text).shown(line)};
}

}  // namespace cairn::rules
