#pragma once

// What a detection means, for tests that take expressions.

#include "base/check.h"
#include "rules/rule_set.h"

#include <string>
#include <vector>

namespace cairn::rules {

/// Returns the condition of a rule whose `detection` holds this text, indented by two; it must be
/// one that can be loaded. `fields` must not be frozen.
inline Expression expression_for_test(const std::string& detection, FieldTable& fields) {
  Diagnostics diagnostics;
  std::vector<RuleFile> files{
      {"rule.yml",
       "title: t\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n" + detection}};
  RuleSet set = RuleSet::load_sigma(files, {}, fields, diagnostics);
  CAIRN_CHECK(!diagnostics.has_errors() && set.contents().expressions.size() == 1);
  return set.contents().expressions[0];
}

}  // namespace cairn::rules
