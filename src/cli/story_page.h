#pragma once

// Incidents as one page for a browser, which loads and runs nothing.

#include "incident/incident.h"
#include "model/rule_info.h"

#include <span>
#include <string>
#include <string_view>

namespace cairn::cli {

/// Each incident unfolds to its sessions, its story and what to do; one alone is open. `page`,
/// `question` and `made` as sheet_page() has them.
std::string story_page(std::span<const incident::Incident* const> incidents,
                       std::span<const RuleInfo> rules, std::string_view page,
                       std::string_view question, std::string_view made);

}  // namespace cairn::cli
