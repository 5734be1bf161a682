#include "engine/reading.h"

#include "base/queue.h"
#include "base/text.h"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <tuple>

namespace cairn::engine {

namespace {

constexpr size_t kQueuedInputs =
    20'000;  // the walk runs this far ahead, so that the totals are soon known
constexpr size_t kSortedInputs = 50'000;  // put in order at a time: about 25 MB
constexpr auto kProgressInterval = std::chrono::milliseconds(100);

/// Why a file was left alone, as people say it.
std::string skip_reason(const cloudtrail::SourceReport& source) {
  switch (source.kind) {
    case SourceKind::kDigest:
      return "CloudTrail digest";
    case SourceKind::kConfig:
      return "AWS Config";
    case SourceKind::kEmpty:
      return "empty";
    case SourceKind::kUnreadable:
      return std::string(report::kUnreadableReason) + source.shape;
    default:
      return source.shape.empty() ? "not CloudTrail" : "not CloudTrail: " + source.shape;
  }
}

/// Counters that the progress report reads while workers run.
struct SharedCounts {
  std::atomic<uint64_t> files{0}, stored_bytes{0}, text_bytes{0}, events{0}, matches{0};
};

/// One thread's share of the work.
class Worker : public cloudtrail::EventSink {
 public:
  Worker(World world, const FieldTable& fields, const StandardFields& standard,
         const Admission& admission, const cloudtrail::InputWalk& walk, EventConsumer& consumer,
         SharedCounts& shared)
      : world_(world),
        walk_(walk),
        admission_(admission),
        consumer_(consumer),
        shared_(shared),
        reader_(world.files, fields, standard, {}) {}

  void run(BoundedQueue<cloudtrail::Input>& queue) {
    while (!world_.interrupted.load(std::memory_order_relaxed) && consumer_.wants_more()) {
      auto input = queue.pop();
      if (!input) break;
      shared_.files.fetch_add(input->begin == 0 ? 1 : 0, std::memory_order_relaxed);
      if (!consumer_.begin_input(*input)) {
        ++tally_.left_by_consumer;
        shared_.stored_bytes.fetch_add(input->size_bytes, std::memory_order_relaxed);
        continue;
      }
      file_ = input->path;
      cloudtrail::SourceReport source = reader_.read(*input, *this, world_.interrupted);
      finish(*input, source);
      consumer_.end_input(*input, source);
    }
    consumer_.end();
  }

  bool begin_member(const cloudtrail::Input& member) override {
    if (!walk_.wants(member.key)) {
      ++tally_.passed_over;
      return false;
    }
    if (!consumer_.begin_member(member)) return false;
    file_ = member.path;
    return true;
  }

  void end_member(const cloudtrail::Input& member,
                  const cloudtrail::SourceReport& source) override {
    ++tally_.archives.files;
    finish(member, source);
    consumer_.end_member(member, source);
  }

  void on_event(const Event& event) override {
    if (!admission_.admits(event)) {
      ++tally_.events_filtered;
      return;
    }
    matches_ += consumer_.consume(event, file_);
    if (++events_ % 4096 == 0) publish();
  }

  void on_quarantine(QuarantineEntry entry) override {
    consumer_.on_quarantine(entry);
    tally_.add_quarantine(std::move(entry));
  }
  bool wants_more() const override { return consumer_.wants_more(); }

  ReadTally& tally() { return tally_; }

 private:
  void finish(const cloudtrail::Input& input, const cloudtrail::SourceReport& source) {
    publish();
    tally_.add_source(input, source);
    shared_.stored_bytes.fetch_add(source.stored_bytes, std::memory_order_relaxed);
    shared_.text_bytes.fetch_add(source.text_bytes, std::memory_order_relaxed);
  }
  void publish() {
    tally_.events += events_;
    shared_.events.fetch_add(std::exchange(events_, 0), std::memory_order_relaxed);
    shared_.matches.fetch_add(std::exchange(matches_, 0), std::memory_order_relaxed);
  }

  World world_;
  const cloudtrail::InputWalk& walk_;
  const Admission& admission_;
  EventConsumer& consumer_;
  SharedCounts& shared_;
  cloudtrail::Reader reader_;
  ReadTally tally_;
  std::string file_;
  uint64_t events_ = 0, matches_ = 0;
};

cloudtrail::InputWalk::Options walk_options(const EventFilter& filter) {
  cloudtrail::InputWalk::Options options;
  // A file delivered before the period cannot hold its events; one delivered later can.
  options.not_delivered_before = filter.from ? filter.from : filter.not_delivered_before;
  return options;
}

/// Puts inputs in order of delivery, as many at a time as it may hold.
class DeliveryOrder {
 public:
  explicit DeliveryOrder(std::function<bool(cloudtrail::Input)> push) : push_(std::move(push)) {}
  bool add(cloudtrail::Input input) {
    waiting_.push_back(std::move(input));
    return waiting_.size() < kSortedInputs || flush();
  }
  bool flush() {
    std::stable_sort(waiting_.begin(), waiting_.end(), before);
    bool wanted = true;
    for (cloudtrail::Input& input : waiting_) wanted = wanted && push_(std::move(input));
    waiting_.clear();
    return wanted;
  }

 private:
  static bool before(const cloudtrail::Input& a, const cloudtrail::Input& b) {
    if (!a.key || !b.key) return a.key.has_value() && !b.key.has_value();
    return std::tie(a.key->account, a.key->delivered) < std::tie(b.key->account, b.key->delivered);
  }

  std::function<bool(cloudtrail::Input)> push_;
  std::vector<cloudtrail::Input> waiting_;
};

/// Counts threads down and wakes the waiting one.
class Finish {
 public:
  explicit Finish(size_t running) : running_(running) {}
  void one() {
    std::lock_guard lock(mutex_);
    if (--running_ == 0) all_.notify_all();
  }
  /// Waits a while; true when all are done.
  bool wait(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return all_.wait_for(lock, time, [this] { return running_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_;
  size_t running_;
};

}  // namespace

void ReadTally::add_quarantine(QuarantineEntry entry) {
  ++quarantine_by_kind[static_cast<size_t>(entry.kind)];
  quarantine.offer(std::move(entry));
}

void ReadTally::add_source(const cloudtrail::Input& input, const cloudtrail::SourceReport& source) {
  stored_bytes += source.stored_bytes;
  text_bytes += source.text_bytes;
  partial_files += source.partial ? 1 : 0;
  if (source.archive) {  // the files are its members, and each was added
    ++archives.archives;
    archives.links += source.archive->links;
    archives.special_files += source.archive->special_files;
    return;
  }
  bool first_piece = input.begin == 0;  // the pieces of a cut file are one file
  files += first_piece ? 1 : 0;
  if (source.kind == SourceKind::kCloudTrail) {
    report::SourceCount& count = sources[source.shape];
    count.shape = source.shape;
    count.files += first_piece ? 1 : 0;
    count.events += source.events;
  }
  if (!first_piece || source.cancelled) return;
  ++files_by_kind[static_cast<size_t>(source.kind)];
  if (source.kind == SourceKind::kCloudTrail) return;
  std::string reason = skip_reason(source);
  ++skipped_reasons[reason];
  if (source.kind != SourceKind::kDigest && source.kind != SourceKind::kConfig)
    skipped.offer({input.path, reason});
}

void ReadTally::merge(ReadTally& other) {
  files += other.files;
  stored_bytes += other.stored_bytes;
  text_bytes += other.text_bytes;
  partial_files += other.partial_files;
  events += other.events;
  archives.archives += other.archives.archives;
  archives.files += other.archives.files;
  archives.links += other.archives.links;
  archives.special_files += other.archives.special_files;
  passed_over += other.passed_over;
  left_by_consumer += other.left_by_consumer;
  events_filtered += other.events_filtered;
  for (size_t i = 0; i < files_by_kind.size(); ++i) files_by_kind[i] += other.files_by_kind[i];
  for (size_t i = 0; i < quarantine_by_kind.size(); ++i)
    quarantine_by_kind[i] += other.quarantine_by_kind[i];
  for (auto& [shape, count] : other.sources) {
    report::SourceCount& sum = sources[shape];
    sum.shape = shape;
    sum.files += count.files;
    sum.events += count.events;
  }
  for (auto& [reason, count] : other.skipped_reasons) skipped_reasons[reason] += count;
  skipped.merge(other.skipped);
  quarantine.merge(other.quarantine);
}

Result<ReadOutcome> read_inputs(World world, const std::vector<std::string>& inputs,
                                const EventFilter& filter, const FieldTable& fields,
                                const StandardFields& standard,
                                std::span<EventConsumer* const> consumers,
                                const ScanProgressCallback& progress, InputOrder order) {
  Admission admission(filter, standard);
  SharedCounts shared;
  BoundedQueue<cloudtrail::Input> queue(kQueuedInputs);
  cloudtrail::InputWalk walk(world.files, inputs, walk_options(filter));

  std::vector<std::unique_ptr<Worker>> workers;
  for (EventConsumer* consumer : consumers) {
    workers.push_back(
        std::make_unique<Worker>(world, fields, standard, admission, walk, *consumer, shared));
  }
  Finish finish(workers.size() + 1);
  ReadTally walk_tally;
  Status walked;
  std::vector<std::thread> running;
  running.emplace_back([&] {
    auto push = [&](cloudtrail::Input input) {
      return !world.interrupted.load() && queue.push(std::move(input));
    };
    DeliveryOrder sorted(push);
    walked = walk.run(
        [&](cloudtrail::Input input) {
          return order == InputOrder::kByDelivery ? sorted.add(std::move(input))
                                                  : push(std::move(input));
        },
        [&](QuarantineEntry entry) { walk_tally.add_quarantine(std::move(entry)); });
    sorted.flush();
    queue.close();
    finish.one();
  });
  for (auto& worker : workers) {
    running.emplace_back([&] {
      worker->run(queue);
      queue.close();  // after an interruption nobody takes from the queue: the walk must not wait
                      // for room
      finish.one();
    });
  }

  double started = world.clock.monotonic_seconds();
  auto report_progress = [&] {
    auto totals = walk.totals();
    progress({"reading", shared.files.load(), totals.files, shared.stored_bytes.load(),
              totals.bytes, shared.text_bytes.load(), shared.events.load(), shared.matches.load(),
              totals.complete, world.clock.monotonic_seconds() - started});
  };
  while (!finish.wait(kProgressInterval)) {
    if (progress) report_progress();
  }
  for (std::thread& thread : running) thread.join();
  if (progress) report_progress();
  if (!walked.ok()) return std::move(walked).error();

  ReadOutcome outcome;
  for (auto& worker : workers) outcome.tally.merge(worker->tally());
  outcome.tally.merge(walk_tally);
  cloudtrail::InputWalk::Totals totals = walk.totals();
  outcome.files_found = totals.files;
  outcome.passed_over = totals.passed_over + outcome.tally.passed_over;
  outcome.special_files = totals.special_files;
  outcome.threads = static_cast<unsigned>(workers.size());
  return outcome;
}

}  // namespace cairn::engine
