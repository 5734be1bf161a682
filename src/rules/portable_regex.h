#pragma once

// Regular expressions of RE2 in the words that RE2, Java and Oniguruma read alike: characters,
// sets, groups, |, and repetitions. Classes, `.` and ignored case become sets, `$` the very end.

#include "base/result.h"

#include <string>
#include <string_view>

namespace cairn::rules {

/// Rewrites an expression. Fails with kUnsupported, and says what has no form that all share.
Result<std::string> portable_regex(std::string_view expression);

/// Returns the expression that finds the IPv4 addresses of "192.0.2.0/24" and nothing else. Fails
/// with kUnsupported for IPv6, whose addresses have too many spellings.
Result<std::string> network_regex(std::string_view network);

}  // namespace cairn::rules
