#pragma once

// Incidents as JSON and on a terminal.

#include "formats/json_writer.h"
#include "report/page.h"
#include "report/report.h"

#include <span>

namespace cairn::report {

/// Writes one incident as an object.
void append_incident(JsonWriter& json, const incident::Incident& incident,
                     std::span<const RuleInfo> rules);

/// Writes an incident in some lines: what, who, why, the gravest of its story. `accounts`: name
/// them.
void brief_incident(Page& page, const incident::Incident& incident, bool accounts);

}  // namespace cairn::report
