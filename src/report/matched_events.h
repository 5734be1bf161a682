#pragma once

// Matches joined by event, for formats that want an event once however many rules it satisfied.

#include "report/report.h"

#include <span>
#include <string>
#include <vector>

namespace cairn::report {

/// An event and the rules it satisfied. Valid during the visit.
struct MatchedEvent {
  const EventSummary& event;
  std::span<const uint32_t> rules;  // worst level first, then in the order of the run
  bool expected = false;            // an allow-list expected every match
};

/// Visits the events of a stream in its order. Matches of one event must follow one another, as
/// MatchStream's do.
Status each_matched_event(std::span<const RuleInfo> rules, const MatchStream& matches,
                          const std::function<Status(const MatchedEvent&)>& visit);

/// The codes of some rules, joined: "LOG-02, LOG-01".
std::string codes_of(std::span<const RuleInfo> rules, std::span<const uint32_t> matched);

}  // namespace cairn::report
