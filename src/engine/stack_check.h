#pragma once

// What is said in languages of their own inside a stack's resources: filter patterns, alarms, rules
// of composite alarms, event patterns, dashboards.

#include "engine/stack.h"

namespace cairn::engine {

/// Adds remarks to the stack's diagnostics, and marks what cannot run here.
void check_meaning(Stack& stack);

}  // namespace cairn::engine
