#include "monitor/alarm_board.h"

#include "base/pack.h"
#include "base/stored_reader.h"
#include "formats/json_writer.h"
#include "monitor/property_reader.h"
#include "monitor/state_text.h"

#include <algorithm>

namespace cairn::monitor {

namespace {

using std::chrono::seconds;

Timestamp next_multiple(Timestamp time, uint32_t step) {
  int64_t at = std::chrono::floor<seconds>(time).time_since_epoch().count();
  return Timestamp(seconds((at / step + 1) * step));
}

std::string_view name_in(std::string_view reference) {
  constexpr std::string_view kMark = ":alarm:";
  size_t mark = reference.starts_with("arn:") ? reference.find(kMark) : std::string_view::npos;
  return mark == std::string_view::npos ? reference : reference.substr(mark + kMark.size());
}

}  // namespace

Result<CompositeAlarm> CompositeAlarm::parse(const JsonTree& tree, uint32_t node) {
  PropertyReader properties(tree, node);
  TRY(properties.check_object("a composite alarm"));
  CompositeAlarm alarm;
  TRY_ASSIGN(alarm.name, properties.text_or("AlarmName", ""));
  if (alarm.name.size() > 255) return PropertyReader::wrong("AlarmName", "is longer than 255");
  TRY_ASSIGN(alarm.description, properties.text_or("AlarmDescription", ""));
  TRY_ASSIGN(std::string text, properties.text("AlarmRule"));
  auto rule = CompositeRule::parse(text);
  if (!rule.ok()) return std::move(rule).error().with_context("AlarmRule");
  alarm.rule = std::move(rule).value();
  TRY_ASSIGN(alarm.actions, AlarmActions::parse(tree, node));
  TRY_ASSIGN(alarm.suppressor, properties.text_or("ActionsSuppressor", ""));
  for (auto [name, length] : {std::pair("ActionsSuppressorWaitPeriod", &alarm.wait),
                              std::pair("ActionsSuppressorExtensionPeriod", &alarm.extension)}) {
    if (alarm.suppressor.empty() && properties.has(name))
      return PropertyReader::wrong(name, "needs ActionsSuppressor");
    if (alarm.suppressor.empty()) continue;
    TRY_ASSIGN(double period, properties.number(name));
    if (period < 0 || period > 86'400 * 7.0)
      return PropertyReader::wrong(name, "is no number of seconds up to a week");
    *length = seconds(static_cast<int64_t>(period));
  }
  return alarm;
}

std::string BoardEvent::summary() const {
  if (kind == Kind::kActions)
    return "Actions of " + std::string(to_string(after)) + " run after their suppression";
  return "Alarm updated from " + std::string(to_string(before)) + " to " +
         std::string(to_string(after));
}

AlarmBoard::AlarmBoard(Setup setup) : setup_(std::move(setup)), bands_(std::move(setup_.bands)) {}

Result<std::unique_ptr<AlarmBoard>> AlarmBoard::make(Setup setup) {
  std::unique_ptr<AlarmBoard> board(new AlarmBoard(std::move(setup)));
  TRY(board->connect());
  TRY(board->order_composites());
  return board;
}

std::string AlarmBoard::arn(size_t alarm) const {
  return "arn:aws:cloudwatch:" + setup_.region + ":" + setup_.account + ":alarm:" + name(alarm);
}

const AlarmActions& AlarmBoard::actions_of(size_t alarm) const {
  return is_composite(alarm) ? composite(alarm).actions : metric_alarm(alarm).actions();
}

std::optional<size_t> AlarmBoard::find(const std::string& reference) const {
  auto found = by_name_.find(std::string(name_in(reference)));
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

Status AlarmBoard::connect() {
  auto add = [&](const std::string& name) -> Status {
    size_t place = watches_.size();
    watches_.emplace_back().name = name;
    if (name.empty()) return Error{ErrorCode::kInvalidInput, "an alarm has no name"};
    if (!by_name_.emplace(name, place).second)
      return Error{ErrorCode::kInvalidInput, "two alarms are called " + name};
    return {};
  };
  for (const MetricAlarm& alarm : setup_.alarms) {
    TRY(add(alarm.name()));
    step_seconds_ = std::min(step_seconds_, alarm.step_seconds());
  }
  for (const CompositeAlarm& alarm : setup_.composites) TRY(add(alarm.name));
  for (size_t i = setup_.alarms.size(); i < watches_.size(); ++i) {
    const CompositeAlarm& alarm = composite(i);
    Watch& watch = watches_[i];
    for (const std::string& child : alarm.rule.alarms()) {
      if (auto found = find(child)) {
        watch.children.push_back(*found);
      } else {
        remarks_.push_back("composite alarm " + alarm.name + " names " + child +
                           ", which is not here: it stays in INSUFFICIENT_DATA");
      }
    }
    if (alarm.suppressor.empty()) continue;
    watch.suppressor = find(alarm.suppressor);
    watch.suppression = Suppression(alarm.wait, alarm.extension);
    if (!watch.suppressor)
      remarks_.push_back("composite alarm " + alarm.name + " is suppressed by " + alarm.suppressor +
                         ", which is not here");
  }
  changed_.assign(watches_.size(), false);
  return {};
}

/// Children first, by the depth of each; a circle has no depth.
Status AlarmBoard::order_composites() {
  size_t first = setup_.alarms.size();
  std::vector<bool> placed(watches_.size(), false);
  for (size_t i = 0; i < first; ++i) placed[i] = true;
  while (order_.size() < setup_.composites.size()) {
    size_t before = order_.size();
    for (size_t i = first; i < watches_.size(); ++i) {
      const auto& children = watches_[i].children;
      if (placed[i] ||
          !std::all_of(children.begin(), children.end(), [&](size_t c) { return placed[c]; }))
        continue;
      placed[i] = true;
      order_.push_back(i);
    }
    if (order_.size() > before) continue;
    std::string names;
    for (size_t i = first; i < watches_.size(); ++i) {
      if (!placed[i]) names += (names.empty() ? "" : ", ") + watches_[i].name;
    }
    return Error{ErrorCode::kInvalidInput, "composite alarms go in a circle: " + names};
  }
  return {};
}

Timestamp AlarmBoard::start(Timestamp begin) const {
  return next_multiple(begin - Duration(1), step_seconds_);
}

uint64_t AlarmBoard::changes_of(const MetricAlarm& alarm, const MetricStore& store) const {
  uint64_t changes = 0;
  for (const MetricQuery& query : alarm.queries().queries()) {
    if (!query.stat) continue;
    if (auto ref = store.find(query.stat->metric)) changes += store.changes(*ref) + 1;
  }
  return changes;
}

/// An alarm that looked at nothing but missing points stays as it is until there are some.
void AlarmBoard::sleep(size_t index, Timestamp now, const MetricStore& store) {
  const MetricAlarm& alarm = metric_alarm(index);
  Watch& watch = watches_[index];
  watch.changes = changes_of(alarm, store);
  watch.wake = now;
  if (alarm.queries().looks_at_time()) return;
  Timestamp back = alarm.looks_back(now);
  std::optional<Timestamp> first;
  for (const MetricQuery& query : alarm.queries().queries()) {
    auto ref = query.stat ? store.find(query.stat->metric) : std::nullopt;
    auto point = ref ? store.next_point(*ref, back) : std::nullopt;
    if (point && (!first || *point < *first)) first = point;
  }
  if (!first) {
    watch.wake.reset();
  } else if (*first >= now) {
    watch.wake = *first;
  }
}

void AlarmBoard::judge(size_t index, Timestamp now, const MetricStore& store,
                       const std::function<void(BoardEvent)>& happened) {
  const MetricAlarm& alarm = metric_alarm(index);
  Watch& watch = watches_[index];
  auto evaluation = alarm.evaluate(store, now, watch.state, bands_);
  watch.fresh = false;
  if (!evaluation.ok()) {
    if (watch.problem.empty()) {
      watch.problem = evaluation.error().message;
      remarks_.push_back("alarm " + watch.name + " could not be judged: " + watch.problem);
    }
    return;
  }
  if (evaluation.value().state == watch.state) return;
  BoardEvent event;
  event.time = now;
  event.alarm = index;
  event.before = watch.state;
  event.after = evaluation.value().state;
  event.reason = alarm.reason(evaluation.value());
  event.reason_data = alarm.reason_data(evaluation.value(), now);
  event.datapoints = std::move(evaluation.value().datapoints);
  watch.state = event.after;
  changed_[index] = true;
  finish(std::move(event), alarm.actions(), happened);
}

std::string AlarmBoard::muted_by(size_t alarm, Timestamp now) const {
  for (const MuteRule& rule : setup_.mute_rules) {
    if (rule.mutes(name(alarm), now)) return "muted by " + rule.name();
  }
  return "";
}

void AlarmBoard::finish(BoardEvent event, const AlarmActions& actions,
                        const std::function<void(BoardEvent)>& happened) {
  event.actions = actions.of(event.after);
  if (event.actions.empty()) {
    if (event.kind == BoardEvent::Kind::kActions) return;
    event.not_run.clear();
  } else if (event.not_run.empty()) {
    event.not_run = actions.enabled ? muted_by(event.alarm, event.time) : "ActionsEnabled is false";
  }
  happened(std::move(event));
}

void AlarmBoard::judge_composite(size_t index, Timestamp now,
                                 const std::function<void(BoardEvent)>& happened) {
  Watch& watch = watches_[index];
  const CompositeAlarm& alarm = composite(index);
  auto trigger = std::find_if(watch.children.begin(), watch.children.end(),
                              [&](size_t child) { return changed_[child]; });
  if (trigger == watch.children.end() && !watch.fresh) return;
  watch.fresh = false;
  bool raised = alarm.rule.holds([&](const std::string& child) {
    auto found = find(child);
    return found ? watches_[*found].state : AlarmState::kInsufficientData;
  });
  AlarmState state = raised ? AlarmState::kAlarm : AlarmState::kOk;
  if (state == watch.state) return;
  BoardEvent event;
  event.time = now;
  event.alarm = index;
  event.before = watch.state;
  event.after = state;
  JsonWriter json;
  json.begin_object().key("triggeringAlarms").begin_array();
  for (size_t child : watch.children) {
    if (!changed_[child]) continue;
    if (!event.reason.empty()) event.reason += "; ";
    event.reason += arn(child) + " transitioned to " +
                    std::string(to_string(watches_[child].state)) + " at " + long_time(now);
    json.begin_object().member("arn", arn(child)).key("state").begin_object();
    json.member("value", to_string(watches_[child].state)).member("timestamp", state_time(now));
    json.end_object().end_object();
  }
  json.end_array().end_object();
  event.reason_data = std::move(json).take();
  if (event.reason.empty()) event.reason = "Initial evaluation of the alarm rule";
  watch.state = state;
  changed_[index] = true;
  if (watch.suppressor) {
    watch.suppression.on_change(now);
    event.not_run = "suppressed: " + std::string(to_string(watch.suppression.by()));
  }
  finish(std::move(event), alarm.actions, happened);
}

void AlarmBoard::step(Timestamp now, const MetricStore& store,
                      const std::function<void(BoardEvent)>& happened) {
  std::fill(changed_.begin(), changed_.end(), false);
  for (size_t i = 0; i < setup_.alarms.size(); ++i) {
    Watch& watch = watches_[i];
    bool awake = watch.fresh || (watch.wake && *watch.wake < now) ||
                 watch.changes != changes_of(setup_.alarms[i], store);
    if (!awake || !setup_.alarms[i].due(now)) continue;
    judge(i, now, store, happened);
    sleep(i, now, store);
  }
  auto look_at_suppressor = [&](Watch& watch) {
    if (watch.suppressor)
      watch.suppression.on_suppressor(now, state(*watch.suppressor) == AlarmState::kAlarm);
  };
  for (size_t i : order_) {
    look_at_suppressor(watches_[i]);
    judge_composite(i, now, happened);
  }
  // Once more: a suppressor may be a composite alarm that was judged after those it suppresses.
  for (size_t i : order_) {
    Watch& watch = watches_[i];
    look_at_suppressor(watch);
    if (!watch.suppression.run_actions(now)) continue;
    BoardEvent event;
    event.kind = BoardEvent::Kind::kActions;
    event.time = now;
    event.alarm = i;
    event.before = event.after = watch.state;
    finish(std::move(event), actions_of(i), happened);
  }
}

std::optional<Timestamp> AlarmBoard::next(Timestamp now, const MetricStore& store) const {
  std::optional<Timestamp> first;
  auto offer = [&](Timestamp time) {
    if (!first || time < *first) first = time;
  };
  for (size_t i = 0; i < setup_.alarms.size(); ++i) {
    const Watch& watch = watches_[i];
    if (watch.fresh || watch.changes != changes_of(setup_.alarms[i], store)) {
      offer(next_multiple(now, step_seconds_));
    } else if (watch.wake) {
      offer(next_multiple(std::max(now, *watch.wake), setup_.alarms[i].step_seconds()));
    }
    if (first && *first == next_multiple(now, step_seconds_)) break;
  }
  for (size_t i : order_) {
    if (watches_[i].fresh) offer(next_multiple(now, step_seconds_));
    if (auto ends = watches_[i].suppression.ends()) offer(std::max(*ends, now + seconds(1)));
  }
  return first;
}

void AlarmBoard::save(std::string& out) const {
  pack_number(out, watches_.size());
  for (const Watch& watch : watches_) {
    pack_text(out, watch.name);
    pack_number(out, static_cast<uint64_t>(watch.state));
    pack_number(out, watch.fresh ? 1 : 0);
    watch.suppression.save(out);
  }
}

void AlarmBoard::restore(StoredReader& bytes) {
  constexpr size_t kLeastBytes = 7;  // of one
  for (size_t left = bytes.count(kLeastBytes); bytes.ok() && left > 0; --left) {
    auto known = by_name_.find(std::string(bytes.text()));
    Watch gone;
    Watch& watch = known == by_name_.end() ? gone : watches_[known->second];
    watch.state =
        static_cast<AlarmState>(bytes.number(static_cast<uint64_t>(AlarmState::kInsufficientData)));
    watch.fresh = bytes.flag();
    watch.wake = Timestamp();
    Suppression suppression = watch.suppression;
    suppression.restore(bytes);
    if (watch.suppressor) watch.suppression = suppression;
  }
  // Their rules may be others now.
  for (size_t composite : order_) watches_[composite].fresh = true;
}

void AlarmBoard::hold(MetricStore& store) const {
  constexpr Duration kLearned = std::chrono::hours(15 * 24), kLongestStep = std::chrono::hours(1);
  for (const MetricAlarm& alarm : setup_.alarms) {
    const bool learns = is_band(alarm.rule().comparison);
    const Duration span = std::chrono::seconds(alarm.period_seconds()) *
                              static_cast<int64_t>(evaluation_range(alarm.rule())) +
                          kLongestStep;
    for (const MetricQuery& query : alarm.queries().queries())
      if (query.stat) store.hold(query.stat->metric, learns ? std::max(span, kLearned) : span);
  }
}

}  // namespace cairn::monitor
