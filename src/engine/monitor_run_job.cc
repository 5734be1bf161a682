// The state is one file, monitor.state, replaced whole: metrics, states of alarms, the inputs that
// were read and the events that were counted belong to one moment. So a run that is killed leaves
// the moment before it, and no datapoint is lost or counted twice.
//
//   "cairn monitor state 1\n", 8 bytes hash64 of the rest (least first), the rest in base/pack.h

#include "engine/monitor_run_job.h"

#include "base/hash.h"
#include "base/pack.h"
#include "base/text.h"
#include "engine/event_feed.h"
#include "engine/filter_matches.h"
#include "engine/read_summary.h"
#include "engine/stack.h"
#include "monitor/metric_archive.h"
#include "monitor/metric_input.h"
#include "sys/durable.h"
#include "sys/files.h"

#include <algorithm>
#include <deque>
#include <unordered_set>

namespace cairn::engine {

namespace {

using monitor::AlarmBoard;
using monitor::AlarmState;
using monitor::BoardEvent;

constexpr std::string_view kMark = "cairn monitor state 1\n";
constexpr uint64_t kStateBytesLimit = 2ull << 30;
constexpr uint64_t kInputBytesLimit = 64u << 20;
constexpr size_t kRemembered = 1'000'000;  // inputs, and events
constexpr size_t kHistoryLimit = 10'000;   // changes
constexpr Duration kLateness = std::chrono::minutes(15);
constexpr Duration kFutureAllowed = std::chrono::hours(2);

/// The newest of many hashes.
class Remembered {
 public:
  bool has(uint64_t hash) const { return set_.contains(hash); }
  bool add(uint64_t hash) {
    if (!set_.insert(hash).second) return false;
    order_.push_back(hash);
    if (order_.size() <= kRemembered) return true;
    set_.erase(order_.front());
    order_.pop_front();
    return true;
  }
  void save(std::string& out) const {
    pack_number(out, order_.size());
    for (uint64_t hash : order_) pack_number(out, hash);
  }
  void restore(PackReader& in) {
    for (uint64_t left = in.number(); left > 0; --left) add(in.number());
  }

 private:
  std::unordered_set<uint64_t> set_;
  std::deque<uint64_t> order_;
};

/// All that is kept from run to run.
struct MonitorState {
  std::optional<Timestamp> judged;  // alarms were judged up to then
  Remembered inputs, events;
  std::deque<PastChange> history;
  std::string board;
  monitor::MetricStore store{{}};
};

void pack_time(std::string& out, Timestamp time) {
  pack_number(out, static_cast<uint64_t>(time.time_since_epoch().count()));
}
Timestamp read_time(PackReader& in) {
  return Timestamp(Duration(static_cast<int64_t>(in.number())));
}

std::string bytes_of(const MonitorState& state) {
  std::string body;
  pack_number(body, state.judged ? 1 : 0);
  if (state.judged) pack_time(body, *state.judged);
  state.inputs.save(body);
  state.events.save(body);
  pack_number(body, state.history.size());
  for (const PastChange& change : state.history) {
    pack_time(body, change.time);
    for (const std::string* text : {&change.alarm, &change.summary, &change.reason})
      pack_text(body, *text);
  }
  pack_text(body, state.board);
  monitor::MetricArchive::save(state.store, body);
  std::string bytes(kMark);
  uint64_t hash = hash64(body);
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(hash >> (8 * i));
  return bytes + body;
}

Status read_bytes(std::string_view bytes, MonitorState& state) {
  if (!bytes.starts_with(kMark) || bytes.size() < kMark.size() + 8)
    return Error{ErrorCode::kCorrupt, "not a monitor's state of this version of Cairn"};
  uint64_t hash = 0;
  for (size_t i = 0; i < 8; ++i)
    hash |= uint64_t{static_cast<unsigned char>(bytes[kMark.size() + i])} << (8 * i);
  std::string_view body = bytes.substr(kMark.size() + 8);
  if (hash64(body) != hash) return Error{ErrorCode::kCorrupt, "the monitor's state is damaged"};
  PackReader in(body);
  if (in.number() != 0) state.judged = read_time(in);
  state.inputs.restore(in);
  state.events.restore(in);
  for (uint64_t left = in.number(); left > 0; --left) {
    PastChange& change = state.history.emplace_back();
    change.time = read_time(in);
    for (std::string* text : {&change.alarm, &change.summary, &change.reason}) *text = in.text();
  }
  state.board = in.text();
  return monitor::MetricArchive::restore(in, state.store);
}

/// A state on the disk, locked.
class StateFile {
 public:
  static Result<StateFile> open(const std::string& folder) {
    TRY(make_private_folders(folder));
    TRY_ASSIGN(FileLock lock,
               FileLock::take(join_path(folder, "monitor.lock"), FileLock::Kind::kExclusive));
    return StateFile(monitor_state_path(folder), std::move(lock));
  }
  /// Nothing there: a new state.
  Status read(Files& files, MonitorState& state) const {
    auto bytes = read_file(files, path_, kStateBytesLimit);
    if (!bytes.ok() && bytes.error().code == ErrorCode::kNotFound) return {};
    if (!bytes.ok()) return std::move(bytes).error();
    if (Status done = read_bytes(bytes.value(), state); !done.ok())
      return std::move(done).error().with_context(path_);
    return {};
  }
  Status write(const MonitorState& state) const {
    return write_durable_file(path_, bytes_of(state));
  }

 private:
  StateFile(std::string path, FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  FileLock lock_;
};

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
    return FilterConsumer::begin_input(input) && (input.path == "-" || !known_.has(hash_of(input)));
  }
  bool begin_member(const cloudtrail::Input& member) override {
    return FilterConsumer::begin_input(member);
  }
  void end_input(const cloudtrail::Input& input, const cloudtrail::SourceReport& report) override {
    look(report);
    if (whole_ && input.path != "-") read_.push_back(hash_of(input));
  }
  void end_member(const cloudtrail::Input&, const cloudtrail::SourceReport& report) override {
    look(report);
  }
  const std::vector<uint64_t>& read() const { return read_; }

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
  std::vector<uint64_t> read_;
};

/// Leaves out what an earlier run has counted, and puts what arrived late where it is still seen.
void settle(FilterMatches& found, EventClock clock, MonitorState& state) {
  auto counted = [&](const FilterMatch& match) {
    return !state.events.add(mix64(match.fingerprint, match.filter));
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

/// The first point of all metrics.
std::optional<Timestamp> first_point(const monitor::MetricStore& store) {
  std::optional<Timestamp> first;
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
        take(variant.alarms[event.alarm], since[event.alarm], std::move(event));
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
    if (state_.history.size() > kHistoryLimit) state_.history.pop_front();
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

/// Reads what is new into the metrics.
Result<FilterMatches> read_new(World world, const MonitorRunOptions& options,
                               const MonitorStack& stack, MonitorState& state, ReplayResult& result,
                               const ScanProgressCallback& progress) {
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
  std::vector<uint64_t> inputs;
  for (const NewInputs* reader : readers)
    inputs.insert(inputs.end(), reader->read().begin(), reader->read().end());
  for (uint64_t input : inputs) state.inputs.add(input);
  settle(found, options.clock, state);
  result.matches = found.matches.size();
  result.copies = found.copies;
  result.without_time = found.without_time;
  result.from_future = found.from_future;
  keep_defaults_out(stack.filters, state.store, found);
  TRY(fill_store(found, stack.filters, state.store));
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
  TRY_ASSIGN(MonitorStack stack, load_monitor_stack(world, options.stack));
  ReplayResult result;
  result.diagnostics = stack.diagnostics;
  result.filters = stack.filters.size();
  if (result.diagnostics.has_errors()) return result;
  AlarmBoard::Setup setup = stack.alarms;
  setup.bands = anomaly_bands();
  TRY_ASSIGN(auto board, AlarmBoard::make(std::move(setup)));

  TRY_ASSIGN(StateFile file, StateFile::open(folder_of(options.stack.state_folder)));
  MonitorState state;
  TRY(file.read(world.files, state));
  if (!state.board.empty()) {
    PackReader bytes(state.board);
    board->restore(bytes);
  }
  TRY_ASSIGN(FilterMatches found, read_new(world, options, stack, state, result, progress));
  double started = world.clock.monotonic_seconds();
  result.to = until_of(options, world.clock.now());
  result.from =
      state.judged ? *state.judged + Duration(1) : first_point(state.store).value_or(result.to);
  result.last_event = result.to;
  result.variants.push_back(Watch(*board, stack, found, state).run(result.from, result.to));
  for (const std::string& remark : board->remarks()) result.remarks.push_back(remark);
  result.from = std::chrono::floor<std::chrono::seconds>(result.from);
  state.judged = std::max(result.to, state.judged.value_or(result.to));
  state.board.clear();
  board->save(state.board);
  state.store.expire(*state.judged);
  TRY(file.write(state));
  result.seconds = world.clock.monotonic_seconds() - started;
  return result;
}

Result<std::vector<PastChange>> monitor_history(World world, const std::string& state_folder) {
  auto bytes = read_file(world.files, monitor_state_path(state_folder), kStateBytesLimit);
  if (!bytes.ok()) return std::move(bytes).error();
  MonitorState state;
  if (Status done = read_bytes(bytes.value(), state); !done.ok())
    return std::move(done).error().with_context(monitor_state_path(state_folder));
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
  TRY_ASSIGN(StateFile file, StateFile::open(folder_of(state_folder)));
  MonitorState state;
  TRY(file.read(world.files, state));
  for (const monitor::MetricDatum& datum : data) {
    TRY_ASSIGN(monitor::MetricRef metric, state.store.metric(datum.metric));
    TRY(state.store.add(metric, datum.time, datum.samples, datum.unit, datum.high_resolution));
  }
  TRY(file.write(state));
  return data.size();
}

}  // namespace cairn::engine
