#pragma once

// What the writers of conditions in other languages share (predicate_sql, predicate_sigma,
// predicate_filter_pattern, predicate_event_pattern): how they refuse, and an operand as text with
// wildcards.

#include "base/diagnostics.h"
#include "base/result.h"
#include "rules/pattern.h"
#include "rules/predicate.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::rules {

/// A pattern, and what it takes for granted of the records.
struct PatternText {
  std::string text;
  std::vector<std::string> assumptions;  // sorted
};

/// kUnsupported with the reason.
Error refusal(std::string reason);
/// The same, with the predicate that the reason is about.
Error refusal_of(const Predicate& predicate, std::string_view reason, bool negated = false);

/// What a text must look like for a comparison of texts: `a*` for kStartsWith and so on.
Pattern pattern_of(Operator op, const std::string& operand);

/// Returns a written pattern if its own language reads it, else a refusal in `service`'s name.
template <typename Language>
Result<PatternText> accepted_by(std::string_view service, std::string text,
                                const std::set<std::string>& assumptions) {
  Diagnostics diagnostics;
  if (!Language::parse(text, "pattern", diagnostics)) {
    return refusal(diagnostics.items().empty() ? std::string(service) + " would not take it"
                                               : diagnostics.items().front().message);
  }
  return PatternText{std::move(text), {assumptions.begin(), assumptions.end()}};
}

}  // namespace cairn::rules
