// Stats and top: the same counting, of combinations of chosen fields or of the same few fields each
// by itself.

#include "cloudtrail/cloudtrail.h"
#include "engine/content.h"
#include "engine/explore_jobs.h"
#include "engine/read_summary.h"
#include "engine/reading.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace cairn::engine {

namespace {

constexpr std::array<std::string_view, 7> kTopLists = {"principal",  "source_ip", "action", "error",
                                                       "user_agent", "region",    "account"};

/// What is counted, fixed before reading.
struct CountPlan {
  FieldTable fields;
  StandardFields standard;
  std::vector<explore::Column> columns;
  std::optional<detect::ActionWords> words;
};

template <typename Names>
Result<std::unique_ptr<CountPlan>> make_plan(const Names& names) {
  auto plan = std::make_unique<CountPlan>();
  plan->standard = StandardFields::intern_into(plan->fields);
  for (std::string_view name : names)
    plan->columns.push_back(explore::parse_column(name, plan->fields));
  if (explore::needs_words(plan->columns)) {
    TRY_ASSIGN(auto words, detect::ActionWords::parse(embedded_text("actions.tsv"), plan->fields));
    plan->words = std::move(words);
  }
  plan->fields.freeze();
  return plan;
}

explore::Occurrence occurrence_of(const Event& event, const StandardFields& standard) {
  explore::Occurrence occurrence;
  occurrence.fingerprint = cloudtrail::content_fingerprint(event, standard);
  occurrence.time_known = event.time_known();
  if (occurrence.time_known) occurrence.time_ms = event.time().time_since_epoch().count();
  occurrence.failed = explore::has_failed(event, standard);
  return occurrence;
}

/// Counts combinations of the columns' values, and of the period, as one text.
class CombinationConsumer : public EventConsumer {
 public:
  CombinationConsumer(const CountPlan& plan, explore::Period period, Files& files,
                      size_t memory_bytes)
      : plan_(plan),
        period_(period),
        reader_(plan.columns, plan.standard, plan.words ? &*plan.words : nullptr),
        counter_(files, 1, memory_bytes),
        seen_(plan.columns.size(), false) {}

  uint64_t consume(const Event& event, const std::string& file) override {
    explore::Occurrence occurrence = occurrence_of(event, plan_.standard);
    texts_.assign(1, {});
    if (period_ != explore::Period::kNone) {
      FieldKind kind = event.time_known() ? FieldKind::kString : FieldKind::kMissing;
      std::string text =
          event.time_known() ? explore::period_of(event.time(), period_) : std::string();
      explore::append_part(texts_.front(), kind, text);
    }
    bool cut = false;
    for (size_t i = 0; i < plan_.columns.size(); ++i)
      cut |= combine(reader_.values(i, event, file), i);
    cut_events_ += cut ? 1 : 0;
    if (texts_.size() > 1) {
      std::sort(texts_.begin(), texts_.end());
      texts_.erase(std::unique(texts_.begin(), texts_.end()), texts_.end());
    }
    for (const std::string& text : texts_) {
      std::string_view value = text;
      counter_.add(occurrence, {&value, 1});
    }
    return 0;
  }

  explore::ValueCounter& counter() { return counter_; }
  const std::vector<bool>& seen() const { return seen_; }
  uint64_t cut_events() const { return cut_events_; }

 private:
  /// Appends each value to each text so far; true when there were too many.
  bool combine(std::span<const FieldValue> values, size_t column) {
    if (values.empty()) {
      for (std::string& text : texts_) explore::append_part(text, FieldKind::kMissing, "");
      return false;
    }
    seen_[column] = true;
    if (values.size() == 1) {
      for (std::string& text : texts_)
        explore::append_part(text, values.front().kind, values.front().text);
      return false;
    }
    std::vector<std::string> before = std::move(texts_);
    texts_.clear();
    for (const std::string& text : before) {
      for (const FieldValue& value : values) {
        if (texts_.size() == kCombinations) return true;
        explore::append_part(texts_.emplace_back(text), value.kind, value.text);
      }
    }
    return false;
  }

  const CountPlan& plan_;
  const explore::Period period_;
  explore::ColumnReader reader_;
  explore::ValueCounter counter_;
  std::vector<bool> seen_;
  std::vector<std::string> texts_;
  uint64_t cut_events_ = 0;
};

/// Counts each column's first value by itself.
class ListConsumer : public EventConsumer {
 public:
  ListConsumer(const CountPlan& plan, Files& files, size_t memory_bytes)
      : plan_(plan),
        reader_(plan.columns, plan.standard, nullptr),
        counter_(files, plan.columns.size(), memory_bytes),
        values_(plan.columns.size()) {}

  uint64_t consume(const Event& event, const std::string& file) override {
    for (size_t i = 0; i < values_.size(); ++i) {
      std::span<const FieldValue> values = reader_.values(i, event, file);
      values_[i] = values.empty() ? std::string_view() : values.front().text;
    }
    counter_.add(occurrence_of(event, plan_.standard), values_);
    return 0;
  }

  explore::ValueCounter& counter() { return counter_; }

 private:
  const CountPlan& plan_;
  explore::ColumnReader reader_;
  explore::ValueCounter counter_;
  std::vector<std::string_view> values_;
};

template <typename Consumer>
std::vector<explore::ValueCounter*> counters_of(
    const std::vector<std::unique_ptr<Consumer>>& consumers) {
  std::vector<explore::ValueCounter*> counters;
  for (const auto& consumer : consumers) counters.push_back(&consumer->counter());
  return counters;
}

explore::Cell time_cell(const explore::Count& count, int64_t time_ms) {
  if (!count.time_known()) return {};
  return explore::text_cell(format_time(Timestamp(Duration(time_ms))));
}

/// Rows on their way: the first ones wait, so that all of them decide the widths.
class MeasuredRows {
 public:
  explicit MeasuredRows(RowSink& sink) : sink_(sink) {}

  Status add(explore::Row row) {
    if (flowing_) return sink_.write(row);
    sink_.measure(row);
    waiting_.push_back(std::move(row));
    return waiting_.size() < kMeasuredRows ? Status() : flush();
  }
  Status flush() {
    flowing_ = true;
    for (const explore::Row& row : waiting_) TRY(sink_.write(row));
    waiting_.clear();
    return {};
  }

 private:
  RowSink& sink_;
  std::vector<explore::Row> waiting_;
  bool flowing_ = false;
};

explore::Row stats_row(const std::vector<explore::Part>& parts, const explore::Count& count,
                       uint64_t all) {
  explore::Row row;
  for (const explore::Part& part : parts) {
    explore::Cell& cell = row.emplace_back();
    if (part.kind != FieldKind::kMissing) cell.push_back({part.kind, part.text});
  }
  row.push_back(explore::number_cell(count.events));
  row.push_back(share_cell(count.events, all));
  row.push_back(explore::number_cell(count.failed));
  row.push_back(time_cell(count, count.first_ms));
  row.push_back(time_cell(count, count.last_ms));
  return row;
}

}  // namespace

explore::Cell share_cell(uint64_t part, uint64_t whole) {
  double share = whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  std::array<char, 32> text{};
  auto end =
      std::to_chars(text.data(), text.data() + text.size(), share, std::chars_format::fixed, 6);
  return {{FieldKind::kNumber, std::string(text.data(), end.ptr)}};
}

Result<StatsResult> run_stats(World world, const StatsOptions& options, RowSink& sink,
                              const ScanProgressCallback& progress) {
  double started = world.clock.monotonic_seconds();
  TRY_ASSIGN(auto plan, make_plan(options.fields));
  unsigned threads = worker_count(options.read.threads);
  std::vector<std::unique_ptr<CombinationConsumer>> consumers;
  for (unsigned i = 0; i < threads; ++i) {
    consumers.push_back(std::make_unique<CombinationConsumer>(*plan, options.period, world.files,
                                                              options.read.memory_bytes / threads));
  }
  TRY_ASSIGN(ReadOutcome read,
             read_inputs(world, options.read.inputs, options.read.filter, plan->fields,
                         plan->standard, consumers_of(consumers), progress));

  StatsResult result;
  for (size_t i = 0; i < plan->columns.size(); ++i) {
    auto seen = [i](const auto& consumer) { return consumer->seen()[i]; };
    if (std::none_of(consumers.begin(), consumers.end(), seen) && read.tally.events > 0)
      result.unseen_fields.push_back(plan->columns[i].name);
  }
  for (const auto& consumer : consumers) result.cut_events += consumer->cut_events();
  bool by_period = options.period != explore::Period::kNone;
  MeasuredRows rows(sink);
  std::string period;
  uint64_t in_period = 0;
  TRY(explore::count_values(
      counters_of(consumers), world.files, {options.read.memory_bytes, by_period}, result.totals,
      [&](size_t, std::string_view value, const explore::Count& count) -> Status {
        std::vector<explore::Part> parts = explore::read_parts(value);
        if (by_period && parts.front().text != period) {
          period = parts.front().text;
          in_period = 0;
        }
        if (options.top != 0 && ++in_period > options.top) {
          ++result.hidden_values;
          result.hidden_events += count.events;
          return {};
        }
        ++result.written;
        return rows.add(stats_row(parts, count, result.totals.events.events));
      }));
  TRY(rows.flush());
  result.read = summarise(std::move(read), world, started, false);
  return result;
}

Result<TopResult> run_top(World world, const TopOptions& options,
                          const ScanProgressCallback& progress) {
  double started = world.clock.monotonic_seconds();
  TRY_ASSIGN(auto plan, make_plan(kTopLists));
  unsigned threads = worker_count(options.read.threads);
  std::vector<std::unique_ptr<ListConsumer>> consumers;
  for (unsigned i = 0; i < threads; ++i) {
    consumers.push_back(
        std::make_unique<ListConsumer>(*plan, world.files, options.read.memory_bytes / threads));
  }
  TRY_ASSIGN(ReadOutcome read,
             read_inputs(world, options.read.inputs, options.read.filter, plan->fields,
                         plan->standard, consumers_of(consumers), progress));

  TopResult result;
  for (std::string_view name : kTopLists) result.lists.emplace_back().name = name;
  TRY(explore::count_values(
      counters_of(consumers), world.files, {options.read.memory_bytes, false}, result.totals,
      [&](size_t dimension, std::string_view value, const explore::Count& count) -> Status {
        if (value.empty()) return {};  // no value
        explore::ValueList& list = result.lists[dimension];
        ++list.different;
        list.events += count.events;
        if (list.values.size() < options.values) list.values.push_back({std::string(value), count});
        return {};
      }));
  result.read = summarise(std::move(read), world, started, false);
  return result;
}

}  // namespace cairn::engine
