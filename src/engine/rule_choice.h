#pragma once

// The rules that names on a command line stand for.

#include "engine/rule_sources.h"
#include "engine/rule_tools.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace cairn::engine {

struct ChosenRules {
  std::unique_ptr<Ruleset> ruleset;
  std::vector<uint32_t> rules;  // chosen, ascending
};

/// Loads the rules of a choice. Fails with kNotFound when a name stands for nothing, and when a
/// path cannot be read.
Result<ChosenRules> choose_rules(Files& files, const RuleChoice& choice);

}  // namespace cairn::engine
