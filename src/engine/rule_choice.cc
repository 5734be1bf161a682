#include "engine/rule_choice.h"

#include "base/text.h"

#include <algorithm>
#include <set>

namespace cairn::engine {

namespace {

bool is_called(const RuleInfo& info, const std::string& name) {
  return equals_ignore_case(info.code, name) || equals_ignore_case(info.id, name) ||
         equals_ignore_case(info.title, name);
}

}  // namespace

Result<ChosenRules> choose_rules(Files& files, const RuleChoice& choice) {
  RuleOptions options = choice.rules;
  std::vector<std::string> paths, names;
  for (const std::string& name : choice.names)
    (files.stat(name).ok() ? paths : names).push_back(name);
  if (!paths.empty() && names.empty()) options.builtin = false;
  options.paths.insert(options.paths.end(), paths.begin(), paths.end());

  ChosenRules chosen;
  TRY_ASSIGN(chosen.ruleset, make_ruleset(files, options));
  const std::vector<RuleInfo>& infos = chosen.ruleset->rules->infos();
  std::set<std::string> own_files;
  for (const std::string& path : paths) {
    TRY_ASSIGN(auto found, list_rule_files(files, path));
    own_files.insert(found.begin(), found.end());
  }
  std::vector<bool> named(names.size(), false);
  for (uint32_t rule = 0; rule < infos.size(); ++rule) {
    bool wanted =
        (choice.names.empty() && !infos[rule].silent) || own_files.contains(infos[rule].file);
    for (size_t i = 0; i < names.size(); ++i) {
      if (!is_called(infos[rule], names[i])) continue;
      named[i] = wanted = true;
    }
    if (wanted) chosen.rules.push_back(rule);
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (named[i]) continue;
    return Error{ErrorCode::kNotFound, "no rule has the code, id or title \"" +
                                           printable(names[i]) +
                                           "\", and no such file exists; cairn rules list shows "
                                           "the rules, and --set adds those of a set"};
  }
  return chosen;
}

}  // namespace cairn::engine
