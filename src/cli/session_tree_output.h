#pragma once

// Session trees as text and as JSON.

#include "engine/identity_jobs.h"
#include "geo/geo.h"
#include "report/report.h"

#include <string>

namespace cairn::cli {

/// A page: origins, each with its sessions below one another.
std::string render_tree(const engine::OriginTree& tree, const geo::Atlas& atlas,
                        const report::TerminalStyle& style);
/// One line: an object with the member `sessions`, each with those that it opened in `opened`.
std::string tree_line(const engine::OriginTree& tree, const geo::Atlas& atlas);

}  // namespace cairn::cli
