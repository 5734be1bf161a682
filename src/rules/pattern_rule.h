#pragma once

// Rules in AWS's own languages: a YAML document with `language: cloudwatch` or `eventbridge` and
// the `pattern`, beside what Sigma rules say about themselves. docs/reference/sigma.md, "Patterns".

#include "model/event.h"
#include "rules/filter_pattern.h"
#include "rules/predicate.h"
#include "rules/remarks.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cairn::rules {

/// Turns the document's pattern into an expression: the pattern itself, and before it a cheaper
/// condition that holds whenever the pattern does, so that few events are held against it. Returns
/// nothing after reporting an error.
std::optional<Expression> parse_pattern_rule(const YamlNode& document, Remarks& remarks);

/// Returns `$.a.b` as a path; "" when it is more than keys.
std::string path_of(const JsonSelector& selector);
/// Returns the cheaper condition of a pattern: a predicate of kFilterPattern or kEventPattern.
Expression needed_by(const Predicate& pattern);

/// A name of EventBridge for kinds of events, and their eventType; "" for all others.
struct DetailType {
  std::string_view event_type, text;
};
std::span<const DetailType> detail_types();
/// True for the same name. Of console sign-ins AWS lists one spelling ("Signin") and sends another.
bool same_detail_type(std::string_view a, std::string_view b);

/// Writes the event that EventBridge makes of a record: "detail" and the envelope around it.
void write_envelope(std::string_view record, std::string_view event_source,
                    std::string_view event_type, std::string_view event_id,
                    std::string_view account, std::string_view region, std::string_view time,
                    std::string& out);

}  // namespace cairn::rules
