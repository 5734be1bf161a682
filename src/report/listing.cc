#include "report/listing.h"

#include "base/text.h"
#include "detect/detect.h"
#include "formats/csv.h"
#include "formats/json_writer.h"
#include "report/page.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace cairn::report {

namespace {

using Shape = ListingColumn::Shape;

constexpr size_t kGap = 2;                           // blanks between columns
constexpr size_t kMinuteCells = 16, kDayCells = 10;  // of "2024-01-31 10:00"

bool to_the_right(Shape shape) {
  return shape == Shape::kNumber || shape == Shape::kFigure || shape == Shape::kShare;
}

/// Numbers are never cut.
size_t least_width(const ListingColumn& column) {
  return to_the_right(column.shape) ? SIZE_MAX : column.least;
}

/// A time gives up its seconds, then all but its day.
size_t narrower_time(size_t cells) { return cells > kMinuteCells ? kMinuteCells : kDayCells; }

/// "2024-01-31T12:00:05.250Z" as "2024-01-31 12:00:05.250"; anything else as it is.
std::string short_time(std::string_view text) {
  if (text.size() < 20 || text[10] != 'T' || text.back() != 'Z') return std::string(text);
  std::string time(text.substr(0, text.size() - 1));
  time[10] = ' ';
  return time;
}

std::string percent(std::string_view fraction) {
  double value = 0;
  std::from_chars(fraction.data(), fraction.data() + fraction.size(), value);
  if (value == 0) return "-";
  double shown = value * 100;
  if (shown < 0.1) return "< 0.1 %";
  auto tenths = static_cast<uint64_t>(shown * 10 + 0.5);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

std::string grouped(std::string_view digits) {
  uint64_t value = 0;
  auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  bool whole = problem == std::errc() && end == digits.data() + digits.size();
  return whole ? format_count(value) : std::string(digits);
}

void append_json_value(JsonWriter& json, const explore::CellValue& value) {
  bool as_it_is = value.kind == FieldKind::kNumber || value.kind == FieldKind::kBool ||
                  value.kind == FieldKind::kObject || value.kind == FieldKind::kArray;
  if (as_it_is) {
    json.raw(value.text);
  } else {
    json.value(value.text);
  }
}

}  // namespace

std::string cell_text(const explore::Cell& cell) {
  if (cell.size() == 1) return cell.front().text;
  std::string text;
  for (const explore::CellValue& value : cell) {
    if (!text.empty()) text += "; ";
    text += value.text;
  }
  return text;
}

Listing::Listing(std::vector<ListingColumn> columns, ListingFormat format,
                 const TerminalStyle& style, bool whole, OutputFile& out)
    : columns_(std::move(columns)),
      format_(format),
      style_(style),
      whole_(whole),
      out_(out),
      widths_(columns_.size(), 0) {}

/// The clean text of a cell in a table.
std::string Listing::shown(size_t index, const explore::Cell& cell) const {
  const ListingColumn& column = columns_[index];
  Page page(style_);
  if (cell.empty()) return column.missing;
  if (column.shape != Shape::kText && cell.size() == 1) {
    const std::string& text = cell.front().text;
    switch (column.shape) {
      case Shape::kTime:
        return page.clean(short_time(text));
      case Shape::kPrincipal:
        return page.clean(detect::short_principal(text));
      case Shape::kNumber:
        return page.clean(grouped(text));
      case Shape::kShare:
        return percent(text);
      case Shape::kText:
      case Shape::kFigure:
        break;
    }
  }
  return page.clean(cell_text(cell));
}

void Listing::measure(const explore::Row& row) {
  if (format_ != ListingFormat::kTable) return;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (!row[i].empty())
      widths_[i] = std::max(widths_[i], std::max<size_t>(1, display_width(shown(i, row[i]))));
  }
}

/// Gives every column its widest value when they fit. Else columns that need not be there are left
/// out until the others have room for their least, and then the widest give way.
void Listing::lay_out() {
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].hide_empty && widths_[i] == 0) continue;
    widths_[i] =
        std::max({widths_[i], display_width(columns_[i].name), display_width(columns_[i].missing)});
  }
  if (whole_) return;
  auto least = [this](size_t i) { return std::min(widths_[i], least_width(columns_[i])); };
  auto total = [this](auto width) {
    size_t sum = 0;
    for (size_t i = 0; i < columns_.size(); ++i) sum += widths_[i] == 0 ? 0 : width(i) + kGap;
    return sum - std::min(sum, kGap);
  };
  while (total(least) > style_.width) {
    size_t first = 0;
    for (size_t i = 1; i < columns_.size(); ++i) {
      bool sooner = columns_[i].drop > columns_[first].drop || widths_[first] == 0;
      if (widths_[i] != 0 && sooner) first = i;
    }
    if (columns_[first].drop == 0) break;
    widths_[first] = 0;
  }
  while (total([this](size_t i) { return widths_[i]; }) > style_.width) {
    size_t widest = columns_.size();
    for (size_t i = 0; i < columns_.size(); ++i) {
      bool wider = widest == columns_.size() || widths_[i] > widths_[widest];
      if (widths_[i] > least(i) && wider) widest = i;
    }
    if (widest == columns_.size()) break;  // the terminal wraps the line
    bool is_time = columns_[widest].shape == Shape::kTime;
    widths_[widest] = is_time ? narrower_time(widths_[widest]) : widths_[widest] - 1;
  }
}

Status Listing::begin() {
  if (std::exchange(begun_, true)) return {};
  if (format_ == ListingFormat::kCsv) {
    std::vector<std::string_view> names;
    for (const ListingColumn& column : columns_) names.push_back(column.name);
    std::string line;
    append_csv_row(line, names);
    return out_.write(line);
  }
  if (format_ != ListingFormat::kTable) return {};
  lay_out();
  Page page(style_);
  std::string line;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (widths_[i] == 0) continue;
    if (!line.empty()) line.append(kGap, ' ');
    const std::string& name = columns_[i].name;
    line += to_the_right(columns_[i].shape) ? page.pad_left(name, widths_[i])
                                            : page.pad(name, widths_[i]);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return out_.write(page.paint(Ink::kLabel, line) + "\n");
}

std::string Listing::table_line(const explore::Row& row) {
  Page page(style_);
  std::string line;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (widths_[i] == 0) continue;
    if (!line.empty()) line.append(kGap, ' ');
    std::string text = shown(i, row[i]);
    size_t room = widths_[i], used = display_width(text);
    if (used > room && !whole_) {
      bool keep_begin = columns_[i].shape == Shape::kText && i + 1 == columns_.size();
      text = columns_[i].shape == Shape::kTime ? text.substr(0, room)
             : keep_begin                      ? page.cut(text, room)
                                               : page.cut_middle(text, room);
      used = display_width(text);
    }
    std::string blanks(room - std::min(room, used), ' ');
    bool dim = columns_[i].shape == Shape::kTime || row[i].empty();
    std::string painted = dim ? page.paint(Ink::kDim, text) : text;
    if (columns_[i].name == "error") painted = page.paint(Ink::kMedium, text);
    line += to_the_right(columns_[i].shape) ? blanks + painted : painted + blanks;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string Listing::csv_line(const explore::Row& row) const {
  std::vector<std::string> texts;
  for (const explore::Cell& cell : row) texts.push_back(cell_text(cell));
  std::string line;
  append_csv_row(line, {texts.begin(), texts.end()});
  return line;
}

std::string Listing::json_line(const explore::Row& row) const {
  JsonWriter json;
  json.begin_object();
  for (size_t i = 0; i < columns_.size(); ++i) {
    json.key(columns_[i].name);
    if (row[i].empty()) {
      json.null();
    } else if (row[i].size() == 1) {
      append_json_value(json, row[i].front());
    } else {
      json.begin_array();
      for (const explore::CellValue& value : row[i]) append_json_value(json, value);
      json.end_array();
    }
  }
  json.end_object();
  return std::move(json).take() + "\n";
}

Status Listing::write(const explore::Row& row) {
  TRY(begin());
  switch (format_) {
    case ListingFormat::kTable:
      return out_.write(table_line(row));
    case ListingFormat::kCsv:
      return out_.write(csv_line(row));
    case ListingFormat::kJson:
      return out_.write(json_line(row));
    case ListingFormat::kRaw:
      return out_.write(cell_text(row.front()) + "\n");
  }
  return {};
}

Status Listing::end() { return format_ == ListingFormat::kCsv ? begin() : Status(); }

}  // namespace cairn::report
