#pragma once

// Writes JSON: configuration-sized documents and one-line records. Ours only because it is forty
// lines; reading is simdjson's.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

/// Appends text as a JSON string with quotes. Control characters and the line separators U+2028/9
/// are escaped; invalid UTF-8 becomes U+FFFD, so the output is always valid JSON.
void append_json_string(std::string& out, std::string_view text);

/// Builds one compact JSON document. Calls must nest properly (checked). A value: move it around;
/// one thread.
///
///   JsonWriter json;
///   json.begin_object().member("count",
///   3).key("names").begin_array().value("a").end_array().end_object(); std::move(json).take(); //
///   {"count":3,"names":["a"]}
class JsonWriter {
 public:
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(uint64_t number);
  JsonWriter& value(int64_t number);
  JsonWriter& value(int number) { return value(static_cast<int64_t>(number)); }
  JsonWriter& value(uint32_t number) { return value(static_cast<uint64_t>(number)); }
  JsonWriter& value(double number);  // shortest text that reads back the same; NaN and infinities
                                     // are written as null
  JsonWriter& value(bool truth);
  JsonWriter& null();
  /// Writes text that already is one JSON value.
  JsonWriter& raw(std::string_view json);

  template <typename T>
  JsonWriter& member(std::string_view name, const T& content) {
    return key(name).value(content);
  }

  /// The text so far.
  const std::string& text() const { return out_; }
  std::string take() &&;

 private:
  void before_value();

  std::string out_;
  std::vector<char> open_;  // '{' or '[' for each open level
  bool need_comma_ = false;
  bool after_key_ = false;
};

}  // namespace cairn
