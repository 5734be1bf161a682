#include "engine/stack_check.h"

#include "base/text.h"
#include "dashboard/dashboard.h"
#include "formats/json_tree.h"
#include "monitor/alarm_board.h"
#include "monitor/metric_filter.h"
#include "monitor/metric_math.h"
#include "monitor/mute_rule.h"
#include "monitor/statistic.h"
#include "rules/event_pattern.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <set>
#include <tuple>

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
  Checker(Stack& stack, const LineOf& line_of) : stack_(stack), line_of_(line_of) {}

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
      check_filter(entry);
    } else if (type == "AWS::CloudWatch::Alarm") {
      check_alarm(entry);
    } else if (type == "AWS::CloudWatch::CompositeAlarm") {
      check_rule(entry);
    } else if (type == "AWS::CloudWatch::AlarmMuteRule") {
      check_mute_rule(entry);
    } else if (type == "AWS::Events::Rule") {
      check_event_pattern(entry.resource);
    } else if (type == "AWS::CloudWatch::Dashboard") {
      check_dashboard(entry.resource);
    } else if (type == "AWS::CloudWatch::AnomalyDetector") {
      check_detector(entry.resource);
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
    const Resource& resource = entry.resource;
    const std::string& message = read.error().message;
    // The messages begin with the property that is wrong.
    std::string named = message.substr(0, message.find_first_of(" :"));
    if (resource.properties.find(named) != nullptr) property = named.c_str();
    if (!told_by_types(resource, property, message)) say(code, resource, property, message);
  }

  // True when the types of properties have said so already: at the place of this property or inside
  // it, or that something is missing.
  bool told_by_types(const Resource& resource, const std::string& property,
                     const std::string& message) const {
    constexpr std::string_view kMissing = " is missing";
    std::string needs;
    if (message.ends_with(kMissing)) {
      needs = message.substr(0, message.size() - kMissing.size());
      needs = " needs " + needs.substr(needs.rfind(' ') + 1);  // npos + 1: all of it
    }
    std::set<std::pair<size_t, size_t>> whole = {{resource.line, resource.column}}, part;
    places_of(resource.properties, whole);
    if (const YamlNode* value = resource.properties.find(property)) places_of(*value, part);
    for (const Diagnostic& remark : stack_.diagnostics.items()) {
      if (remark.code != "template-property" || remark.file != resource.file) continue;
      std::pair place(remark.line, remark.column);
      if (needs.empty() ? part.contains(place)
                        : whole.contains(place) && remark.message.ends_with(needs))
        return true;
    }
    return false;
  }

  static void places_of(const YamlNode& node, std::set<std::pair<size_t, size_t>>& places) {
    if (node.line > 0) places.emplace(node.line, node.column);
    for (const YamlNode& item : node.items) places_of(item, places);
    for (const auto& [key, value] : node.members) {
      places.emplace(key.line, key.column);
      places_of(value, places);
    }
  }

  void check_filter(StackResource& entry) {
    const Resource& resource = entry.resource;
    take(entry, "stack-pattern", "FilterPattern", monitor::MetricFilter::parse(tree_, 0));
    const YamlNode* list = resource.properties.find("MetricTransformations");
    if (list == nullptr) return;
    for (const YamlNode& item : list->items) {
      const YamlNode* space = item.find("MetricNamespace");
      if (space != nullptr && space->text.starts_with("AWS/"))
        say_at("stack-pattern", resource, *space, "MetricNamespace must not begin with AWS/");
    }
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
    size_t before = stack_.diagnostics.items().size();
    if (has("MetricName")) check_single(resource);
    if (has("Metrics")) check_queries(resource, *resource.properties.find("Metrics"));
    if (has("ThresholdMetricId")) check_band(resource);
    check_length(resource, "AlarmDescription", 1024);
    check_length(resource, "Namespace", 255);
    bool told = stack_.diagnostics.items().size() != before;
    auto alarm = monitor::MetricAlarm::parse(tree_, 0);
    if (told && !alarm.ok()) {
      // Another fault is worth telling, but none that is the same in other words.
      const std::string& message = alarm.error().message;
      if (has("Metrics") || message.find(" is missing") != std::string::npos ||
          message.find("tatistic") != std::string::npos)
        return;
    }
    const char* property = has("Metrics") ? "Metrics" : "Threshold";
    if (!alarm.ok() && !has("Metrics") &&
        alarm.error().message.find(" is no statistic") != std::string::npos)
      property = has("Statistic") ? "Statistic" : "ExtendedStatistic";
    take(entry, "stack-alarm", property, alarm);
  }

  void check_single(const Resource& resource) {
    auto has = [&](const char* name) { return resource.properties.find(name) != nullptr; };
    for (const char* needed : {"Namespace", "Period"}) {
      if (!has(needed))
        say("stack-alarm", resource, "MetricName", std::string(needed) + " is missing");
    }
    if (has("Statistic") == has("ExtendedStatistic"))
      return say("stack-alarm", resource, "Statistic",
                 "an alarm has exactly one of Statistic and ExtendedStatistic");
    const char* property = has("Statistic") ? "Statistic" : "ExtendedStatistic";
    check_statistic(resource, *resource.properties.find(property), property);
  }

  void check_statistic(const Resource& resource, const YamlNode& value,
                       const std::string& property) {
    auto statistic = monitor::Statistic::parse(value.text);
    if (statistic.ok() || told_by_types(resource, property, "")) return;
    say_at("stack-alarm", resource, value, property + ": " + statistic.error().message);
  }

  void check_length(const Resource& resource, const char* property, size_t limit) {
    const YamlNode* value = resource.properties.find(property);
    if (value == nullptr || value->text.size() <= limit) return;
    say("stack-alarm", resource, property,
        std::string(property) + " is longer than " + format_count(limit));
  }

  // What each of the metrics and expressions says, told where it stands; how they hang together is
  // MetricQueries' to judge.
  void check_queries(const Resource& resource, const YamlNode& list) {
    for (const char* single : {"MetricName", "Namespace", "Dimensions", "Period", "Statistic",
                               "ExtendedStatistic", "Unit"}) {
      if (is_alarm(resource) && resource.properties.find(single) != nullptr)
        say("stack-alarm", resource, single,
            std::string(single) + " cannot stand beside Metrics: it belongs into a MetricStat");
    }
    std::set<std::string> ids;
    for (const YamlNode& item : list.items) {
      if (const YamlNode* id = item.find("Id")) ids.insert(id->text);
    }
    for (const YamlNode& item : list.items) {
      const YamlNode* expression = item.find("Expression");
      if (expression != nullptr) check_expression(resource, item, *expression, ids);
      const YamlNode* metric = item.find("MetricStat");
      const YamlNode* statistic = metric == nullptr ? nullptr : metric->find("Stat");
      if (statistic != nullptr) check_statistic(resource, *statistic, "Stat");
    }
  }

  void check_expression(const Resource& resource, const YamlNode& item, const YamlNode& expression,
                        const std::set<std::string>& ids) {
    const YamlNode* id = item.find("Id");
    std::string name = "Expression" + (id == nullptr ? "" : " " + printable(id->text));
    auto math = monitor::MetricMath::parse(expression.text);
    if (!math.ok())
      return say_at("stack-alarm", resource, expression, name + ": " + math.error().message);
    for (const std::string& used : math.value().ids()) {
      if (!ids.contains(used))
        say_at("stack-alarm", resource, expression,
               name + ": there is no metric " + printable(used));
    }
  }

  // A detector does nothing here; an alarm's band is what runs.
  void check_detector(const Resource& resource) {
    auto find = [&](const char* name) { return resource.properties.find(name); };
    const YamlNode* single = find("SingleMetricAnomalyDetector");
    const YamlNode* math = find("MetricMathAnomalyDetector");
    bool plain = find("MetricName") != nullptr || find("Namespace") != nullptr;
    if ((single != nullptr) + (math != nullptr) + plain != 1)
      return say("stack-alarm", resource, "MetricName",
                 "a detector has exactly one of Namespace with MetricName and Stat, "
                 "SingleMetricAnomalyDetector, and MetricMathAnomalyDetector");
    if (math != nullptr) {
      if (const YamlNode* list = math->find("MetricDataQueries")) check_queries(resource, *list);
      return;
    }
    const YamlNode& of = single != nullptr ? *single : resource.properties;
    for (const char* needed : {"Namespace", "MetricName", "Stat"}) {
      if (of.find(needed) == nullptr)
        say("stack-alarm", resource,
            single != nullptr ? "SingleMetricAnomalyDetector" : "MetricName",
            std::string(needed) + " is missing");
    }
    if (const YamlNode* statistic = of.find("Stat")) check_statistic(resource, *statistic, "Stat");
  }

  // An alarm on an anomaly band: its threshold is one of its metrics.
  void check_band(const Resource& resource) {
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

  void check_mute_rule(StackResource& entry) {
    take(entry, "stack-mute-rule", "Rule", monitor::MuteRule::parse(tree_, 0));
    const YamlNode* targets = entry.resource.properties.find("MuteTargets");
    const YamlNode* names = targets == nullptr ? nullptr : targets->find("AlarmNames");
    if (names == nullptr) return;
    for (const YamlNode& name : names->items) {
      if (name.is_scalar() && !alarms_.contains(name.text))
        say_at("stack-name", entry.resource, name,
               "alarm \"" + printable(name.text) + "\" is in none of these templates",
               DiagnosticSeverity::kWarning);
    }
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
    for (const dashboard::Problem& problem : read.value().problems())
      say_in("stack-dashboard", resource, *body, problem.offset, problem.message);
    for (const auto& [name, offset] : read.value().alarms()) {
      if (!alarms_.contains(name))
        say_in("stack-dashboard", resource, *body, offset,
               "alarm \"" + printable(name) + "\" is in none of these templates");
    }
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
    const YamlNode* value = resource.properties.find(property);
    say_at(code, resource, value == nullptr ? YamlNode() : *value, std::move(message), severity);
  }

  // At a value, or inside it when the message counts its characters; without a place at the
  // resource.
  void say_at(const char* code, const Resource& resource, const YamlNode& value,
              std::string message, DiagnosticSeverity severity = DiagnosticSeverity::kError) {
    Diagnostic remark;
    remark.code = code;
    remark.severity = severity;
    remark.file = resource.file;
    remark.line = resource.line;
    remark.column = resource.column;
    remark.length = resource.logical_id.size();
    if (value.line > 0) {
      std::tie(remark.line, remark.column) = place_in(resource, value, character_of(message));
      remark.length = 1;
    }
    remark.message = resource.logical_id + ": " + std::move(message);
    stack_.diagnostics.add(std::move(remark));
  }

  // A warning at a byte of a text of many lines.
  void say_in(const char* code, const Resource& resource, const YamlNode& body, size_t offset,
              std::string message) {
    YamlNode at = body;
    std::string_view first = trim(line_of_(resource.file, body.line));
    bool literal = first.ends_with('|') || first.ends_with("|-") || first.ends_with("|+");
    if (literal && offset <= body.text.size()) {
      auto end = body.text.begin() + static_cast<ptrdiff_t>(offset);
      at.line += 1 + static_cast<size_t>(std::count(body.text.begin(), end, '\n'));
      std::string_view line = line_of_(resource.file, at.line);
      at.column = std::min(line.find_first_not_of(' '), line.size()) + 1;
    }
    at.text.clear();
    say_at(code, resource, at, std::move(message), DiagnosticSeverity::kWarning);
  }

  // "column 7" or "character 7" of a message; 1 when it names none.
  static size_t character_of(const std::string& message) {
    for (std::string_view word : {"column ", "character "}) {
      size_t at = message.find(word), number = 0;
      if (at == std::string::npos) continue;
      at += word.size();
      std::from_chars(message.data() + at, message.data() + message.size(), number);
      if (number > 0) return number;
    }
    return 1;
  }

  // Where a character of a value stands: in its line or the next one (YAML's | and >), when the
  // template has it there as it is; else where the value begins.
  std::pair<size_t, size_t> place_in(const Resource& resource, const YamlNode& value,
                                     size_t character) const {
    std::string_view text = trim(value.text);
    if (character > 1 && character <= text.size() + 1) {
      for (size_t line : {value.line, value.line + 1}) {
        size_t from = line == value.line ? value.column - 1 : 0;
        size_t at = line_of_(resource.file, line).find(text, from);
        if (at != std::string_view::npos) return {line, at + character};
      }
    }
    return {value.line, value.column};
  }

  Stack& stack_;
  const LineOf& line_of_;
  std::string json_;
  JsonTree tree_;
  std::map<std::string, const Resource*> alarms_;          // by name
  std::map<std::string, std::set<std::string>> children_;  // of composite alarms
};

}  // namespace

void check_meaning(Stack& stack, const LineOf& line_of) { Checker(stack, line_of).run(); }

}  // namespace cairn::engine
