#pragma once

// The screen of `cairn show`: everything about one event.

#include "model/finding.h"
#include "model/rule_info.h"
#include "report/report.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::report {

/// One event, with the places it was found at and what is known of it. A value; all text is
/// untrusted.
struct ShownEvent {
  static constexpr uint64_t kNoOffset = UINT64_MAX;
  EventSummary summary;  // file and offset: of the first place
  std::string record;    // its JSON text, compact
  struct Place {
    std::string file;
    uint64_t offset = 0;  // in the decompressed file; kNoOffset: not known
    auto operator<=>(const Place&) const = default;
  };
  std::vector<Place> places;  // in order, the first few
  uint64_t copies = 0;        // records with this content: places in all
  uint64_t variants = 0;      // other records with the same eventID but different content
  struct RuleHit {
    std::string code, title, next_step;
    Level level = Level::kInformational;
  };
  std::vector<RuleHit> rules;  // worst first
};

/// Returns the screen. Ends in a line end.
std::string render_event(const ShownEvent& event, const TerminalStyle& style);

/// Returns JSON text with one member or element a line, two blanks for each level. What is no JSON
/// stays as it is.
std::string indent_json(std::string_view json);

}  // namespace cairn::report
