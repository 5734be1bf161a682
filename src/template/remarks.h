#pragma once

// Remarks on a template: located, and bounded in number.

#include "base/diagnostics.h"
#include "formats/yaml.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::templates {

/// Collects the remarks on one text, which must outlive it.
class Remarks {
 public:
  Remarks(std::string_view text, std::string file, Diagnostics& diagnostics);

  void error(const char* code, const YamlNode& at, std::string message, std::string hint = "") {
    add(DiagnosticSeverity::kError, code, at, std::move(message), std::move(hint));
  }
  void warning(const char* code, const YamlNode& at, std::string message, std::string hint = "") {
    add(DiagnosticSeverity::kWarning, code, at, std::move(message), std::move(hint));
  }
  void note(const char* code, const YamlNode& at, std::string message, std::string hint = "") {
    add(DiagnosticSeverity::kNote, code, at, std::move(message), std::move(hint));
  }
  /// As error(), but said under Silence too: a limit is met once, and what comes after is not what
  /// was written.
  void limit(const char* code, const YamlNode& at, std::string message) {
    say(DiagnosticSeverity::kError, code, at, std::move(message), "");
  }
  const std::string& file() const { return file_; }
  /// Line and column, from 1, of a byte.
  std::pair<size_t, size_t> place(size_t offset) const;

  /// Remarks said while one of these lives are lost: the same is said elsewhere.
  class Silence {
   public:
    explicit Silence(Remarks& remarks) : remarks_(remarks) { ++remarks_.silences_; }
    ~Silence() { --remarks_.silences_; }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;

   private:
    Remarks& remarks_;
  };

  static constexpr size_t kLimit = 1'000;

 private:
  void add(DiagnosticSeverity severity, const char* code, const YamlNode& at, std::string message,
           std::string hint) {
    if (silences_ == 0) say(severity, code, at, std::move(message), std::move(hint));
  }
  void say(DiagnosticSeverity severity, const char* code, const YamlNode& at, std::string message,
           std::string hint);

  std::string_view text_;
  std::string file_;
  Diagnostics& diagnostics_;
  std::vector<size_t> lines_;  // where each begins
  size_t count_ = 0, silences_ = 0;
};

/// Returns `; did you mean "X"?` as a hint for the candidate closest to a name, or "".
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace cairn::templates
