#pragma once

// Turns places of a YAML text into located diagnostics.

#include "base/diagnostics.h"
#include "base/lines.h"
#include "formats/yaml.h"

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace cairn::rules {

struct Place {
  size_t line = 0, column = 0, length = 0;
};

class Remarks {
 public:
  /// `text` may be empty (documents parsed long ago): then remarks show no line. Both references
  /// must outlive this.
  Remarks(const std::string& file, std::string_view text, Diagnostics& diagnostics);

  void error(const char* code, Place place, std::string message, std::string hint = "");
  void warning(const char* code, Place place, std::string message, std::string hint = "");
  /// Errors so far.
  size_t errors() const { return errors_; }

  /// Where a node stands.
  Place at(const YamlNode& node) const;
  /// Where a part of a scalar's text stands: searched in the written text, since quotes, folding
  /// and escapes move it.
  Place at(const YamlNode& scalar, size_t offset, size_t length) const;

 private:
  void add(DiagnosticSeverity severity, const char* code, Place place, std::string message,
           std::string hint);

  const std::string& file_;
  std::string_view text_;
  Lines lines_;
  Diagnostics& diagnostics_;
  size_t errors_ = 0;
};

/// Returns `did you mean "x"?` for the nearest word within two edits, "" when none is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

}  // namespace cairn::rules
