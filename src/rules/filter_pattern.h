#pragma once

// CloudWatch Logs filter patterns: what metric filters, subscription filters and FilterLogEvents
// take. Terms, %regular expressions%, JSON patterns and space-delimited patterns.
//
// Behaviour: "Filter pattern syntax for metric filters, subscription filters, filter log events,
// and Live Tail" of the CloudWatch Logs user guide. Where AWS documents nothing, the choice is
// written down in docs/reference/filter-patterns.md.

#include "base/diagnostics.h"
#include "formats/json_tree.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::rules {

/// The text of one log event, with what patterns read out of it; read once for all patterns. Views
/// into it live until the next set(). One thread.
class LogEvent {
 public:
  /// A field of a space-delimited line.
  struct Word {
    std::string_view text;  // without its quotes or brackets
    size_t offset;          // where it begins in the line, its quote included
  };

  /// `text` must stay as it is until the next call.
  void set(std::string_view text);
  std::string_view text() const { return text_; }
  /// Returns the text as JSON; null when it is neither an object nor an array.
  const JsonTree* json();
  /// The line's fields: separated by blanks, "…" and […] each one field.
  const std::vector<Word>& words();

 private:
  std::string_view text_;
  JsonTree tree_;
  std::vector<Word> words_;
  bool json_known_ = false, is_json_ = false, words_known_ = false;
};

/// `$.a.b[0]`: a place in a JSON event. At most one part is a wildcard.
struct JsonSelector {
  struct Part {
    enum class Kind : uint8_t { kKey, kIndex, kAnyKey, kAnyIndex };
    Kind kind = Kind::kKey;
    std::string key;
    size_t index = 0;
  };
  std::vector<Part> parts;

  /// Appends the nodes that it selects.
  void select(const JsonTree& tree, std::vector<uint32_t>& nodes) const;
  /// Returns it as `$.a.b[0]`, names in brackets where they need them.
  std::string to_string() const;
};

/// A compiled pattern. Immutable; may be shared by threads, each with a LogEvent of its own.
class FilterPattern {
 public:
  enum class Kind : uint8_t { kEverything, kTerms, kJson, kDelimited };
  static constexpr size_t kBytesLimit = 1024;  // AWS: characters of filterPattern
  static constexpr size_t kRegexLimit = 2;
  static constexpr size_t kWildcardLimit = 3;  // wildcard selectors of a pattern

  /// Compiles a pattern. Returns nothing, and says why in the diagnostics (codes filter-pattern-…),
  /// when AWS would refuse it. `name` stands for the pattern's file there.
  static std::optional<FilterPattern> parse(std::string_view text, const std::string& name,
                                            Diagnostics& diagnostics);

  FilterPattern(FilterPattern&&) noexcept;
  FilterPattern& operator=(FilterPattern&&) noexcept;
  ~FilterPattern();

  Kind kind() const;
  const std::string& text() const;
  bool matches(LogEvent& event) const;
  /// Names and values that a space-delimited pattern takes out of a line that matches: `$name`, or
  /// `$3` for the third entry when it has no name. Empty for other patterns, as with AWS.
  std::vector<std::pair<std::string, std::string_view>> extract(LogEvent& event) const;

  struct Contents;  // the room's own

 private:
  explicit FilterPattern(std::unique_ptr<Contents> contents);
  std::unique_ptr<Contents> contents_;
};

/// What a metric filter's `metricValue` or dimension names: `$.selector` of a JSON event, `$name`
/// or
/// `$N` of a space-delimited one.
class FieldReference {
 public:
  /// Fails with kInvalidInput when the text is no reference.
  static Result<FieldReference> parse(std::string_view text);
  /// Returns the text of the one string or number it names in an event that the pattern matched;
  /// nothing when there is none.
  std::optional<std::string> value(LogEvent& event, const FilterPattern& pattern) const;

 private:
  bool in_json_ = false;
  JsonSelector selector_;
  std::string name_;  // with the dollar sign
};

}  // namespace cairn::rules
