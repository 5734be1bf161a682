#include "base/diagnostics.h"

#include <algorithm>

namespace cairn {

std::string_view to_string(DiagnosticSeverity severity) {
  switch (severity) {
    case DiagnosticSeverity::kError:
      return "error";
    case DiagnosticSeverity::kWarning:
      return "warning";
    case DiagnosticSeverity::kNote:
      return "note";
  }
  return "error";
}

void Diagnostics::append(const Diagnostics& other) {
  items_.insert(items_.end(), other.items_.begin(), other.items_.end());
}

size_t Diagnostics::count(DiagnosticSeverity severity) const {
  return static_cast<size_t>(
      std::count_if(items_.begin(), items_.end(),
                    [&](const Diagnostic& item) { return item.severity == severity; }));
}

std::string format_text(const Diagnostic& diagnostic) {
  std::string text = diagnostic.file.empty() ? "input" : diagnostic.file;
  if (diagnostic.line > 0) {
    text += ":" + std::to_string(diagnostic.line);
    if (diagnostic.column > 0) text += ":" + std::to_string(diagnostic.column);
  }
  text += ": ";
  text += to_string(diagnostic.severity);
  text += ": " + diagnostic.message + " [" + diagnostic.code + "]\n";
  if (!diagnostic.source_line.empty() && diagnostic.column > 0) {
    text += "    ";
    // What a terminal would obey is not printed; byte for byte, so that the caret stays where it
    // is.
    for (char c : diagnostic.source_line) {
      bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
      text += control ? '?' : c;
    }
    text += "\n    ";
    size_t column = std::min(diagnostic.column - 1, diagnostic.source_line.size());
    // Tabs stay tabs so that the caret stands under its character in any terminal.
    for (size_t i = 0; i < column; ++i) text += diagnostic.source_line[i] == '\t' ? '\t' : ' ';
    text += '^';
    if (diagnostic.length > 1) {
      size_t room = diagnostic.source_line.size() - column;
      text.append(std::min(diagnostic.length, std::max<size_t>(room, 1)) - 1, '~');
    }
    text += '\n';
  }
  if (!diagnostic.hint.empty()) text += "  hint: " + diagnostic.hint + "\n";
  return text;
}

std::string_view line_at(std::string_view text, size_t line) {
  for (size_t begin = 0; line > 0 && begin <= text.size(); --line) {
    size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) end = text.size();
    if (line == 1) {
      if (end > begin && text[end - 1] == '\r') --end;
      return text.substr(begin, end - begin);
    }
    begin = end + 1;
  }
  return {};
}

}  // namespace cairn
