#include "formats/csv.h"

#include "base/text.h"

namespace cairn {

namespace {

/// True for what a spreadsheet takes as a plain number: -12, +3.5, -1e9. Such a field cannot be a
/// formula.
bool is_plain_number(std::string_view text) {
  size_t at = 0;
  size_t digits = 0;
  auto skip_digits = [&] {
    while (at < text.size() && is_digit(text[at])) ++at, ++digits;
  };
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  skip_digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    skip_digits();
  }
  if (digits == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    digits = 0;
    skip_digits();
    if (digits == 0) return false;
  }
  return at == text.size();
}

bool starts_formula(std::string_view field) {
  if (field.empty()) return false;
  // Excel and LibreOffice trim blanks on import, so what stands after them counts too.
  size_t start = field.find_first_not_of(" \n");
  char first = start == std::string_view::npos ? field[0] : field[start];
  switch (first) {
    case '=':
    case '@':
    case '\t':
    case '\r':
      return true;
    case '+':
    case '-':
      return !is_plain_number(field);
    default:
      return false;
  }
}

/// Replaces what has no place in a text file; line ends and tabs stay.
std::string cleaned(std::string_view field) {
  std::string text = is_valid_utf8(field) ? std::string(field) : repair_utf8(field);
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    bool control = (byte < 0x20 && c != '\t' && c != '\r' && c != '\n') || byte == 0x7F;
    if (control) {
      out += "\xEF\xBF\xBD";  // U+FFFD
    } else {
      out += c;
    }
  }
  return out;
}

bool is_ordinary(std::string_view field) {
  for (char c : field) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F || c == '"' || c == ',') return false;
  }
  return true;
}

}  // namespace

void append_csv_field(std::string& out, std::string_view field) {
  bool formula = starts_formula(field);
  if (is_ordinary(field)) {
    if (formula) out += '\'';
    out += field;
    return;
  }
  std::string text = cleaned(field);
  bool quote = text.find_first_of(",\"\r\n") != std::string::npos;
  if (quote) out += '"';
  if (formula) out += '\'';
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  if (quote) out += '"';
}

void append_csv_row(std::string& out, const std::vector<std::string_view>& fields) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += ',';
    append_csv_field(out, fields[i]);
  }
  out += "\r\n";
}

}  // namespace cairn
