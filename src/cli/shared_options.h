#pragma once

// Options that several commands take in the same way.

#include "cli/arguments.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace cairn::cli {

/// Options that are read as text first and understood by finish_filter().
struct FilterTexts {
  std::string from, to;
};

/// --from, --to, --account, --region, --principal, --event.
void add_filter(CLI::App& command, FilterTexts& texts, engine::EventFilter& filter);
/// Puts the times into place, or says what is wrong with them.
std::optional<Stop> finish_filter(std::string_view command, const FilterTexts& texts, Timestamp now,
                                  engine::EventFilter& filter);

/// --color, --plain, --width, --quiet.
void add_appearance(CLI::App& command, Appearance& appearance);
/// --manifest, --signing-key.
void add_evidence(CLI::App& command, EvidenceChoice& evidence);
/// --geoip.
void add_places(CLI::App& command, std::vector<std::string>& files);
/// --threads.
void add_threads(CLI::App& command, unsigned& threads);

}  // namespace cairn::cli
