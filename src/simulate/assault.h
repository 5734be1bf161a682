#pragma once

// Plays one attack and writes down what really happened.

#include "base/result.h"
#include "simulate/playbook.h"
#include "simulate/stage.h"

#include <string>

namespace cairn::simulate {

/// Returns how long the attack takes by its script, without its random variation.
Milliseconds duration_of(const Attack& attack);

/// What an attack left in the truth: lines of events.jsonl and one of incidents.jsonl.
struct Incident {
  std::string event_lines, incident_line;
  uint64_t records = 0;
};

/// Plays the attack from `start`; `number` tells several attacks of one simulation apart.
Incident play_attack(Stage& stage, const Attack& attack, Disguise disguise, size_t number,
                     Milliseconds start);

}  // namespace cairn::simulate
