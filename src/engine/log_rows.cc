#include "engine/log_rows.h"

#include "base/queue.h"
#include "cloudtrail/event_rows.h"
#include "engine/read_summary.h"
#include "engine/reading.h"
#include "engine/row_condition.h"
#include "model/batch_pool.h"
#include "model/cloudtrail_table.h"

#include <atomic>
#include <thread>

namespace cairn::engine {

namespace {

constexpr size_t kQueuedBatches = 2;      // for each worker
constexpr size_t kBatchBytes = 2u << 20;  // of text: a batch with long records is handed on early

using BatchQueue = BoundedQueue<std::shared_ptr<Batch>>;

class RowConsumer : public EventConsumer {
 public:
  RowConsumer(FieldTable& fields, const cloudtrail::EventRows::Wanted& wanted,
              const RowCondition& condition, Timestamp now, BatchQueue& queue, BatchPool& pool,
              const std::atomic<bool>& stop)
      : rows_(fields, wanted),
        condition_(condition),
        now_(now),
        queue_(queue),
        pool_(pool),
        stop_(stop) {}

  uint64_t consume(const Event& event, const std::string& file) override {
    if (stop_.load(std::memory_order_relaxed) || !condition_.admits(event)) return 0;
    rows_.add(event, file, now_);
    if (rows_.rows() == duck::kBatchRows || rows_.text_bytes() >= kBatchBytes) hand_on();
    return 1;
  }
  bool wants_more() const override { return !stop_.load(std::memory_order_relaxed); }

  void hand_on() {
    if (rows_.rows() > 0) queue_.push(pool_.lend(rows_.take(pool_.take())));
  }

 private:
  cloudtrail::EventRows rows_;
  const RowCondition& condition_;
  const Timestamp now_;
  BatchQueue& queue_;
  BatchPool& pool_;
  const std::atomic<bool>& stop_;
};

class LogRows : public duck::RowSource {
 public:
  LogRows(World world, std::vector<std::string> inputs, unsigned threads,
          const duck::ScanRequest& request, std::shared_ptr<LastReading> reading)
      : world_(world),
        inputs_(std::move(inputs)),
        reading_(std::move(reading)),
        standard_(StandardFields::intern_into(fields_)),
        condition_(request.condition, fields_),
        queue_(kQueuedBatches * threads),
        pool_(2 * kQueuedBatches * threads) {
    cloudtrail::EventRows::Wanted wanted{request.columns, request.members};
    for (unsigned i = 0; i < threads; ++i)
      consumers_.push_back(std::make_unique<RowConsumer>(fields_, wanted, condition_,
                                                         world.clock.now(), queue_, pool_, stop_));
    fields_.freeze();
    thread_ = std::thread([this] { run(); });
  }
  ~LogRows() override {
    stop_.store(true);
    queue_.close();
    thread_.join();
  }

  Result<std::shared_ptr<Batch>> next() override {
    auto batch = queue_.pop();
    // Half of the logs must not look like an answer.
    if (world_.interrupted.load()) return Error{ErrorCode::kCancelled, "stopped by you"};
    if (batch) return std::move(*batch);
    std::lock_guard lock(mutex_);
    if (!failed_.ok()) return failed_.error();
    return std::make_shared<Batch>();
  }

  double progress() const override { return progress_.load(); }

 private:
  void run() {
    double started = world_.clock.monotonic_seconds();
    EventFilter filter;
    filter.not_delivered_before = condition_.not_before();
    auto read = read_inputs(world_, inputs_, filter, fields_, standard_, consumers_of(consumers_),
                            [this](const ScanProgress& progress) { note(progress); });
    if (read.ok()) {
      for (auto& consumer : consumers_) consumer->hand_on();
      reading_->set(summarise(std::move(read).value(), world_, started, stop_.load()));
    } else {
      std::lock_guard lock(mutex_);
      failed_ = std::move(read).error();
    }
    queue_.close();
  }
  void note(const ScanProgress& progress) {
    if (progress.totals_final && progress.bytes_total > 0)
      progress_.store(static_cast<double>(progress.bytes) /
                      static_cast<double>(progress.bytes_total));
  }

  World world_;
  const std::vector<std::string> inputs_;
  const std::shared_ptr<LastReading> reading_;
  FieldTable fields_;
  const StandardFields standard_;
  const RowCondition condition_;
  BatchQueue queue_;
  BatchPool pool_;
  std::atomic<bool> stop_{false};
  std::atomic<double> progress_{-1};
  std::mutex mutex_;
  Status failed_;
  std::vector<std::unique_ptr<RowConsumer>> consumers_;
  std::thread thread_;
};

}  // namespace

duck::SourceTable log_rows_table(World world, std::vector<std::string> inputs, unsigned threads,
                                 std::shared_ptr<LastReading> reading) {
  duck::SourceTable table;
  table.name = kLogRowsFunction;
  table.columns = cloudtrail_table_columns();
  table.threads = worker_count(threads);
  table.open = [=](const duck::ScanRequest& request) -> Result<std::unique_ptr<duck::RowSource>> {
    return std::unique_ptr<duck::RowSource>(
        std::make_unique<LogRows>(world, inputs, worker_count(threads), request, reading));
  };
  return table;
}

}  // namespace cairn::engine
