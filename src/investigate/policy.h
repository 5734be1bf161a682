#pragma once

// A least-privilege policy from what somebody used, and what was granted but not used.

#include "base/result.h"
#include "investigate/gatherer.h"
#include "investigate/sheet.h"
#include "investigate/subject.h"
#include "model/event.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::investigate {

/// The table of action names (content/iam-actions.tsv). Immutable; any thread.
class ActionTable {
 public:
  /// Parses the table and interns the fields of its resources. Fails with kInvalidInput and the
  /// line of the first bad row.
  static Result<ActionTable> parse(std::string_view text, FieldTable& fields);
  ActionTable(ActionTable&&) noexcept;
  ~ActionTable();

  /// "s3:ListBucket" for ListObjects; several for some calls, none for calls that need none.
  std::vector<std::string> actions_of(std::string_view source, std::string_view name) const;
  /// The ARN that the table makes of a record, its values as literal_resource() writes them; ""
  /// when it says nothing. Where each action has its own, one a line ("*": not in the record).
  std::string resource_of(const Event& event, std::string_view source, std::string_view name) const;

 private:
  struct Table;
  ActionTable();
  std::unique_ptr<Table> table_;
};

/// Writes an ARN so that IAM takes *, ? and $ in it for themselves, not for wildcards.
std::string literal_resource(std::string_view arn);

/// Calls that make or attach policies: the gatherers of `grants` keep their records.
bool is_policy_call(std::string_view name);

struct PolicyResult {
  bool found = false;
  Sheet sheet;
};

/// IAM's limit for a managed policy, in characters without blanks.
inline constexpr size_t kPolicyCharacters = 6'144;

/// `uses` saw only events of the subject, with resources; `grants` acts with records of policy
/// calls by anybody.
Result<PolicyResult> policy(const Subject& subject, const ActionTable& table,
                            const std::vector<Gatherer*>& uses,
                            const std::vector<Gatherer*>& grants);

}  // namespace cairn::investigate
