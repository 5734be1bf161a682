#include "cli/markup.h"

#include "base/check.h"
#include "base/text.h"
#include "engine/investigate_jobs.h"

namespace cairn::cli {

std::string escaped(std::string_view text) {
  std::string out;
  for (std::string_view line : split(text, '\n')) {
    if (!out.empty() || line.data() != text.data()) out += '\n';
    for (char c : printable(line)) {
      switch (c) {
        case '&':
          out += "&amp;";
          break;
        case '<':
          out += "&lt;";
          break;
        case '>':
          out += "&gt;";
          break;
        case '"':
          out += "&quot;";
          break;
        default:
          out += c;
      }
    }
  }
  return out;
}

std::string filled_page(std::string_view page, std::string_view title, const std::string& body,
                        std::string_view made) {
  using engine::AnswerMarks;
  std::string out;
  auto fill = [&](std::string_view mark, const std::string& text) {
    size_t at = page.find(mark);
    CAIRN_CHECK(at != std::string_view::npos);
    out += page.substr(0, at);
    out += text;
    page.remove_prefix(at + mark.size());
  };
  fill(AnswerMarks::kTitle, escaped(title));
  fill(AnswerMarks::kSheet, body);
  fill(AnswerMarks::kMade, "<p>" + escaped(made) + "</p>");
  out += page;
  return out;
}

}  // namespace cairn::cli
