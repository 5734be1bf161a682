#pragma once

// Plays one attack and writes down what really happened.

#include "base/result.h"
#include "simulate/playbook.h"
#include "simulate/stage.h"
#include "sys/files.h"

#include <string>

namespace cairn::simulate {

/// Returns how long the attack takes by its script, without its random variation.
Milliseconds duration_of(const Attack& attack);

/// Plays the attack from `start`; `number` tells several attacks of one simulation apart. Appends a
/// line to `truth` for each record and adds their count to `records`.
Status play_attack(Stage& stage, const Attack& attack, size_t number, Milliseconds start,
                   OutputFile& truth, uint64_t& records);

}  // namespace cairn::simulate
