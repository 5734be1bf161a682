// Metrics and states of alarms that live on from run to run, changed: taken up, or refused. What
// was taken up is judged, saved, and taken up again.

#include "base/check.h"
#include "base/stored_reader.h"
#include "edited_bytes.h"
#include "formats/json_tree.h"
#include "monitor/alarm_board.h"
#include "monitor/metric_archive.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace cairn;
using namespace cairn::monitor;
using std::chrono::seconds;

constexpr int64_t kBegin = 1'709'287'200;
constexpr std::string_view kAlarms[] = {
    R"({"AlarmName":"a","Namespace":"L","MetricName":"m0","Statistic":"Sum","Period":60,"EvaluationPeriods":2,"Threshold":3,"ComparisonOperator":"GreaterThanThreshold"})",
    R"({"AlarmName":"b","Namespace":"L","MetricName":"m1","ExtendedStatistic":"p90","Period":300,"EvaluationPeriods":3,"DatapointsToAlarm":2,"Threshold":2,"ComparisonOperator":"LessThanThreshold","TreatMissingData":"breaching"})"};
constexpr std::string_view kComposite =
    R"json({"AlarmName":"c","AlarmRule":"ALARM(a) OR ALARM(b)","ActionsSuppressor":"b","ActionsSuppressorWaitPeriod":120,"ActionsSuppressorExtensionPeriod":60})json";

std::unique_ptr<AlarmBoard> make_board() {
  AlarmBoard::Setup setup;
  JsonTree tree;
  for (std::string_view text : kAlarms) {
    CAIRN_CHECK(tree.parse(text).ok());
    setup.alarms.push_back(MetricAlarm::parse(tree, 0).value());
  }
  CAIRN_CHECK(tree.parse(kComposite).ok());
  setup.composites.push_back(CompositeAlarm::parse(tree, 0).value());
  return AlarmBoard::make(std::move(setup)).value();
}

/// An hour on top of a state; returns the state after it, or nothing when it was refused.
std::optional<std::string> run(std::string_view state, int64_t begin) {
  MetricStore store({1 << 20});
  auto board = make_board();
  if (!state.empty()) {
    StoredReader bytes(state);
    if (!MetricArchive::restore(bytes, store).ok() || !bytes.ok()) return std::nullopt;
    board->restore(bytes);
    if (!bytes.done()) return std::nullopt;
  }
  board->hold(store);
  for (int64_t i = 0; i < 90; ++i) {
    auto metric = store.metric({"L", "m" + std::to_string(i % 3), {}});
    if (metric.ok())
      CAIRN_CHECK(
          store.add(metric.value(), Timestamp(seconds(begin + i * 40)), static_cast<double>(i % 7))
              .ok());
  }
  const Timestamp end{seconds(begin + 3600)};
  size_t steps = 0;
  for (auto now = std::optional(board->start(Timestamp(seconds(begin)))); now && *now <= end;
       now = board->next(*now, store)) {
    CAIRN_CHECK(++steps < 10'000);
    board->step(*now, store, [](const BoardEvent&) {});
  }
  store.expire(end);
  std::string bytes;
  CAIRN_CHECK(MetricArchive::save(store, [&](std::string_view piece) {
                bytes += piece;
                return Status();
              }).ok());
  board->save(bytes);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string kState = run("", kBegin).value();
  auto next = run(edited(kState, data, size), kBegin + 3600);
  if (next) CAIRN_CHECK(run(*next, kBegin + 7200).has_value());
  return 0;
}
