#include "simulate/crew.h"

namespace cairn::simulate {
namespace {
constexpr size_t kLongestQueue = 256;  // files that wait to be written
}

Crew::Crew(int threads) {
  for (int i = 1; i < threads; ++i) helpers_.emplace_back([this] { help(); });
}

Crew::~Crew() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  has_work_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void Crew::run_one(std::unique_lock<std::mutex>& lock, Task task, bool urgent) {
  lock.unlock();
  task();
  task = {};  // what it holds is freed outside the lock
  lock.lock();
  size_t& open = urgent ? urgent_open_ : later_open_;
  if (--open == 0) is_done_.notify_all();
}

void Crew::help() {
  std::unique_lock lock(mutex_);
  for (;;) {
    has_work_.wait(lock, [&] { return closed_ || !urgent_.empty() || !later_.empty(); });
    if (urgent_.empty() && later_.empty()) return;
    const bool urgent = !urgent_.empty();
    std::deque<Task>& queue = urgent ? urgent_ : later_;
    Task task = std::move(queue.front());
    queue.pop_front();
    run_one(lock, std::move(task), urgent);
  }
}

void Crew::all(size_t count, const std::function<void(size_t)>& work) {
  if (helpers_.empty()) {
    for (size_t i = 0; i < count; ++i) work(i);
    return;
  }
  std::unique_lock lock(mutex_);
  for (size_t i = 0; i < count; ++i) urgent_.emplace_back([&work, i] { work(i); });
  urgent_open_ += count;
  has_work_.notify_all();
  while (urgent_open_ > 0) {
    if (!urgent_.empty()) {
      Task task = std::move(urgent_.front());
      urgent_.pop_front();
      run_one(lock, std::move(task), true);
    } else {  // helpers have the last ones
      is_done_.wait(lock);
    }
  }
}

void Crew::later(Task task) {
  if (helpers_.empty()) {
    task();
    return;
  }
  std::unique_lock lock(mutex_);
  later_.push_back(std::move(task));
  ++later_open_;
  has_work_.notify_one();
  if (later_.size() <= kLongestQueue) return;
  Task oldest = std::move(later_.front());
  later_.pop_front();
  run_one(lock, std::move(oldest), false);
}

void Crew::drain() {
  std::unique_lock lock(mutex_);
  while (later_open_ > 0) {
    if (!later_.empty()) {
      Task task = std::move(later_.front());
      later_.pop_front();
      run_one(lock, std::move(task), false);
    } else {
      is_done_.wait(lock);
    }
  }
}

}  // namespace cairn::simulate
