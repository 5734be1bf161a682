// `cairn rules convert`.

#include "base/text.h"
#include "engine/rule_choice.h"
#include "rules/convert.h"

namespace cairn::engine {

const std::vector<std::string>& conversion_targets() { return rules::target_language_names(); }

Result<ConvertedRules> convert_rules(World world, const RuleChoice& choice, const std::string& to,
                                     bool plain_fields) {
  auto target = rules::parse_target_language(to);
  if (!target) {
    return Error{ErrorCode::kInvalidInput, "rules cannot be converted to \"" + printable(to) +
                                               "\", but to " + join(conversion_targets(), ", ")};
  }
  TRY_ASSIGN(ChosenRules chosen, choose_rules(world.files, choice));
  ConvertedRules converted;
  converted.diagnostics = std::move(chosen.ruleset->diagnostics);
  const rules::RuleSet& set = *chosen.ruleset->rules;
  for (uint32_t rule : chosen.rules) {
    ConvertedRule& out = converted.rules.emplace_back();
    out.info = set.info(rule);
    auto conversion = rules::convert_rule(set, rule, *target, {plain_fields});
    if (!conversion.ok()) {
      out.refused = conversion.error().message;
      continue;
    }
    out.text = std::move(conversion.value().text);
    out.assumptions = std::move(conversion.value().assumptions);
  }
  return converted;
}

}  // namespace cairn::engine
