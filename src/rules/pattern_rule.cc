#include "rules/pattern_rule.h"

#include "base/text.h"
#include "formats/json_writer.h"
#include "rules/event_tree.h"
#include "rules/filter_tree.h"

#include <algorithm>
#include <utility>

namespace cairn::rules {

namespace {

constexpr std::string_view kDetail = "detail.";

Expression exact(std::string field, std::vector<std::string> values) {
  Predicate predicate;
  predicate.field = std::move(field);
  predicate.operands = std::move(values);
  return leaf(std::move(predicate));
}

/// What must hold of the fields when the condition does; "always" where nothing simple must.
Expression needed(const FilterCondition& condition) {
  if (condition.kind != FilterCondition::Kind::kTest) {
    std::vector<Expression> children;
    const bool both = condition.kind == FilterCondition::Kind::kAnd;
    for (const FilterCondition& child : condition.children) {
      children.push_back(needed(child));
      bool always = children.back() == all_of({});
      if (always && !both) return all_of({});
    }
    return both ? all_of(std::move(children)) : any_of(std::move(children));
  }
  std::string path = path_of(condition.selector);
  if (path.empty() || condition.test != FilterTest::kComparison ||
      condition.comparison != Comparison::kEqual)
    return all_of({});
  if (condition.operand.kind == FilterOperand::Kind::kText)
    return exact(std::move(path), {condition.operand.text});
  if (condition.operand.kind != FilterOperand::Kind::kGlob) return all_of({});
  Predicate predicate;
  predicate.field = std::move(path);
  ask_for_pattern(predicate, condition.operand.glob);
  return leaf(std::move(predicate));
}

Expression needed(const EventPattern::Contents& pattern) {
  std::vector<Expression> branches;
  for (const EventBranch& branch : pattern.branches) {
    std::vector<Expression> fields;
    for (const EventField& field : branch) {
      if (field.or_missing || !field.path.starts_with(kDetail)) continue;
      std::vector<std::string> values;
      for (const LeafMatcher& matcher : field.matchers)
        if (matcher.kind == LeafMatcher::Kind::kText) values.push_back(matcher.text);
      if (values.size() == field.matchers.size())
        fields.push_back(exact(field.path.substr(kDetail.size()), std::move(values)));
    }
    if (fields.empty()) return all_of({});
    branches.push_back(all_of(std::move(fields)));
  }
  return any_of(std::move(branches));
}

/// Moves a remark on the pattern to its place in the document.
void report(const Diagnostics& diagnostics, const YamlNode& pattern, Remarks& remarks) {
  for (const Diagnostic& item : diagnostics.items()) {
    if (item.severity != DiagnosticSeverity::kError) continue;
    Place place = item.line == 1 && item.column > 0 ? remarks.at(pattern, item.column - 1, 1)
                                                    : remarks.at(pattern);
    return remarks.error(item.code.c_str(), place, item.message, item.hint);
  }
}

}  // namespace

std::string path_of(const JsonSelector& selector) {
  std::string path;
  for (const JsonSelector::Part& part : selector.parts) {
    if (part.kind != JsonSelector::Part::Kind::kKey) return {};
    path += (path.empty() ? "" : ".") + part.key;
  }
  return path;
}

Expression needed_by(const Predicate& pattern) {
  Diagnostics ignored;
  if (pattern.op == Operator::kFilterPattern) {
    FilterPattern::Contents contents;
    const bool reads = parse_filter(pattern.operands[0], "pattern", contents, ignored);
    const bool has_fields = reads && contents.kind == FilterPattern::Kind::kJson;
    return has_fields ? needed(contents.condition) : all_of({});
  }
  EventPattern::Contents contents;
  const bool reads = parse_event_pattern(pattern.operands[0], "pattern", contents, ignored);
  return reads ? needed(contents) : all_of({});
}

std::optional<Expression> parse_pattern_rule(const YamlNode& document, Remarks& remarks) {
  const YamlNode* language = document.find("language");
  const YamlNode& pattern = *document.find("pattern");
  std::string_view name = language != nullptr && language->is_scalar() ? trim(language->text) : "";
  const bool cloudwatch = name == "cloudwatch";
  if (!cloudwatch && name != "eventbridge") {
    remarks.error("pattern-language", remarks.at(language != nullptr ? *language : document),
                  "a pattern needs its language: cloudwatch or eventbridge",
                  "language: cloudwatch");
    return std::nullopt;
  }
  if (!pattern.is_scalar()) {
    remarks.error("pattern-language", remarks.at(pattern), "pattern: expected a text",
                  "put it into quotes, or behind \"pattern: |\"");
    return std::nullopt;
  }
  Diagnostics diagnostics;
  Predicate predicate;
  predicate.operands = {std::string(trim(pattern.text))};
  if (cloudwatch) {
    FilterPattern::Contents contents;
    if (!FilterPattern::parse(predicate.operands[0], "pattern", diagnostics) ||
        !parse_filter(predicate.operands[0], "pattern", contents, diagnostics)) {
      report(diagnostics, pattern, remarks);
      return std::nullopt;
    }
    predicate.op = Operator::kFilterPattern;
  } else {
    EventPattern::Contents contents;
    if (!parse_event_pattern(predicate.operands[0], "pattern", contents, diagnostics)) {
      report(diagnostics, pattern, remarks);
      return std::nullopt;
    }
    predicate.op = Operator::kEventPattern;
  }
  Expression first = needed_by(predicate);
  return all_of({std::move(first), leaf(std::move(predicate))});
}

namespace {

constexpr std::string_view kSignIn = "AWS Console Sign In via CloudTrail";
constexpr std::string_view kListedSignIn = "AWS Console Signin via CloudTrail";
constexpr DetailType kDetailTypes[] = {
    {"AwsServiceEvent", "AWS Service Event via CloudTrail"},
    {"AwsConsoleAction", "AWS Console Action via CloudTrail"},
    {"AwsConsoleSignIn", kSignIn},
    {"AwsCloudTrailInsight", "AWS Insight via CloudTrail"},
    {"AwsVpceEvent", "AWS Network Activity Event via CloudTrail"},
    {"", "AWS API Call via CloudTrail"}};

std::string_view detail_type_of(std::string_view event_type) {
  for (const DetailType& type : kDetailTypes)
    if (!type.event_type.empty() && type.event_type == event_type) return type.text;
  return std::end(kDetailTypes)[-1].text;
}

}  // namespace

std::span<const DetailType> detail_types() { return kDetailTypes; }

bool same_detail_type(std::string_view a, std::string_view b) {
  auto usual = [](std::string_view text) { return text == kListedSignIn ? kSignIn : text; };
  return usual(a) == usual(b);
}

void write_envelope(std::string_view record, std::string_view event_source,
                    std::string_view event_type, std::string_view event_id,
                    std::string_view account, std::string_view region, std::string_view time,
                    std::string& out) {
  std::string_view service = event_source.substr(0, event_source.find('.'));
  JsonWriter json;
  json.begin_object();
  json.member("version", "0").member("id", event_id);
  json.member("detail-type", detail_type_of(event_type));
  json.member("source", "aws." + std::string(service)).member("account", account);
  json.member("time", time).member("region", region);
  json.key("resources").begin_array().end_array();
  json.key("detail").raw(record);
  json.end_object();
  out = std::move(json).take();
}

}  // namespace cairn::rules
