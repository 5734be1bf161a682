#include "cli/outputs_help.h"

#include "base/text.h"
#include "engine/engine.h"

namespace cairn::cli {

namespace {

constexpr size_t kNameColumns = 24, kFileColumns = 23, kPageColumns = 100;

std::string padded(std::string_view text, size_t columns) {
  std::string cell(text);
  cell.resize(std::max(columns, cell.size() + 1), ' ');
  return cell;
}

/// Words joined by ", ", in lines of the page's width beside a label.
std::string wrapped(std::string_view label, const std::vector<std::string>& words) {
  std::string text, line = "  " + padded(label, kNameColumns - 2);
  for (size_t i = 0; i < words.size(); ++i) {
    std::string word = words[i] + (i + 1 < words.size() ? "," : "");
    if (line.size() + 1 + word.size() > kPageColumns) {
      text += line + "\n";
      line = std::string(kNameColumns, ' ');
    }
    if (line.size() > kNameColumns) line += ' ';
    line += word;
  }
  return text + line + "\n";
}

}  // namespace

std::string explain_outputs() {
  std::string text =
      "Files: cairn scan LOGS --out DIR writes those marked *; any of them with\n"
      "--export NAME=FILE (- is standard output), or --out DIR --export NAME.\n\n";
  for (const engine::OutputKind& kind : engine::output_kinds()) {
    text += kind.in_folder ? "* " : "  ";
    text += padded(kind.name, kNameColumns - 2) + padded(kind.file, kFileColumns);
    text += std::string(kind.content) + "\n";
  }
  text += "\nProfiles of the timeline (--profile NAME):\n\n";
  for (const char* name : {"minimal", "analyst", "full", "raw"}) {
    std::vector<std::string> columns = report::timeline_profile(name).value();
    if (name == std::string_view("full")) columns = {"every column but record"};
    text += wrapped(name, columns);
  }
  text += wrapped("timesketch", {"the fields that Timesketch wants, one row per event"});
  text += "\nColumns of the timeline (--columns a,b,c):\n\n";
  for (const report::TimelineColumn& column : report::timeline_columns())
    text += "  " + padded(column.name, kNameColumns - 2) + std::string(column.content) + "\n";
  return text + "\nHow to load each into its tool: cairn help exports\n";
}

}  // namespace cairn::cli
