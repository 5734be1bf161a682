#pragma once

// Commands that answer lines with lines.

#include "base/result.h"
#include "engine/engine.h"

#include <functional>
#include <string>
#include <string_view>

namespace cairn::cli {

using LinePrinter = std::function<Status(std::string_view)>;
using LineJob = Status (*)(engine::World world, const std::string& path, const LinePrinter& print);

/// Runs a job over the lines of a file ("-": standard input), prints its answers, and returns the
/// exit code.
int answer_lines(const std::string& path, engine::World world, LineJob job);

}  // namespace cairn::cli
