#include "cli/replay_output.h"

#include "base/text.h"
#include "formats/json_writer.h"
#include "report/page.h"

#include <algorithm>

namespace cairn::cli {

namespace {

using monitor::AlarmState;
using monitor::BoardEvent;
using report::Ink;

constexpr size_t kStateWidth = 18, kNumberWidth = 8, kDurationWidth = 13, kTimeWidth = 20;

Ink ink_of(AlarmState state) {
  return state == AlarmState::kAlarm ? Ink::kHigh
         : state == AlarmState::kOk  ? Ink::kGood
                                     : Ink::kDim;
}

/// The page of one replay.
class ReplayPage {
 public:
  ReplayPage(const engine::ReplayResult& result, const ReplayCommand& command,
             const report::TerminalStyle& style)
      : result_(result), command_(command), page_(style) {}

  std::string render() && {
    const engine::ReplayVariant& base = result_.variants.front();
    std::string when = result_.nothing() ? "nothing, as no event has a time"
                                         : format_time_short(result_.from) + " to " +
                                               format_time_short(result_.to);
    page_.labelled("REPLAY", when + ": " + plural(base.alarms.size(), "alarm") + " on " +
                                 plural(result_.filters, "metric filter") + ", " +
                                 plural(result_.matches, "match", "matches"));
    if (result_.copies > 0)
      page_.labelled("", plural(result_.copies, "copy", "copies") + " of events left out");
    if (result_.without_time > 0)
      page_.labelled("", plural(result_.without_time, "event") + " without a time left out");
    if (result_.from_future > 0)
      page_.labelled("", plural(result_.from_future, "event") + " from the future left out");
    for (const std::string& remark : result_.remarks) page_.labelled("NOTE", page_.clean(remark));
    page_.blank();
    if (result_.variants.size() > 1) {
      compare();
    } else {
      list(base);
    }
    changes(base);
    return std::move(page_).take();
  }

 private:
  size_t name_width(size_t others) const {
    size_t longest = 5;
    for (const engine::AlarmHistory& alarm : result_.variants.front().alarms)
      longest = std::max(longest, display_width(alarm.name));
    size_t room = page_.width() > others + 12 ? page_.width() - others : 12;
    return std::min(longest + 2, room);
  }

  void list(const engine::ReplayVariant& variant) {
    size_t name = name_width(kStateWidth + kNumberWidth + 2 * kDurationWidth + 6);
    page_.line(page_.paint(Ink::kLabel, page_.pad("ALARM", name) + page_.pad("STATE", kStateWidth) +
                                            page_.pad_left("RAISED", kNumberWidth) + "  " +
                                            page_.pad("IN ALARM", kDurationWidth) + "LAST RAISED"));
    for (const engine::AlarmHistory& alarm : variant.alarms) {
      std::string last;
      for (const engine::AlarmChange& change : alarm.changes) {
        if (raises(change)) last = format_time_short(change.event.time);
      }
      page_.line(
          page_.pad(page_.cut(alarm.name, name - 2), name) +
          page_.paint(ink_of(alarm.state),
                      page_.pad(monitor::to_string(alarm.state), kStateWidth)) +
          page_.pad_left(format_count(alarm.raised), kNumberWidth) + "  " +
          page_.pad(alarm.raised == 0 ? "" : format_duration(alarm.in_alarm), kDurationWidth) +
          last);
    }
  }

  /// A column for each variant: how often, and how long.
  void compare() {
    constexpr size_t kColumn = 22;
    size_t name = name_width(kColumn * result_.variants.size());
    std::string head = page_.pad("ALARM", name);
    for (const engine::ReplayVariant& variant : result_.variants)
      head += page_.pad(
          page_.cut_middle(variant.label.empty() ? "as it is" : variant.label, kColumn - 2),
          kColumn);
    page_.line(page_.paint(Ink::kLabel, head));
    for (size_t i = 0; i < result_.variants.front().alarms.size(); ++i) {
      const engine::AlarmHistory& base = result_.variants.front().alarms[i];
      std::string line = page_.pad(page_.cut(base.name, name - 2), name);
      for (const engine::ReplayVariant& variant : result_.variants) {
        const engine::AlarmHistory& alarm = variant.alarms[i];
        std::string text = format_count(alarm.raised) + " times";
        if (alarm.raised == 1) text = "once";
        if (alarm.raised == 0) text = "never";
        if (alarm.raised > 0) text += ", " + format_duration(alarm.in_alarm);
        bool same = alarm.raised == base.raised && alarm.in_alarm == base.in_alarm;
        line += page_.paint(same ? Ink::kPlain : Ink::kMedium, page_.pad(text, kColumn));
      }
      page_.line(line);
    }
  }

  static bool raises(const engine::AlarmChange& change) {
    return change.event.kind == BoardEvent::Kind::kState &&
           change.event.after == AlarmState::kAlarm;
  }
  bool shown(const engine::AlarmChange& change) const {
    return command_.all_changes || change.event.kind == BoardEvent::Kind::kActions ||
           raises(change) || change.event.before == AlarmState::kAlarm;
  }

  void changes(const engine::ReplayVariant& variant) {
    std::vector<std::pair<const engine::AlarmChange*, const std::string*>> list;
    for (const engine::AlarmHistory& alarm : variant.alarms) {
      for (const engine::AlarmChange& change : alarm.changes) {
        if (shown(change)) list.emplace_back(&change, &alarm.name);
      }
    }
    std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
      return a.first->event.time < b.first->event.time;
    });
    size_t count = command_.top == 0 ? list.size() : std::min(command_.top, list.size());
    for (size_t i = 0; i < count; ++i) tell(*list[i].first, *list[i].second);
    if (count == list.size()) return;
    page_.blank();
    page_.line("… and " + plural(list.size() - count, "more change") + ": --top 0 or --json");
  }

  void tell(const engine::AlarmChange& change, const std::string& name) {
    const BoardEvent& event = change.event;
    page_.blank();
    std::string to(monitor::to_string(event.after));
    std::string what =
        event.kind == BoardEvent::Kind::kActions
            ? "actions of " + to + " run now"
            : std::string(monitor::to_string(event.before)) + (page_.plain() ? " -> " : " → ") + to;
    page_.line(page_.pad(format_time_short(event.time), kTimeWidth) +
               page_.cut(name, page_.width() > 60 ? page_.width() - 52 : 20) + "  " +
               page_.paint(ink_of(event.after), what));
    constexpr size_t kIndent = 4;
    if (!event.reason.empty()) page_.wrapped(page_.clean(event.reason), kIndent, Ink::kDim);
    if (!event.not_run.empty())
      page_.wrapped("actions did not run: " + page_.clean(event.not_run), kIndent);
    const engine::AlarmEvidence& evidence = change.evidence;
    if (evidence.events == 0) return;
    page_.wrapped(plural(evidence.events, "event") + tops("", evidence.actions) +
                      tops("; by ", evidence.principals) + tops("; from ", evidence.addresses) +
                      tops("; on ", evidence.resources),
                  kIndent);
    if (command_.sql && !evidence.sql.empty())
      page_.wrapped(page_.clean(evidence.sql), kIndent, Ink::kDim);
  }

  std::string tops(const char* word, const engine::AlarmEvidence::Top& top) const {
    if (top.empty()) return "";
    std::string text = *word == '\0' ? ": " : word;
    for (size_t i = 0; i < top.size(); ++i) {
      if (i > 0) text += ", ";
      text += page_.clean(top[i].first);
      if (top.size() > 1 || top[i].second > 1) text += " (" + format_count(top[i].second) + ")";
    }
    return text;
  }

  const engine::ReplayResult& result_;
  const ReplayCommand& command_;
  report::Page page_;
};

void write_top(JsonWriter& json, const char* name, const char* what,
               const engine::AlarmEvidence::Top& top) {
  json.key(name).begin_array();
  for (const auto& [text, count] : top)
    json.begin_object().member(what, text).member("events", count).end_object();
  json.end_array();
}

void write_change(JsonWriter& json, const engine::AlarmChange& change) {
  const BoardEvent& event = change.event;
  bool state = event.kind == BoardEvent::Kind::kState;
  json.begin_object().member("time", format_time(event.time));
  json.member("type", state ? "StateUpdate" : "Action").member("summary", event.summary());
  json.member("from", monitor::to_string(event.before))
      .member("to", monitor::to_string(event.after));
  if (!event.reason.empty()) json.member("reason", event.reason);
  if (!event.reason_data.empty()) json.key("reason_data").raw(event.reason_data);
  if (!event.actions.empty()) {
    json.key("actions").begin_array();
    for (const std::string& action : event.actions) json.value(action);
    json.end_array();
  }
  if (!event.not_run.empty()) json.member("actions_not_run", event.not_run);
  const engine::AlarmEvidence& evidence = change.evidence;
  if (evidence.events > 0) {
    json.key("evidence").begin_object().member("events", evidence.events);
    json.member("from", format_time(evidence.from)).member("to", format_time(evidence.to));
    write_top(json, "actions", "action", evidence.actions);
    write_top(json, "principals", "principal", evidence.principals);
    write_top(json, "addresses", "address", evidence.addresses);
    write_top(json, "resources", "resource", evidence.resources);
    json.key("event_ids").begin_array();
    for (const std::string& id : evidence.event_ids) json.value(id);
    json.end_array().member("sql", evidence.sql).end_object();
  }
  json.end_object();
}

}  // namespace

std::string render_replay(const engine::ReplayResult& result, const ReplayCommand& command,
                          const report::TerminalStyle& style) {
  return ReplayPage(result, command, style).render();
}

std::string replay_json(const engine::ReplayResult& result) {
  JsonWriter json;
  json.begin_object();
  if (!result.nothing())
    json.member("from", format_time(result.from)).member("to", format_time(result.to));
  json.member("filters", uint64_t{result.filters}).member("matches", result.matches);
  json.member("copies", result.copies).member("without_time", result.without_time);
  json.member("from_future", result.from_future).key("variants").begin_array();
  for (const engine::ReplayVariant& variant : result.variants) {
    json.begin_object().member("label", variant.label).key("alarms").begin_array();
    for (const engine::AlarmHistory& alarm : variant.alarms) {
      json.begin_object().member("name", alarm.name);
      if (!alarm.description.empty()) json.member("description", alarm.description);
      json.member("composite", alarm.composite).member("state", monitor::to_string(alarm.state));
      json.member("raised", alarm.raised).member("in_alarm_seconds", alarm.in_alarm.count() / 1000);
      json.key("history").begin_array();
      for (const engine::AlarmChange& change : alarm.changes) write_change(json, change);
      json.end_array().end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().key("remarks").begin_array();
  for (const std::string& remark : result.remarks) json.value(remark);
  json.end_array().end_object();
  return std::move(json).take() + "\n";
}

}  // namespace cairn::cli
