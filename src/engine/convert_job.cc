// `cairn rules convert`.

#include "base/text.h"
#include "engine/rule_choice.h"
#include "rules/convert.h"

namespace cairn::engine {

const std::vector<std::string>& conversion_targets() { return rules::target_language_names(); }

namespace {

constexpr uint64_t kPatternBytes = 1u << 20;

Result<rules::TargetLanguage> target_of(const std::string& to) {
  auto target = rules::parse_target_language(to);
  if (target) return *target;
  return Error{ErrorCode::kInvalidInput, "rules cannot be converted to \"" + printable(to) +
                                             "\", but to " + join(conversion_targets(), ", ")};
}

void take(Result<rules::Conversion> conversion, ConvertedRule& out) {
  if (!conversion.ok()) {
    out.refused = conversion.error().message;
    return;
  }
  out.text = std::move(conversion.value().text);
  out.assumptions = std::move(conversion.value().assumptions);
}

}  // namespace

const std::vector<std::string>& pattern_languages() { return rules::source_language_names(); }

Result<ConvertedRules> convert_patterns(World world, const std::string& from,
                                        const std::vector<std::string>& patterns,
                                        const std::string& to, bool plain_fields) {
  auto source = rules::parse_source_language(from);
  if (!source)
    return Error{ErrorCode::kInvalidInput, "no language of patterns: " + printable(from)};
  TRY_ASSIGN(rules::TargetLanguage target, target_of(to));
  ConvertedRules converted;
  for (const std::string& given : patterns) {
    ConvertedRule& out = converted.rules.emplace_back();
    std::string pattern = given;
    out.info.code = "pattern " + std::to_string(converted.rules.size());
    if (!trim(given).starts_with('{')) {
      out.info.code = given == "-" ? "standard input" : given;
      auto text = read_file(world.files, given == "-" ? "/dev/stdin" : given, kPatternBytes);
      if (!text.ok())
        return Error{
            text.error().code,
            text.error().message + "; what does not begin with { is the file of a pattern"};
      pattern = std::move(text.value());
    }
    out.info.title = "from " + from;
    take(rules::convert_pattern(*source, pattern, target, {plain_fields}), out);
  }
  return converted;
}

Result<ConvertedRules> convert_rules(World world, const RuleChoice& choice, const std::string& to,
                                     bool plain_fields) {
  TRY_ASSIGN(rules::TargetLanguage target, target_of(to));
  TRY_ASSIGN(ChosenRules chosen, choose_rules(world.files, choice));
  ConvertedRules converted;
  converted.diagnostics = std::move(chosen.ruleset->diagnostics);
  const rules::RuleSet& set = *chosen.ruleset->rules;
  for (uint32_t rule : chosen.rules) {
    ConvertedRule& out = converted.rules.emplace_back();
    out.info = set.info(rule);
    take(rules::convert_rule(set, rule, target, {plain_fields}), out);
  }
  return converted;
}

}  // namespace cairn::engine
