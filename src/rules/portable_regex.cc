#include "rules/portable_regex.h"

#include "base/text.h"
#include "rules/network.h"

#include <array>
#include <optional>

namespace cairn::rules {

namespace {

constexpr std::string_view kSpecial = "\\^$.|?*+()[]{}-&/\"'#~ ";

void append_plain(std::string& out, char c) {
  bool is_special = kSpecial.find(c) != std::string_view::npos && c != ' ' && c != '"' &&
                    c != '\'' && c != '/' && c != '#' && c != '~';
  if (is_special) out += '\\';
  out += c;
}

bool is_letter(char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }
char other_case(char c) { return static_cast<char>(c ^ 0x20); }
int hex(char c) {
  if (is_digit(c)) return c - '0';
  char small = ascii_lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/// Reads an expression and writes it anew. What it does not know it refuses.
class Rewriter {
 public:
  explicit Rewriter(std::string_view text) : text_(text) {}

  Result<std::string> run() {
    TRY(flags());
    while (at_ < text_.size()) {
      TRY(step());
    }
    return std::move(out_);
  }

 private:
  static Error refused(std::string_view what) {
    return Error{ErrorCode::kUnsupported,
                 "the expression has " + std::string(what) + ", which databases read differently"};
  }

  /// `(?i)`, `(?s)`, `(?is)` at the very beginning.
  Status flags() {
    while (text_.substr(at_).starts_with("(?") && !text_.substr(at_).starts_with("(?:")) {
      size_t end = text_.find(')', at_);
      if (end == std::string_view::npos) return refused("a group of its own kind");
      for (char c : text_.substr(at_ + 2, end - at_ - 2)) {
        if (c != 'i' && c != 's') return refused("flags other than i and s at its beginning");
        (c == 'i' ? ignore_case_ : dot_all_) = true;
      }
      at_ = end + 1;
    }
    return {};
  }

  Status step() {
    char c = text_[at_];
    switch (c) {
      case '(':
        if (text_.substr(at_).starts_with("(?") && !text_.substr(at_).starts_with("(?:"))
          return refused("flags or names inside");
        out_ += "(?:";
        at_ += text_.substr(at_).starts_with("(?:") ? 3u : 1u;
        return {};
      case ')':
      case '|':
      case '*':
      case '+':
      case '?':
        out_ += c;
        ++at_;
        return {};
      case '{':
        return repetition();
      case '[':
        return set();
      case '^':
        out_ += "\\A";
        ++at_;
        return {};
      case '$':
        out_ += "\\z";
        ++at_;
        return {};
      case '.':
        out_ += dot_all_ ? "[\\d\\D]" : "[^\\n]";
        ++at_;
        return {};
      case '\\':
        return escape();
      default:
        ++at_;
        return literal(c);
    }
  }

  Status literal(char c) {
    bool is_ascii = (c & 0x80) == 0;
    if (!ignore_case_ || (is_ascii && !is_letter(c))) {
      if (is_ascii && (c < ' ' || c == 0x7F)) return refused("a control character");
      if (is_ascii) {
        append_plain(out_, c);
      } else {
        out_ += c;
      }
      return {};
    }
    if (!is_ascii) return refused("letters outside A to Z whose case is ignored");
    out_ += '[';
    append_folded(c);
    out_ += ']';
    return {};
  }

  /// A letter in all the spellings that RE2 takes for the same.
  void append_folded(char c) {
    out_ += c;
    out_ += other_case(c);
    if (ascii_lower(c) == 'k') out_ += "\xE2\x84\xAA";  // the Kelvin sign
    if (ascii_lower(c) == 's') out_ += "\xC5\xBF";      // the long s
  }

  /// `{2}`, `{2,}`, `{2,3}`; any other brace is itself.
  Status repetition() {
    size_t end = text_.find('}', at_);
    std::string_view inner =
        end == std::string_view::npos ? std::string_view() : text_.substr(at_ + 1, end - at_ - 1);
    size_t digits = 0;
    while (digits < inner.size() && is_digit(inner[digits])) ++digits;
    bool counts = digits > 0;
    if (digits < inner.size()) {
      counts = counts && inner[digits] == ',';
      for (char c : inner.substr(digits + 1)) counts = counts && is_digit(c);
    }
    if (!counts) {
      ++at_;
      return literal('{');
    }
    out_ += text_.substr(at_, end + 1 - at_);
    at_ = end + 1;
    return {};
  }

  static std::optional<std::string_view> class_of(char c) {
    switch (ascii_lower(c)) {
      case 'd':
        return "0-9";
      case 'w':
        return "0-9A-Za-z_";
      case 's':
        return "\\t\\n\\f\\r ";
      default:
        return std::nullopt;
    }
  }

  /// Reads the one character that a backslash makes; moves behind it.
  Result<char> escaped_character() {
    char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    at_ += 2;
    switch (c) {
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case 'r':
        return '\r';
      case 'f':
        return '\f';
      case 'x': {
        if (at_ + 1 < text_.size() && hex(text_[at_]) >= 0 && hex(text_[at_]) < 8 &&
            hex(text_[at_ + 1]) >= 0) {
          char value = static_cast<char>(hex(text_[at_]) * 16 + hex(text_[at_ + 1]));
          at_ += 2;
          return value;
        }
        return refused("a character by its number");
      }
      default:
        if (is_letter(c) || is_digit(c) || c == '\0' || (c & 0x80) != 0)
          return refused(std::string("the escape \\") + c);
        return c;
    }
  }

  void append_character(char c) {
    constexpr std::string_view kNamed = "\n\t\r\f", kNames = "ntrf";
    if (size_t named = kNamed.find(c); c != '\0' && named != std::string_view::npos) {
      out_ += '\\';
      out_ += kNames[named];
    } else {
      append_plain(out_, c);
    }
  }

  Status escape() {
    char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (auto members = class_of(c)) {
      out_ += is_letter(c) && c < 'a' ? "[^" : "[";
      (out_ += *members) += ']';
      at_ += 2;
      return {};
    }
    if (c == 'A' || c == 'z') {
      (out_ += '\\') += c;
      at_ += 2;
      return {};
    }
    TRY_ASSIGN(char one, escaped_character());
    if (ignore_case_ && is_letter(one)) return literal(one);
    if (static_cast<unsigned char>(one) < ' ' && one != '\n' && one != '\t' && one != '\r' &&
        one != '\f')
      return refused("a control character");
    append_character(one);
    return {};
  }

  Status set() {
    out_ += '[';
    ++at_;
    if (at_ < text_.size() && text_[at_] == '^') {
      out_ += '^';
      ++at_;
    }
    bool first = true;
    while (at_ < text_.size() && (text_[at_] != ']' || first)) {
      first = false;
      TRY(member());
    }
    out_ += ']';
    ++at_;
    return {};
  }

  Status member() {
    if (text_.substr(at_).starts_with("[:")) return refused("a named class");
    if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
      if (auto members = class_of(text_[at_ + 1])) {
        if (text_[at_ + 1] < 'a') return refused("a negated class inside a set");
        out_ += *members;
        at_ += 2;
        return {};
      }
    }
    TRY_ASSIGN(char low, set_character());
    bool is_range = at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']';
    char high = low;
    if (is_range) {
      ++at_;
      TRY_ASSIGN(high, set_character());
    }
    if ((low & 0x80) != 0 || (high & 0x80) != 0) {
      if (is_range || ignore_case_) return refused("letters outside A to Z in a set");
      out_ += low;
      return {};
    }
    append_character(low);
    if (is_range) {
      out_ += '-';
      append_character(high);
    }
    if (ignore_case_) append_other_cases(low, high);
    return {};
  }

  Result<char> set_character() {
    if (text_[at_] == '\\') return escaped_character();
    return text_[at_++];
  }

  void append_other_cases(char low, char high) {
    for (char c = low; c <= high && c != 0x7F; ++c)
      if (is_letter(c)) append_folded(c);
  }

  std::string_view text_;
  size_t at_ = 0;
  bool ignore_case_ = false, dot_all_ = false;
  std::string out_;
};

constexpr std::string_view kOctet = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";

/// The octets from `low` to `high`, written out: at most 256 of them.
std::string octets(unsigned low, unsigned high) {
  if (low == 0 && high == 255) return std::string(kOctet);
  if (low == high) return std::to_string(low);
  std::string out = "(";
  for (unsigned octet = low; octet <= high; ++octet)
    out += (octet == low ? "" : "|") + std::to_string(octet);
  return out + ")";
}

}  // namespace

Result<std::string> portable_regex(std::string_view expression) {
  return Rewriter(expression).run();
}

Result<std::string> network_regex(std::string_view network) {
  bool had_host_bits = false;
  auto parsed = parse_network(network, had_host_bits);
  if (!parsed) return Error{ErrorCode::kUnsupported, "not a network"};
  if (parsed->address.v6) {
    return Error{ErrorCode::kUnsupported,
                 "an IPv6 address has many spellings, and no function of the target tells networks "
                 "of them as Cairn does"};
  }
  std::string out = "^";
  for (unsigned i = 0; i < 4; ++i) {
    unsigned kept = parsed->bits > i * 8 ? std::min(parsed->bits - i * 8, 8u) : 0;
    unsigned low = parsed->address.bytes[i], high = low | (0xFFu >> kept);
    out += (i == 0 ? "" : "[.]") + octets(low, high);
  }
  return out + "$";
}

}  // namespace cairn::rules
