#include "model/attack_tags.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace cairn {

namespace {

constexpr std::string_view kPrefix = "attack.";

// attack.mitre.org/tactics/enterprise, in the order of the matrix.
constexpr std::array<Tactic, 14> kTactics = {{
    {"reconnaissance", "Reconnaissance", "TA0043"},
    {"resource-development", "Resource Development", "TA0042"},
    {"initial-access", "Initial Access", "TA0001"},
    {"execution", "Execution", "TA0002"},
    {"persistence", "Persistence", "TA0003"},
    {"privilege-escalation", "Privilege Escalation", "TA0004"},
    {"defense-evasion", "Defense Evasion", "TA0005"},
    {"credential-access", "Credential Access", "TA0006"},
    {"discovery", "Discovery", "TA0007"},
    {"lateral-movement", "Lateral Movement", "TA0008"},
    {"collection", "Collection", "TA0009"},
    {"command-and-control", "Command and Control", "TA0011"},
    {"exfiltration", "Exfiltration", "TA0010"},
    {"impact", "Impact", "TA0040"},
}};

/// The tag after "attack.", in lower case; older rules write defense_evasion.
std::string attack_name(std::string_view tag) {
  if (!starts_with_ignore_case(tag, kPrefix)) return "";
  std::string name = to_lower(tag.substr(kPrefix.size()));
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

/// "t1078" or "t1562.008".
bool is_technique(std::string_view name) {
  constexpr std::string_view kForm = "t0000.000";  // 0 stands for a digit
  constexpr size_t kShortForm = 5;
  if (name.size() != kForm.size() && name.size() != kShortForm) return false;
  for (size_t i = 0; i < name.size(); ++i)
    if (kForm[i] == '0' ? !is_digit(name[i]) : name[i] != kForm[i]) return false;
  return true;
}

}  // namespace

std::vector<Tactic> tactics_of(const RuleInfo& rule) {
  std::vector<Tactic> tactics;
  for (const Tactic& tactic : kTactics) {
    bool named = std::any_of(rule.tags.begin(), rule.tags.end(), [&](const std::string& tag) {
      return attack_name(tag) == tactic.slug;
    });
    if (named) tactics.push_back(tactic);
  }
  return tactics;
}

std::vector<std::string> techniques_of(const RuleInfo& rule) {
  std::vector<std::string> techniques;
  for (const std::string& tag : rule.tags) {
    std::string name = attack_name(tag);
    if (!is_technique(name)) continue;
    name[0] = 'T';
    techniques.push_back(std::move(name));
  }
  std::sort(techniques.begin(), techniques.end());
  techniques.erase(std::unique(techniques.begin(), techniques.end()), techniques.end());
  return techniques;
}

}  // namespace cairn
