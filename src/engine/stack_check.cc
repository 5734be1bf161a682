#include "engine/stack_check.h"

#include "base/text.h"
#include "dashboard/dashboard.h"
#include "formats/json_tree.h"
#include "monitor/alarm_board.h"
#include "monitor/metric_filter.h"
#include "monitor/mute_rule.h"
#include "rules/event_pattern.h"

#include <algorithm>
#include <functional>
#include <set>

namespace cairn::engine {

namespace {

using templates::Resource;
using templates::Verdict;

bool is_alarm(const Resource& resource) {
  return resource.type == "AWS::CloudWatch::Alarm" ||
         resource.type == "AWS::CloudWatch::CompositeAlarm";
}

class Checker {
 public:
  explicit Checker(Stack& stack) : stack_(stack) {}

  void run() {
    for (const StackResource& entry : stack_.resources) {
      const Resource& resource = entry.resource;
      if (!resource.created) continue;
      if (!is_alarm(resource)) continue;
      auto [before, fresh] = alarms_.emplace(resource.name, &resource);
      if (!fresh)
        say("stack-name", resource, "AlarmName",
            "alarm \"" + printable(resource.name) + "\" is already resource " +
                before->second->logical_id + " of " + before->second->file);
    }
    for (StackResource& entry : stack_.resources) {
      if (entry.resource.created && is_object(entry.resource)) check(entry);
    }
    find_circles();
  }

 private:
  // JSON of its own for each resource: small, and read once.
  bool is_object(const Resource& resource) {
    json_ = templates::to_json(resource.properties);
    return tree_.parse(json_).ok();
  }

  void check(StackResource& entry) {
    const std::string& type = entry.resource.type;
    if (type == "AWS::Logs::MetricFilter") {
      take(entry, "stack-pattern", "FilterPattern", monitor::MetricFilter::parse(tree_, 0));
    } else if (type == "AWS::CloudWatch::Alarm") {
      check_alarm(entry);
    } else if (type == "AWS::CloudWatch::CompositeAlarm") {
      check_rule(entry);
    } else if (type == "AWS::CloudWatch::AlarmMuteRule") {
      take(entry, "stack-mute-rule", "Rule", monitor::MuteRule::parse(tree_, 0));
    } else if (type == "AWS::Events::Rule") {
      check_event_pattern(entry.resource);
    } else if (type == "AWS::CloudWatch::Dashboard") {
      check_dashboard(entry.resource);
    }
    if (is_alarm(entry.resource)) check_actions(entry.resource);
  }

  template <typename T>
  void take(StackResource& entry, const char* code, const char* property, const Result<T>& read) {
    if (read.ok()) return;
    if (read.error().code == ErrorCode::kUnsupported) {
      entry.verdict = Verdict::kChecked;
      entry.reason = read.error().message;
      return;
    }
    // The messages begin with the property that is wrong.
    std::string named = read.error().message.substr(0, read.error().message.find_first_of(" :"));
    bool is_property = entry.resource.properties.find(named) != nullptr;
    say(code, entry.resource, is_property ? named : property, read.error().message);
  }

  void check_alarm(StackResource& entry) {
    const Resource& resource = entry.resource;
    auto has = [&](const char* name) { return resource.properties.find(name) != nullptr; };
    int looks_at = (has("MetricName") ? 1 : 0) + (has("Metrics") ? 1 : 0) +
                   (has("EvaluationCriteria") ? 1 : 0);
    if (looks_at != 1)
      return say("stack-alarm", resource, "Metrics",
                 "an alarm has exactly one of MetricName, Metrics and EvaluationCriteria");
    if (has("EvaluationCriteria")) {
      entry.verdict = Verdict::kChecked;
      entry.reason = "PromQL is not run here";
      return;
    }
    if (has("MetricName")) {
      for (const char* needed : {"Namespace", "Period"}) {
        if (!has(needed))
          say("stack-alarm", resource, "MetricName", std::string(needed) + " is missing");
      }
      if (has("Statistic") == has("ExtendedStatistic"))
        say("stack-alarm", resource, "Statistic",
            "an alarm has exactly one of Statistic and ExtendedStatistic");
    }
    if (has("ThresholdMetricId") && !check_band(resource)) return;
    take(entry, "stack-alarm", has("Metrics") ? "Metrics" : "Threshold",
         monitor::MetricAlarm::parse(tree_, 0));
  }

  // An alarm on an anomaly band: its threshold is one of its metrics.
  bool check_band(const Resource& resource) {
    size_t before = stack_.diagnostics.items().size();
    const YamlNode* id = resource.properties.find("ThresholdMetricId");
    const YamlNode* metrics = resource.properties.find("Metrics");
    if (resource.properties.find("Threshold") != nullptr)
      say("stack-alarm", resource, "Threshold", "Threshold cannot stand beside ThresholdMetricId");
    bool found = metrics != nullptr && std::any_of(metrics->items.begin(), metrics->items.end(),
                                                   [&](const YamlNode& item) {
                                                     const YamlNode* own = item.find("Id");
                                                     return own != nullptr && own->text == id->text;
                                                   });
    if (!found)
      say("stack-alarm", resource, "ThresholdMetricId",
          "ThresholdMetricId is none of the Ids in Metrics: \"" + printable(id->text) + "\"");
    const YamlNode* comparison = resource.properties.find("ComparisonOperator");
    if (comparison != nullptr && comparison->text.ends_with("ToThreshold"))
      say("stack-alarm", resource, "ComparisonOperator",
          "ComparisonOperator of an alarm with ThresholdMetricId is LessThanLowerThreshold, "
          "GreaterThanUpperThreshold or LessThanLowerOrGreaterThanUpperThreshold");
    return stack_.diagnostics.items().size() == before;
  }

  void check_actions(const Resource& resource) {
    for (const char* list : {"AlarmActions", "OKActions", "InsufficientDataActions"}) {
      const YamlNode* actions = resource.properties.find(list);
      if (actions == nullptr) continue;
      for (const YamlNode& action : actions->items) {
        if (action.is_scalar() && !action.text.starts_with("arn:"))
          say("stack-alarm", resource, list,
              std::string(list) + ": \"" + printable(action.text) + "\" is no ARN");
      }
    }
  }

  void check_rule(StackResource& entry) {
    const Resource& resource = entry.resource;
    const YamlNode* text = resource.properties.find("AlarmRule");
    if (text == nullptr || !text->is_scalar()) return;
    auto rule = monitor::CompositeRule::parse(text->text);
    if (!rule.ok())
      return say("stack-rule", resource, "AlarmRule", "AlarmRule: " + rule.error().message);
    for (const std::string& named : rule.value().alarms()) refer(resource, named, "AlarmRule");
    const YamlNode* suppressor = resource.properties.find("ActionsSuppressor");
    bool complete = true;
    if (suppressor != nullptr) {
      refer(resource, suppressor->text, "ActionsSuppressor");
      for (const char* seconds :
           {"ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"}) {
        if (resource.properties.find(seconds) != nullptr) continue;
        complete = false;
        say("stack-rule", resource, "ActionsSuppressor",
            std::string(seconds) + " is needed beside ActionsSuppressor");
      }
    }
    if (complete) take(entry, "stack-rule", "AlarmRule", monitor::CompositeAlarm::parse(tree_, 0));
  }

  // A child of a composite alarm, by name or ARN.
  void refer(const Resource& resource, const std::string& named, const char* property) {
    std::string name = named.starts_with("arn:") ? named.substr(named.rfind(':') + 1) : named;
    if (alarms_.contains(name)) {
      children_[resource.name].insert(name);
    } else {
      say("stack-name", resource, property,
          "alarm \"" + printable(name) +
              "\" is in none of these templates: it counts as one that "
              "has INSUFFICIENT_DATA",
          DiagnosticSeverity::kWarning);
    }
  }

  void check_event_pattern(const Resource& resource) {
    if (resource.properties.find("EventPattern") == nullptr) return;
    const YamlNode& pattern = *resource.properties.find("EventPattern");
    Diagnostics remarks;
    std::string text = pattern.is_scalar() ? pattern.text : templates::to_json(pattern);
    (void)rules::EventPattern::parse(text, "EventPattern", remarks);
    for (const Diagnostic& remark : remarks.items()) {
      if (remark.severity == DiagnosticSeverity::kError)
        say("stack-pattern", resource, "EventPattern", "EventPattern: " + remark.message);
    }
  }

  void check_dashboard(const Resource& resource) {
    const YamlNode* body = resource.properties.find("DashboardBody");
    if (body == nullptr) return;
    auto read =
        dashboard::Dashboard::parse(body->is_scalar() ? body->text : templates::to_json(*body));
    if (!read.ok()) return say("stack-dashboard", resource, "DashboardBody", read.error().message);
    for (const std::string& problem : read.value().problems())
      say("stack-dashboard", resource, "DashboardBody", problem, DiagnosticSeverity::kWarning);
  }

  // Composite alarms that ask each other in a circle never settle.
  void find_circles() {
    std::map<std::string, int> state;  // 1 open, 2 done
    std::function<void(const std::string&)> visit = [&](const std::string& name) {
      state[name] = 1;
      for (const std::string& child : children_[name]) {
        if (state[child] == 0) visit(child);
        if (state[child] == 1)
          say("stack-cycle", *alarms_.at(name), "AlarmRule",
              "composite alarms ask each other in a circle: \"" + printable(name) + "\" asks \"" +
                  printable(child) + "\"");
      }
      state[name] = 2;
    };
    for (const auto& [name, resource] : alarms_) {
      if (state[name] == 0) visit(name);
    }
  }

  void say(const char* code, const Resource& resource, const std::string& property,
           std::string message, DiagnosticSeverity severity = DiagnosticSeverity::kError) {
    Diagnostic remark;
    remark.code = code;
    remark.severity = severity;
    remark.file = resource.file;
    remark.line = resource.line;
    remark.column = resource.column;
    remark.length = resource.logical_id.size();
    if (const YamlNode* value = resource.properties.find(property);
        value != nullptr && value->line > 0) {
      remark.line = value->line;
      remark.column = value->column;
      remark.length = 1;
    }
    remark.message = resource.logical_id + ": " + std::move(message);
    stack_.diagnostics.add(std::move(remark));
  }

  Stack& stack_;
  std::string json_;
  JsonTree tree_;
  std::map<std::string, const Resource*> alarms_;          // by name
  std::map<std::string, std::set<std::string>> children_;  // of composite alarms
};

}  // namespace

void check_meaning(Stack& stack) { Checker(stack).run(); }

}  // namespace cairn::engine
