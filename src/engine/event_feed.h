#pragma once

// Events for a job from either place: raw logs, or a lake's records.

#include "engine/investigate_jobs.h"
#include "engine/reading.h"

#include <span>

namespace cairn::engine {

/// How many consumers feed_events() wants for a place.
unsigned feed_width(const EventPlace& place);

/// Feeds every event that the filter admits to the consumers, one thread for each. Fails when an
/// input does not exist, or the lake cannot be read.
Result<ReadSummary> feed_events(World world, const EventPlace& place, const FieldTable& fields,
                                const StandardFields& standard,
                                std::span<EventConsumer* const> consumers,
                                const ScanProgressCallback& progress);

}  // namespace cairn::engine
