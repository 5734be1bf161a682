#pragma once

// Sigma correlation documents: shape first, then, when every rule is known, what they refer to.

#include "model/correlation.h"
#include "model/rule_info.h"
#include "rules/remarks.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::rules {

/// A correlation as written.
struct SigmaCorrelation {
  struct Reference {
    std::string text;
    Place place;
  };
  /// One name that stands for a field of its own in each rule.
  struct Alias {
    std::string name;
    std::vector<std::pair<Reference, std::string>> fields;  // rule, path
  };

  RuleInfo info;
  Place id_place;
  Correlation correlation;  // without sources, and without a condition over them
  std::vector<Reference> rules;
  std::vector<Alias> aliases;
  std::vector<std::string> value_fields;
  std::string condition;  // over the rules' names; "" for none
  Place place, condition_place;
  bool generate = false;  // the rules it refers to also stand for themselves
};

/// Parses a document that has a `correlation`. Returns nothing when the shape is wrong; every error
/// found is in `remarks`.
std::optional<SigmaCorrelation> parse_correlation(const YamlNode& document, Remarks& remarks);

/// Parses `a and not (b or c)` over the names of `rules`. Reports one error and returns nothing
/// when it is wrong.
std::optional<CorrelationTree> parse_correlation_condition(const SigmaCorrelation& correlation,
                                                           Remarks& remarks);

/// Returns what the correlation asks in one line, its sources by the names given.
std::string to_string(const Correlation& correlation, const std::vector<std::string>& names);

}  // namespace cairn::rules
