#include "cloudtrail/record_split.h"

#include "cloudtrail/json_text.h"

#include <algorithm>

namespace cairn::cloudtrail {

namespace {

enum class Expect : uint8_t { kKeyOrEnd, kKey, kColon, kValue, kValueOrEnd, kCommaOrEnd };

std::string_view complaint(Expect expect) {
  switch (expect) {
    case Expect::kKeyOrEnd:
    case Expect::kKey:
      return "expected a key";
    case Expect::kColon:
      return "expected a colon after the key";
    case Expect::kValue:
    case Expect::kValueOrEnd:
      return "expected a value";
    case Expect::kCommaOrEnd:
      return "expected a comma or a closing bracket";
  }
  return "";
}

bool value_may_come(Expect expect) {
  return expect == Expect::kValue || expect == Expect::kValueOrEnd;
}

bool is_bare(char c) {
  return !is_json_blank(c) && c != '{' && c != '}' && c != '[' && c != ']' && c != ':' &&
         c != ',' && c != '"';
}

}  // namespace

size_t end_of_string(std::string_view text, size_t begin) {
  size_t at = text.find_first_of("\"\\", begin + 1);
  while (at != std::string_view::npos && text[at] == '\\') {
    at = at + 2 < text.size() ? text.find_first_of("\"\\", at + 2) : std::string_view::npos;
  }
  return at;
}

size_t control_character_in_string(std::string_view text) {
  for (size_t at = text.find('"'); at != std::string_view::npos; at = text.find('"', at + 1)) {
    size_t close = std::min(end_of_string(text, at), text.size());
    for (; at < close; ++at) {
      if (static_cast<unsigned char>(text[at]) < 0x20) return at;
    }
  }
  return 0;
}

Extent split_object(std::string_view text, size_t begin, size_t nesting, Strictness strictness,
                    std::string& stack) {
  const bool strict = strictness == Strictness::kGrammar;
  stack.assign(1, '{');
  Expect expect = Expect::kKeyOrEnd;
  auto broken = [&](size_t at, std::string_view reason) {
    return Extent{Extent::Kind::kBroken, at, reason};
  };
  for (size_t at = begin + 1; at < text.size(); ++at) {
    char c = text[at];
    if (is_json_blank(c)) continue;
    switch (c) {
      case '"': {
        bool key = expect == Expect::kKeyOrEnd || expect == Expect::kKey;
        if (strict && !key && !value_may_come(expect)) return broken(at, complaint(expect));
        size_t close = end_of_string(text, at);
        if (close == std::string_view::npos)
          return {Extent::Kind::kOpen, text.size(), "a string does not end"};
        at = close;
        expect = key ? Expect::kColon : Expect::kCommaOrEnd;
        break;
      }
      case '{':
      case '[':
        if (strict && !value_may_come(expect)) return broken(at, complaint(expect));
        if (stack.size() >= nesting) return broken(at, "nested deeper than the limit (nesting)");
        stack += c;
        expect = c == '{' ? Expect::kKeyOrEnd : Expect::kValueOrEnd;
        break;
      case '}':
      case ']': {
        if ((stack.back() == '{') != (c == '}')) return broken(at, "brackets do not match");
        Expect empty = c == '}' ? Expect::kKeyOrEnd : Expect::kValueOrEnd;
        if (strict && expect != Expect::kCommaOrEnd && expect != empty)
          return broken(at, complaint(expect));
        stack.pop_back();
        if (stack.empty()) return {Extent::Kind::kWhole, at + 1, ""};
        expect = Expect::kCommaOrEnd;
        break;
      }
      case ':':
        if (strict && expect != Expect::kColon) return broken(at, complaint(expect));
        expect = Expect::kValue;
        break;
      case ',':
        if (strict && expect != Expect::kCommaOrEnd) return broken(at, complaint(expect));
        expect = stack.back() == '{' ? Expect::kKey : Expect::kValue;
        break;
      default:
        if (strict && !value_may_come(expect)) return broken(at, complaint(expect));
        while (at + 1 < text.size() && is_bare(text[at + 1])) ++at;
        expect = Expect::kCommaOrEnd;
        break;
    }
  }
  return {Extent::Kind::kOpen, text.size(), "the text ends inside an object"};
}

}  // namespace cairn::cloudtrail
