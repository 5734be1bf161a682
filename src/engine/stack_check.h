#pragma once

// What is said in languages of their own inside a stack's resources: filter patterns, alarms, rules
// of composite alarms, event patterns, dashboards.

#include "engine/stack.h"

#include <functional>
#include <string>
#include <string_view>

namespace cairn::engine {

/// Returns a line of a template, from 1; "" when there is none.
using LineOf = std::function<std::string_view(const std::string& file, size_t line)>;

/// Adds remarks to the stack's diagnostics, and marks what cannot run here. A fault that the types
/// of properties have told already is not told again. Remarks point into a pattern, a rule, an
/// expression or a dashboard's body where that stands in the template as it is.
void check_meaning(Stack& stack, const LineOf& line_of);

}  // namespace cairn::engine
