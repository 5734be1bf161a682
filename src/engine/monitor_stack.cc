#include "engine/monitor_stack.h"

#include "base/text.h"
#include "engine/stack.h"
#include "template/template.h"

#include <charconv>
#include <cmath>
#include <set>

namespace cairn::engine {

namespace {

/// Adds a resource that runs.
Status add(const templates::Resource& resource, MonitorStack& stack) {
  JsonTree tree;
  std::string json = templates::to_json(resource.properties);
  TRY(tree.parse(json));
  if (resource.type == "AWS::Logs::MetricFilter") {
    TRY_ASSIGN(auto filter, monitor::MetricFilter::parse(tree, 0));
    stack.filters.push_back(std::move(filter));
    stack.filter_names.push_back(resource.name);
  } else if (resource.type == "AWS::CloudWatch::Alarm") {
    TRY_ASSIGN(auto alarm, monitor::MetricAlarm::parse(tree, 0));
    alarm.rule().name = resource.name;
    stack.alarms.alarms.push_back(std::move(alarm));
  } else if (resource.type == "AWS::CloudWatch::CompositeAlarm") {
    TRY_ASSIGN(auto alarm, monitor::CompositeAlarm::parse(tree, 0));
    alarm.name = resource.name;
    stack.alarms.composites.push_back(std::move(alarm));
  } else if (resource.type == "AWS::CloudWatch::AlarmMuteRule") {
    TRY_ASSIGN(auto rule, monitor::MuteRule::parse(tree, 0));
    stack.alarms.mute_rules.push_back(std::move(rule));
  }
  return {};
}

Diagnostic remark_on(const templates::Resource& resource, DiagnosticSeverity severity,
                     const std::string& message) {
  Diagnostic remark;
  remark.code = "stack-not-run";
  remark.severity = severity;
  remark.file = resource.file;
  remark.line = resource.line;
  remark.column = resource.column;
  remark.length = resource.logical_id.size();
  remark.message = resource.logical_id + ": " + message;
  return remark;
}

Result<double> number(const std::string& text) {
  double value = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return Error{ErrorCode::kInvalidInput, "\"" + printable(text) + "\" is no number"};
  return value;
}

Status change(monitor::AlarmDefinition& rule, const std::string& property,
              const std::string& text) {
  if (equals_ignore_case(property, "TreatMissingData")) {
    constexpr std::string_view kWords[] = {"missing", "ignore", "breaching", "notBreaching"};
    for (size_t i = 0; i < std::size(kWords); ++i) {
      if (!equals_ignore_case(text, kWords[i])) continue;
      rule.missing_data = static_cast<monitor::MissingData>(i);
      return {};
    }
    return Error{ErrorCode::kInvalidInput,
                 "TreatMissingData is missing, ignore, breaching or notBreaching"};
  }
  TRY_ASSIGN(double value, number(text));
  if (equals_ignore_case(property, "Threshold")) {
    if (monitor::is_band(rule.comparison))
      return Error{ErrorCode::kInvalidInput, rule.name + " compares with a band, not a threshold"};
    rule.threshold = value;
    return {};
  }
  bool periods = equals_ignore_case(property, "EvaluationPeriods");
  if (!periods && !equals_ignore_case(property, "DatapointsToAlarm"))
    return Error{ErrorCode::kInvalidInput,
                 "only Threshold, EvaluationPeriods, DatapointsToAlarm and TreatMissingData can be "
                 "changed, not " +
                     printable(property)};
  if (value < 1 || value > 86'400 || value != std::floor(value))
    return Error{ErrorCode::kInvalidInput, property + " is a whole number from 1 on"};
  auto whole = static_cast<uint32_t>(value);
  if (periods && rule.datapoints_to_alarm == rule.evaluation_periods)
    rule.datapoints_to_alarm = whole;  // M follows N, as without DatapointsToAlarm
  (periods ? rule.evaluation_periods : rule.datapoints_to_alarm) = whole;
  return {};
}

Status check(const monitor::AlarmDefinition& rule) {
  uint64_t limit = rule.period_seconds < 3600 ? 86'400 : 7 * 86'400;
  if (uint64_t{rule.evaluation_periods} * rule.period_seconds > limit)
    return Error{ErrorCode::kInvalidInput, "EvaluationPeriods times Period is more than " +
                                               std::to_string(limit) + " seconds"};
  if (rule.datapoints_to_alarm > rule.evaluation_periods)
    return Error{ErrorCode::kInvalidInput, "DatapointsToAlarm is more than EvaluationPeriods"};
  return {};
}

}  // namespace

Result<MonitorStack> load_monitor_stack(World world, const StackChoice& choice) {
  std::string folder = choice.state_folder.empty() ? default_state_folder() : choice.state_folder;
  TRY_ASSIGN(Stack read, stack_to_try(world, choice.templates, choice.parameters, folder));
  MonitorStack stack;
  for (const Diagnostic& remark : read.diagnostics.items()) {
    // Pages tell what is not drawn in its place.
    bool of_a_page = remark.code == "stack-dashboard";
    if (!of_a_page || remark.severity == DiagnosticSeverity::kError) stack.diagnostics.add(remark);
  }
  if (stack.diagnostics.has_errors()) return stack;
  auto given = [&](const char* name, std::string& to) {
    if (auto found = read.parameters.find(name); found != read.parameters.end()) to = found->second;
  };
  given("AWS::AccountId", stack.alarms.account);
  given("AWS::Region", stack.alarms.region);
  for (const StackResource& entry : read.resources) {
    const templates::Resource& resource = entry.resource;
    if (!resource.created) continue;
    if (!entry.reason.empty())
      stack.diagnostics.add(
          remark_on(resource, DiagnosticSeverity::kWarning, "not run: " + entry.reason));
    if (entry.verdict != templates::Verdict::kRuns) continue;
    if (Status added = add(resource, stack); !added.ok())
      stack.diagnostics.add(remark_on(resource, DiagnosticSeverity::kError, added.error().message));
  }
  return stack;
}

namespace {

/// "ALARM.PROPERTY=VALUE", the alarm a glob.
Status change_one(std::vector<monitor::MetricAlarm>& alarms, const std::string& text,
                  std::set<std::string>& changed) {
  size_t equals = text.find('=');
  size_t dot = equals == std::string::npos ? equals : text.rfind('.', equals);
  if (dot == std::string::npos || dot == 0)
    return Error{ErrorCode::kInvalidInput,
                 "write ALARM.PROPERTY=VALUE, such as RootUse.Threshold=5"};
  std::string name = text.substr(0, dot), property = text.substr(dot + 1, equals - dot - 1);
  bool found = false;
  std::string names;
  for (monitor::MetricAlarm& alarm : alarms) {
    names += (names.empty() ? "" : ", ") + alarm.name();
    if (!glob_match_ignore_case(name, alarm.name())) continue;
    found = true;
    changed.insert(alarm.name());
    TRY(change(alarm.rule(), property, text.substr(equals + 1)));
  }
  if (found) return {};
  return Error{ErrorCode::kInvalidInput,
               "there is no alarm " + printable(name) + ", but " + truncate_to_width(names, 300)};
}

}  // namespace

Status change_alarms(std::vector<monitor::MetricAlarm>& alarms, const std::string& variant) {
  std::set<std::string> changed;
  // DatapointsToAlarm last: without it M follows N.
  for (bool last : {false, true}) {
    for (std::string_view part : split(variant, ',')) {
      std::string_view property = part.substr(0, part.find('='));
      if (to_lower(trim(property)).ends_with(".datapointstoalarm") == last)
        TRY(change_one(alarms, std::string(trim(part)), changed));
    }
  }
  for (const monitor::MetricAlarm& alarm : alarms) {
    if (!changed.contains(alarm.name())) continue;
    if (Status checked = check(alarm.rule()); !checked.ok())
      return Error{ErrorCode::kInvalidInput, alarm.name() + ": " + checked.error().message};
  }
  return {};
}

}  // namespace cairn::engine
