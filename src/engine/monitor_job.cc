#include "engine/monitor_job.h"

#include "engine/each_line.h"
#include "formats/json_tree.h"
#include "monitor/alarm.h"
#include "monitor/composite_alarm.h"

#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <vector>

namespace cairn::engine {

namespace {

using Kind = JsonTree::Kind;
using monitor::AlarmState;

constexpr double kLargest = 0x1p360;  // of a value of a metric, by PutMetricData

/// One line of `cairn monitor try`.
class Trial {
 public:
  explicit Trial(const JsonTree& tree) : tree_(tree) {}

  Result<AlarmState> judge() const {
    uint32_t alarm = tree_.find(0, "alarm");
    if (alarm == 0 || tree_[alarm].kind != Kind::kObject)
      return wrong("\"alarm\" must be an object of properties");
    if (uint32_t inner = tree_.find(alarm, "Properties"); inner != 0) alarm = inner;
    TRY_ASSIGN(AlarmState current, state("state", tree_.find(0, "state")));
    if (uint32_t rule = tree_.find(alarm, "AlarmRule"); rule != 0) return judge_rule(rule);
    TRY_ASSIGN(auto definition, monitor::parse_alarm(tree_, alarm));
    TRY_ASSIGN(auto points, datapoints());
    return monitor::evaluate(definition, points, current);
  }

 private:
  static Error wrong(const std::string& what) { return {ErrorCode::kInvalidInput, what}; }

  /// A missing state is that of a new alarm.
  Result<AlarmState> state(const std::string& name, uint32_t node) const {
    if (node == 0) return AlarmState::kInsufficientData;
    auto read =
        tree_[node].is_string() ? monitor::parse_alarm_state(tree_[node].text) : std::nullopt;
    if (!read) return wrong("\"" + name + "\" must be OK, ALARM or INSUFFICIENT_DATA");
    return *read;
  }

  Result<std::vector<std::optional<double>>> datapoints() const {
    uint32_t list = tree_.find(0, "datapoints");
    if (list == 0 || tree_[list].kind != Kind::kArray)
      return wrong("\"datapoints\" must be a list of numbers and nulls");
    std::vector<std::optional<double>> points;
    for (uint32_t i = list + 1; i < tree_[list].next; i = tree_[i].next) {
      if (tree_[i].kind == Kind::kNull) {
        points.emplace_back();
        continue;
      }
      double value = 0;
      std::string_view text = tree_[i].text;
      bool read = tree_[i].is_number() &&
                  std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc();
      if (!read || std::abs(value) > kLargest)
        return wrong("datapoint " + std::to_string(points.size() + 1) +
                     " is no number that a metric can have, and not null");
      points.emplace_back(value);
    }
    return points;
  }

  Result<AlarmState> judge_rule(uint32_t node) const {
    if (!tree_[node].is_string()) return wrong("AlarmRule must be a text");
    auto rule = monitor::CompositeRule::parse(tree_[node].text);
    if (!rule.ok()) return std::move(rule).error().with_context("AlarmRule");
    std::map<std::string, AlarmState> states;
    uint32_t given = tree_.find(0, "states");
    for (const std::string& name : rule.value().alarms()) {
      TRY_ASSIGN(states[name], state(name, given == 0 ? 0 : tree_.find(given, name)));
    }
    bool raised = rule.value().holds([&](const std::string& name) { return states.at(name); });
    return raised ? AlarmState::kAlarm : AlarmState::kOk;
  }

  const JsonTree& tree_;
};

}  // namespace

Status try_alarms(World world, const std::string& path,
                  const std::function<Status(std::string_view)>& print) {
  JsonTree tree;
  return each_line(world, path, [&](Result<std::string_view> line) -> Status {
    Status parsed = line.ok() ? tree.parse(line.value()) : Status(line.error());
    if (!parsed.ok()) return print("error: the line: " + parsed.error().message);
    auto state = Trial(tree).judge();
    return print(state.ok() ? std::string(to_string(state.value()))
                            : "error: " + state.error().message);
  });
}

}  // namespace cairn::engine
