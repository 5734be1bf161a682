#pragma once

// What is wrong with a rule although it can be loaded: it names fields that CloudTrail does not
// have, events that its service does not make, values that a field never holds, and conditions that
// always or never hold. Everything here is a warning or a note, without looking at logs.

#include "base/diagnostics.h"
#include "rules/rules.h"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::rules {

/// What is known of CloudTrail beyond its format.
struct LintVocabulary {
  /// Events that exist: "s3.amazonaws.com" and "PutBucketPolicy". Names may end in `*`. A name that
  /// is not among them may exist all the same. A name in small letters is possible, but is not
  /// recommended to anybody: its spelling is not known.
  std::vector<std::pair<std::string, std::string>> events;
};

/// Appends remarks on the detection rules of the files (codes lint-…, docs/reference/rules.md).
/// What loading says of a file is not said again; documents that cannot be loaded are passed over.
void lint_sigma(std::span<const RuleFile> files, const LoadOptions& options,
                const LintVocabulary& vocabulary, Diagnostics& diagnostics);

}  // namespace cairn::rules
