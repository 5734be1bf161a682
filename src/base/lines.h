#pragma once

// The lines of a text that remarks are made about. Where a text has many lines and many remarks,
// looking for each line from the beginning would take a time that grows with the product of both.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

/// Finds lines of a text, all after the first in a time that does not grow with the text. The text
/// must outlive this. Not for use by several threads at once.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}

  /// Returns a line (from 1) without its line end; "" when there is no such line.
  std::string_view at(size_t line) const;
  /// Returns where a line begins; the text's size when there is no such line.
  size_t begin(size_t line) const;
  /// Returns the line that holds a position.
  size_t holding(size_t position) const;
  /// Returns a line for Diagnostic::source_line: "" when it is too long to be shown to a person.
  std::string shown(size_t line) const;

 private:
  const std::vector<size_t>& begins() const;

  std::string_view text_;
  mutable std::optional<std::vector<size_t>> begins_;  // found when first asked for
};

/// Returns the line for Diagnostic::source_line: itself, or "" when it is too long to be shown.
std::string shown_line(std::string_view line);

}  // namespace cairn
