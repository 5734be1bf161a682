#include "cloudtrail/json_text.h"

#include "cloudtrail/cloudtrail.h"

#include <cstdint>
#include <cstring>

namespace cairn::cloudtrail {

namespace {

constexpr uint32_t kReplacement = 0xFFFD;

/// Four hexadecimal digits at the front of the text; above 0xFFFF when they are not there.
uint32_t hex4(std::string_view text) {
  if (text.size() < 4) return UINT32_MAX;
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) {
    char c = text[i];
    uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<uint32_t>(c - '0');
    } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
      digit = static_cast<uint32_t>((c | 0x20) - 'a' + 10);
    } else {
      return UINT32_MAX;
    }
    value = value << 4 | digit;
  }
  return value;
}

size_t put_utf8(char* out, uint32_t code) {
  auto put = [&](size_t at, uint32_t byte) { out[at] = static_cast<char>(byte); };
  if (code < 0x80) {
    put(0, code);
    return 1;
  }
  if (code < 0x800) {
    put(0, 0xC0 | code >> 6);
    put(1, 0x80 | (code & 0x3F));
    return 2;
  }
  if (code < 0x10000) {
    put(0, 0xE0 | code >> 12);
    put(1, 0x80 | (code >> 6 & 0x3F));
    put(2, 0x80 | (code & 0x3F));
    return 3;
  }
  put(0, 0xF0 | code >> 18);
  put(1, 0x80 | (code >> 12 & 0x3F));
  put(2, 0x80 | (code >> 6 & 0x3F));
  put(3, 0x80 | (code & 0x3F));
  return 4;
}

/// Reads the code point of "\uXXXX" (or a surrogate pair) whose digits start at `at`; moves `at`
/// past it. False when there are no digits.
bool read_code_point(std::string_view literal, size_t& at, uint32_t& code) {
  code = hex4(literal.substr(at));
  if (code > 0xFFFF) return false;
  at += 4;
  if (code < 0xD800 || code > 0xDFFF) return true;
  bool high = code < 0xDC00;
  if (high && literal.substr(at).starts_with("\\u")) {
    uint32_t low = hex4(literal.substr(at + 2));
    if (low >= 0xDC00 && low <= 0xDFFF) {
      at += 6;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      return true;
    }
  }
  code = kReplacement;
  return true;
}

char simple_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return '\0';
  }
}

}  // namespace

size_t unescape_json(std::string_view literal, char* out) {
  size_t size = 0;
  for (size_t at = 0; at < literal.size();) {
    size_t escape = literal.find('\\', at);
    if (escape == std::string_view::npos) escape = literal.size();
    std::memmove(out + size, literal.data() + at, escape - at);
    size += escape - at;
    if (escape == literal.size()) break;
    at = escape + 1;
    if (at == literal.size()) {
      out[size++] = '\\';
      break;
    }
    char plain = simple_escape(literal[at]);
    uint32_t code = 0;
    if (plain != '\0') {
      out[size++] = plain;
      ++at;
    } else if (literal[at] == 'u' && read_code_point(literal, ++at, code)) {
      size += put_utf8(out + size, code);
    } else {
      out[size++] = '\\';
      at = escape + 1;
    }
  }
  return size;
}

void compact_json(std::string_view raw, std::string& out) {
  out.reserve(out.size() + raw.size());
  bool in_string = false;
  for (size_t i = 0; i < raw.size(); ++i) {
    char c = raw[i];
    if (!in_string && is_json_blank(c)) continue;
    out += c;
    if (in_string && c == '\\' && i + 1 < raw.size()) out += raw[++i];
    if (c == '"') in_string = !in_string;
  }
}

}  // namespace cairn::cloudtrail
