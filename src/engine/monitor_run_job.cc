#include "engine/monitor_run_job.h"

#include "base/hash.h"
#include "base/stored_reader.h"
#include "base/text.h"
#include "engine/event_feed.h"
#include "engine/filter_matches.h"
#include "engine/monitor_state.h"
#include "engine/read_summary.h"
#include "engine/stack.h"
#include "monitor/metric_input.h"
#include "sys/files.h"

#include <algorithm>

namespace cairn::engine {

namespace {

using monitor::AlarmBoard;
using monitor::AlarmState;
using monitor::BoardEvent;

constexpr uint64_t kInputBytesLimit = 64u << 20;
constexpr Duration kLateness = std::chrono::minutes(15);
constexpr Duration kFutureAllowed = std::chrono::hours(2);

std::string folder_of(const std::string& given) {
  return given.empty() ? default_state_folder() : given;
}

/// Passes over inputs that an earlier run has read whole, and tells which this one has.
class NewInputs : public FilterConsumer {
 public:
  NewInputs(const Remembered& known, const FilterProgram& program,
            const std::vector<monitor::MetricFilter>& filters, EventClock clock, Timestamp latest,
            size_t evidence_limit)
      : FilterConsumer(program, filters, clock, latest, evidence_limit), known_(known) {}

  bool begin_input(const cloudtrail::Input& input) override {
    whole_ = true;
    if (!FilterConsumer::begin_input(input)) return false;
    if (input.path == "-" || !known_.has(hash_of(input))) return true;
    met_.push_back(hash_of(input));
    ++left_;
    return false;
  }
  bool begin_member(const cloudtrail::Input& member) override {
    return FilterConsumer::begin_input(member);
  }
  void end_input(const cloudtrail::Input& input, const cloudtrail::SourceReport& report) override {
    look(report);
    if (whole_ && input.path != "-") met_.push_back(hash_of(input));
  }
  void end_member(const cloudtrail::Input&, const cloudtrail::SourceReport& report) override {
    look(report);
  }
  /// Those that need not be read again.
  const std::vector<uint64_t>& met() const { return met_; }
  /// How many of them an earlier run has read.
  size_t left() const { return left_; }

 private:
  static uint64_t hash_of(const cloudtrail::Input& input) {
    return mix64(mix64(mix64(hash64(input.path), input.size_bytes), input.begin), input.end);
  }
  void look(const cloudtrail::SourceReport& report) {
    whole_ = whole_ && !report.partial && !report.cancelled && report.quarantined == 0 &&
             report.kind != SourceKind::kUnreadable;
  }

  const Remembered& known_;
  bool whole_ = true;
  std::vector<uint64_t> met_;
  size_t left_ = 0;
};

/// Leaves out what an earlier run has counted, and puts what arrived late where it is still seen.
void settle(FilterMatches& found, EventClock clock, MonitorState& state) {
  auto counted = [&](const FilterMatch& match) {
    return !state.events.meet(mix64(match.fingerprint, match.filter));
  };
  auto end = std::remove_if(found.matches.begin(), found.matches.end(), counted);
  found.copies += static_cast<uint64_t>(found.matches.end() - end);
  found.matches.erase(end, found.matches.end());
  if (clock != EventClock::kArrival || !state.judged) return;
  for (FilterMatch& match : found.matches)
    match.time_ms = std::max(match.time_ms, state.judged->time_since_epoch().count());
}

/// A minute that has a value from an earlier run gets no default value beside it.
void keep_defaults_out(const std::vector<monitor::MetricFilter>& filters,
                       const monitor::MetricStore& store, FilterMatches& found) {
  auto first = found.minutes.first(), last = found.minutes.last();
  if (!first) return;
  for (size_t i = 0; i < filters.size(); ++i) {
    auto metric = filters[i].default_value() ? store.find(filters[i].metric()) : std::nullopt;
    if (!metric) continue;
    for (auto at = store.next_point(*metric, *first); at && *at <= *last;
         at = store.next_point(*metric, *at + std::chrono::minutes(1)))
      found.minutes.matched(i, *at);
  }
}

/// The first minute with events, or the first point of all metrics.
std::optional<Timestamp> first_moment(const monitor::MetricStore& store,
                                      const FilterMatches& found) {
  std::optional<Timestamp> first = found.minutes.first();
  for (monitor::MetricRef metric : store.list()) {
    auto point = store.next_point(metric, Timestamp());
    if (point && (!first || *point < *first)) first = point;
  }
  return first;
}

/// Moves the alarms on, and tells what they did.
class Watch {
 public:
  Watch(AlarmBoard& board, const MonitorStack& stack, const FilterMatches& found,
        MonitorState& state)
      : board_(board), stack_(stack), found_(found), state_(state) {}

  ReplayVariant run(Timestamp from, Timestamp until) {
    ReplayVariant variant;
    std::vector<Timestamp> since(board_.size(), from);
    for (size_t i = 0; i < board_.size(); ++i) {
      AlarmHistory& history = variant.alarms.emplace_back();
      history.name = board_.name(i);
      history.composite = board_.is_composite(i);
      history.description = board_.is_composite(i) ? board_.composite(i).description
                                                   : board_.metric_alarm(i).description();
    }
    for (std::optional<Timestamp> now = board_.start(from); now && *now <= until;
         now = board_.next(*now, state_.store)) {
      board_.step(*now, state_.store, [&](BoardEvent event) {
        const size_t alarm = event.alarm;
        take(variant.alarms[alarm], since[alarm], std::move(event));
      });
    }
    for (size_t i = 0; i < board_.size(); ++i) {
      variant.alarms[i].state = board_.state(i);
      if (board_.state(i) == AlarmState::kAlarm) variant.alarms[i].in_alarm += until - since[i];
    }
    return variant;
  }

 private:
  void take(AlarmHistory& history, Timestamp& since, BoardEvent event) {
    AlarmChange change;
    if (event.kind == BoardEvent::Kind::kState) {
      if (event.before == AlarmState::kAlarm) history.in_alarm += event.time - since;
      since = event.time;
      if (event.after == AlarmState::kAlarm) {
        ++history.raised;
        if (!board_.is_composite(event.alarm))
          change.evidence =
              evidence_of(found_, stack_.filters, board_.metric_alarm(event.alarm), event);
      }
    }
    state_.history.push_back({event.time, history.name, event.summary(), event.reason});
    if (state_.history.size() > MonitorState::kHistoryLimit) state_.history.pop_front();
    change.event = std::move(event);
    history.changes.push_back(std::move(change));
  }

  AlarmBoard& board_;
  const MonitorStack& stack_;
  const FilterMatches& found_;
  MonitorState& state_;
};

Timestamp until_of(const MonitorRunOptions& options, Timestamp now) {
  Timestamp until =
      options.until.value_or(options.clock == EventClock::kEvent ? now - kLateness : now);
  return std::chrono::floor<std::chrono::minutes>(until);
}

/// Takes the alarms' states up. When they are of the future a clock was wrong: alarms begin anew,
/// as they would not be judged until then.
Status begin_at(const MonitorRunOptions& options, Timestamp until, Timestamp now,
                MonitorState& state, AlarmBoard& board, ReplayResult& result) {
  if (state.judged && *state.judged > now + kFutureAllowed) {
    result.remarks.push_back("alarms were judged up to " + format_time(*state.judged) +
                             ", which is to come: a clock was wrong, and alarms begin anew");
    state.judged = until;
    return {};
  }
  if (state.judged && *state.judged > until)
    result.remarks.push_back("no alarm was judged: all were up to " + format_time(*state.judged));
  if (state.board.empty()) return {};
  StoredReader bytes(state.board);
  board.restore(bytes);
  if (bytes.done()) return {};
  return Error{ErrorCode::kCorrupt, monitor_state_path(options.stack.state_folder) +
                                        ": the states of alarms are damaged (" + bytes.fault() +
                                        "): move it away to begin anew"};
}

/// Reads what is new into the metrics.
Result<FilterMatches> read_new(World world, const MonitorRunOptions& options,
                               const MonitorStack& stack, Timestamp until, MonitorState& state,
                               ReplayResult& result, const ScanProgressCallback& progress) {
  auto program = FilterProgram::make(stack.filters);
  Timestamp latest = world.clock.now() + kFutureAllowed;
  std::vector<std::unique_ptr<FilterConsumer>> consumers;
  std::vector<const NewInputs*> readers;
  unsigned width = feed_width(options.place);
  for (unsigned i = 0; i < width; ++i) {
    auto reader = std::make_unique<NewInputs>(state.inputs, *program, stack.filters, options.clock,
                                              latest, kMatchesWithEvidence / width);
    readers.push_back(reader.get());
    consumers.push_back(std::move(reader));
  }
  TRY_ASSIGN(result.read, feed_events(world, options.place, program->fields, program->standard,
                                      consumers_of(consumers), progress));
  if (world.interrupted.load()) return Error{ErrorCode::kCancelled, "interrupted"};
  FilterMatches found = FilterConsumer::merge(consumers, stack.filters.size());
  // That nothing is new is how most runs are.
  bool nothing_new = result.read.files == 0;
  for (const NewInputs* reader : readers) {
    for (uint64_t input : reader->met()) state.inputs.meet(input);
    nothing_new |= reader->left() > 0;
  }
  result.read.examined |= nothing_new;
  settle(found, options.clock, state);
  result.matches = found.matches.size();
  result.copies = found.copies;
  result.without_time = found.without_time;
  result.from_future = found.from_future;
  for (Timestamp minute : state.minutes) found.minutes.saw(minute);
  keep_defaults_out(stack.filters, state.store, found);
  // Minutes to come may still get events from the next run: only what is over gets default values.
  TRY(fill_store(found, stack.filters, state.store, until));
  state.minutes = found.minutes.minutes_from(until);
  return found;
}

/// The documents of a text: one, or one a line.
std::vector<std::string_view> documents(std::string_view text) {
  std::string_view first = trim(text.substr(0, text.find('\n')));
  bool lines = first.starts_with('{') && first.ends_with('}');
  if (!lines) return {text};
  std::vector<std::string_view> list;
  for (std::string_view line : split(text, '\n')) list.push_back(line);
  return list;
}

}  // namespace

std::string monitor_state_path(const std::string& state_folder) {
  return join_path(folder_of(state_folder), "monitor.state");
}

Result<ReplayResult> run_monitor(World world, const MonitorRunOptions& options,
                                 const ScanProgressCallback& progress) {
  if (options.until && *options.until > world.clock.now())
    return Error{ErrorCode::kInvalidInput, "--until: " + format_time(*options.until) +
                                               " is to come: alarms are judged up to now"};
  TRY_ASSIGN(MonitorStack stack, load_monitor_stack(world, options.stack));
  ReplayResult result;
  result.diagnostics = stack.diagnostics;
  result.filters = stack.filters.size();
  if (result.diagnostics.has_errors()) return result;
  AlarmBoard::Setup setup = stack.alarms;
  setup.bands = anomaly_bands();
  TRY_ASSIGN(auto board, AlarmBoard::make(std::move(setup)));

  TRY_ASSIGN(auto file, MonitorStateFile::open(folder_of(options.stack.state_folder)));
  MonitorState state;
  TRY(file.read(world.files, state));
  const Timestamp now = world.clock.now(), until = until_of(options, now);
  TRY(begin_at(options, until, now, state, *board, result));
  board->hold(state.store);
  const bool is_first = !state.judged;
  TRY_ASSIGN(FilterMatches found, read_new(world, options, stack, until, state, result, progress));
  double started = world.clock.monotonic_seconds();
  result.to = until;
  result.from =
      is_first ? first_moment(state.store, found).value_or(until) : *state.judged + Duration(1);
  result.last_event = result.to;
  result.variants.push_back(Watch(*board, stack, found, state).run(result.from, result.to));
  for (const std::string& remark : board->remarks()) result.remarks.push_back(remark);
  result.from = std::chrono::floor<std::chrono::seconds>(result.from);
  state.judged = std::max(result.to, state.judged.value_or(result.to));
  state.board.clear();
  board->save(state.board);
  state.store.expire(*state.judged);
  if (options.at_step) options.at_step("judged");
  TRY(file.write(state, options.at_step));
  result.seconds = world.clock.monotonic_seconds() - started;
  return result;
}

Result<std::vector<PastChange>> monitor_history(World world, const std::string& state_folder) {
  const std::string path = monitor_state_path(state_folder);
  auto info = world.files.stat(path);
  if (!info.ok()) return std::move(info).error();
  MonitorState state;
  TRY(MonitorStateFile::read(world.files, path, state));
  return std::vector<PastChange>(state.history.begin(), state.history.end());
}

Result<size_t> put_metrics(World world, const std::string& path, const std::string& state_folder) {
  TRY_ASSIGN(std::string text,
             read_file(world.files, path == "-" ? "/dev/stdin" : path, kInputBytesLimit));
  std::vector<monitor::MetricDatum> data;
  size_t line = 0;
  auto list = documents(text);
  for (std::string_view document : list) {
    ++line;
    if (trim(document).empty()) continue;
    auto parsed = monitor::parse_metric_data(document, world.clock.now());
    if (!parsed.ok()) {
      std::string place = path + (list.size() > 1 ? ":" + std::to_string(line) : "");
      return std::move(parsed).error().with_context(place);
    }
    for (monitor::MetricDatum& datum : parsed.value()) data.push_back(std::move(datum));
  }
  if (data.empty()) return Error{ErrorCode::kInvalidInput, path + ": no request is in it"};
  TRY_ASSIGN(auto file, MonitorStateFile::open(folder_of(state_folder)));
  MonitorState state;
  TRY(file.read(world.files, state));
  for (const monitor::MetricDatum& datum : data) {
    TRY_ASSIGN(monitor::MetricRef metric, state.store.metric(datum.metric));
    TRY(state.store.add(metric, datum.time, datum.samples, datum.unit, datum.high_resolution));
  }
  TRY(file.write(state, {}));
  return data.size();
}

}  // namespace cairn::engine
