#pragma once

#include "engine/explore_jobs.h"
#include "engine/reading.h"

#include <memory>
#include <vector>

namespace cairn::engine {

/// Returns what people are told of a reading. `stopped`: ended before its time by a limit.
ReadSummary summarise(ReadOutcome&& read, World world, double started, bool stopped);

/// Number of workers for a job.
unsigned worker_count(unsigned wanted);

/// The consumers of a job as reading wants them.
template <typename Consumer>
std::vector<EventConsumer*> consumers_of(const std::vector<std::unique_ptr<Consumer>>& owned) {
  std::vector<EventConsumer*> consumers;
  for (const auto& consumer : owned) consumers.push_back(consumer.get());
  return consumers;
}

}  // namespace cairn::engine
