// `cairn rules check` without logs.

#include "base/text.h"
#include "engine/content.h"
#include "engine/rule_sources.h"
#include "engine/rule_tools.h"
#include "rules/lint.h"

namespace cairn::engine {

namespace {

/// The events that content/actions.tsv has words for: "s3 TAB PutBucketPolicy TAB …".
/// And those that the pack asks for together.
rules::LintVocabulary vocabulary(const std::vector<RuleInfo>& pack) {
  rules::LintVocabulary words;
  for (std::string_view line : split(embedded_text("actions.tsv"), '\n')) {
    if (line.empty() || line.front() == '#') continue;
    auto columns = split(line, '\t');
    if (columns.size() < 2 || columns[0] == "*") continue;
    words.events.emplace_back(std::string(columns[0]) + ".amazonaws.com", std::string(columns[1]));
  }
  for (const RuleInfo& info : pack) {
    for (const std::string& source : info.needed_event_sources) {
      for (const std::string& name : info.needed_event_names) {
        if (name.find('*') == std::string::npos) words.events.emplace_back(source, name);
      }
    }
  }
  return words;
}

}  // namespace

Result<LoadedRules> lint_rules(World world, const RuleOptions& options) {
  TRY_ASSIGN(LoadedRules loaded, load_rules(world, options));
  TRY_ASSIGN(RuleTexts texts, read_rule_texts(world.files, options));
  TRY_ASSIGN(LoadedRules pack, load_rules(world, RuleOptions{}));
  Diagnostics of_values;  // said by loading
  TRY_ASSIGN(rules::LoadOptions values, read_rule_values(world.files, options, of_values));
  rules::lint_sigma(texts.files, values, vocabulary(pack.infos), loaded.diagnostics);
  loaded.counts.warnings = loaded.diagnostics.count(DiagnosticSeverity::kWarning);
  return loaded;
}

}  // namespace cairn::engine
