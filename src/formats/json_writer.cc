#include "formats/json_writer.h"

#include "base/check.h"
#include "base/text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace cairn {

namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_escape(std::string& out, unsigned char byte) {
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
  }
}

/// Appends valid UTF-8. U+2028 and U+2029 end lines in JavaScript and in some line readers.
void append_valid(std::string& out, std::string_view text) {
  size_t copied = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7F && byte != 0xE2) continue;
    if (byte == 0xE2) {
      std::string_view rest = text.substr(i, 3);
      if (rest != "\xE2\x80\xA8" && rest != "\xE2\x80\xA9") continue;
      out.append(text, copied, i - copied);
      out += rest[2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out.append(text, copied, i - copied);
      append_escape(out, byte);
    }
    copied = i + 1;
  }
  out.append(text, copied);
}

template <typename Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> buffer{};
  auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  CAIRN_CHECK(error == std::errc());
  out.append(buffer.data(), end);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  if (is_valid_utf8(text)) {
    append_valid(out, text);
  } else {
    append_valid(out, repair_utf8(text));
  }
  out += '"';
}

void JsonWriter::before_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  // A value in an object needs its key, and a document has one value.
  CAIRN_CHECK(open_.empty() ? out_.empty() : open_.back() == '[');
  if (need_comma_) out_ += ',';
}

JsonWriter& JsonWriter::begin_object() {
  before_value();
  out_ += '{';
  open_.push_back('{');
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  CAIRN_CHECK(!open_.empty() && open_.back() == '{' && !after_key_);
  open_.pop_back();
  out_ += '}';
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  before_value();
  out_ += '[';
  open_.push_back('[');
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  CAIRN_CHECK(!open_.empty() && open_.back() == '[');
  open_.pop_back();
  out_ += ']';
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  CAIRN_CHECK(!open_.empty() && open_.back() == '{' && !after_key_);
  if (need_comma_) out_ += ',';
  append_json_string(out_, name);
  out_ += ':';
  after_key_ = true;
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  before_value();
  append_json_string(out_, text);
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(uint64_t number) {
  before_value();
  append_number(out_, number);
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(int64_t number) {
  before_value();
  append_number(out_, number);
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  before_value();
  append_number(out_, number);
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(bool truth) { return raw(truth ? "true" : "false"); }

JsonWriter& JsonWriter::null() { return raw("null"); }

JsonWriter& JsonWriter::raw(std::string_view json) {
  before_value();
  out_ += json;
  need_comma_ = true;
  return *this;
}

std::string JsonWriter::take() && {
  CAIRN_CHECK(open_.empty());
  return std::move(out_);
}

}  // namespace cairn
