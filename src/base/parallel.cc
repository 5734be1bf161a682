#include "base/parallel.h"

#include <thread>
#include <vector>

namespace cairn {

Status run_parallel(size_t threads, const std::function<Status(size_t number)>& work) {
  std::vector<Status> statuses(threads);
  {
    std::vector<std::jthread> helpers;
    for (size_t i = 1; i < threads; ++i)
      helpers.emplace_back([&statuses, &work, i] { statuses[i] = work(i); });
    if (threads > 0) statuses[0] = work(0);
  }
  for (const Status& status : statuses) TRY(status);
  return Status::success();
}

}  // namespace cairn
