#pragma once

// Text with wildcards: `*` any run (line ends too), `?` exactly one character (a UTF-8 code point).
//
// How Sigma writes it: a backslash before `*`, `?` or `\` makes that character plain; before
// anything else, and at the end, it is itself. So `\\*` is a backslash and a wildcard, `\\\*` a
// backslash and a star, `C:\x` four plain characters.

#include <string>
#include <string_view>
#include <vector>

namespace cairn::rules {

struct PatternPart {
  enum class Kind { kText, kAnyRun, kOneCharacter };
  Kind kind = Kind::kText;
  std::string text;  // kText

  bool operator==(const PatternPart&) const = default;
};

/// A value: neighbouring texts are one part, neighbouring `*` are one part.
class Pattern {
 public:
  Pattern() = default;
  /// Reads Sigma's escapes. Never fails.
  static Pattern parse(std::string_view written);
  /// All of it is plain.
  static Pattern plain(std::string_view text);

  void append_text(std::string_view text);
  void append(PatternPart::Kind wildcard);
  void append(const Pattern& other);

  const std::vector<PatternPart>& parts() const { return parts_; }
  bool has_wildcards() const;
  bool starts_with_any_run() const;
  bool ends_with_any_run() const;
  /// Returns the text of a pattern without wildcards.
  std::string_view text() const;
  /// Writes it with Sigma's escapes, so that parse() reads the same pattern.
  std::string to_string() const;
  /// Folds the case of the texts.
  void fold();

  /// Tells whether the whole text matches, byte for byte (fold both sides for case). Time: text ×
  /// wildcards at worst.
  bool matches(std::string_view text) const;

  bool operator==(const Pattern&) const = default;

 private:
  std::vector<PatternPart> parts_;
};

}  // namespace cairn::rules
