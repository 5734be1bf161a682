#pragma once

// Rules in AWS's own languages: a YAML document with `language: cloudwatch` or `eventbridge` and
// the `pattern`, beside what Sigma rules say about themselves. docs/reference/sigma.md, "Patterns".

#include "model/event.h"
#include "rules/predicate.h"
#include "rules/remarks.h"

#include <optional>
#include <string>

namespace cairn::rules {

/// Turns the document's pattern into an expression: the pattern itself, and before it a cheaper
/// condition that holds whenever the pattern does, so that few events are held against it. Returns
/// nothing after reporting an error.
std::optional<Expression> parse_pattern_rule(const YamlNode& document, Remarks& remarks);

/// Writes the event that EventBridge makes of a record: "detail" and the envelope around it.
void write_envelope(std::string_view record, std::string_view event_source,
                    std::string_view event_type, std::string_view event_id,
                    std::string_view account, std::string_view region, std::string_view time,
                    std::string& out);

}  // namespace cairn::rules
