#pragma once

#include <string>

namespace cairn::cli {

/// Returns what `cairn scan --list-outputs` prints: every file that a scan can write, and the
/// profiles and columns of the timeline.
std::string explain_outputs();

}  // namespace cairn::cli
