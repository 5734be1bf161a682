#include "integrity/parallel.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace cairn::integrity {

void in_parallel(size_t count, unsigned threads,
                 const std::function<void(unsigned worker, size_t i)>& work,
                 const std::function<void()>& tick) {
  constexpr std::chrono::milliseconds kTick(100);
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::condition_variable finished;
  size_t running = std::min<size_t>(std::max(threads, 1u), count);
  std::vector<std::thread> workers;
  for (unsigned worker = 0, all = static_cast<unsigned>(running); worker < all; ++worker) {
    workers.emplace_back([&, worker] {
      for (size_t i = next++; i < count; i = next++) work(worker, i);
      std::lock_guard lock(mutex);
      if (--running == 0) finished.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  while (!finished.wait_for(lock, kTick, [&] { return running == 0; })) {
    lock.unlock();
    tick();
    lock.lock();
  }
  lock.unlock();
  for (std::thread& worker : workers) worker.join();
}

}  // namespace cairn::integrity
