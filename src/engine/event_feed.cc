// Records of a lake come one after the other from the database; they are put together to texts of
// some size, which the workers parse.

#include "engine/event_feed.h"

#include "base/queue.h"
#include "engine/read_summary.h"

#include <thread>

namespace cairn::engine {

namespace {

constexpr size_t kTextBytes = 1u << 20;
constexpr size_t kTextsWaiting = 4;

/// What one worker does with its texts.
class TextReader : public cloudtrail::EventSink {
 public:
  TextReader(Files& files, const FieldTable& fields, const StandardFields& standard,
             const Admission& admission, EventConsumer& consumer)
      : reader_(files, fields, standard, {}), admission_(admission), consumer_(consumer) {}

  void read(std::string_view text) { reader_.read_text("the lake", text, *this); }
  void on_event(const Event& event) override {
    if (!admission_.admits(event)) {
      ++filtered;
      return;
    }
    ++events;
    consumer_.consume(event, name_);
  }
  void on_quarantine(QuarantineEntry) override { ++quarantined; }

  uint64_t events = 0, filtered = 0, quarantined = 0;

 private:
  cloudtrail::Reader reader_;
  const Admission& admission_;
  EventConsumer& consumer_;
  const std::string name_ = "the lake";
};

Result<ReadSummary> feed_lake(World world, const EventPlace& place, const FieldTable& fields,
                              const StandardFields& standard,
                              std::span<EventConsumer* const> consumers,
                              const ScanProgressCallback& progress) {
  double started = world.clock.monotonic_seconds();
  Admission admission(place.read.filter, standard);
  BoundedQueue<std::string> texts(kTextsWaiting);
  std::vector<std::unique_ptr<TextReader>> readers;
  std::vector<std::thread> threads;
  for (EventConsumer* consumer : consumers) {
    readers.push_back(
        std::make_unique<TextReader>(world.files, fields, standard, admission, *consumer));
    threads.emplace_back([&texts, reader = readers.back().get(), consumer] {
      while (auto text = texts.pop()) reader->read(*text);
      consumer->end();
    });
  }
  ReadSummary summary;
  ScanProgress shown;
  shown.phase = "reading the lake";
  std::string text;
  lake::Bounds bounds{place.read.filter.from, place.read.filter.to, {}};
  Status status = lake::visit_records(*place.lake, bounds,
                                      [&](std::string_view raw, std::string_view) -> Status {
                                        text += raw;
                                        text += '\n';
                                        ++shown.events;
                                        summary.text_bytes += raw.size();
                                        if (text.size() < kTextBytes) return {};
                                        texts.push(std::move(text));
                                        text.clear();
                                        shown.text_bytes = summary.text_bytes;
                                        shown.seconds = world.clock.monotonic_seconds() - started;
                                        if (progress) progress(shown);
                                        if (world.interrupted.load())
                                          return Error{ErrorCode::kCancelled, "interrupted"};
                                        return {};
                                      });
  if (status.ok() && !text.empty()) texts.push(std::move(text));
  texts.close();
  for (std::thread& thread : threads) thread.join();
  TRY(status);
  for (const auto& reader : readers) {
    summary.events += reader->events;
    summary.filtered += reader->filtered;
    summary.quarantined += reader->quarantined;
  }
  summary.seconds = world.clock.monotonic_seconds() - started;
  return summary;
}

}  // namespace

unsigned feed_width(const EventPlace& place) { return worker_count(place.read.threads); }

Result<ReadSummary> feed_events(World world, const EventPlace& place, const FieldTable& fields,
                                const StandardFields& standard,
                                std::span<EventConsumer* const> consumers,
                                const ScanProgressCallback& progress) {
  if (place.lake != nullptr) return feed_lake(world, place, fields, standard, consumers, progress);
  double started = world.clock.monotonic_seconds();
  TRY_ASSIGN(ReadOutcome read, read_inputs(world, place.read.inputs, place.read.filter, fields,
                                           standard, consumers, progress));
  return summarise(std::move(read), world, started, false);
}

}  // namespace cairn::engine
