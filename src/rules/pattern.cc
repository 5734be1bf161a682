#include "rules/pattern.h"

#include "rules/case_fold.h"

#include <algorithm>
#include <cstdint>

namespace cairn::rules {
namespace {

using Kind = PatternPart::Kind;

size_t character_length(std::string_view text) {
  size_t length = 1;
  if ((static_cast<uint8_t>(text[0]) & 0xC0) != 0xC0) return length;
  while (length < 4 && length < text.size() &&
         (static_cast<uint8_t>(text[length]) & 0xC0) == 0x80) {
    ++length;
  }
  return length;
}

}  // namespace

Pattern Pattern::parse(std::string_view written) {
  Pattern pattern;
  for (size_t i = 0; i < written.size(); ++i) {
    char c = written[i];
    char next = i + 1 < written.size() ? written[i + 1] : '\0';
    if (c == '\\' && (next == '*' || next == '?' || next == '\\')) {
      pattern.append_text({&next, 1});
      ++i;
    } else if (c == '*') {
      pattern.append(Kind::kAnyRun);
    } else if (c == '?') {
      pattern.append(Kind::kOneCharacter);
    } else {
      pattern.append_text({&c, 1});
    }
  }
  return pattern;
}

Pattern Pattern::plain(std::string_view text) {
  Pattern pattern;
  pattern.append_text(text);
  return pattern;
}

void Pattern::append_text(std::string_view text) {
  if (text.empty()) return;
  if (parts_.empty() || parts_.back().kind != Kind::kText) parts_.push_back({Kind::kText, {}});
  parts_.back().text += text;
}

void Pattern::append(Kind wildcard) {
  if (wildcard == Kind::kAnyRun && ends_with_any_run()) return;
  parts_.push_back({wildcard, {}});
}

void Pattern::append(const Pattern& other) {
  for (const PatternPart& part : other.parts_) {
    if (part.kind == Kind::kText) {
      append_text(part.text);
    } else {
      append(part.kind);
    }
  }
}

bool Pattern::has_wildcards() const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [](const PatternPart& part) { return part.kind != Kind::kText; });
}

bool Pattern::starts_with_any_run() const {
  return !parts_.empty() && parts_.front().kind == Kind::kAnyRun;
}

bool Pattern::ends_with_any_run() const {
  return !parts_.empty() && parts_.back().kind == Kind::kAnyRun;
}

std::string_view Pattern::text() const {
  return parts_.empty() ? std::string_view() : std::string_view(parts_.front().text);
}

std::string Pattern::to_string() const {
  std::string out;
  for (size_t p = 0; p < parts_.size(); ++p) {
    if (parts_[p].kind != Kind::kText) {
      out += parts_[p].kind == Kind::kAnyRun ? '*' : '?';
      continue;
    }
    const std::string& text = parts_[p].text;
    for (size_t i = 0; i < text.size(); ++i) {
      bool wildcard_follows = i + 1 == text.size() && p + 1 < parts_.size();
      char next = i + 1 < text.size() ? text[i + 1] : '\0';
      bool escape =
          text[i] == '*' || text[i] == '?' ||
          (text[i] == '\\' && (wildcard_follows || next == '*' || next == '?' || next == '\\'));
      if (escape) out += '\\';
      out += text[i];
    }
  }
  return out;
}

void Pattern::fold() {
  for (PatternPart& part : parts_) fold_case(part.text);
}

bool Pattern::matches(std::string_view text) const {
  // The usual two-pointer walk: on a mismatch, the last `*` takes one more character. Earlier ones
  // never need to.
  size_t part = 0, at = 0;
  size_t star = parts_.size(), star_at = 0;
  for (;;) {
    if (part < parts_.size()) {
      const PatternPart& p = parts_[part];
      if (p.kind == Kind::kAnyRun) {
        if (part + 1 == parts_.size()) return true;
        star = part++;
        star_at = at;
        continue;
      }
      std::string_view rest = text.substr(at);
      if (p.kind == Kind::kText && rest.starts_with(p.text)) {
        at += p.text.size();
        ++part;
        continue;
      }
      if (p.kind == Kind::kOneCharacter && !rest.empty()) {
        at += character_length(rest);
        ++part;
        continue;
      }
    } else if (at == text.size()) {
      return true;
    }
    if (star == parts_.size() || star_at >= text.size()) return false;
    star_at += character_length(text.substr(star_at));
    at = star_at;
    part = star + 1;
  }
}

}  // namespace cairn::rules
