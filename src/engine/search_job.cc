// Search: each worker matches and keeps the rows of what it found, sorted by time; at the end the
// workers' rows are merged, copies of an event next to each other. Unsorted rows go out at once.

#include "cloudtrail/cloudtrail.h"
#include "engine/content.h"
#include "engine/explore_jobs.h"
#include "engine/read_summary.h"
#include "engine/reading.h"
#include "sys/spill.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <mutex>
#include <optional>

namespace cairn::engine {

namespace {

/// Everything that is fixed before reading.
struct SearchPlan {
  FieldTable fields;
  StandardFields standard;
  std::optional<explore::Search> search;
  std::vector<explore::Column> columns;
  std::optional<detect::ActionWords> words;
};

Result<std::unique_ptr<SearchPlan>> make_plan(const SearchOptions& options) {
  auto plan = std::make_unique<SearchPlan>();
  plan->standard = StandardFields::intern_into(plan->fields);
  TRY_ASSIGN(auto search, explore::Search::compile(options.terms, plan->fields));
  plan->search = std::move(search);
  for (const std::string& name : options.columns)
    plan->columns.push_back(explore::parse_column(name, plan->fields));
  if (explore::needs_words(plan->columns)) {
    TRY_ASSIGN(auto words, detect::ActionWords::parse(embedded_text("actions.tsv"), plan->fields));
    plan->words = std::move(words);
  }
  plan->fields.freeze();
  return plan;
}

/// Where unsorted rows of all workers meet, and where they learn that the limit is reached.
class Outlet {
 public:
  Outlet(RowSink& sink, uint64_t limit) : sink_(sink), limit_(limit) {}

  void write(const explore::Row& row) {
    std::lock_guard lock(mutex_);
    if (!status_.ok() || (limit_ != 0 && written_ == limit_)) return;
    status_ = sink_.write(row);
    if (status_.ok()) ++written_;
    if (!status_.ok() || written_ == limit_) full_.store(true, std::memory_order_relaxed);
  }
  bool full() const { return full_.load(std::memory_order_relaxed); }

  // After all workers ended.
  uint64_t written() const { return written_; }
  const Status& status() const { return status_; }

 private:
  RowSink& sink_;
  const uint64_t limit_;
  std::mutex mutex_;
  uint64_t written_ = 0;
  Status status_;
  std::atomic<bool> full_{false};
};

class SearchConsumer : public EventConsumer {
 public:
  SearchConsumer(const SearchPlan& plan, const SearchOptions& options, Files& files,
                 size_t memory_bytes, Outlet& outlet)
      : plan_(plan),
        options_(options),
        outlet_(outlet),
        matcher_(*plan.search),
        reader_(plan.columns, plan.standard, plan.words ? &*plan.words : nullptr),
        sorter_(files, memory_bytes),
        hits_(plan.search->terms().indicators.size(), 0) {}

  uint64_t consume(const Event& event, const std::string& file) override {
    if (outlet_.full() || !matcher_.matches(event, indicators_)) return 0;
    for (uint32_t indicator : indicators_) ++hits_[indicator];
    ++found_;
    if (options_.order == RowOrder::kUnsorted) {
      if (options_.count_only) return 1;
      read_row(event, file);
      outlet_.write(row_);
    } else {
      keep(event, file);
    }
    return 1;
  }
  bool wants_more() const override { return !outlet_.full() && status_.ok(); }

  SpillSorter& sorter() { return sorter_; }
  uint64_t found() const { return found_; }
  const std::vector<uint64_t>& hits() const { return hits_; }
  const std::vector<bool>& fields_seen() const { return matcher_.fields_seen(); }
  const Status& status() const { return status_; }

 private:
  void read_row(const Event& event, const std::string& file) {
    reader_.read(event, file, row_);
    for (size_t i = 0; i < plan_.columns.size(); ++i) {
      if (plan_.columns[i].derived != explore::Derived::kMatched) continue;
      for (uint32_t indicator : indicators_)
        row_[i].push_back({FieldKind::kString, plan_.search->terms().indicators[indicator]});
    }
  }

  void keep(const Event& event, const std::string& file) {
    int64_t time = event.time_known() ? event.time().time_since_epoch().count()
                                      : std::numeric_limits<int64_t>::max();
    // Events without a time come last either way.
    if (options_.order == RowOrder::kNewest && event.time_known()) time = -time;
    key_.clear();
    append_key_i64(key_, time);
    append_key_u64(key_, cloudtrail::content_fingerprint(event, plan_.standard));
    payload_.clear();
    if (!options_.count_only) {
      read_row(event, file);
      explore::append_row(payload_, row_);
    }
    if (status_.ok()) status_ = sorter_.add(key_, payload_);
  }

  const SearchPlan& plan_;
  const SearchOptions& options_;
  Outlet& outlet_;
  explore::SearchMatcher matcher_;
  explore::ColumnReader reader_;
  SpillSorter sorter_;
  std::vector<uint64_t> hits_;
  std::vector<uint32_t> indicators_;
  explore::Row row_;
  std::string key_, payload_;
  uint64_t found_ = 0;
  Status status_;
};

/// Visits the first record of each different event, in order, up to the limit.
template <typename Visit>
Status visit_unique(const std::vector<SpillSorter*>& sorters, uint64_t limit, Visit visit) {
  std::string last;
  uint64_t visited = 0;
  return SpillSorter::merge(sorters, [&](std::string_view key, std::string_view payload) -> Status {
    if (key == last || (limit != 0 && visited == limit)) return {};
    last = key;
    ++visited;
    return visit(payload);
  });
}

Status write_sorted(const std::vector<SpillSorter*>& sorters, const SearchOptions& options,
                    RowSink& sink, SearchResult& result) {
  uint64_t different = 0;
  TRY(visit_unique(sorters, 0, [&](std::string_view payload) -> Status {
    ++different;
    bool shown = options.limit == 0 || different <= options.limit;
    if (shown && !options.count_only) sink.measure(explore::read_row(payload));
    return {};
  }));
  result.copies = result.found - different;
  result.found = different;
  if (options.count_only) return {};
  return visit_unique(sorters, options.limit, [&](std::string_view payload) -> Status {
    ++result.written;
    return sink.write(explore::read_row(payload));
  });
}

}  // namespace

Result<SearchResult> run_search(World world, const SearchOptions& options, RowSink& sink,
                                const ScanProgressCallback& progress) {
  double started = world.clock.monotonic_seconds();
  TRY_ASSIGN(auto plan, make_plan(options));
  bool unsorted = options.order == RowOrder::kUnsorted;
  Outlet outlet(sink, unsorted ? options.limit : 0);
  unsigned threads = worker_count(options.read.threads);
  std::vector<std::unique_ptr<SearchConsumer>> consumers;
  for (unsigned i = 0; i < threads; ++i) {
    consumers.push_back(std::make_unique<SearchConsumer>(
        *plan, options, world.files, options.read.memory_bytes / threads, outlet));
  }
  TRY_ASSIGN(ReadOutcome read,
             read_inputs(world, options.read.inputs, options.read.filter, plan->fields,
                         plan->standard, consumers_of(consumers), progress));
  TRY(outlet.status());

  SearchResult result;
  result.stopped = outlet.full();
  result.written = outlet.written();
  result.indicator_hits.resize(options.terms.indicators.size());
  std::vector<SpillSorter*> sorters;
  std::vector<bool> seen(plan->search->fields().size(), false);
  for (auto& consumer : consumers) {
    TRY(consumer->status());
    sorters.push_back(&consumer->sorter());
    result.found += consumer->found();
    for (size_t i = 0; i < consumer->hits().size(); ++i)
      result.indicator_hits[i] += consumer->hits()[i];
    for (size_t i = 0; i < seen.size(); ++i) seen[i] = seen[i] || consumer->fields_seen()[i];
  }
  for (size_t i = 0; i < seen.size(); ++i) {
    if (!seen[i] && !result.stopped) result.unseen_fields.push_back(plan->search->fields()[i].path);
  }
  if (!unsorted) TRY(write_sorted(sorters, options, sink, result));
  result.read = summarise(std::move(read), world, started, result.stopped);
  return result;
}

}  // namespace cairn::engine
