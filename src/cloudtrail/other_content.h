#pragma once

#include <string_view>

namespace cairn::cloudtrail {

/// Guesses, from its first bytes, what a text that is not CloudTrail is: "Parquet", "VPC flow log",
/// "CSV", "text", "binary data", …
std::string_view name_other_content(std::string_view head);

/// True when the first bytes are those of a binary format, so that looking for records would be a
/// waste.
bool is_binary_format(std::string_view head);

}  // namespace cairn::cloudtrail
