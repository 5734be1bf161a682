// What monitoring costs.
//
//   monitor_bench [SERIES] [ALARMS] [MINUTES]
//
// Steady state: every minute each of SERIES metrics gets a sample and ALARMS alarms (one minute, 3
// of 5) are judged; prints the share of one core that this takes and the store's memory. Replay: 50
// such alarms over a month in which every minute has data, as filters with a default value make it.

#include "base/check.h"
#include "monitor/alarm_board.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

namespace {

using namespace cairn;
using monitor::AlarmBoard;
using monitor::MetricRef;
using monitor::MetricStore;

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::unique_ptr<AlarmBoard> make_board(size_t alarms, size_t periods) {
  AlarmBoard::Setup setup;
  for (size_t i = 0; i < alarms; ++i) {
    JsonTree tree;
    std::string name = "m" + std::to_string(i);
    CAIRN_CHECK(
        tree.parse(R"({"AlarmName":")" + name + R"(","Namespace":"Bench","MetricName":")" + name +
                   R"(","Statistic":"Sum","Period":60,"DatapointsToAlarm":1,"EvaluationPeriods":)" +
                   std::to_string(periods) +
                   R"(,"Threshold":5,"ComparisonOperator":"GreaterThanThreshold"})")
            .ok());
    setup.alarms.push_back(monitor::MetricAlarm::parse(tree, 0).value());
  }
  return std::move(AlarmBoard::make(std::move(setup))).value();
}

const Timestamp kStart = *parse_event_time("2024-03-01T00:00:00Z");
Timestamp minute(size_t number) {
  return kStart + std::chrono::minutes(static_cast<int64_t>(number));
}

void steady_state(size_t series, size_t alarms, size_t minutes) {
  MetricStore store({});
  std::vector<MetricRef> refs;
  for (size_t i = 0; i < series; ++i)
    refs.push_back(store.metric({"Bench", "m" + std::to_string(i), {}}).value());
  auto board = make_board(alarms, 5);
  size_t changes = 0;
  double started = 0;
  constexpr size_t kWarm = 10;
  for (size_t now = 0; now < minutes + kWarm; ++now) {
    if (now == kWarm) started = cpu_seconds();
    for (size_t i = 0; i < series; ++i)
      CAIRN_CHECK(store.add(refs[i], minute(now), static_cast<double>((i + now) % 4)).ok());
    board->step(minute(now + 1), store, [&](const monitor::BoardEvent&) { ++changes; });
    if (now % 60 == 59) store.expire(minute(now + 1));
  }
  double used = cpu_seconds() - started;
  std::printf(
      "steady state: %zu series, %zu alarms: %.2f %% of a core, %.0f MiB, minutes kept %lld "
      "(%zu changes)\n",
      series, alarms, used / static_cast<double>(minutes) / 60 * 100,
      static_cast<double>(store.memory_bytes()) / (1 << 20),
      static_cast<long long>(store.kept(1) / std::chrono::minutes(1)), changes);
}

void month(size_t alarms) {
  constexpr size_t kMinutes = 30 * 24 * 60;
  MetricStore store({});
  auto board = make_board(alarms, 1);
  double started = cpu_seconds();
  for (size_t i = 0; i < alarms; ++i) {
    MetricRef ref = store.metric({"Bench", "m" + std::to_string(i), {}}).value();
    for (size_t now = 0; now < kMinutes; ++now)
      CAIRN_CHECK(store.add(ref, minute(now), (i + now) % 997 == 0 ? 9 : 0).ok());
  }
  double filled = cpu_seconds();
  size_t changes = 0, steps = 0;
  for (auto now = std::optional(board->start(minute(1))); now && *now <= minute(kMinutes);
       now = board->next(*now, store), ++steps)
    board->step(*now, store, [&](const monitor::BoardEvent&) { ++changes; });
  std::printf(
      "a month, %zu alarms at 1 minute: %.2f s filling, %.2f s judging (%zu steps, %zu "
      "changes)\n",
      alarms, filled - started, cpu_seconds() - filled, steps, changes);
}

}  // namespace

int main(int argument_count, char** arguments) {
  auto argument = [&](int place, size_t otherwise) {
    return argument_count > place ? std::strtoul(arguments[place], nullptr, 10) : otherwise;
  };
  steady_state(argument(1, 100'000), argument(2, 1'000), argument(3, 60));
  month(50);
  return 0;
}
