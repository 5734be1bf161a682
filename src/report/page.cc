#include "report/page.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace cairn::report {

namespace {

constexpr size_t kNarrowest = 80, kWidest = 160;
constexpr std::string_view kNoBreakSpace = "\u00A0";

std::string_view code_of(Ink ink) {
  switch (ink) {
    case Ink::kPlain:
      return "";
    case Ink::kLabel:
      return "1";
    case Ink::kDim:
      return "2";
    case Ink::kGood:
      return "32";
    case Ink::kCritical:
      return "1;37;41";
    case Ink::kHigh:
      return "1;31";
    case Ink::kMedium:
      return "33";
    case Ink::kLow:
      return "36";
  }
  return "";
}

/// Writes every character that is not ASCII as \u{…}; what we print ourselves becomes its ASCII
/// neighbour.
std::string to_ascii(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      out += text[i++];
      continue;
    }
    size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    uint32_t point = lead & (0xFFu >> (length + 1));
    for (size_t k = 1; k < length && i + k < text.size(); ++k)
      point = (point << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3F);
    i += length;
    if (point == 0x2026) {
      out += "...";
      continue;
    }
    if (point == 0xA0) {
      out += "\u00A0";  // for line() to turn back
      continue;
    }
    std::array<char, 16> buffer{};
    int written = std::snprintf(buffer.data(), buffer.size(), "\\u{%X}", point);
    out.append(buffer.data(), static_cast<size_t>(written));
  }
  return out;
}

}  // namespace

Ink ink_of(Level level) {
  switch (level) {
    case Level::kCritical:
      return Ink::kCritical;
    case Level::kHigh:
      return Ink::kHigh;
    case Level::kMedium:
      return Ink::kMedium;
    case Level::kLow:
      return Ink::kLow;
    case Level::kInformational:
      return Ink::kDim;
  }
  return Ink::kPlain;
}

Page::Page(const TerminalStyle& style)
    : width_(std::clamp(style.width, kNarrowest, kWidest)),
      colour_(style.colour && !style.plain),
      plain_(style.plain) {}

std::string Page::clean(std::string_view text) const {
  std::string shown = printable(text);
  return plain_ ? to_ascii(shown) : shown;
}

std::string Page::cut(std::string_view text, size_t columns) const {
  std::string shown = clean(text);
  if (display_width(shown) <= columns) return shown;
  if (!plain_) return truncate_to_width(shown, columns);
  return columns < 3 ? shown.substr(0, columns) : shown.substr(0, columns - 3) + "...";
}

std::string Page::cut_middle(std::string_view text, size_t columns) const {
  std::string shown = clean(text);
  if (display_width(shown) <= columns) return shown;
  if (!plain_) return truncate_middle(shown, columns);
  if (columns < 5) return shown.substr(0, columns);
  size_t head = (columns - 3) / 2;
  return shown.substr(0, head) + "..." + shown.substr(shown.size() - (columns - 3 - head));
}

std::string Page::pad(std::string_view text, size_t columns) const {
  std::string shown = cut(text, columns);
  shown.append(columns - std::min(columns, display_width(shown)), ' ');
  return shown;
}

std::string Page::pad_left(std::string_view text, size_t columns) const {
  std::string shown = cut(text, columns);
  return std::string(columns - std::min(columns, display_width(shown)), ' ') + shown;
}

std::string Page::paint(Ink ink, std::string_view text) const {
  std::string_view code = code_of(ink);
  if (!colour_ || code.empty() || text.empty()) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

void Page::line(std::string_view text) {
  size_t end = text.find_last_not_of(' ');
  std::string_view rest = text.substr(0, end == std::string_view::npos ? 0 : end + 1);
  for (size_t at = rest.find(kNoBreakSpace); at != std::string_view::npos;
       at = rest.find(kNoBreakSpace)) {
    out_ += rest.substr(0, at);
    out_ += ' ';
    rest.remove_prefix(at + kNoBreakSpace.size());
  }
  out_ += rest;
  out_ += '\n';
}

std::vector<std::string> Page::wrap(std::string_view text, size_t first_columns,
                                    size_t columns) const {
  std::vector<std::string> lines;
  std::string current;
  size_t room = first_columns;
  std::string shown_text = clean(text);
  for (std::string_view word : split(shown_text, ' ')) {
    if (word.empty()) continue;
    std::string shown = cut_middle(word, columns);
    size_t needed = display_width(shown) + (current.empty() ? 0 : 1);
    if (!current.empty() && display_width(current) + needed > room) {
      lines.push_back(std::move(current));
      current.clear();
      room = columns;
    }
    if (!current.empty()) current += ' ';
    current += shown;
  }
  if (!current.empty()) lines.push_back(std::move(current));
  return lines;
}

void Page::labelled(std::string_view label, std::string_view text, size_t indent, Ink label_ink,
                    Ink text_ink) {
  std::vector<std::string> lines = wrap(text, text_width(), text_width() - indent);
  std::string head =
      paint(label_ink, label) + std::string(kLabelWidth - std::min(kLabelWidth, label.size()), ' ');
  if (lines.empty()) line(head);
  for (size_t i = 0; i < lines.size(); ++i)
    line((i == 0 ? head : std::string(kLabelWidth + indent, ' ')) + paint(text_ink, lines[i]));
}

void Page::wrapped(std::string_view text, size_t indent, Ink ink) {
  for (const std::string& part : wrap(text, width_ - indent, width_ - indent))
    line(std::string(indent, ' ') + paint(ink, part));
}

std::string solid(std::string_view phrase) {
  std::string text;
  for (char c : phrase) {
    if (c == ' ') {
      text += kNoBreakSpace;
    } else {
      text += c;
    }
  }
  return text;
}

std::string few(const std::vector<std::string>& values, size_t shown, uint64_t total) {
  std::string text;
  size_t count = std::min(shown, values.size());
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) text += ", ";
    text += values[i];
  }
  if (total > count) text += (count > 0 ? " and " : "") + format_count(total - count) + " more";
  return text;
}

std::string period(Timestamp first, Timestamp last) {
  std::string from = format_time_short(first), to = format_time_short(last);
  if (from == to) return solid(from);
  if (format_date(first) == format_date(last))
    return solid(from + " .. " + to.substr(to.find(' ') + 1));
  return solid(from.substr(0, from.size() - 3)) + " .. " + solid(to.substr(0, to.size() - 3));
}

}  // namespace cairn::report
