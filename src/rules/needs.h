#pragma once

// What an expression cannot hold without: read off its positive, unavoidable predicates.

#include "rules/predicate.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::rules {

/// Returns the values (small letters, globs as in Sigma) of which the field must have one for the
/// expression to hold: sorted, unique. Nothing when it could hold with any value, or with none.
std::optional<std::vector<std::string>> needed_values(const Expression& expression,
                                                      std::string_view field);

/// Returns the fields that must be present: sorted, unique.
std::vector<std::string> needed_fields(const Expression& expression);

}  // namespace cairn::rules
