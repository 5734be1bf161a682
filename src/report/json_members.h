#pragma once

// Members that several documents write alike.

#include "formats/json_writer.h"
#include "integrity/integrity.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::report {

/// A list of texts.
void member_list(JsonWriter& json, std::string_view name, const std::vector<std::string>& values);
/// Numbers of files, by the word of their verdict; also those that are zero.
void member_verdicts(JsonWriter& json, std::string_view name,
                     const std::array<uint64_t, integrity::kVerdictCount>& counts);
/// "objects": what a finding of a verification is about, each with its reason.
void member_objects(JsonWriter& json, const integrity::Finding& finding);

}  // namespace cairn::report
