#pragma once

// Conditions that cannot hold, or cannot fail, whatever the event: by what two predicates on one
// field say of each other.

#include "rules/predicate.h"

#include <string>
#include <vector>

namespace cairn::rules {

/// What follows from a condition's own words.
struct LogicFaults {
  bool never = false;                       // it holds for no event
  bool always = false;                      // it holds for every event
  std::vector<std::string> dead_parts;      // alternatives that never hold, as text
  std::vector<std::string> needless_parts;  // requirements that always hold, as text
};

/// Looks for them. What is said is so for fields with one value; finds the common mistakes, not
/// all.
LogicFaults find_logic_faults(const Expression& expression);

}  // namespace cairn::rules
