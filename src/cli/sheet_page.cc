// All rows that the answer keeps are on the page: those that a terminal has no room for stand
// behind a fold, which browsers open without a script.

#include "cli/sheet_page.h"

#include "base/text.h"
#include "base/time.h"
#include "cli/markup.h"
#include "detect/detect.h"

#include <algorithm>

namespace cairn::cli {

namespace {

using investigate::SheetColumn;
using investigate::SheetPart;

constexpr size_t kEventCells = 8;  // as on a terminal; the whole ID is the cell's title
constexpr size_t kRows = 5'000;    // of a part: more is for --json

/// "DONE TO" as "Done to".
std::string heading_of(std::string_view label) {
  std::string text = to_lower(label);
  if (!text.empty())
    text[0] = static_cast<char>(text[0] >= 'a' && text[0] <= 'z' ? text[0] - 32 : text[0]);
  return text;
}

std::string name_of(const SheetColumn& column) {
  std::string text = column.name;
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string_view class_of(const SheetColumn& column) {
  switch (column.kind) {
    case SheetColumn::Kind::kTime:
      return "time";
    case SheetColumn::Kind::kNumber:
      return "number";
    case SheetColumn::Kind::kEvent:
      return "event";
    case SheetColumn::Kind::kPrincipal:
    case SheetColumn::Kind::kText:
    case SheetColumn::Kind::kHidden:
      break;
  }
  bool whole = column.name == "access_key" || column.name == "account" || column.name == "call";
  return whole ? "key" : "";
}

/// The account of an ARN: people of two accounts often have one name.
std::string account_of(const std::string& principal) {
  std::vector<std::string_view> parts = split(principal, ':');
  return parts.size() > 5 && parts[0] == "arn" ? std::string(parts[4]) : std::string();
}

/// What a cell shows; what it shortens is its title.
std::string shown(const SheetColumn& column, const std::string& text) {
  switch (column.kind) {
    case SheetColumn::Kind::kTime:
      if (auto time = parse_event_time(text)) return format_time_short(*time);
      return text;
    case SheetColumn::Kind::kNumber: {
      bool digits = !text.empty() && text.size() < 19 &&
                    std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c); });
      return digits ? format_count(std::stoull(text)) : text;
    }
    case SheetColumn::Kind::kPrincipal:
      return detect::short_principal(text);
    case SheetColumn::Kind::kEvent:
      return text.substr(0, kEventCells);
    case SheetColumn::Kind::kText:
    case SheetColumn::Kind::kHidden:
      break;
  }
  return text;
}

class PartWriter {
 public:
  PartWriter(const SheetPart& part, std::string& out) : part_(part), out_(out) {
    for (size_t i = 0; i < part.columns.size(); ++i)
      if (part.columns[i].kind != SheetColumn::Kind::kHidden && has_values(i))
        columns_.push_back(i);
  }

  void write() {
    out_ += "<section><div class=\"heading\"><h2>" + escaped(heading_of(part_.label)) + "</h2>";
    uint64_t total = std::max<uint64_t>(part_.total, part_.rows.size());
    if (!part_.columns.empty()) out_ += "<p class=\"total\">" + format_count(total) + "</p>";
    out_ += "</div>\n";
    if (part_.columns.empty()) {
      write_lines();
    } else {
      write_rows(total);
    }
    if (!part_.note.empty()) out_ += "<p class=\"note\">" + escaped(part_.note) + "</p>\n";
    out_ += "</section>\n";
  }

 private:
  bool has_values(size_t column) const {
    return std::any_of(part_.rows.begin(), part_.rows.end(),
                       [&](const auto& row) { return !row[column].empty(); });
  }

  void write_lines() {
    if (!part_.verbatim) {
      for (const std::string& line : part_.lines) out_ += "<p>" + escaped(line) + "</p>\n";
      return;
    }
    out_ += "<pre>";
    for (const std::string& line : part_.lines) out_ += escaped(line) + "\n";
    out_ += "</pre>\n";
  }

  void write_rows(uint64_t total) {
    size_t kept = std::min(part_.rows.size(), kRows);
    size_t open = std::min(part_.shown, kept);
    write_table(0, open);
    if (kept > open) {
      out_ += "<details><summary>" + format_count(kept - open) + " more</summary>\n";
      write_table(open, kept);
      out_ += "</details>\n";
    }
    if (total > kept)
      out_ +=
          "<p class=\"note\">and " + format_count(total - kept) + " more, not on this page</p>\n";
  }

  void write_table(size_t from, size_t to) {
    out_ += "<table class=\"answer\"><thead><tr>";
    for (size_t column : columns_) {
      const SheetColumn& its = part_.columns[column];
      out_ += "<th scope=\"col\" class=\"" + std::string(class_of(its)) + "\">" +
              escaped(name_of(its)) + "</th>";
    }
    out_ += "</tr></thead><tbody>\n";
    for (size_t row = from; row < to; ++row) {
      out_ += "<tr>";
      for (size_t column : columns_) write_cell(part_.columns[column], part_.rows[row][column]);
      out_ += "</tr>\n";
    }
    out_ += "</tbody></table>\n";
  }

  void write_cell(const SheetColumn& column, const std::string& text) {
    std::string cell = shown(column, text);
    out_ += "<td data-name=\"" + escaped(name_of(column)) + "\" class=\"" +
            std::string(class_of(column)) + "\"";
    if (cell != text) out_ += " title=\"" + escaped(text) + "\"";
    out_ += ">";
    if (column.name == "commands" && !text.empty()) {
      out_ += "<pre>" + escaped(text) + "</pre>";
    } else if (!cell.empty()) {
      std::string account =
          column.kind == SheetColumn::Kind::kPrincipal ? account_of(text) : std::string();
      out_ += "<span>" + escaped(cell);
      if (!account.empty()) out_ += " <small>" + escaped(account) + "</small>";
      out_ += "</span>";
    }
    out_ += "</td>";
  }

  const SheetPart& part_;
  std::string& out_;
  std::vector<size_t> columns_;
};

bool is_empty(const SheetPart& part) {
  return part.columns.empty() ? part.lines.empty() : part.rows.empty() || part.shown == 0;
}

/// Sentences at the top, as a list of facts; tables and commands below.
std::string body_of(const investigate::Sheet& sheet, std::string_view question) {
  std::string out = "<div id=\"verdict\"><p class=\"asked\"><code>" + escaped(question) +
                    "</code></p><h1>" + escaped(sheet.title) + "</h1>\n<dl class=\"facts\">\n";
  auto is_fact = [](const SheetPart& part) { return part.columns.empty() && !part.verbatim; };
  for (const SheetPart& part : sheet.parts) {
    if (!is_fact(part) || is_empty(part) || part.shown == 0) continue;
    out += "<dt>" + escaped(heading_of(part.label)) + "</dt>";
    for (const std::string& line : part.lines) out += "<dd>" + escaped(line) + "</dd>\n";
  }
  out += "</dl></div>\n";
  for (const SheetPart& part : sheet.parts)
    if (!is_fact(part) && !is_empty(part) && part.shown > 0) PartWriter(part, out).write();
  return out;
}

}  // namespace

std::string sheet_page(const investigate::Sheet& sheet, std::string_view page,
                       std::string_view question, std::string_view made) {
  return filled_page(page, sheet.title + " - " + std::string(question), body_of(sheet, question),
                     made);
}

}  // namespace cairn::cli
