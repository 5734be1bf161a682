#pragma once

// "deleted trail main" → "delete trail main": what was only tried is told as "tried to …".

#include <string>
#include <string_view>

namespace cairn::incident {

/// The phrase with its first verb in the infinitive; "" when the phrase does not begin with a verb
/// in the past tense.
std::string infinitive_of(std::string_view phrase);

}  // namespace cairn::incident
