#include "incident/deeds.h"

#include "base/text.h"
#include "model/attack_tags.h"

#include <algorithm>

namespace cairn::incident {

namespace {

struct Row {
  std::string_view technique;  // or, at the end, a tactic
  Stage stage;
  std::string_view done, tried;  // without words: the rule's title says it better
};

// The first row that a rule names wins, so what says more stands first. attack.mitre.org,
// enterprise matrix, cloud platforms.
constexpr Row kRows[] = {
    {"T1486", Stage::kHarm, "data was encrypted or put out of reach",
     "somebody tried to put data out of reach"},
    {"T1562.008", Stage::kHiding, "logging was cut", "somebody tried to cut logging"},
    {"T1562.001", Stage::kHiding, "security services were switched off",
     "somebody tried to switch off security services"},
    {"T1666", Stage::kHiding, "the account's guard-rails were taken away",
     "somebody tried to leave the organisation's guard-rails"},
    {"T1556.006", Stage::kHiding, "a second factor was removed",
     "somebody tried to remove a second factor"},
    {"T1537", Stage::kTaking, "data was shared with outsiders",
     "somebody tried to share data with outsiders"},
    {"T1567", Stage::kTaking, "data was copied out", "somebody tried to copy data out"},
    {"T1048", Stage::kTaking, "data was copied out", "somebody tried to copy data out"},
    {"T1530", Stage::kTaking, "stored data was read", "somebody tried to read stored data"},
    {"T1490", Stage::kHarm, "data or its protection was destroyed",
     "somebody tried to destroy data or its protection"},
    {"T1485", Stage::kHarm, "data or machines were destroyed",
     "somebody tried to destroy data or machines"},
    {"T1496.001", Stage::kHarm, "computing power was taken",
     "somebody tried to take computing power"},
    {"T1496.004", Stage::kHarm, "paid services were misused",
     "somebody tried to misuse paid services"},
    {"T1496", Stage::kHarm, "limits were raised for taking computing power",
     "somebody tried to raise limits"},
    {"T1021.004", Stage::kControl, "instances were entered", "somebody tried to enter instances"},
    {"T1021.008", Stage::kControl, "instances were entered", "somebody tried to enter instances"},
    {"T1651", Stage::kControl, "commands ran on instances",
     "somebody tried to run commands on instances"},
    {"T1059", Stage::kControl, "code was put into instances",
     "somebody tried to put code into instances"},
    {"T1648", Stage::kControl, "code of functions was changed",
     "somebody tried to change the code of functions"},
    {"T1610", Stage::kControl, "containers were started", "somebody tried to start containers"},
    {"T1555.006", Stage::kSecrets, "secrets were read", "somebody tried to read secrets"},
    {"T1136.003", Stage::kFoothold, "a user was created", "somebody tried to create a user"},
    {"T1098.001", Stage::kFoothold, "credentials were created",
     "somebody tried to create credentials"},
    {"T1098.003", Stage::kFoothold, "rights were widened", "somebody tried to widen rights"},
    {"T1098.006", Stage::kFoothold, "rights were widened", "somebody tried to widen rights"},
    {"T1484.002", Stage::kFoothold, "trust was changed", "somebody tried to change trust"},
    {"T1110", Stage::kEntry, "", ""},
    {"T1078.004", Stage::kEntry, "", ""},
    {"T1562.007", Stage::kControl, "the network was opened", "somebody tried to open the network"},
    {"T1098", Stage::kFoothold, "", ""},
    {"T1552.005", Stage::kSecrets, "", ""},
    {"initial-access", Stage::kEntry, "", ""},
    {"persistence", Stage::kFoothold, "", ""},
    {"privilege-escalation", Stage::kFoothold, "", ""},
    {"defense-evasion", Stage::kHiding, "", ""},
    {"credential-access", Stage::kSecrets, "", ""},
    {"lateral-movement", Stage::kControl, "", ""},
    {"exfiltration", Stage::kTaking, "", ""},
    {"collection", Stage::kTaking, "", ""},
    {"impact", Stage::kHarm, "", ""},
    {"discovery", Stage::kExplore, "", ""},
    {"execution", Stage::kControl, "", ""},
};

bool names(const RuleInfo& rule, const std::vector<std::string>& techniques,
           std::string_view wanted) {
  if (wanted.front() == 'T') {
    for (const std::string& technique : techniques) {
      if (technique == wanted) return true;
      // "T1110" is also "T1110.001"; but T1098 and T1496 by themselves say something else.
      if (wanted == "T1110" && technique.substr(0, 5) == wanted) return true;
    }
    return false;
  }
  for (const Tactic& tactic : tactics_of(rule))
    if (tactic.slug == wanted) return true;
  return false;
}

}  // namespace

Deed deed_of(const RuleInfo& rule) {
  Deed deed;
  std::string title = lower_first(rule.title);
  deed.done = title;
  deed.tried = title + ", without success";
  std::vector<std::string> techniques = techniques_of(rule);
  for (const Row& row : kRows) {
    if (!names(rule, techniques, row.technique)) continue;
    deed.stage = row.stage;
    if (row.done.empty()) return deed;
    deed.done = row.done;
    deed.tried = row.tried;
    return deed;
  }
  return deed;
}

std::string lower_first(std::string_view sentence) {
  std::string text(sentence);
  std::string_view first = sentence.substr(0, sentence.find(' '));
  bool is_name = first == "Windows" || first == "Kubernetes";
  // Names and abbreviations have further capitals: "GuardDuty", "AWS".
  bool is_word =
      text.size() > 1 && !is_name &&
      std::none_of(first.begin() + 1, first.end(), [](char c) { return ascii_lower(c) != c; });
  if (is_word) text[0] = ascii_lower(text[0]);
  return text;
}

std::string upper_first(std::string_view sentence) {
  std::string text(sentence);
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text;
}

}  // namespace cairn::incident
