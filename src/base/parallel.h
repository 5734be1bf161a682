#pragma once

#include "base/result.h"

#include <functional>

namespace cairn {

/// Runs work(0) … work(threads - 1), each on a thread of its own, the first on the caller's, and
/// waits for all. Returns the failure with the smallest number, if any failed.
Status run_parallel(size_t threads, const std::function<Status(size_t number)>& work);

}  // namespace cairn
