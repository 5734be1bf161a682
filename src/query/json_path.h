#pragma once

// Finding one value in JSON text by a path, as Trino's json_extract functions do: on the text, up
// to the value, without a tree. What is malformed on the way to the value, or in it, is no value;
// what comes after it is not looked at.

#include "base/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::query {

/// `$`, then any number of `.key`, `["key"]`, `['key']`, `[3]`.
class JsonPath {
 public:
  /// Fails with kInvalidInput.
  static Result<JsonPath> parse(std::string_view text);

  struct Step {
    std::string key;  // also of a step by number: `$.a.0` and `$[0]` reach into arrays alike
    std::optional<size_t> index;
    bool operator==(const Step&) const = default;
  };
  const std::vector<Step>& steps() const { return steps_; }

 private:
  std::vector<Step> steps_;
};

enum class JsonKind { kObject, kArray, kString, kNumber, kTrue, kFalse, kNull };

/// A value's place in a text.
struct JsonValue {
  JsonKind kind = JsonKind::kNull;
  std::string_view text;  // as written, from its first to its last character
};

/// Returns the value at the path, or nothing. With `any_case`, a key that is not there stands for
/// the first that differs in case only.
std::optional<JsonValue> find_json(std::string_view json, const JsonPath& path,
                                   bool any_case = false);

/// Returns the elements of an array, or the values of an object in order; nothing when it is
/// neither, or malformed.
std::optional<std::vector<JsonValue>> json_elements(std::string_view json);

/// Returns a string's content with its escapes resolved; any other value as it is written.
std::string json_scalar_text(const JsonValue& value);

/// Appends the value without blanks between its tokens.
void append_compact_json(std::string_view text, std::string& out);

}  // namespace cairn::query
