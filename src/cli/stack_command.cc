#include "base/text.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/screen.h"
#include "engine/stack.h"
#include "formats/json_writer.h"
#include "monitor/composite_alarm.h"

#include <algorithm>
#include <set>

namespace cairn::cli {

namespace {

using engine::Stack;
using engine::StackChange;
using engine::StackResource;
using templates::Verdict;

constexpr size_t kRemarksShown = 30;
constexpr size_t kValueWidth = 90;  // of a property's value in a list of changes

std::string padded(std::string text, size_t width) {
  size_t shown = display_width(text);
  if (shown > width) text = truncate_to_width(text, width), shown = display_width(text);
  return text + std::string(width - shown, ' ');
}

std::string cell(const std::string& text, size_t width) { return padded(printable(text), width); }

void write(JsonWriter& json, const Diagnostics& diagnostics) {
  json.key("diagnostics").begin_array();
  for (const Diagnostic& remark : diagnostics.items()) {
    json.begin_object()
        .member("code", remark.code)
        .member("severity", to_string(remark.severity))
        .member("file", remark.file)
        .member("line", static_cast<uint64_t>(remark.line))
        .member("column", static_cast<uint64_t>(remark.column))
        .member("message", remark.message)
        .member("hint", remark.hint)
        .end_object();
  }
  json.end_array();
}

void write(JsonWriter& json, const StackResource& entry, bool whole) {
  const templates::Resource& resource = entry.resource;
  json.begin_object()
      .member("logical_id", resource.logical_id)
      .member("type", resource.type)
      .member("name", resource.name)
      .member("arn", resource.arn)
      .member("verdict", to_string(entry.verdict))
      .member("reason", entry.reason)
      .member("created", resource.created)
      .member("file", resource.file)
      .member("line", static_cast<uint64_t>(resource.line));
  if (whole) json.key("properties").raw(templates::to_json(resource.properties));
  json.end_object();
}

void write(JsonWriter& json, const Stack& stack) {
  json.key("resources").begin_array();
  for (const StackResource& entry : stack.resources) write(json, entry, false);
  json.end_array();
}

std::string counts(const Stack& stack) {
  size_t of[3] = {0, 0, 0}, away = 0;
  for (const StackResource& entry : stack.resources) {
    if (entry.resource.created) {
      ++of[static_cast<size_t>(entry.verdict)];
    } else {
      ++away;
    }
  }
  std::string text = plural(stack.resources.size(), "resource") + ": " + format_count(of[0]) +
                     " run, " + format_count(of[1]) + " only checked, " + format_count(of[2]) +
                     " ignored";
  if (away > 0) text += ", " + format_count(away) + " not created (a condition is false)";
  return text;
}

// The resources by what becomes of them, types counted where they do nothing.
std::string verdicts(const Stack& stack) {
  std::string text;
  std::map<std::pair<Verdict, std::string>, std::vector<const StackResource*>> groups;
  for (const StackResource& entry : stack.resources) {
    if (entry.resource.created) groups[{entry.verdict, entry.resource.type}].push_back(&entry);
  }
  for (const auto& [key, entries] : groups) {
    std::string names;
    size_t shown = 0;
    for (const StackResource* entry : entries) {
      if (shown++ == 3) break;
      names += (names.empty() ? "" : ", ") + printable(entry->resource.logical_id);
    }
    if (entries.size() > 3) names += ", … " + format_count(entries.size() - 3) + " more";
    text += padded(std::string(to_string(key.first)), 14) + cell(key.second, 36) +
            padded(format_count(entries.size()), 5) + names + "\n";
    for (const StackResource* entry : entries) {
      if (!entry->reason.empty())
        text += std::string(14, ' ') + printable(entry->resource.logical_id) + ": " +
                printable(entry->reason) + "\n";
    }
  }
  return text;
}

std::string remarks_line(const Diagnostics& diagnostics) {
  return plural(diagnostics.count(DiagnosticSeverity::kError), "error") + ", " +
         plural(diagnostics.count(DiagnosticSeverity::kWarning), "warning") + "\n";
}

int check(const StackCommand& command, engine::World world) {
  auto stack = engine::check_templates(world, command.files, command.parameters);
  if (!stack.ok()) return job_failed(stack.error());
  const Diagnostics& diagnostics = stack.value().diagnostics;
  int code = diagnostics.has_errors() ? kExitUsage : 0;
  std::string text;
  if (command.json) {
    JsonWriter json;
    json.begin_object();
    write(json, stack.value());
    write(json, diagnostics);
    json.end_object();
    text = std::move(json).take() + "\n";
  } else {
    size_t shown = 0;
    for (const Diagnostic& remark : diagnostics.items()) {
      if (shown++ == kRemarksShown) break;
      text += format_text(remark);
    }
    if (diagnostics.items().size() > kRemarksShown)
      text += "… and " + format_count(diagnostics.items().size() - kRemarksShown) +
              " more remarks; --json has all\n";
    if (!text.empty()) text += "\n";
    text +=
        verdicts(stack.value()) + "\n" + counts(stack.value()) + "; " + remarks_line(diagnostics);
  }
  return print_out(text) ? code : kExitIncomplete;
}

const char* sign_of(StackChange::Kind kind) {
  switch (kind) {
    case StackChange::Kind::kAdded:
      return "+";
    case StackChange::Kind::kChanged:
      return "~";
    case StackChange::Kind::kRemoved:
      break;
  }
  return "-";
}

std::string change_text(const StackChange& change) {
  std::string text = std::string(sign_of(change.kind)) + " " + cell(change.type, 34) +
                     printable(change.name) + "\n";
  for (const StackChange::Property& property : change.properties) {
    auto value = [](const std::string& json) {
      return json.empty() ? "nothing" : truncate_middle(printable(json), kValueWidth);
    };
    text += "    " + printable(property.name) + ": " + value(property.before) + " → " +
            value(property.now) + "\n";
  }
  return text;
}

const char* word_of(StackChange::Kind kind) {
  switch (kind) {
    case StackChange::Kind::kAdded:
      return "added";
    case StackChange::Kind::kChanged:
      return "changed";
    case StackChange::Kind::kRemoved:
      break;
  }
  return "removed";
}

std::string changes_json(const engine::ApplyOutcome& outcome) {
  JsonWriter json;
  json.begin_object()
      .member("written", outcome.written)
      .member("before", outcome.before)
      .member("state", outcome.path)
      .key("changes")
      .begin_array();
  for (const StackChange& change : outcome.changes) {
    json.begin_object()
        .member("change", word_of(change.kind))
        .member("type", change.type)
        .member("logical_id", change.logical_id)
        .member("name", change.name);
    json.key("properties").begin_array();
    for (const StackChange::Property& property : change.properties) {
      json.begin_object().member("name", property.name).key("before");
      property.before.empty() ? json.null() : json.raw(property.before);
      json.key("now");
      property.now.empty() ? json.null() : json.raw(property.now);
      json.end_object();
    }
    json.end_array().end_object();
  }
  json.end_array();
  write(json, outcome.stack);
  write(json, outcome.stack.diagnostics);
  json.end_object();
  return std::move(json).take() + "\n";
}

int apply(const StackCommand& command, engine::World world) {
  auto outcome = command.builtin
                     ? engine::apply_builtin(world, command.state_folder, command.dry_run)
                     : engine::apply_templates(world, command.files, command.parameters,
                                               command.state_folder, command.dry_run);
  if (!outcome.ok()) return job_failed(outcome.error());
  const engine::ApplyOutcome& done = outcome.value();
  bool wrong = done.stack.diagnostics.has_errors();
  if (command.json)
    return print_out(changes_json(done)) ? (wrong ? kExitUsage : 0) : kExitIncomplete;
  print_diagnostics(done.stack.diagnostics, kRemarksShown);
  if (wrong) {
    complain("nothing was applied");
    return kExitUsage;
  }
  std::string text;
  for (const StackChange& change : done.changes) text += change_text(change);
  if (!done.changes.empty()) text += "\n";
  text += verdicts(done.stack) + "\n";
  text += counts(done.stack) + ".\n";
  if (!done.before.empty()) {
    text += done.changes.empty() ? "Nothing changes" : plural(done.changes.size(), "change");
    text += " against what ran before (" + done.before + ").\n";
  }
  if (command.dry_run) text += "Nothing was written (--dry-run).\n";
  if (done.written) text += "Runs from now on: " + printable(done.path) + "\n";
  return print_out(text) ? 0 : kExitIncomplete;
}

std::string text_of(const YamlNode& properties, std::string_view name) {
  const YamlNode* value = properties.find(name);
  return value != nullptr && value->is_scalar() ? value->text : "";
}

std::string in_words(const std::string& comparison) {
  if (comparison == "GreaterThanOrEqualToThreshold") return "≥";
  if (comparison == "GreaterThanThreshold") return ">";
  if (comparison == "LessThanThreshold") return "<";
  if (comparison == "LessThanOrEqualToThreshold") return "≤";
  if (comparison == "GreaterThanUpperThreshold") return "above the band";
  if (comparison == "LessThanLowerThreshold") return "below the band";
  return "outside the band";
}

std::string period_words(const std::string& seconds) {
  uint64_t value = std::strtoull(seconds.c_str(), nullptr, 10);
  if (value >= 60 && value % 60 == 0) return std::to_string(value / 60) + " min";
  return seconds + " s";
}

// "Sum of Cairn/ApiCalls": what an alarm looks at.
std::string series_words(const YamlNode& properties, std::string& period) {
  period = text_of(properties, "Period");
  std::string statistic = text_of(properties, "Statistic");
  if (statistic.empty()) statistic = text_of(properties, "ExtendedStatistic");
  if (!statistic.empty())
    return statistic + " of " + text_of(properties, "Namespace") + "/" +
           text_of(properties, "MetricName");
  std::string words;
  const YamlNode* metrics = properties.find("Metrics");
  if (metrics == nullptr) return "PromQL";
  for (const YamlNode& query : metrics->items) {
    std::string expression = text_of(query, "Expression");
    const YamlNode* stat = query.find("MetricStat");
    const YamlNode* metric = stat == nullptr ? nullptr : stat->find("Metric");
    if (metric != nullptr) {
      period = text_of(*stat, "Period");
      expression = text_of(*stat, "Stat") + " of " + text_of(*metric, "Namespace") + "/" +
                   text_of(*metric, "MetricName");
    }
    if (expression.starts_with("ANOMALY_DETECTION_BAND")) continue;
    words += (words.empty() ? "" : ", ") + expression;
  }
  return words;
}

std::string one_line(const templates::Resource& resource) {
  const YamlNode& properties = resource.properties;
  if (resource.type == "AWS::Logs::MetricFilter") return text_of(properties, "FilterPattern");
  if (resource.type == "AWS::CloudWatch::CompositeAlarm") return text_of(properties, "AlarmRule");
  if (resource.type == "AWS::CloudWatch::Dashboard") return "";
  std::string period;
  std::string series = series_words(properties, period);
  std::string n = text_of(properties, "EvaluationPeriods"),
              m = text_of(properties, "DatapointsToAlarm");
  std::string text = series + " " + in_words(text_of(properties, "ComparisonOperator"));
  std::string threshold = text_of(properties, "Threshold");
  if (!threshold.empty()) text += " " + threshold;
  return text + ", " + (m.empty() ? n : m) + " of " + n + " × " + period_words(period);
}

int list(const Stack& stack, bool as_json) {
  std::string text;
  constexpr std::pair<const char*, const char*> kSections[] = {
      {"AWS::CloudWatch::CompositeAlarm", "COMPOSITE ALARMS"},
      {"AWS::CloudWatch::Alarm", "ALARMS"},
      {"AWS::Logs::MetricFilter", "METRIC FILTERS"},
      {"AWS::CloudWatch::Dashboard", "DASHBOARDS"}};
  JsonWriter json;
  json.begin_object().member("origin", stack.origin).key("resources").begin_array();
  for (const auto& [type, title] : kSections) {
    auto entries = stack.running(type);
    if (entries.empty()) continue;
    text += std::string(title) + "  " + format_count(entries.size()) + "\n";
    for (const StackResource* entry : entries) {
      write(json, *entry, true);
      text += "  " + cell(entry->resource.name, 34) + " " +
              truncate_to_width(printable(one_line(entry->resource)), 100) + "\n";
    }
    text += "\n";
  }
  json.end_array().end_object();
  text += "From: " + printable(stack.origin) + " (" + printable(join(stack.files, ", ")) + ")\n";
  if (as_json) text = std::move(json).take() + "\n";
  return print_out(text) ? 0 : kExitIncomplete;
}

void append_value(std::string& text, const YamlNode& node, size_t indent) {
  std::string pad(indent, ' ');
  if (node.is_map()) {
    for (const auto& [key, value] : node.members) {
      text += pad + printable(key.text) + ":";
      if (value.is_scalar() || value.is_null()) {
        append_value(text, value, 0);
      } else {
        text += "\n";
        append_value(text, value, indent + 2);
      }
    }
  } else if (node.is_sequence()) {
    for (const YamlNode& item : node.items) {
      text += pad + "-";
      if (item.is_scalar() || item.is_null()) {
        append_value(text, item, 0);
      } else {
        text += "\n";
        append_value(text, item, indent + 2);
      }
    }
  } else {
    std::string shown = node.text;
    while (shown.ends_with('\n')) shown.pop_back();
    if (shown.find('\n') == std::string::npos) {
      text += " " + printable(shown) + "\n";
      return;
    }
    text += " |\n";
    for (std::string_view line : split(shown, '\n')) text += "      " + printable(line) + "\n";
  }
}

using Metric = std::pair<std::string, std::string>;  // namespace and name

std::set<Metric> metrics_of(const templates::Resource& resource) {
  std::set<Metric> metrics;
  auto add = [&](const YamlNode& at, const char* space, const char* name) {
    if (std::string text = text_of(at, name); !text.empty())
      metrics.emplace(text_of(at, space), text);
  };
  add(resource.properties, "Namespace", "MetricName");
  if (const YamlNode* list = resource.properties.find("MetricTransformations"); list != nullptr) {
    for (const YamlNode& item : list->items) add(item, "MetricNamespace", "MetricName");
  }
  if (const YamlNode* list = resource.properties.find("Metrics"); list != nullptr) {
    for (const YamlNode& query : list->items) {
      const YamlNode* stat = query.find("MetricStat");
      const YamlNode* metric = stat == nullptr ? nullptr : stat->find("Metric");
      if (metric != nullptr) add(*metric, "Namespace", "MetricName");
    }
  }
  return metrics;
}

// Whether a composite alarm asks an alarm, by its name or its ARN.
bool asks(const templates::Resource& composite, const templates::Resource& alarm) {
  auto rule = monitor::CompositeRule::parse(text_of(composite.properties, "AlarmRule"));
  if (!rule.ok() || !alarm.type.ends_with("Alarm")) return false;
  const std::vector<std::string>& names = rule.value().alarms();
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return name == alarm.name || name == alarm.arn;
  });
}

// The filters that feed an alarm's metrics, the alarms on a filter's metrics, and composite alarms.
std::string relations(const Stack& stack, const templates::Resource& resource) {
  std::string text;
  std::set<Metric> own = metrics_of(resource);
  auto add = [&](const char* how, const char* type) {
    for (const StackResource* other : stack.running(type)) {
      std::set<Metric> theirs = metrics_of(other->resource);
      bool shared = std::any_of(own.begin(), own.end(),
                                [&](const Metric& metric) { return theirs.contains(metric); });
      if (shared)
        text += how + printable(other->resource.name) + ": " +
                printable(one_line(other->resource)) + "\n";
    }
  };
  if (resource.type == "AWS::CloudWatch::Alarm") add("fed by ", "AWS::Logs::MetricFilter");
  if (resource.type == "AWS::Logs::MetricFilter") add("watched by ", "AWS::CloudWatch::Alarm");
  for (const StackResource* composite : stack.running("AWS::CloudWatch::CompositeAlarm")) {
    if (asks(composite->resource, resource))
      text += "part of " + printable(composite->resource.name) + "\n";
  }
  return text;
}

int show(const Stack& stack, const std::vector<std::string>& names, bool as_json) {
  std::string text;
  JsonWriter json;
  json.begin_array();
  for (const std::string& name : names) {
    bool found = false;
    for (const StackResource& entry : stack.resources) {
      const templates::Resource& resource = entry.resource;
      if (!glob_match_ignore_case(name, resource.name) &&
          !glob_match_ignore_case(name, resource.logical_id))
        continue;
      found = true;
      write(json, entry, true);
      text += printable(resource.name) + "  " + printable(resource.type) + ", " +
              std::string(to_string(entry.verdict)) + "\n" + printable(resource.file) + ":" +
              std::to_string(resource.line) + " " + resource.logical_id + "\n";
      if (!resource.created) text += "not created: condition " + resource.condition + " is false\n";
      text += relations(stack, resource) + "\n";
      append_value(text, resource.properties, 2);
      text += "\n";
    }
    if (!found) {
      complain("there is nothing called \"" + printable(name) + "\"; see cairn monitor list");
      return kExitNothingFound;
    }
  }
  json.end_array();
  if (as_json) text = std::move(json).take() + "\n";
  return print_out(text) ? 0 : kExitIncomplete;
}

}  // namespace

int run(const StackCommand& given, engine::World world) {
  StackCommand command = given;
  if (command.state_folder.empty()) command.state_folder = engine::default_state_folder();
  using Kind = StackCommand::Kind;
  if (command.kind == Kind::kCheck) return check(command, world);
  if (command.kind == Kind::kApply) return apply(command, world);
  if (command.kind == Kind::kBuiltin) {
    for (const auto& [name, text] : engine::builtin_templates()) {
      if (!print_out(text)) return kExitIncomplete;
    }
    return 0;
  }
  auto stack = engine::load_stack(world, command.files, command.parameters, command.state_folder);
  if (!stack.ok()) {
    int failed = job_failed(stack.error());
    return stack.error().code == ErrorCode::kInvalidInput ? kExitUsage : failed;
  }
  if (command.kind == Kind::kList) return list(stack.value(), command.json);
  return show(stack.value(), command.names, command.json);
}

}  // namespace cairn::cli
