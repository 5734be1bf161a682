#pragma once

// What is wrong with a text that a person wrote (a rule, a query, a configuration): all of it,
// located, coded.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

enum class DiagnosticSeverity { kError, kWarning, kNote };

/// Returns "error", "warning" or "note".
std::string_view to_string(DiagnosticSeverity severity);

/// One remark. Lines and columns count from 1; 0 means unknown. `length` is the number of
/// characters to underline.
struct Diagnostic {
  std::string code;  // stable, e.g. "sigma-unknown-modifier"
  DiagnosticSeverity severity = DiagnosticSeverity::kError;
  std::string file;
  size_t line = 0;
  size_t column = 0;
  size_t length = 0;
  std::string message;      // one sentence
  std::string hint;         // what to do; may be empty
  std::string source_line;  // the line's text, for the caret; may be empty

  bool operator==(const Diagnostic&) const = default;
};

/// Collects remarks; does not stop at the first. A value: copy, move, compare. Not for use by
/// several threads at once.
class Diagnostics {
 public:
  void add(Diagnostic diagnostic) { items_.push_back(std::move(diagnostic)); }
  void append(const Diagnostics& other);

  const std::vector<Diagnostic>& items() const { return items_; }
  bool empty() const { return items_.empty(); }
  size_t count(DiagnosticSeverity severity) const;
  bool has_errors() const { return count(DiagnosticSeverity::kError) > 0; }

 private:
  std::vector<Diagnostic> items_;
};

/// Returns the remark as people read it:
///   rules/x.yml:12:5: error: unknown modifier "contians" [sigma-unknown-modifier]
///       eventName|contians: Delete
///                 ^~~~~~~~
///     hint: did you mean "contains"?
std::string format_text(const Diagnostic& diagnostic);

/// Returns the text of a line (from 1) without its line end, for `source_line`; "" when there is no
/// such line.
std::string_view line_at(std::string_view text, size_t line);

}  // namespace cairn
