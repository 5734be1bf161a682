#pragma once

// One pattern held against one event, both given as texts: `cairn rules try`.

#include <string>
#include <string_view>

namespace cairn::rules {

/// Languages: "sigma" (a rule for any logs, against a JSON object), "cloudwatch" (a Logs filter
/// pattern, against any text) and "eventbridge" (an event pattern, against a JSON object). Returns
/// "match", "no match", or "error: " and the first error in one line, with its place and code.
std::string try_pattern(std::string_view language, std::string_view pattern,
                        std::string_view event);

}  // namespace cairn::rules
