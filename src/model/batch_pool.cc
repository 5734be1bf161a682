#include "model/batch_pool.h"

#include <utility>

namespace cairn {

namespace {

constexpr size_t kLargestKept = 4u << 20;  // bytes of text

}  // namespace

struct BatchPool::Shelf {
  explicit Shelf(size_t room) : limit(room) {}

  const size_t limit;
  std::mutex mutex;
  std::vector<std::unique_ptr<Batch>> batches;

  void put_back(std::unique_ptr<Batch> batch) {
    if (batch->texts.size_bytes() > kLargestKept) return;
    batch->clear();
    std::lock_guard lock(mutex);
    if (batches.size() < limit) batches.push_back(std::move(batch));
  }
};

BatchPool::BatchPool(size_t limit) : shelf_(std::make_shared<Shelf>(limit)) {}

Batch BatchPool::take() {
  std::lock_guard lock(shelf_->mutex);
  if (shelf_->batches.empty()) return {};
  std::unique_ptr<Batch> batch = std::move(shelf_->batches.back());
  shelf_->batches.pop_back();
  return std::move(*batch);
}

std::shared_ptr<Batch> BatchPool::lend(Batch batch) {
  auto lent = std::make_unique<Batch>(std::move(batch));
  return {lent.release(),
          [shelf = shelf_](Batch* back) { shelf->put_back(std::unique_ptr<Batch>(back)); }};
}

}  // namespace cairn
