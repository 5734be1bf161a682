#pragma once

// `cairn.where`: conditions that Sigma has no words for, joined to a rule's own by `and`. Other
// tools ignore the `cairn` map and run the rule without them. docs/reference/sigma.md, "Where".
//
//   where:
//     any:
//       - {element: requestParameters.ipPermissions.items, has: {ipProtocol: tcp,
//       fromPort..toPort|covers: 22}}
//       - {policy: requestParameters.policyDocument, grants: [foreign, everyone]}
//       - {time: "20:00-06:00", zone: "+01:00", days: [mon, tue]}
//       - {fields: {eventName: PutBucketAcl}}
//       - not: …

#include "rules/predicate.h"
#include "rules/remarks.h"
#include "rules/sigma_values.h"

#include <optional>

namespace cairn::rules {

/// Parses the value of `where`. Returns nothing after reporting at least one error.
std::optional<Expression> parse_where(const YamlNode& node, const Placeholders& placeholders,
                                      Remarks& remarks);

}  // namespace cairn::rules
