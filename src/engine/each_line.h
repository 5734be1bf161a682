#pragma once

#include "base/result.h"
#include "engine/engine.h"

#include <functional>
#include <string>
#include <string_view>

namespace cairn::engine {

/// Hands over the lines of a file (/dev/stdin too) but the blank ones, as soon as each is there. Of
/// a line longer than 32 MiB it hands over kExhausted, and goes on behind it. Fails with the
/// taker's error, or when the file cannot be read. Interrupted, it ends early.
Status each_line(World world, const std::string& path,
                 const std::function<Status(Result<std::string_view>)>& take);

}  // namespace cairn::engine
