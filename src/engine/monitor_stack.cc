#include "engine/monitor_stack.h"

#include "base/text.h"
#include "engine/stack.h"
#include "template/template.h"

#include <charconv>
#include <cmath>

namespace cairn::engine {

namespace {

constexpr uint64_t kTemplateBytes = 8u << 20;

/// Reads one template's resources into the stack.
class StackReader {
 public:
  StackReader(MonitorStack& stack, const std::string& text) : stack_(stack), text_(text) {}

  void read(const templates::Resource& resource) {
    if (!resource.created) return;
    JsonTree tree;
    std::string json = templates::to_json(resource.properties);
    if (Status parsed = tree.parse(json); !parsed.ok())
      return complain(resource, "template-resource", parsed.error());
    if (resource.type == "AWS::Logs::MetricFilter") {
      auto filter = monitor::MetricFilter::parse(tree, 0);
      if (!filter.ok()) return complain(resource, "monitor-filter", filter.error());
      stack_.filters.push_back(std::move(filter).value());
      stack_.filter_names.push_back(resource.name);
    } else if (resource.type == "AWS::CloudWatch::Alarm") {
      auto alarm = monitor::MetricAlarm::parse(tree, 0);
      if (!alarm.ok()) return complain(resource, "monitor-alarm", alarm.error());
      alarm.value().rule().name = resource.name;
      stack_.alarms.alarms.push_back(std::move(alarm).value());
    } else if (resource.type == "AWS::CloudWatch::CompositeAlarm") {
      auto alarm = monitor::CompositeAlarm::parse(tree, 0);
      if (!alarm.ok()) return complain(resource, "monitor-alarm", alarm.error());
      alarm.value().name = resource.name;
      stack_.alarms.composites.push_back(std::move(alarm).value());
    } else if (resource.type == "AWS::CloudWatch::AlarmMuteRule") {
      auto rule = monitor::MuteRule::parse(tree, 0);
      if (!rule.ok()) return complain(resource, "monitor-mute-rule", rule.error());
      stack_.alarms.mute_rules.push_back(std::move(rule).value());
    }
  }

 private:
  void complain(const templates::Resource& resource, const char* code, const Error& error) {
    Diagnostic remark;
    remark.code = code;
    remark.file = resource.file;
    remark.line = resource.line;
    remark.column = resource.column;
    remark.length = resource.logical_id.size();
    remark.message = resource.logical_id + ": " + error.message;
    std::vector<std::string_view> lines = split(text_, '\n');
    if (resource.line > 0 && resource.line <= lines.size())
      remark.source_line = lines[resource.line - 1];
    stack_.diagnostics.add(std::move(remark));
  }

  MonitorStack& stack_;
  const std::string& text_;
};

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
  MonitorStack stack;
  stack.alarms.account = choice.account;
  stack.alarms.region = choice.region;
  StackTexts texts;
  texts.parameters = choice.parameters;
  for (const std::string& file : choice.templates) {
    TRY_ASSIGN(std::string text, read_file(world.files, file, kTemplateBytes));
    texts.templates.emplace_back(file, std::move(text));
  }
  if (choice.templates.empty()) {
    std::string folder = choice.state_folder.empty() ? default_state_folder() : choice.state_folder;
    TRY_ASSIGN(texts, running_texts(world, folder));
    for (const auto& [name, value] : choice.parameters) texts.parameters[name] = value;
  }
  for (const auto& [file, text] : texts.templates) {
    templates::Settings settings;
    settings.parameters = texts.parameters;
    settings.account = choice.account;
    settings.region = choice.region;
    settings.stack_name = stack_name(file);
    templates::Template read = read_template(text, file, settings, stack.diagnostics);
    StackReader reader(stack, text);
    for (const templates::Resource& resource : read.resources) reader.read(resource);
  }
  return stack;
}

Status change_alarms(std::vector<monitor::MetricAlarm>& alarms, const std::string& text) {
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
    TRY(change(alarm.rule(), property, text.substr(equals + 1)));
  }
  if (found) return {};
  return Error{ErrorCode::kInvalidInput,
               "there is no alarm " + printable(name) + ", but " + truncate_to_width(names, 300)};
}

}  // namespace cairn::engine
