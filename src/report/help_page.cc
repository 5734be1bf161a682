// A page of docs/reference on a terminal. Only the Markdown that those pages use is known:
// headings, paragraphs, lists, tables, indented or fenced code, emphasis, code words and links.

#include "base/text.h"
#include "report/page.h"
#include "report/report.h"

namespace cairn::report {

namespace {

constexpr size_t kTextIndent = 2;

/// True for a line of dashes and bars between a table's head and its rows.
bool is_rule(std::string_view line) {
  return line.find_first_not_of("|-: ") == std::string_view::npos &&
         line.find('-') != std::string_view::npos;
}

bool is_list_item(std::string_view line) {
  if (line.starts_with("- ") || line.starts_with("* ")) return true;
  size_t digits = 0;
  while (digits < line.size() && is_digit(line[digits])) ++digits;
  return digits > 0 && line.substr(digits).starts_with(". ");
}

/// The text of a link, and where to read on when that is another page.
std::string link_text(std::string_view text, std::string_view target) {
  std::string shown(text);
  size_t page = target.find(".md");
  if (page == std::string_view::npos || target.find('/') != std::string_view::npos) return shown;
  return shown + " (cairn help " + std::string(target.substr(0, page)) + ")";
}

/// Takes the marks of emphasis, code and links out of a text.
std::string without_marks(std::string_view text) {
  std::string out;
  bool code = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '`') {
      code = !code;
    } else if (!code && c == '\\' && i + 1 < text.size()) {
      out += text[++i];
    } else if (!code && c == '*') {
      // Emphasis; a lone asterisk between blanks stays.
      bool lone = (i == 0 || text[i - 1] == ' ') && (i + 1 == text.size() || text[i + 1] == ' ');
      if (lone) out += c;
    } else if (!code && c == '[') {
      size_t close = text.find("](", i), end = text.find(')', i);
      if (close == std::string_view::npos || end == std::string_view::npos || end < close) {
        out += c;
        continue;
      }
      out += link_text(without_marks(text.substr(i + 1, close - i - 1)),
                       text.substr(close + 2, end - close - 2));
      i = end;
    } else {
      out += c;
    }
  }
  return out;
}

/// The cells of a table's row; a bar inside code or behind a backslash is none.
std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  std::string cell;
  bool code = false;
  std::string_view inside = trim(line);
  inside.remove_prefix(1);
  for (size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '`') code = !code;
    if (inside[i] == '\\' && i + 1 < inside.size() && inside[i + 1] == '|') {
      cell += '|';
      ++i;
    } else if (inside[i] == '|' && !code) {
      cells.push_back(without_marks(trim(cell)));
      cell.clear();
    } else {
      cell += inside[i];
    }
  }
  return cells;
}

/// Renders one page.
class HelpPage {
 public:
  HelpPage(std::string_view markdown, const TerminalStyle& style)
      : lines_(split(markdown, '\n')), page_(style) {}

  std::string render() && {
    while (at_ < lines_.size()) block();
    return std::move(page_).take();
  }

 private:
  std::string_view line() const { return at_ < lines_.size() ? lines_[at_] : std::string_view{}; }

  /// True when a paragraph or list item goes on with the current line.
  bool goes_on() const {
    std::string_view text = trim(line());
    return at_ < lines_.size() && !text.empty() && text.front() != '|' && text.front() != '#' &&
           !is_list_item(text) && !text.starts_with("```");
  }

  void block() {
    if (trim(line()).empty()) {
      ++at_;
      if (!blank_) page_.blank();
      blank_ = true;
      return;
    }
    if (line().starts_with("![")) {  // a picture
      ++at_;
      return;
    }
    blank_ = false;
    if (line().starts_with('#')) return heading();
    if (line().starts_with("```")) return fenced();
    if (line().starts_with("    ")) {
      page_.line(page_.clean(line()));
      ++at_;
      return;
    }
    if (line().starts_with('|')) return table();
    text();
  }

  void heading() {
    std::string_view title = trim(line().substr(line().find_first_not_of('#')));
    page_.line(page_.paint(Ink::kLabel, page_.clean(without_marks(title))));
    ++at_;
  }

  void fenced() {
    for (++at_; at_ < lines_.size() && !line().starts_with("```"); ++at_)
      page_.line("    " + page_.clean(line()));
    ++at_;
  }

  /// A paragraph or a list item, which may go on over several lines.
  void text() {
    bool item = is_list_item(trim(line()));
    std::string joined(trim(line()));
    for (++at_; goes_on(); ++at_) joined += " " + std::string(trim(line()));
    page_.wrapped(without_marks(joined), item ? 2 * kTextIndent : kTextIndent);
  }

  /// Wide tables do not fit a terminal: the first cell of a row is a line, the others stand below.
  void table() {
    std::vector<std::string> head = cells_of(line());
    for (++at_; line().starts_with("|"); ++at_) {
      if (is_rule(line())) continue;
      std::vector<std::string> cells = cells_of(line());
      if (cells.empty()) continue;
      if (cells.size() == 2 && display_width(cells[0]) < Page::kLabelWidth) {
        page_.labelled(cells[0], cells[1]);
        continue;
      }
      page_.wrapped(cells[0], kTextIndent, Ink::kLabel);
      for (size_t i = 1; i < cells.size(); ++i) {
        if (cells[i].empty()) continue;
        // With more than two columns one must be told which is which.
        bool named = cells.size() > 2 && i < head.size() && !head[i].empty();
        page_.wrapped((named ? head[i] + ": " : "") + cells[i], 4 * kTextIndent);
      }
    }
  }

  std::vector<std::string_view> lines_;
  size_t at_ = 0;
  bool blank_ = false;
  Page page_;
};

}  // namespace

std::string render_help_page(std::string_view markdown, const TerminalStyle& style) {
  return HelpPage(markdown, style).render();
}

}  // namespace cairn::report
