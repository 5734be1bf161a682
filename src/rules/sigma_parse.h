#pragma once

// YAML documents → Sigma rules, with everything about their shape checked; what the values and
// conditions mean is sigma_lower's.

#include "rules/remarks.h"
#include "rules/sigma.h"

#include <optional>

namespace cairn::rules {

enum class DocumentKind { kRule, kPattern, kOtherLogSource, kCorrelation, kFilter, kBroken };

/// Tells what a document is by its top-level keys. kOtherLogSource: a rule or filter for another
/// product (Windows, Azure, …) or service than CloudTrail; such are not looked at further. kBroken:
/// neither (one error is reported). kPattern: a rule in one of AWS's languages (pattern_rule.h).
DocumentKind classify_document(const YamlNode& document, bool any_log_source, Remarks& remarks);

/// Parses a document of kind kRule. Returns nothing when the shape is wrong; every error found is
/// in `remarks`.
std::optional<SigmaRule> parse_rule(const YamlNode& document, Remarks& remarks);

/// Parses a document of kind kFilter, likewise.
std::optional<SigmaFilter> parse_filter(const YamlNode& document, Remarks& remarks);

/// Parses one item of a selection: `field|modifiers: values`. Returns nothing after reporting
/// errors.
std::optional<SigmaItem> parse_item(const YamlNode& key, const YamlNode& value, Remarks& remarks);

/// Fills what the document says about itself (title, level, tags, the `cairn` mapping, …).
void parse_rule_info(const YamlNode& document, RuleInfo& info, Remarks& remarks);

}  // namespace cairn::rules
