#pragma once

// Jobs for people who write rules: which rules they mean, and what can be said of them.

#include "base/diagnostics.h"
#include "base/result.h"
#include "engine/engine.h"
#include "model/rule_info.h"

#include <string>
#include <vector>

namespace cairn::engine {

/// Which rules a person means.
struct RuleChoice {
  RuleOptions rules;
  /// Codes, ids or titles (case ignored) of rules that `rules` loads, or files and folders of
  /// rules. Empty: all rules. When all of them are paths, the built-in pack is left out.
  std::vector<std::string> names;
};

/// A rule in another language, or why it is not.
struct ConvertedRule {
  RuleInfo info;
  std::string text;                      // empty: refused
  std::vector<std::string> assumptions;  // what the translation takes for granted
  std::string refused;                   // the reason
};
struct ConvertedRules {
  std::vector<ConvertedRule> rules;
  Diagnostics diagnostics;
};

/// Returns the names of the languages that rules can be converted to.
const std::vector<std::string>& conversion_targets();

/// Writes rules in another language. `plain_fields`: take JSON fields for single values. Fails when
/// a name stands for nothing, or the target is unknown.
Result<ConvertedRules> convert_rules(World world, const RuleChoice& choice, const std::string& to,
                                     bool plain_fields);

}  // namespace cairn::engine
