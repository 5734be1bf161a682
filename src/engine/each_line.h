#pragma once

#include "base/result.h"
#include "engine/engine.h"

#include <functional>
#include <string>
#include <string_view>

namespace cairn::engine {

/// Hands over the lines of a file (/dev/stdin too) but the blank ones, as soon as each is there.
/// Fails with the taker's error, when the file cannot be read, or when a line is longer than 32
/// MiB. Interrupted, it ends early.
Status each_line(World world, const std::string& path,
                 const std::function<Status(std::string_view)>& take);

}  // namespace cairn::engine
