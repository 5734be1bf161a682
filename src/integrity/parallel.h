#pragma once

#include <cstddef>
#include <functional>

namespace cairn::integrity {

/// Calls `work(worker, i)` for every i below `count`, on so many threads, and returns when all are
/// done. Meanwhile calls `tick` on the caller's thread about ten times a second.
void in_parallel(size_t count, unsigned threads,
                 const std::function<void(unsigned worker, size_t i)>& work,
                 const std::function<void()>& tick);

}  // namespace cairn::integrity
