// Reading finds what the filters match; then a day at a time goes into the store and the alarms'
// clock runs over it. Each variant does this anew, with the same matches.

#include "engine/replay_job.h"

#include "anomaly/band.h"
#include "base/text.h"
#include "engine/event_feed.h"
#include "engine/filter_matches.h"
#include "engine/read_summary.h"

#include <algorithm>
#include <map>

namespace cairn::engine {

namespace {

using monitor::AlarmBoard;
using monitor::AlarmState;
using monitor::BoardEvent;

constexpr Duration kFutureAllowed = std::chrono::hours(2);  // as PutMetricData
constexpr Duration kDay = std::chrono::hours(24);
/// How long after the last event alarms are followed: they fall back by then.
constexpr Duration kTail = kDay;

/// The room `anomaly`'s model as alarms want it.
class AnomalyBand : public monitor::BandModel {
 public:
  std::optional<Usual> at(Timestamp time) const override {
    anomaly::BandPoint point = band_.at(time);
    if (!point.known) return std::nullopt;
    return Usual{point.expected, point.deviation};
  }
  void learn(Timestamp time, double value) override { band_.learn(time, value); }

 private:
  anomaly::Band band_;
};

/// Puts matches into the store as time goes on.
class Feed {
 public:
  Feed(const FilterMatches& found, const std::vector<monitor::MetricFilter>& filters,
       monitor::MetricStore& store)
      : found_(found), filters_(filters), store_(store), minutes_(found.minutes) {}

  /// Adds everything before a time; default values only before `quiet_until`.
  Status feed(Timestamp until, Timestamp quiet_until = Timestamp::max()) {
    const auto& matches = found_.matches;
    for (; next_ < matches.size() && time_of(matches[next_]) < until; ++next_) {
      const FilterMatch& match = matches[next_];
      minutes_.matched(match.filter, time_of(match));
      if (!match.has_sample) continue;
      TRY_ASSIGN(monitor::MetricRef metric, metric_of(match));
      TRY(store_.add(metric, time_of(match), match.value, 1, filters_[match.filter].unit()));
    }
    return minutes_.add_defaults(filters_, std::min(until, quiet_until), store_);
  }
  /// The first time for which something is still to be added.
  std::optional<Timestamp> pending() const {
    std::optional<Timestamp> first = minutes_.first();
    if (next_ < found_.matches.size()) {
      Timestamp time = time_of(found_.matches[next_]);
      if (!first || time < *first) first = time;
    }
    return first;
  }

 private:
  static Timestamp time_of(const FilterMatch& match) { return Timestamp(Duration(match.time_ms)); }

  Result<monitor::MetricRef> metric_of(const FilterMatch& match) {
    auto key = std::pair(match.filter, match.dimensions);
    if (auto known = metrics_.find(key); known != metrics_.end()) return known->second;
    monitor::MetricId id = filters_[match.filter].metric();
    for (std::string_view part : split(found_.texts.text(match.dimensions), '\0')) {
      size_t mark = part.find('\1');
      if (mark == std::string_view::npos) continue;
      id.dimensions.push_back(
          {std::string(part.substr(0, mark)), std::string(part.substr(mark + 1))});
    }
    auto metric = store_.metric(std::move(id));
    if (metric.ok()) metrics_.emplace(key, metric.value());
    return metric;
  }

  const FilterMatches& found_;
  const std::vector<monitor::MetricFilter>& filters_;
  monitor::MetricStore& store_;
  monitor::MinuteLog minutes_;
  size_t next_ = 0;
  std::map<std::pair<uint32_t, uint32_t>, monitor::MetricRef> metrics_;
};

/// Tells which events are behind datapoints.
class Evidence {
 public:
  Evidence(const FilterMatches& found, const std::vector<monitor::MetricFilter>& filters)
      : found_(found), filters_(filters) {}

  AlarmEvidence of(const monitor::MetricAlarm& alarm, const BoardEvent& event) const {
    AlarmEvidence evidence;
    std::vector<bool> wanted = filters_of(alarm);
    std::map<uint32_t, uint64_t> actions, principals, addresses, resources;
    int64_t first = INT64_MAX, last = INT64_MIN;
    bool began = false;
    for (const monitor::Datapoint& point : event.datapoints) {
      if (!point.breaching) continue;
      if (!began) evidence.from = point.start;
      began = true;
      evidence.to = point.end;
      visit(point.start, point.end, [&](const FilterMatch& match) {
        if (!wanted[match.filter] || !match.has_sample || !fits(alarm, match)) return;
        ++evidence.events;
        for (auto [counts, number] :
             {std::pair(&actions, match.action), std::pair(&principals, match.principal),
              std::pair(&addresses, match.address), std::pair(&resources, match.resource)}) {
          if (number != 0) ++(*counts)[number];
        }
        first = std::min(first, match.event_ms);
        last = std::max(last, match.event_ms);
        const std::string& id = found_.texts.text(match.event_id);
        if (!id.empty() && evidence.event_ids.size() < kEventIds) evidence.event_ids.push_back(id);
      });
    }
    evidence.actions = top(actions);
    evidence.principals = top(principals);
    evidence.addresses = top(addresses);
    evidence.resources = top(resources);
    evidence.sql = sql(evidence.event_ids, first, last);
    return evidence;
  }

 private:
  template <typename Visit>
  void visit(Timestamp from, Timestamp to, Visit visit) const {
    int64_t begin = from.time_since_epoch().count(), end = to.time_since_epoch().count();
    auto match = std::lower_bound(found_.matches.begin(), found_.matches.end(), begin,
                                  [](const FilterMatch& a, int64_t b) { return a.time_ms < b; });
    for (; match != found_.matches.end() && match->time_ms < end; ++match) visit(*match);
  }

  /// The filters that fill one of the alarm's metrics.
  std::vector<bool> filters_of(const monitor::MetricAlarm& alarm) const {
    std::vector<bool> wanted(filters_.size(), false);
    for (const monitor::MetricQuery& query : alarm.queries().queries()) {
      if (!query.stat) continue;
      for (size_t i = 0; i < filters_.size(); ++i) {
        const monitor::MetricId& id = filters_[i].metric();
        if (id.space == query.stat->metric.space && id.name == query.stat->metric.name)
          wanted[i] = true;
      }
    }
    return wanted;
  }

  /// True when the match fills a metric of just the dimensions that the alarm looks at.
  bool fits(const monitor::MetricAlarm& alarm, const FilterMatch& match) const {
    const std::string& given = found_.texts.text(match.dimensions);
    for (const monitor::MetricQuery& query : alarm.queries().queries()) {
      if (!query.stat) continue;
      const monitor::MetricId& own = filters_[match.filter].metric();
      if (own.space != query.stat->metric.space || own.name != query.stat->metric.name) continue;
      size_t bytes = 0;
      bool all = true;
      for (const monitor::Dimension& dimension : query.stat->metric.dimensions) {
        std::string part = dimension.name + '\1' + dimension.value + '\0';
        bytes += part.size();
        all &= given.find(part) != std::string::npos;
      }
      if (all && bytes == given.size()) return true;
    }
    return false;
  }

  AlarmEvidence::Top top(const std::map<uint32_t, uint64_t>& counts) const {
    AlarmEvidence::Top list;
    for (auto [number, count] : counts) list.emplace_back(found_.texts.text(number), count);
    std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    if (list.size() > kEvidenceListed) list.resize(kEvidenceListed);
    return list;
  }

  static std::string sql(const std::vector<std::string>& ids, int64_t first, int64_t last) {
    if (ids.empty()) return "";
    std::string text =
        "SELECT eventtime, eventsource, eventname, useridentity.arn, sourceipaddress, errorcode "
        "FROM cloudtrail_logs WHERE eventtime BETWEEN '" +
        format_time(std::chrono::floor<std::chrono::seconds>(Timestamp(Duration(first)))) +
        "' AND '" +
        format_time(std::chrono::ceil<std::chrono::seconds>(Timestamp(Duration(last)))) +
        "' AND eventid IN (";
    for (size_t i = 0; i < ids.size(); ++i) {
      text += i == 0 ? "'" : ", '";
      for (char c : ids[i]) text += c == '\'' ? "''" : std::string(1, c);
      text += "'";
    }
    return text + ") ORDER BY eventtime";
  }

  const FilterMatches& found_;
  const std::vector<monitor::MetricFilter>& filters_;
};

/// One variant over the matches.
class Replay {
 public:
  Replay(const MonitorStack& stack, const FilterMatches& found)
      : stack_(stack), found_(found), evidence_(found, stack.filters) {}

  Result<ReplayVariant> run(std::string label, AlarmBoard::Setup setup, Timestamp from,
                            Timestamp to, std::vector<std::string>& remarks) {
    TRY_ASSIGN(auto board, AlarmBoard::make(std::move(setup)));
    ReplayVariant variant;
    variant.label = std::move(label);
    for (size_t i = 0; i < board->size(); ++i) {
      AlarmHistory& history = variant.alarms.emplace_back();
      history.name = board->name(i);
      history.composite = board->is_composite(i);
      history.description = board->is_composite(i) ? board->composite(i).description
                                                   : board->metric_alarm(i).description();
    }
    if (from < to) TRY(move_on(*board, from, to, variant));
    for (size_t i = 0; i < board->size(); ++i) {
      AlarmHistory& history = variant.alarms[i];
      history.state = board->state(i);
      if (history.state == AlarmState::kAlarm) history.in_alarm += to - since_[i];
    }
    for (const std::string& remark : board->remarks()) {
      if (std::find(remarks.begin(), remarks.end(), remark) == remarks.end())
        remarks.push_back(remark);
    }
    return variant;
  }

 private:
  Status move_on(AlarmBoard& board, Timestamp from, Timestamp to, ReplayVariant& variant) {
    monitor::MetricStore store({});
    board.hold(store);
    Feed feed(found_, stack_.filters, store);
    since_.assign(board.size(), from);
    Timestamp fed = from;
    std::optional<Timestamp> now = board.start(from);
    for (;;) {
      // The store has all there is up to `fed`; a sleeping alarm may wake for what comes later.
      while (!now || *now > fed) {
        std::optional<Timestamp> pending = feed.pending();
        if (!pending) {
          fed = Timestamp::max();
          break;
        }
        fed = std::max(fed, *pending) + kDay;
        store.expire(std::min(fed - kDay, now.value_or(fed)));
        TRY(feed.feed(fed));
        if (last_) now = board.next(*last_, store);
      }
      if (!now || *now > to) return {};
      board.step(*now, store, [&](BoardEvent event) { take(board, std::move(event), variant); });
      last_ = *now;
      now = board.next(*now, store);
    }
  }

  void take(const AlarmBoard& board, BoardEvent event, ReplayVariant& variant) {
    AlarmHistory& history = variant.alarms[event.alarm];
    AlarmChange change;
    if (event.kind == BoardEvent::Kind::kState) {
      if (event.before == AlarmState::kAlarm) history.in_alarm += event.time - since_[event.alarm];
      since_[event.alarm] = event.time;
      if (event.after == AlarmState::kAlarm) {
        ++history.raised;
        if (!board.is_composite(event.alarm))
          change.evidence = evidence_.of(board.metric_alarm(event.alarm), event);
      }
    }
    change.event = std::move(event);
    history.changes.push_back(std::move(change));
  }

  const MonitorStack& stack_;
  const FilterMatches& found_;
  Evidence evidence_;
  std::vector<Timestamp> since_;  // the last change of each alarm
  std::optional<Timestamp> last_;
};

/// The stretch that is replayed: as asked, else from the first minute with events to a day after
/// the last. Without events there is none, unless both its ends were asked for.
void find_span(const EventFilter& filter, const FilterMatches& found, ReplayResult& result) {
  if (!found.minutes.first() && !(filter.from && filter.to)) return;
  Timestamp first = found.minutes.first() ? *found.minutes.first() : *filter.from;
  Timestamp last =
      (found.minutes.last() ? *found.minutes.last() : *filter.to) + std::chrono::minutes(1);
  result.from = filter.from ? std::chrono::floor<std::chrono::minutes>(*filter.from) : first;
  result.last_event = filter.to ? std::min(last, *filter.to) : last;
  result.to = filter.to ? std::chrono::ceil<std::chrono::minutes>(*filter.to) : last + kTail;
}

}  // namespace

Status fill_store(const FilterMatches& found, const std::vector<monitor::MetricFilter>& filters,
                  monitor::MetricStore& store, Timestamp quiet_until) {
  Feed feed(found, filters, store);
  return feed.feed(Timestamp::max(), quiet_until);
}

AlarmEvidence evidence_of(const FilterMatches& found,
                          const std::vector<monitor::MetricFilter>& filters,
                          const monitor::MetricAlarm& alarm, const BoardEvent& event) {
  return Evidence(found, filters).of(alarm, event);
}

monitor::BandMaker anomaly_bands() {
  return [] { return std::make_unique<AnomalyBand>(); };
}

Result<ReplayResult> run_replay(World world, const ReplayOptions& options,
                                const ScanProgressCallback& progress) {
  TRY_ASSIGN(MonitorStack stack, load_monitor_stack(world, options.stack));
  ReplayResult result;
  result.diagnostics = stack.diagnostics;
  result.filters = stack.filters.size();
  if (result.diagnostics.has_errors()) return result;
  stack.alarms.bands = anomaly_bands();
  // Before anything is read: variants that are wrong, names that stand twice.
  std::vector<AlarmBoard::Setup> setups = {stack.alarms};
  for (const std::string& variant : options.variants) {
    AlarmBoard::Setup& setup = setups.emplace_back(stack.alarms);
    TRY(change_alarms(setup.alarms, variant));
  }
  for (const AlarmBoard::Setup& setup : setups) {
    auto board = AlarmBoard::make(setup);
    if (!board.ok()) return std::move(board).error();
  }

  auto program = FilterProgram::make(stack.filters);
  Timestamp latest = world.clock.now() + kFutureAllowed;
  std::vector<std::unique_ptr<FilterConsumer>> consumers;
  unsigned width = feed_width(options.place);
  for (unsigned i = 0; i < width; ++i) {
    consumers.push_back(std::make_unique<FilterConsumer>(*program, stack.filters, options.clock,
                                                         latest, kMatchesWithEvidence / width));
  }
  TRY_ASSIGN(result.read, feed_events(world, options.place, program->fields, program->standard,
                                      consumers_of(consumers), progress));
  double started = world.clock.monotonic_seconds();
  FilterMatches found = FilterConsumer::merge(consumers, stack.filters.size());
  result.matches = found.matches.size();
  result.copies = found.copies;
  result.without_time = found.without_time;
  result.from_future = found.from_future;
  find_span(options.place.read.filter, found, result);
  if (options.observe) TRY(options.observe(found, stack.filters));
  for (size_t i = 0; i < setups.size(); ++i) {
    TRY_ASSIGN(ReplayVariant variant,
               Replay(stack, found)
                   .run(i == 0 ? "" : options.variants[i - 1], std::move(setups[i]), result.from,
                        result.to, result.remarks));
    result.variants.push_back(std::move(variant));
  }
  result.seconds = world.clock.monotonic_seconds() - started;
  return result;
}

}  // namespace cairn::engine
