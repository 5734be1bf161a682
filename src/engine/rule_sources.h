#pragma once

// From rule options to rules ready to run: the pack inside the program and files of the user.

#include "base/diagnostics.h"
#include "base/result.h"
#include "detect/detect.h"
#include "engine/engine.h"
#include "identity/identity.h"
#include "model/field_table.h"
#include "model/standard_fields.h"
#include "rules/rules.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cairn::engine {

/// Everything that is fixed before the first record is read. Immutable after make(); shared by all
/// workers.
struct Ruleset {
  FieldTable fields;
  StandardFields standard;
  identity::IdentityFields identity;
  std::unique_ptr<rules::RuleSet> rules;
  std::unique_ptr<detect::ActionWords> words;
  Diagnostics diagnostics;
  report::RuleCounts counts;
};

/// The texts of the rules that options name, and a fingerprint of them all.
struct RuleTexts {
  std::vector<rules::RuleFile> files;
  uint64_t fingerprint = 0;
};
/// Fails when a path cannot be read.
Result<RuleTexts> read_rule_texts(Files& files, const RuleOptions& options);

/// Returns the values of placeholders that options name a file of; none without. What is wrong with
/// its YAML is in the diagnostics. Fails when it cannot be read, or has no values.
Result<rules::LoadOptions> read_rule_values(Files& files, const RuleOptions& options,
                                            Diagnostics& diagnostics);

/// Reads and compiles the rules. Fails when a path cannot be read; faulty rules are in the
/// diagnostics. `more` interns what the job needs beside them, before the table is frozen.
Result<std::unique_ptr<Ruleset>> make_ruleset(Files& files, const RuleOptions& options,
                                              const std::function<void(FieldTable&)>& more = {});

/// Returns the Sigma files (.yml, .yaml) at a path: itself, or all below a folder, sorted.
Result<std::vector<std::string>> list_rule_files(Files& files, const std::string& path);

}  // namespace cairn::engine
