#pragma once

// MITRE ATT&CK in a rule's tags: "attack.defense-evasion" is a tactic, "attack.t1562.008" a
// technique.

#include "model/rule_info.h"

#include <string>
#include <string_view>
#include <vector>

namespace cairn {

/// A column of ATT&CK's enterprise matrix.
struct Tactic {
  std::string_view slug;  // "defense-evasion"
  std::string_view name;  // "Defense Evasion"
  std::string_view id;    // "TA0005"
};

/// Returns the tactics that a rule names, in the matrix's order.
std::vector<Tactic> tactics_of(const RuleInfo& rule);

/// Returns the techniques and sub-techniques that a rule names, sorted: "T1078", "T1562.008".
std::vector<std::string> techniques_of(const RuleInfo& rule);

}  // namespace cairn
