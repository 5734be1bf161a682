#include "engine/event_feed.h"
#include "engine/read_summary.h"
#include "investigate/diff.h"

#include <algorithm>

namespace cairn::engine {

namespace {

/// Gives events to a side: of a place, or by their time.
class DiffConsumer : public EventConsumer {
 public:
  DiffConsumer(const StandardFields& standard, const DiffOptions& options, Files& files,
               const geo::Atlas& atlas, size_t memory_bytes)
      : options_(options), counter_(standard, atlas, files, memory_bytes) {}

  void set_side(investigate::Side side) { side_ = side; }

  uint64_t consume(const Event& event, const std::string&) override {
    if (!options_.by_time()) {
      counter_.add(event, side_);
      return 0;
    }
    if (!event.time_known()) return 0;
    auto inside = [&](const TimeRange& range) {
      return event.time() >= range.from && event.time() <= range.to;
    };
    if (inside(options_.before_time)) counter_.add(event, investigate::Side::kBefore);
    if (inside(options_.after_time)) counter_.add(event, investigate::Side::kAfter);
    return 0;
  }
  investigate::DiffCounter& counter() { return counter_; }

 private:
  const DiffOptions& options_;
  investigate::Side side_ = investigate::Side::kBefore;
  investigate::DiffCounter counter_;
};

void add_reading(ReadSummary& sum, ReadSummary&& more) {
  sum.files += more.files;
  sum.stored_bytes += more.stored_bytes;
  sum.text_bytes += more.text_bytes;
  sum.events += more.events;
  sum.filtered += more.filtered;
  sum.unreadable_files += more.unreadable_files;
  sum.partial_files += more.partial_files;
  sum.quarantined += more.quarantined;
  sum.files_unread += more.files_unread;
  sum.interrupted = sum.interrupted || more.interrupted;
  sum.examined = sum.examined && more.examined;
  for (QuarantineEntry& entry : more.problems) sum.problems.push_back(std::move(entry));
  sum.seconds += more.seconds;
}

}  // namespace

Result<SheetResult> run_diff(World world, const DiffOptions& options,
                             const ScanProgressCallback& progress) {
  FieldTable fields;
  StandardFields standard = StandardFields::intern_into(fields);
  fields.freeze();
  EventPlace place = options.place;
  if (options.by_time()) {
    place.read.filter.from = std::min(options.before_time.from, options.after_time.from);
    place.read.filter.to = std::max(options.before_time.to, options.after_time.to);
  }
  unsigned width = feed_width(place);
  std::vector<std::unique_ptr<DiffConsumer>> consumers;
  std::vector<investigate::DiffCounter*> counters;
  for (unsigned i = 0; i < width; ++i) {
    consumers.push_back(std::make_unique<DiffConsumer>(standard, options, world.files, world.atlas,
                                                       place.read.memory_bytes / width));
    counters.push_back(&consumers.back()->counter());
  }
  SheetResult result;
  if (options.by_time()) {
    TRY_ASSIGN(result.read,
               feed_events(world, place, fields, standard, consumers_of(consumers), progress));
  } else {
    result.read.examined = true;
    for (investigate::Side side : {investigate::Side::kBefore, investigate::Side::kAfter}) {
      place.read.inputs =
          side == investigate::Side::kBefore ? options.before_paths : options.after_paths;
      for (auto& consumer : consumers) consumer->set_side(side);
      TRY_ASSIGN(ReadSummary read,
                 feed_events(world, place, fields, standard, consumers_of(consumers), progress));
      add_reading(result.read, std::move(read));
    }
  }
  TRY_ASSIGN(investigate::DiffResult answer, investigate::diff(counters));
  result.found = answer.found;
  if (!answer.found && result.read.events > 0)
    result.near = {answer.events[0] == 0 ? "before" : "after"};
  result.sheet = std::move(answer.sheet);
  return result;
}

}  // namespace cairn::engine
