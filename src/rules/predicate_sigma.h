#pragma once

// A condition as the `detection` of a Sigma rule.

#include "base/result.h"
#include "rules/predicate.h"

#include <string>

namespace cairn::rules {

/// Returns the YAML below `detection:`, indented by two. Read again it is the same condition, up to
/// the order of parts. Fails with kUnsupported for what Sigma cannot say.
Result<std::string> sigma_detection_of(const Expression& expression);

/// Returns a text as a YAML scalar in quotes.
std::string yaml_quoted(std::string_view text);

}  // namespace cairn::rules
