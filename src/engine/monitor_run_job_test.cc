#include "engine/monitor_run_job.h"

#include "base/hash.h"
#include "base/stored_reader.h"
#include "engine/monitor_state.h"
#include "engine/read_summary.h"
#include "sys/killed_at.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

namespace cairn::engine {
namespace {

using std::chrono::minutes;

constexpr std::string_view kTemplate = R"(
Resources:
  Denied:
    Type: AWS::Logs::MetricFilter
    Properties:
      LogGroupName: trail
      FilterPattern: '{ $.errorCode = "AccessDenied" }'
      MetricTransformations: [{MetricNamespace: L, MetricName: Denied, MetricValue: "1", DefaultValue: 0}]
  ByUser:
    Type: AWS::Logs::MetricFilter
    Properties:
      LogGroupName: trail
      FilterPattern: '{ $.eventName = "GetUser" }'
      MetricTransformations: [{MetricNamespace: L, MetricName: Gets, MetricValue: "1"}]
  Often:
    Type: AWS::CloudWatch::Alarm
    Properties: {AlarmName: often, Namespace: L, MetricName: Denied, Statistic: Sum, Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: GreaterThanThreshold}
  Slow:
    Type: AWS::CloudWatch::Alarm
    Properties: {AlarmName: slow, Namespace: L, MetricName: Denied, Statistic: Average, Period: 300, EvaluationPeriods: 3, DatapointsToAlarm: 2, Threshold: 0.2, ComparisonOperator: GreaterThanThreshold, TreatMissingData: ignore}
  Silent:
    Type: AWS::CloudWatch::Alarm
    Properties: {AlarmName: silent, Namespace: L, MetricName: Gets, Statistic: SampleCount, Period: 300, EvaluationPeriods: 2, Threshold: 1, ComparisonOperator: LessThanThreshold, TreatMissingData: breaching}
  Rate:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: rate
      Metrics:
        - {Id: d, ReturnData: false, MetricStat: {Metric: {Namespace: L, MetricName: Denied}, Period: 60, Stat: Sum}}
        - {Id: g, ReturnData: false, MetricStat: {Metric: {Namespace: L, MetricName: Gets}, Period: 60, Stat: Sum}}
        - {Id: r, Expression: 'd / FILL(g, 1)'}
      EvaluationPeriods: 2
      Threshold: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
      TreatMissingData: notBreaching
  Both:
    Type: AWS::CloudWatch::CompositeAlarm
    Properties: {AlarmName: both, AlarmRule: 'ALARM(often) OR (ALARM(slow) AND NOT OK(silent))'}
)";

Timestamp begin_time() { return parse_event_time("2024-03-01T00:00:00Z").value(); }

struct TestEvent {
  Timestamp time;
  std::string text;
};

TestEvent event_at(int number, Timestamp time, bool denied) {
  return {
      time,
      R"({"eventVersion":"1.08","eventID":"00000000-0000-4000-8000-)" +
          std::to_string(100'000'000'000 + number) + R"(","eventTime":")" + format_time(time) +
          R"(","eventSource":"iam.amazonaws.com","eventName":")" +
          (denied ? "CreateUser" : "GetUser") + R"(","awsRegion":"us-east-1",)" +
          (denied ? R"("errorCode":"AccessDenied",)" : "") +
          R"("userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/mallory"},"recipientAccountId":"111122223333"})"};
}

/// Six hours with silences and bursts. One event is at the beginning, where a replay begins.
std::vector<TestEvent> random_events(std::mt19937& random) {
  std::vector<TestEvent> events = {event_at(0, begin_time(), false)};
  Timestamp time = begin_time();
  const Timestamp end = time + minutes(6 * 60);
  for (int number = 1; time < end; ++number) {
    const bool burst = random() % 40 < 30;
    time += std::chrono::seconds(burst ? random() % 60 : random() % 2400);
    if (time < end) events.push_back(event_at(number, time, random() % 3 == 0));
  }
  return events;
}

class MonitorRunTest : public testing::Test {
 protected:
  MonitorRunTest()
      : folder_(testing::TempDir() + "monitor_run_" +
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(logs());
    std::ofstream(folder_ + "/alarms.yaml") << kTemplate;
  }
  ~MonitorRunTest() override { std::filesystem::remove_all(folder_); }

  std::string logs() const { return folder_ + "/logs"; }
  std::string state_path() const { return monitor_state_path(folder_ + "/state"); }

  void write_log(const std::string& name, const std::vector<TestEvent>& events) const {
    std::ofstream file(logs() + "/" + name);
    for (const TestEvent& event : events) file << event.text << "\n";
  }
  EventPlace place() const {
    EventPlace place;
    place.read.inputs = {logs()};
    place.read.threads = 2;
    return place;
  }
  StackChoice stack() const { return {{folder_ + "/alarms.yaml"}, {}, folder_ + "/state"}; }
  World world() { return {*files_, clock_, interrupted_}; }

  Result<ReplayResult> run(Timestamp until, std::function<void(const char*)> at_step = {},
                           std::optional<Timestamp> clock = std::nullopt) {
    clock_.time = clock.value_or(until);
    auto result =
        run_monitor(world(), {place(), stack(), EventClock::kEvent, until, std::move(at_step)}, {});
    if (!result.ok()) return result;
    for (const Diagnostic& diagnostic : result.value().diagnostics.items())
      ADD_FAILURE() << diagnostic.message;
    return result;
  }
  /// All changes that runs have seen.
  std::vector<std::string> history() {
    std::vector<std::string> lines;
    auto changes = monitor_history(world(), folder_ + "/state");
    if (!changes.ok()) return {"error: " + changes.error().message};
    for (const PastChange& change : changes.value())
      lines.push_back(format_time(change.time) + " " + change.alarm + ": " + change.summary + " " +
                      change.reason);
    return lines;
  }
  std::vector<std::string> replayed(Timestamp until) {
    std::vector<std::pair<Timestamp, std::string>> found;
    auto result = run_replay(world(), {place(), stack(), EventClock::kEvent, {}}, {});
    if (!result.ok()) return {"error: " + result.error().message};
    for (const AlarmHistory& alarm : result.value().variants.at(0).alarms) {
      for (const AlarmChange& change : alarm.changes) {
        const monitor::BoardEvent& event = change.event;
        if (event.time <= until)
          found.emplace_back(event.time, format_time(event.time) + " " + alarm.name + ": " +
                                             event.summary() + " " + event.reason);
      }
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::string> lines;
    for (auto& [time, line] : found) lines.push_back(std::move(line));
    return lines;
  }

  std::string folder_;
  std::unique_ptr<Files> files_ = real_files();
  FakeClock clock_;
  std::atomic<bool> interrupted_{false};
};

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_F(MonitorRunTest, RunsInStepsSayWhatOneReplaySays) {
  const unsigned seed = 11;
  std::mt19937 random(seed);
  const Timestamp end = begin_time() + minutes(7 * 60);
  for (int round = 0; round < 12; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    std::filesystem::remove_all(folder_ + "/state");
    std::filesystem::remove_all(logs());
    std::filesystem::create_directories(logs());
    const std::vector<TestEvent> events = random_events(random);
    std::vector<Timestamp> cuts = {end};
    for (size_t left = random() % 8; left > 0; --left)
      cuts.push_back(begin_time() + minutes(1 + random() % (7 * 60 - 1)));
    std::sort(cuts.begin(), cuts.end());
    Timestamp from = begin_time();
    for (Timestamp cut : cuts) {
      std::vector<TestEvent> part;
      for (const TestEvent& event : events)
        if (event.time >= from && event.time < cut) part.push_back(event);
      from = cut;
      write_log(format_time(cut) + ".jsonl", part);
      auto result = run(cut);
      ASSERT_TRUE(result.ok()) << result.error().message;
    }
    std::vector<std::string> expected = replayed(end);
    EXPECT_GT(expected.size(), 10u);
    EXPECT_EQ(history(), expected);
  }
}

TEST_F(MonitorRunTest, KilledAtAnyStepNothingIsLostOrCountedTwice) {
  std::mt19937 random(5);
  const std::vector<TestEvent> events = random_events(random);
  const Timestamp middle = begin_time() + minutes(180), end = begin_time() + minutes(420);
  auto half = std::find_if(events.begin(), events.end(),
                           [&](const TestEvent& event) { return event.time >= middle; });
  write_log("a.jsonl", {events.begin(), half});
  ASSERT_TRUE(run(middle).ok());
  const std::string before = bytes_of(state_path());
  write_log("b.jsonl", {half, events.end()});
  ASSERT_TRUE(run(end).ok());
  const std::string after = bytes_of(state_path());
  const std::vector<std::string> expected = history();
  int n = 0;
  for (bool killed = true; killed; ++n) {
    std::ofstream(state_path(), std::ios::binary) << before;
    killed = killed_at(n, [&](auto at_step) { return run(end, at_step).ok(); });
    const std::string now = bytes_of(state_path());
    EXPECT_TRUE(now == before || now == after) << n;
    ASSERT_TRUE(run(end).ok()) << n;
    ASSERT_EQ(history(), expected) << n;
  }
  EXPECT_GE(n, 5);
}

TEST_F(MonitorRunTest, StatesThatNobodyWroteAreRefusedAndStay) {
  std::mt19937 random(3);
  write_log("a.jsonl", random_events(random));
  const Timestamp end = begin_time() + minutes(400);
  ASSERT_TRUE(run(end).ok());
  const std::string state = bytes_of(state_path());
  const size_t head = state.find('\n') + 1 + 8;
  const std::string damages[] = {"", "damaged", "cairn monitor state 1\n", state.substr(0, head),
                                 state.substr(0, head - 1), state.substr(0, state.size() / 2),
                                 state + "x",
                                 // With the right hash, and a count that is not true.
                                 [&] {
                                   const std::string body = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F";
                                   std::string forged = state.substr(0, head - 8);
                                   for (int i = 0; i < 8; ++i)
                                     forged += static_cast<char>(hash64(body) >> (8 * i));
                                   return forged + body;
                                 }()};
  for (const std::string& damaged : damages) {
    std::ofstream(state_path(), std::ios::binary) << damaged;
    auto result = run(end);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::kCorrupt);
    EXPECT_NE(result.error().message.find("move it away to begin anew"), std::string::npos)
        << result.error().message;
    EXPECT_EQ(bytes_of(state_path()), damaged);
  }
  std::string other = state;
  for (size_t at = 0; at < other.size(); at += 97) {
    other[at] = static_cast<char>(other[at] ^ 4);
    std::ofstream(state_path(), std::ios::binary) << other;
    EXPECT_FALSE(run(end).ok()) << at;
    other[at] = state[at];
  }
}

TEST_F(MonitorRunTest, AnyBytesAreTakenUpOrRefused) {
  std::mt19937 random(4);
  write_log("a.jsonl", random_events(random));
  ASSERT_TRUE(run(begin_time() + minutes(400)).ok());
  const std::string state = bytes_of(state_path());
  const std::string body = state.substr(state.find('\n') + 1 + 8);
  MonitorState whole;
  ASSERT_TRUE(restore_monitor_state(body, whole).ok());
  size_t refused = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string other = body;
    for (size_t edits = 1 + random() % 3; edits > 0; --edits)
      other[random() % other.size()] = static_cast<char>(random());
    if (random() % 8 == 0) other.resize(random() % other.size());
    MonitorState restored;
    const Status done = restore_monitor_state(other, restored);
    refused += done.ok() ? 0u : 1u;
    if (!done.ok()) continue;
    std::string again;
    EXPECT_TRUE(save_monitor_state(restored, [&](std::string_view piece) {
                  again += piece;
                  return Status();
                }).ok());
  }
  EXPECT_GT(refused, 500u);
}

TEST_F(MonitorRunTest, ClocksThatJump) {
  std::mt19937 random(9);
  write_log("a.jsonl", random_events(random));
  const Timestamp end = begin_time() + minutes(400);
  ASSERT_TRUE(run(end).ok());
  const auto expected = history();
  // Back by an hour: nothing is judged twice.
  auto back = run(end - minutes(60));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back.value().remarks.size(), 1u);
  EXPECT_EQ(history(), expected);
  // Far ahead, and back: alarms go on from the right time.
  const Timestamp ahead = end + std::chrono::hours(24 * 365);
  ASSERT_TRUE(run(ahead).ok());
  auto right = run(end + minutes(5));
  ASSERT_TRUE(right.ok());
  ASSERT_EQ(right.value().remarks.size(), 1u);
  EXPECT_NE(right.value().remarks[0].find("a clock was wrong"), std::string::npos);
  ASSERT_TRUE(run(end + minutes(10)).ok());
  // And no run judges what is to come.
  EXPECT_EQ(run(end + minutes(20), {}, end).error().code, ErrorCode::kInvalidInput);
}

TEST_F(MonitorRunTest, EventsOfTheFutureAndOfLongAgo) {
  const Timestamp now = begin_time() + minutes(60);
  write_log("a.jsonl", {event_at(1, begin_time(), true), event_at(2, begin_time(), true),
                        event_at(3, now + std::chrono::hours(24 * 9000), true),
                        event_at(4, begin_time() - std::chrono::hours(24 * 3650), true)});
  auto result = run(now);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result.value().from_future, 1u);
  const auto changes = history();
  EXPECT_TRUE(std::any_of(changes.begin(), changes.end(), [](const std::string& line) {
    return line.starts_with("2024-03-01T00:01:00Z often: Alarm updated from");
  }));
}

TEST(Remembered, ForgetsWhatWasNotMetForLongest) {
  Remembered numbers(4);
  auto keep = [&] {
    std::string bytes;
    numbers.save(bytes);
    Remembered next(4);
    StoredReader in(bytes);
    next.restore(in);
    EXPECT_TRUE(in.done());
    numbers = std::move(next);
  };
  for (uint64_t number : std::initializer_list<uint64_t>{1, 2, 3, 4})
    EXPECT_TRUE(numbers.meet(number));
  keep();
  EXPECT_FALSE(numbers.meet(1));
  for (uint64_t number : std::initializer_list<uint64_t>{5, 6}) EXPECT_TRUE(numbers.meet(number));
  keep();
  for (uint64_t number : std::initializer_list<uint64_t>{7, 8}) EXPECT_TRUE(numbers.meet(number));
  keep();
  for (uint64_t number : std::initializer_list<uint64_t>{1, 5, 6, 7, 8})
    EXPECT_TRUE(numbers.has(number)) << number;
  for (uint64_t number : std::initializer_list<uint64_t>{9, 10, 11, 12, 13})
    EXPECT_TRUE(numbers.meet(number));
  keep();
  EXPECT_FALSE(numbers.has(2));
}

}  // namespace
}  // namespace cairn::engine
