#pragma once

// The monitoring stack: CloudFormation templates that are checked, applied (kept in the state
// folder as what Cairn runs), and read again by everything that runs them.

#include "base/diagnostics.h"
#include "base/result.h"
#include "base/time.h"
#include "engine/engine.h"
#include "template/template.h"
#include "template/types.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cairn::engine {

/// Values for parameters, by name.
using Parameters = std::map<std::string, std::string>;

/// A resource, and what becomes of it here.
struct StackResource {
  templates::Resource resource;
  templates::Verdict verdict = templates::Verdict::kIgnored;
  std::string reason;  // why it is only checked although its type runs; may be empty
};

/// Templates that were read and checked.
struct Stack {
  std::string origin;                    // "built in", "applied 2024-03-09 07:08:09" or the files
  std::optional<Timestamp> applied;      // when, if it was
  std::vector<std::string> files;        // of the templates
  Parameters parameters;                 // as given
  std::vector<StackResource> resources;  // of all templates, in order; also those not created
  Diagnostics diagnostics;               // with errors it must not be run

  /// Returns the created resources of a type that run.
  std::vector<const StackResource*> running(std::string_view type) const;
};

/// Reads templates and checks everything: functions, properties, and what is said in languages of
/// their own (filter patterns, alarms, rules of composite alarms, event patterns, dashboards).
/// Codes beside those of the room `template`: stack-pattern, stack-alarm, stack-rule,
/// stack-mute-rule, stack-cycle, stack-dashboard, stack-name (two resources of one name, or the
/// name of an alarm that is not there). Fails when a file cannot be read.
Result<Stack> check_templates(World world, const std::vector<std::string>& files,
                              const Parameters& parameters);
/// The stack inside the program, content/monitoring/.
Result<Stack> builtin_stack();
/// The texts of the stack inside the program, by file name.
std::vector<std::pair<std::string, std::string_view>> builtin_templates();

/// What is to be tried: the files when there are any, else what was applied, else the built-in
/// stack; `parameters` take the place of those that were applied. Errors are in its diagnostics.
Result<Stack> stack_to_try(World world, const std::vector<std::string>& files,
                           const Parameters& parameters, const std::string& state_folder);
/// The stack that AWS::StackName stands for when a template comes from this file: "cis" of
/// "x/cis.yaml".
std::string stack_name(const std::string& file);

/// Where state is kept when nobody says: $CAIRN_STATE, else ~/.local/share/cairn/state.
std::string default_state_folder();

/// How a resource that runs differs from what was applied before.
struct StackChange {
  enum class Kind { kAdded, kChanged, kRemoved };
  Kind kind = Kind::kAdded;
  std::string type, logical_id, name;
  /// Of a changed one: the property, its value before and now, as JSON; "" for none.
  struct Property {
    std::string name, before, now;
  };
  std::vector<Property> properties;
};
std::vector<StackChange> compare(const Stack& before, const Stack& now);

struct ApplyOutcome {
  Stack stack;
  std::vector<StackChange> changes;  // against what ran before: the applied or the built-in stack
  std::string before;                // its origin; "" when the state cannot be read
  bool written = false;              // false: nothing to write, or it must not be
  std::string path;                  // of the state
};

/// Checks templates and keeps them as the stack to run, whole or not at all, whatever happens; the
/// same templates once more change nothing. With errors, or with `dry_run`, nothing is written. A
/// state that is damaged is replaced (warning stack-state). Fails with kExhausted when the texts
/// are more than load_stack() would read.
Result<ApplyOutcome> apply_templates(World world, const std::vector<std::string>& files,
                                     const Parameters& parameters, const std::string& state_folder,
                                     bool dry_run);
/// Forgets what was applied: the built-in stack runs again.
Result<ApplyOutcome> apply_builtin(World world, const std::string& state_folder, bool dry_run);

/// The stack to run: that of stack_to_try(). Fails with kInvalidInput, all errors in the message,
/// when it must not be run.
Result<Stack> load_stack(World world, const std::vector<std::string>& files,
                         const Parameters& parameters, const std::string& state_folder);

}  // namespace cairn::engine
