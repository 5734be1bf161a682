#pragma once

// A Sigma detection rule as written, with its places: what sigma_parse makes and sigma_lower reads.
// Nodes point into the YAML documents, which must outlive the rule.

#include "formats/yaml.h"
#include "model/rule_info.h"

#include <string>
#include <vector>

namespace cairn::rules {

enum class Modifier : uint8_t {
  kAll,
  kNeq,
  kCased,
  kContains,
  kStartsWith,
  kEndsWith,
  kExists,
  kRegex,
  kIgnoreCase,
  kMultiline,
  kDotAll,
  kCidr,
  kFieldRef,
  kExpand,
  kBase64,
  kBase64Offset,
  kWide,
  kUtf16Be,
  kUtf16,
  kWindash,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kYear,
};

/// `field|modifier|modifier: values`; an empty field means keywords, looked for in the whole
/// record.
struct SigmaItem {
  struct UsedModifier {
    Modifier modifier;
    size_t offset, length;  // in the key's text
  };
  std::string field;
  std::vector<UsedModifier> modifiers;
  std::vector<const YamlNode*> values;
  const YamlNode* key = nullptr;  // for keywords in a list: the list
};

/// One named part of `detection`: any of the alternatives, each of which needs all of its items.
struct SigmaSelection {
  std::string name;
  const YamlNode* key = nullptr;
  std::vector<std::vector<SigmaItem>> alternatives;
};

/// A condition over selections.
struct SigmaCondition {
  enum class Kind : uint8_t { kAnd, kOr, kNot, kName, kAnyOf, kAllOf };
  Kind kind = Kind::kName;
  std::string name;   // kName: a selection; kAnyOf, kAllOf: "them" or a pattern
  size_t offset = 0;  // of the name in the condition's text
  std::vector<SigmaCondition> children;
};

/// Tells whether the first word, opening parentheses aside, is `not`.
bool begins_with_not(const SigmaCondition& condition);
/// Returns the canonical text: `(a and not any of b*)`.
std::string to_string(const SigmaCondition& condition);

struct SigmaRule {
  RuleInfo info;
  const YamlNode* id_node = nullptr;  // where the id stands; null when the rule has none
  std::vector<SigmaSelection> selections;
  struct WrittenCondition {
    const YamlNode* node;
    SigmaCondition condition;
  };
  std::vector<WrittenCondition> conditions;  // any of them
};

/// A filter document: events that the rules it lists shall not match.
struct SigmaFilter {
  SigmaRule detection;  // its selections and conditions, a world of their own; the info is empty
  bool every_rule = false;
  std::vector<const YamlNode*> rules;  // ids, names or titles, when not every rule
};

}  // namespace cairn::rules
