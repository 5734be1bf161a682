#include "query/json_path.h"

#include "base/text.h"

#include <charconv>
#include <functional>

namespace cairn::query {

namespace {

constexpr size_t kNesting = 1000;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

void append_utf8(uint32_t point, std::string& out) {
  auto add = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    add(point);
  } else if (point < 0x800) {
    add(0xc0 | (point >> 6));
    add(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    add(0xe0 | (point >> 12));
    add(0x80 | ((point >> 6) & 0x3f));
    add(0x80 | (point & 0x3f));
  } else {
    add(0xf0 | (point >> 18));
    add(0x80 | ((point >> 12) & 0x3f));
    add(0x80 | ((point >> 6) & 0x3f));
    add(0x80 | (point & 0x3f));
  }
}

std::optional<uint32_t> hex4(std::string_view text, size_t at) {
  uint32_t value = 0;
  if (at + 4 > text.size()) return std::nullopt;
  auto [end, error] = std::from_chars(text.data() + at, text.data() + at + 4, value, 16);
  if (error != std::errc() || end != text.data() + at + 4) return std::nullopt;
  return value;
}

/// Resolves the escapes of a string's inside.
std::string unescape(std::string_view inside) {
  std::string out;
  out.reserve(inside.size());
  for (size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] != '\\' || i + 1 == inside.size()) {
      out += inside[i];
      continue;
    }
    char c = inside[++i];
    switch (c) {
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case 'r':
        out += '\r';
        break;
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'u': {
        auto high = hex4(inside, i + 1);
        if (!high) {
          out += c;
          break;
        }
        i += 4;
        auto low = *high >= 0xd800 && *high < 0xdc00 && inside.substr(i + 1, 2) == "\\u"
                       ? hex4(inside, i + 3)
                       : std::nullopt;
        if (low && *low >= 0xdc00 && *low < 0xe000) {
          append_utf8(0x10000 + ((*high - 0xd800) << 10) + (*low - 0xdc00), out);
          i += 6;
        } else {
          append_utf8(*high >= 0xd800 && *high < 0xe000 ? 0xfffd : *high, out);
        }
        break;
      }
      default:
        out += c;
    }
  }
  return out;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  char peek() {
    skip_blanks();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  /// Passes over one value; nothing when it is malformed.
  std::optional<JsonValue> value(size_t depth = 0) {
    if (depth > kNesting) return std::nullopt;
    char c = peek();
    size_t begin = at_;
    std::optional<JsonKind> kind;
    if (c == '{' || c == '[') {
      bool object = c == '{';
      bool good = members([&](std::string_view, size_t) { return value(depth + 1).has_value(); });
      if (good) kind = object ? JsonKind::kObject : JsonKind::kArray;
    } else if (c == '"') {
      if (string()) kind = JsonKind::kString;
    } else if (c == '-' || is_digit(c)) {
      if (number()) kind = JsonKind::kNumber;
    } else if (word("true")) {
      kind = JsonKind::kTrue;
    } else if (word("false")) {
      kind = JsonKind::kFalse;
    } else if (word("null")) {
      kind = JsonKind::kNull;
    }
    if (!kind) return std::nullopt;
    return JsonValue{*kind, text_.substr(begin, at_ - begin)};
  }

  /// Walks an object or array. `visit` gets the key's inside as written ("" in arrays) and the
  /// position, must pass over the value, and ends the walk with false.
  bool members(const std::function<bool(std::string_view, size_t)>& visit) {
    bool object = peek() == '{';
    char close = object ? '}' : ']';
    ++at_;
    if (take(close)) return true;
    for (size_t index = 0;; ++index) {
      std::string_view key;
      if (object) {
        if (peek() != '"') return false;
        size_t begin = at_ + 1;
        if (!string()) return false;
        key = text_.substr(begin, at_ - begin - 1);
        if (!take(':')) return false;
      }
      if (!visit(key, index)) return false;
      if (take(close)) return true;
      if (!take(',')) return false;
    }
  }
  size_t position() const { return at_; }
  std::string_view rest() const { return text_.substr(at_); }

 private:
  bool string() {
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == '"') {
        ++at_;
        return true;
      } else if (static_cast<unsigned char>(text_[at_]) < 0x20) {
        return false;
      }
    }
    at_ = text_.size();
    return false;
  }
  bool digits() {
    size_t begin = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return at_ > begin;
  }
  bool number() {
    if (text_[at_] == '-') ++at_;
    if (!digits()) return false;
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      if (!digits()) return false;
    }
    return true;
  }
  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
};

bool same_key(std::string_view written, const std::string& key) {
  if (written.find('\\') == std::string_view::npos) return written == key;
  return unescape(written) == key;
}

/// One step down from the value at the beginning of `json`.
std::optional<std::string_view> descend(std::string_view json, const JsonPath::Step& step,
                                        bool any_case) {
  Scanner scanner(json);
  char c = scanner.peek();
  if (c != '{' && c != '[') return std::nullopt;
  bool object = c == '{';
  if (!object && !step.index) return std::nullopt;
  std::optional<std::string_view> found, similar;
  scanner.members([&](std::string_view key, size_t index) {
    bool here = object ? same_key(key, step.key) : index == *step.index;
    if (here) {
      scanner.skip_blanks();
      found = scanner.rest();
      return false;
    }
    if (any_case && object && !similar && equals_ignore_case(key, step.key)) {
      scanner.skip_blanks();
      similar = scanner.rest();
    }
    return scanner.value().has_value();
  });
  return found ? found : similar;
}

}  // namespace

Result<JsonPath> JsonPath::parse(std::string_view text) {
  auto wrong = [&] {
    return Error{ErrorCode::kInvalidInput, "Invalid JSON path: '" + printable(text) + "'"};
  };
  JsonPath path;
  size_t i = 0;
  if (text.substr(0, 1) == "$") {
    i = 1;
  } else if (!text.empty() && text[0] != '.' && text[0] != '[') {
    // Trino also takes a path without `$` for one key after the other.
    std::string with_root = "$." + std::string(text);
    return parse(with_root);
  } else {
    return wrong();
  }
  auto add = [&](std::string key) {
    Step step{std::move(key), std::nullopt};
    size_t index = 0;
    auto [end, error] = std::from_chars(step.key.data(), step.key.data() + step.key.size(), index);
    if (error == std::errc() && end == step.key.data() + step.key.size()) step.index = index;
    path.steps_.push_back(std::move(step));
  };
  while (i < text.size()) {
    if (text[i] == '.') {
      size_t end = text.find_first_of(".[", i + 1);
      if (end == std::string_view::npos) end = text.size();
      if (end == i + 1) return wrong();
      add(std::string(text.substr(i + 1, end - i - 1)));
      i = end;
    } else if (text[i] == '[' && i + 1 < text.size() &&
               (text[i + 1] == '"' || text[i + 1] == '\'')) {
      char quote = text[i + 1];
      std::string key;
      size_t j = i + 2;
      for (; j < text.size() && text[j] != quote; ++j) {
        if (text[j] == '\\' && j + 1 < text.size()) ++j;
        key += text[j];
      }
      if (j + 1 >= text.size() || text[j + 1] != ']') return wrong();
      path.steps_.push_back({std::move(key), std::nullopt});
      i = j + 2;
    } else if (text[i] == '[') {
      size_t end = text.find(']', i);
      if (end == std::string_view::npos || end == i + 1) return wrong();
      add(std::string(text.substr(i + 1, end - i - 1)));
      i = end + 1;
    } else {
      return wrong();
    }
  }
  return path;
}

std::optional<JsonValue> find_json(std::string_view json, const JsonPath& path, bool any_case) {
  for (const JsonPath::Step& step : path.steps()) {
    auto below = descend(json, step, any_case);
    if (!below) return std::nullopt;
    json = *below;
  }
  Scanner scanner(json);
  auto value = scanner.value();
  // The whole text must be one value, when the whole text was asked for.
  if (path.steps().empty() && value && scanner.peek() != '\0') return std::nullopt;
  return value;
}

std::optional<std::vector<JsonValue>> json_elements(std::string_view json) {
  Scanner scanner(json);
  char c = scanner.peek();
  if (c != '{' && c != '[') return std::nullopt;
  std::vector<JsonValue> elements;
  bool good = scanner.members([&](std::string_view, size_t) {
    auto value = scanner.value();
    if (value) elements.push_back(*value);
    return value.has_value();
  });
  if (!good || scanner.peek() != '\0') return std::nullopt;
  return elements;
}

std::string json_scalar_text(const JsonValue& value) {
  if (value.kind != JsonKind::kString) return std::string(value.text);
  return unescape(value.text.substr(1, value.text.size() - 2));
}

void append_compact_json(std::string_view text, std::string& out) {
  bool inside = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (inside) {
      out += c;
      if (c == '\\' && i + 1 < text.size()) {
        out += text[++i];
      } else if (c == '"') {
        inside = false;
      }
    } else if (!is_blank(c)) {
      out += c;
      inside = c == '"';
    }
  }
}

}  // namespace cairn::query
