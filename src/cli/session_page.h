#pragma once

// Session trees as one page for a browser, which loads and runs nothing.

#include "engine/identity_jobs.h"
#include "geo/geo.h"

#include <string>
#include <string_view>

namespace cairn::cli {

/// Sessions on a page, the busiest; with those that they came from there can be more.
inline constexpr size_t kPageSessions = 2'000;

/// Each origin unfolds to its sessions, and a session to those that it opened. `page`, `question`
/// and `made` as sheet_page() has them.
std::string session_page(const engine::SessionForest& forest, const geo::Atlas& atlas,
                         std::string_view page, std::string_view question, std::string_view made);

}  // namespace cairn::cli
