#include "engine/monitor_test_job.h"

#include "base/text.h"
#include "engine/filter_matches.h"
#include "formats/yaml.h"
#include "template/template.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>

namespace cairn::engine {

namespace {

using monitor::AlarmState;

constexpr uint64_t kTestBytes = 8u << 20;
constexpr uint64_t kEventsLimit = 1'000'000;  // of one test, repeated ones too
constexpr Duration kLongest = std::chrono::hours(24 * 30);

struct MadeEvent {
  Timestamp time{};
  std::shared_ptr<const std::string> text;  // one for all repetitions
};

/// One test as written.
struct MonitorTest {
  std::string name;
  std::vector<MadeEvent> events;
  Timestamp end{};
  std::map<std::string, uint64_t> matches, raised;
  std::map<std::string, AlarmState> states;
};

/// Reads tests; says all that is wrong with them.
class TestReader {
 public:
  TestReader(std::string file, Diagnostics& diagnostics)
      : file_(std::move(file)), diagnostics_(diagnostics) {}

  std::vector<MonitorTest> read(const std::string& text) {
    std::vector<MonitorTest> tests;
    YamlDocuments yaml = parse_yaml(text, file_, diagnostics_);
    for (const YamlNode& document : yaml.documents) {
      const YamlNode* list = document.find("tests");
      if (list == nullptr || !list->is_sequence()) {
        wrong(document, "a file of tests has a list \"tests\"");
        continue;
      }
      for (const YamlNode& item : list->items) tests.push_back(read_test(item));
    }
    return tests;
  }

 private:
  void wrong(const YamlNode& at, std::string message) {
    Diagnostic remark;
    remark.code = "monitor-test";
    remark.file = file_;
    remark.line = at.line;
    remark.column = at.column;
    remark.message = std::move(message);
    diagnostics_.add(std::move(remark));
  }

  void check_keys(const YamlNode& map, std::initializer_list<std::string_view> known) {
    for (const auto& [key, value] : map.members) {
      if (std::find(known.begin(), known.end(), key.text) == known.end())
        wrong(key, "there is no \"" + printable(key.text) + "\" here");
    }
  }

  MonitorTest read_test(const YamlNode& node) {
    MonitorTest test;
    if (!node.is_map()) {
      wrong(node, "a test has name, events and what is expected");
      return test;
    }
    check_keys(node, {"name", "start", "events", "for", "matches", "alarms", "raised"});
    const YamlNode* name = node.find("name");
    test.name = name != nullptr ? name->text : "line " + std::to_string(node.line);
    Timestamp start = *parse_event_time("2024-01-01T00:00:00Z");
    if (const YamlNode* given = node.find("start")) {
      auto time = parse_event_time(given->text);
      if (time) start = *time;
      if (!time) wrong(*given, "\"start\" is a time such as 2024-01-01T00:00:00Z");
    }
    Timestamp last = start;
    if (const YamlNode* events = node.find("events")) {
      if (!events->is_sequence()) wrong(*events, "\"events\" is a list");
      for (const YamlNode& event : events->items) read_event(event, start, last, test);
    }
    Duration more = length(node.find("for"), std::chrono::minutes(1));
    test.end = std::chrono::ceil<std::chrono::minutes>(last + Duration(1)) -
               std::chrono::minutes(1) + more;
    read_counts(node.find("matches"), test.matches);
    read_counts(node.find("raised"), test.raised);
    read_states(node.find("alarms"), test.states);
    return test;
  }

  Duration length(const YamlNode* node, Duration otherwise) {
    if (node == nullptr) return otherwise;
    auto read = parse_duration(node->text);
    if (read.ok() && read.value() >= Duration(0) && read.value() <= kLongest) return read.value();
    wrong(*node, "expected a length of time up to 30d, such as 90s or 5m");
    return otherwise;
  }

  void read_event(const YamlNode& node, Timestamp start, Timestamp& last, MonitorTest& test) {
    if (!node.is_map()) return wrong(node, "an event has \"record\" or \"text\"");
    check_keys(node, {"after", "times", "every", "record", "text"});
    if (const YamlNode* after = node.find("after")) last = start + length(after, Duration(0));
    Duration every = length(node.find("every"), Duration(0));
    uint64_t times = 1;
    if (const YamlNode* given = node.find("times")) times = number(*given);
    const YamlNode *record = node.find("record"), *text = node.find("text");
    if ((record == nullptr) == (text == nullptr))
      return wrong(node, "an event has either \"record\" or \"text\"");
    auto written = std::make_shared<const std::string>(
        record != nullptr ? templates::to_json(*record) : text->text);
    if (times > kEventsLimit - test.events.size())
      return wrong(node, "more than " + format_count(kEventsLimit) + " events");
    for (uint64_t i = 0; i < times; ++i) {
      if (i > 0) last += every;
      test.events.push_back({last, written});
    }
  }

  uint64_t number(const YamlNode& node) {
    uint64_t value = 0;
    const char* end = node.text.data() + node.text.size();
    auto [stop, code] = std::from_chars(node.text.data(), end, value);
    if (!node.text.empty() && code == std::errc() && stop == end) return value;
    wrong(node, "expected a whole number");
    return 0;
  }

  void read_counts(const YamlNode* map, std::map<std::string, uint64_t>& counts) {
    if (map == nullptr) return;
    if (!map->is_map()) return wrong(*map, "expected NAME: NUMBER");
    for (const auto& [key, value] : map->members) counts[key.text] = number(value);
  }

  void read_states(const YamlNode* map, std::map<std::string, AlarmState>& states) {
    if (map == nullptr) return;
    if (!map->is_map()) return wrong(*map, "expected ALARM: STATE");
    for (const auto& [key, value] : map->members) {
      auto state = monitor::parse_alarm_state(value.text);
      if (state) states[key.text] = *state;
      if (!state) wrong(value, "a state is OK, ALARM or INSUFFICIENT_DATA");
    }
  }

  std::string file_;
  Diagnostics& diagnostics_;
};

/// Runs one test.
class TestRun {
 public:
  TestRun(const MonitorStack& stack, const MonitorTest& test)
      : stack_(stack), test_(test), matches_(stack.filters.size()) {}

  Result<MonitorTestOutcome> run() {
    outcome_.name = test_.name;
    TRY(take_events());
    TRY_ASSIGN(auto board, monitor::AlarmBoard::make(stack_.alarms));
    Timestamp begin = test_.events.empty() ? test_.end : test_.events.front().time;
    for (const MadeEvent& event : test_.events) begin = std::min(begin, event.time);
    std::map<std::string, std::string> reasons;
    std::map<std::string, uint64_t> raised;
    auto now = std::optional(board->start(std::chrono::floor<std::chrono::minutes>(begin)));
    for (; now && *now <= test_.end; now = board->next(*now, store_)) {
      board->step(*now, store_, [&](const monitor::BoardEvent& event) {
        reasons[board->name(event.alarm)] = event.reason;
        if (event.kind == monitor::BoardEvent::Kind::kState && event.after == AlarmState::kAlarm)
          ++raised[board->name(event.alarm)];
      });
    }
    judge_matches();
    for (const auto& [name, expected] : test_.states) {
      auto alarm = find(*board, name);
      if (!alarm || board->state(*alarm) == expected) continue;
      fail("alarm " + name + " is " + std::string(to_string(board->state(*alarm))) + ", not " +
           std::string(to_string(expected)) + (reasons[name].empty() ? "" : ": " + reasons[name]));
    }
    for (const auto& [name, expected] : test_.raised) {
      if (find(*board, name) && raised[name] != expected)
        fail("alarm " + name + " came into ALARM " + std::to_string(raised[name]) + " times, not " +
             std::to_string(expected));
    }
    if (!outcome_.failures.empty())
      for (const std::string& remark : board->remarks()) fail(remark);
    return std::move(outcome_);
  }

 private:
  void fail(std::string text) { outcome_.failures.push_back(std::move(text)); }

  std::optional<size_t> find(const monitor::AlarmBoard& board, const std::string& name) {
    for (size_t i = 0; i < board.size(); ++i) {
      if (board.name(i) == name) return i;
    }
    fail("there is no alarm " + name);
    return std::nullopt;
  }

  Status take_events() {
    rules::LogEvent event;
    monitor::MinuteLog minutes(stack_.filters.size());
    for (const MadeEvent& made : test_.events) {
      event.set(*made.text);
      minutes.saw(made.time);
      for (size_t i = 0; i < stack_.filters.size(); ++i) {
        const monitor::MetricFilter& filter = stack_.filters[i];
        if (!filter.matches(event)) continue;
        ++matches_[i];
        minutes.matched(i, made.time);
        auto sample = filter.sample(event);
        if (!sample) continue;
        monitor::MetricId id = filter.metric();
        id.dimensions = std::move(sample->dimensions);
        TRY_ASSIGN(monitor::MetricRef metric, store_.metric(std::move(id)));
        TRY(store_.add(metric, made.time, sample->value, 1, filter.unit()));
      }
    }
    return minutes.add_defaults(stack_.filters, Timestamp::max(), store_);
  }

  void judge_matches() {
    for (const auto& [name, expected] : test_.matches) {
      auto found =
          std::find_if(stack_.filter_names.begin(), stack_.filter_names.end(),
                       [&, &wanted = name](const auto& one) {
                         return one == wanted || one.ends_with("-" + wanted);  // STACK-LOGICAL_ID
                       });
      if (found == stack_.filter_names.end()) {
        fail("there is no filter " + name);
        continue;
      }
      uint64_t count = matches_[static_cast<size_t>(found - stack_.filter_names.begin())];
      if (count != expected)
        fail("filter " + name + " matched " + plural(count, "event") + ", not " +
             std::to_string(expected));
    }
  }

  const MonitorStack& stack_;
  const MonitorTest& test_;
  monitor::MetricStore store_{{}};
  std::vector<uint64_t> matches_;
  MonitorTestOutcome outcome_;
};

}  // namespace

Result<MonitorTestResult> run_monitor_tests(World world, const StackChoice& choice,
                                            const std::string& file) {
  MonitorTestResult result;
  TRY_ASSIGN(MonitorStack stack, load_monitor_stack(world, choice));
  stack.alarms.bands = anomaly_bands();
  result.diagnostics = stack.diagnostics;
  TRY_ASSIGN(std::string text, read_file(world.files, file, kTestBytes));
  std::vector<MonitorTest> tests = TestReader(file, result.diagnostics).read(text);
  if (result.diagnostics.has_errors()) return result;
  for (const MonitorTest& test : tests) {
    TRY_ASSIGN(MonitorTestOutcome outcome, TestRun(stack, test).run());
    result.outcomes.push_back(std::move(outcome));
  }
  return result;
}

}  // namespace cairn::engine
