#pragma once

// Session trees as text and as JSON.

#include "geo/geo.h"
#include "identity/session_tree.h"
#include "report/report.h"

#include <string>
#include <vector>

namespace cairn::cli {

/// A page: origins, each with its sessions below one another.
std::string render_tree(const identity::OriginTree& tree, const geo::Atlas& atlas,
                        const report::TerminalStyle& style);
/// What happened with a session's credential, a line each.
std::vector<std::string> session_facts(const identity::SessionNode& node, const geo::Atlas& atlas);
/// What an origin is, and how much its sessions did.
std::string origin_text(const identity::OriginTree& tree);
/// One line: an object with the member `sessions`, each with those that it opened in `opened`.
std::string tree_line(const identity::OriginTree& tree, const geo::Atlas& atlas);

}  // namespace cairn::cli
