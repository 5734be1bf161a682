#pragma once

// The threads that simulate. Which of them does what never shows in the result: every task writes
// only what is its own.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cairn::simulate {

/// The calling thread and its helpers. One thread calls it.
class Crew {
 public:
  using Task = std::function<void()>;

  /// With one thread everything runs where it is asked for.
  explicit Crew(int threads);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// Runs work(0) to work(count - 1), in any order and at the same time, and returns when all are
  /// done. Goes before everything that was left for later.
  void all(size_t count, const std::function<void(size_t)>& work);
  /// Runs the task some time before drain() returns. Helps when too many are waiting.
  void later(Task task);
  /// Returns when everything is done.
  void drain();

 private:
  /// Runs a task that was taken off its queue; `lock` holds mutex_ before and after.
  void run_one(std::unique_lock<std::mutex>& lock, Task task, bool urgent);
  void help();

  std::vector<std::thread> helpers_;
  std::mutex mutex_;
  std::condition_variable has_work_, is_done_;
  std::deque<Task> urgent_, later_;
  size_t urgent_open_ = 0, later_open_ = 0;  // waiting or running
  bool closed_ = false;
};

}  // namespace cairn::simulate
