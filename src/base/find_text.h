#pragma once

#include <string_view>

namespace cairn {

/// Tells whether the text holds `needle`, of which A-Z must be small already, ignoring the case of
/// A-Z. Some 10 GB/s. An empty needle is everywhere.
bool contains_ignore_case(std::string_view text, std::string_view needle);

}  // namespace cairn
