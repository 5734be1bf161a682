#include "cli/sheet_output.h"

#include "base/text.h"
#include "base/time.h"
#include "detect/detect.h"
#include "formats/json_writer.h"
#include "report/page.h"

#include <algorithm>
#include <map>
#include <set>

namespace cairn::cli {

namespace {

using investigate::SheetColumn;
using investigate::SheetPart;

constexpr size_t kEventCells = 8;  // enough to tell events apart, and for `cairn show`
constexpr size_t kGap = 2;
constexpr size_t kSentenceLines = 2;

/// A column is cut to no fewer cells.
size_t least_of(const SheetColumn& column) {
  if (column.kind == SheetColumn::Kind::kPrincipal) return 20;
  if (column.name == "source_ip") return 15;
  if (column.name == "value") return 34;
  return 9;
}

/// Columns of sentences are wrapped, not cut.
bool is_sentence(const SheetColumn& column) {
  return column.name == "words" || column.name == "title" || column.name == "because" ||
         column.name == "risk";
}

/// Breaks clean text at blanks into a few lines of a width; the last is cut.
std::vector<std::string> broken(const report::Page& page, std::string_view text, size_t width) {
  std::vector<std::string> lines;
  while (lines.size() + 1 < kSentenceLines && display_width(text) > width) {
    size_t end = 0;
    for (size_t blank = text.find(' '); blank != std::string_view::npos;
         blank = text.find(' ', blank + 1)) {
      if (display_width(text.substr(0, blank)) > width) break;
      end = blank;
    }
    if (end == 0) break;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  lines.push_back(page.cut(text, width));
  return lines;
}

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

/// Short names that several principals of an answer have: people of two accounts often do.
class Namesakes {
 public:
  explicit Namesakes(const investigate::Sheet& sheet) {
    names_.insert(sheet.namesakes.begin(), sheet.namesakes.end());
    std::map<std::string, std::string> whole;
    for (const SheetPart& part : sheet.parts) {
      for (size_t i = 0; i < part.columns.size(); ++i) {
        if (part.columns[i].kind != SheetColumn::Kind::kPrincipal) continue;
        for (const auto& row : part.rows) {
          auto [name, is_new] = whole.emplace(detect::short_principal(row[i]), row[i]);
          if (name->second != row[i]) names_.insert(name->first);
        }
      }
    }
  }

  /// The short name, with the account of an ARN when the name alone says too little.
  std::string name_of(const std::string& principal) const {
    std::string name = detect::short_principal(principal);
    std::vector<std::string_view> parts = split(principal, ':');
    if (parts.size() > 5 && names_.contains(name)) name += " (" + std::string(parts[4]) + ")";
    return name;
  }

 private:
  std::set<std::string> names_;
};

/// Rows as lines of a page: what is too wide is taken from the widest text columns.
class Table {
 public:
  Table(const SheetPart& part, const Namesakes& namesakes, report::Page& page)
      : part_(part), namesakes_(namesakes), page_(page) {
    for (size_t i = 0; i < part.columns.size(); ++i)
      if (part.columns[i].kind != SheetColumn::Kind::kHidden) columns_.push_back(i);
    size_t rows = std::min(part.shown, part.rows.size());
    shorten_times_ = same_year(rows);
    for (size_t row = 0; row < rows; ++row) {
      std::vector<std::string>& line = cells_.emplace_back();
      for (size_t column : columns_)
        line.push_back(page.clean(cell_of(part.columns[column], part.rows[row][column])));
    }
    for (size_t column : columns_) headings_.push_back(heading(part.columns[column]));
    lay_out();
  }

  void write() {
    write_headings();
    for (const auto& cells : cells_) write_row(cells);
  }

 private:
  /// True when no time needs its year to be told apart from the others.
  bool same_year(size_t rows) const {
    std::string year;
    for (size_t row = 0; row < rows; ++row) {
      for (size_t column : columns_) {
        if (part_.columns[column].kind != SheetColumn::Kind::kTime) continue;
        std::string its = part_.rows[row][column].substr(0, 4);
        if (its.empty()) continue;
        if (!year.empty() && its != year) return false;
        year = its;
      }
    }
    return true;
  }
  std::string cell_of(const SheetColumn& column, const std::string& text) const {
    std::string cell = column.kind == SheetColumn::Kind::kPrincipal ? namesakes_.name_of(text)
                                                                    : shown(column, text);
    bool shorten = column.kind == SheetColumn::Kind::kTime && shorten_times_ && cell.size() > 5;
    return shorten ? cell.substr(5) : cell;
  }

  static std::string heading(const SheetColumn& column) {
    std::string text = column.name;
    std::replace(text.begin(), text.end(), '_', ' ');
    return text;
  }

  void write_headings() {
    std::string text;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (widths_[i] == 0) continue;
      bool number = part_.columns[columns_[i]].kind == SheetColumn::Kind::kNumber;
      text +=
          number ? page_.pad_left(headings_[i], widths_[i]) : page_.pad(headings_[i], widths_[i]);
      text += std::string(kGap, ' ');
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    page_.line(page_.paint(report::Ink::kLabel, page_.pad(part_.label, report::Page::kLabelWidth)) +
               page_.paint(report::Ink::kDim, text));
  }

  void write_row(const std::vector<std::string>& cells) {
    std::vector<std::vector<std::string>> lines;
    size_t height = 1;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const SheetColumn& column = part_.columns[columns_[i]];
      lines.push_back(is_sentence(column) && widths_[i] > 0
                          ? broken(page_, cells[i], widths_[i])
                          : std::vector<std::string>{page_.cut_middle(cells[i], widths_[i])});
      height = std::max(height, lines.back().size());
    }
    for (size_t row = 0; row < height; ++row) {
      std::string line(report::Page::kLabelWidth, ' ');
      for (size_t i = 0; i < columns_.size(); ++i) {
        if (widths_[i] == 0) continue;
        SheetColumn::Kind kind = part_.columns[columns_[i]].kind;
        std::string cell = row < lines[i].size() ? lines[i][row] : "";
        cell = kind == SheetColumn::Kind::kNumber ? page_.pad_left(cell, widths_[i])
                                                  : padded(std::move(cell), widths_[i]);
        line += kind == SheetColumn::Kind::kEvent ? page_.paint(report::Ink::kDim, cell) : cell;
        line += std::string(kGap, ' ');
      }
      while (!line.empty() && line.back() == ' ') line.pop_back();
      page_.line(line);
    }
  }

  static std::string padded(std::string text, size_t width) {
    text.append(width - std::min(width, display_width(text)), ' ');
    return text;
  }

  void lay_out() {
    widths_.assign(columns_.size(), 0);
    for (const auto& cells : cells_)
      for (size_t i = 0; i < cells.size(); ++i)
        widths_[i] = std::max(widths_[i], display_width(cells[i]));
    // A column without values is not there.
    for (size_t i = 0; i < columns_.size(); ++i)
      if (widths_[i] > 0) widths_[i] = std::max(widths_[i], headings_[i].size());
    auto total = [&] {
      size_t sum = 0;
      for (size_t width : widths_) sum += width == 0 ? 0 : width + kGap;
      return sum;
    };
    while (total() > page_.text_width() + kGap) {
      size_t widest = columns_.size();
      for (size_t i = 0; i < columns_.size(); ++i) {
        SheetColumn::Kind kind = part_.columns[columns_[i]].kind;
        bool cuttable = kind == SheetColumn::Kind::kText || kind == SheetColumn::Kind::kPrincipal;
        bool wide = widths_[i] > least_of(part_.columns[columns_[i]]);
        if (cuttable && wide && (widest == columns_.size() || widths_[i] > widths_[widest]))
          widest = i;
      }
      if (widest == columns_.size()) return;
      --widths_[widest];
    }
  }

  const SheetPart& part_;
  const Namesakes& namesakes_;
  report::Page& page_;
  std::vector<size_t> columns_;
  std::vector<std::vector<std::string>> cells_;
  bool shorten_times_ = false;
  std::vector<std::string> headings_;
  std::vector<size_t> widths_;
};

void write_part(const SheetPart& part, const Namesakes& namesakes, report::Page& page) {
  if (part.columns.empty()) {
    bool first = true;
    if (part.verbatim) {
      page.line(page.paint(report::Ink::kLabel, part.label));
      for (const std::string& line : part.lines) page.line(page.clean(line));
      return;
    }
    for (const std::string& line : part.lines) {
      page.labelled(first ? part.label : "", line, 2);
      first = false;
    }
  } else if (!part.rows.empty()) {
    Table(part, namesakes, page).write();
    uint64_t total = std::max<uint64_t>(part.total, part.rows.size());
    if (total > part.shown)
      page.wrapped("and " + format_count(total - part.shown) + " more" +
                       (part.rows.size() > part.shown ? " (--json has them)" : ""),
                   report::Page::kLabelWidth, report::Ink::kDim);
  }
  bool empty = part.columns.empty() ? part.lines.empty() : part.rows.empty();
  if (!part.note.empty() && !empty) page.wrapped(part.note, report::Page::kLabelWidth);
}

void write_value(const SheetColumn& column, const std::string& text, JsonWriter& json) {
  json.key(column.name);
  if (text.empty()) {
    json.null();
  } else if (column.kind == SheetColumn::Kind::kNumber) {
    json.raw(text);
  } else {
    json.value(text);
  }
}

}  // namespace

std::string render_sheet(const investigate::Sheet& sheet, const report::TerminalStyle& style) {
  report::Page page(style);
  const Namesakes namesakes(sheet);
  page.line(page.paint(report::Ink::kLabel, page.cut(sheet.title, page.width())));
  for (const SheetPart& part : sheet.parts) {
    bool empty = part.columns.empty() ? part.lines.empty() : part.rows.empty();
    if (empty || part.shown == 0) continue;
    if (!part.columns.empty() || part.verbatim) page.blank();
    write_part(part, namesakes, page);
  }
  return std::move(page).take();
}

std::string sheet_json(const investigate::Sheet& sheet) {
  JsonWriter json;
  json.begin_object().member("about", sheet.title);
  for (const SheetPart& part : sheet.parts) {
    json.key(part.name);
    if (part.columns.empty() && part.lines.size() == 1 && !part.list) {
      json.value(part.lines.front());
      continue;
    }
    json.begin_array();
    for (const std::string& line : part.lines) json.value(line);
    for (const auto& row : part.rows) {
      json.begin_object();
      for (size_t i = 0; i < part.columns.size(); ++i) write_value(part.columns[i], row[i], json);
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
  return std::move(json).take() + "\n";
}

}  // namespace cairn::cli
