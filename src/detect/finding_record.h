#pragma once

// Finished findings on their way through a sorter, so that their number does not matter to memory.

#include "model/finding.h"

#include <string>
#include <string_view>

namespace cairn::detect {

/// Sorter key: level (highest first), those with a time first, first time, rule, key.
void finding_key(const Finding& finding, std::string& key);
void pack_finding(const Finding& finding, std::string& payload);
/// Reads a finding back, with at most `samples` of its samples; reuses the memory of `finding`.
void unpack_finding(std::string_view payload, size_t samples, Finding& finding);

}  // namespace cairn::detect
