// A layer for MITRE's ATT&CK Navigator: the techniques of the rules that matched, coloured by the
// number of findings. Layer format 4.5 (attack-navigator, layers/spec/v4.5/layerformat.md).
//
// Left to the Navigator's defaults: versions.attack (the current version; a number here would make
// it ask whether to upgrade the layer) and filters (platform names changed between versions, and
// one it does not know hides techniques).

#include "base/text.h"
#include "formats/json_writer.h"
#include "model/attack_tags.h"
#include "report/event_text.h"
#include "report/page.h"
#include "report/report.h"

#include <algorithm>
#include <map>

namespace cairn::report {

namespace {

constexpr size_t kNamed = 3;      // principals named for one rule
constexpr size_t kKnown = 1'000;  // and counted

/// The findings of one rule.
struct RuleFindings {
  uint64_t findings = 0, events = 0;
  bool time_known = false;
  Timestamp first{}, last{};
  std::vector<std::string> principals;  // short names
};

void add(RuleFindings& sum, const Finding& finding) {
  ++sum.findings;
  sum.events += finding.count;
  if (finding.time_known) {
    sum.first = sum.time_known ? std::min(sum.first, finding.first) : finding.first;
    sum.last = sum.time_known ? std::max(sum.last, finding.last) : finding.last;
    sum.time_known = true;
  }
  for (const std::string& principal : finding.principals) {
    if (sum.principals.size() >= kKnown) break;
    std::string name = detect::short_principal(principal);
    if (std::find(sum.principals.begin(), sum.principals.end(), name) == sum.principals.end())
      sum.principals.push_back(std::move(name));
  }
}

std::string said_of(const RuleFindings& sum) {
  std::string text = plural(sum.findings, "finding") + " in " + plural(sum.events, "event") +
                     " by " + few(sum.principals, kNamed, sum.principals.size());
  if (sum.time_known) text += ", " + period_text(sum.first, sum.last);
  return text;
}

void member_pair(JsonWriter& json, std::string_view name, std::string_view value) {
  // The Navigator refuses a layer with an empty metadata value.
  json.begin_object().member("name", name).member("value", value.empty() ? "-" : value);
  json.end_object();
}

struct LayerTechnique {
  std::string id;
  uint64_t score = 0;
  std::vector<std::string> rules;  // worst first
  std::vector<std::pair<std::string, std::string>> metadata;
};
struct Layer {
  std::string name, description;
  std::vector<LayerTechnique> techniques;
  std::vector<std::pair<std::string, std::string>> metadata;
};

std::string name_of(const RuleInfo& rule) {
  return rule.code + " " + rule.title + " (" + std::string(to_string(rule.level)) + ")";
}

std::string layer_text(const Layer& layer) {
  JsonWriter techniques;
  techniques.begin_array();
  uint64_t highest = 1;
  for (const LayerTechnique& row : layer.techniques) {
    highest = std::max(highest, row.score);
    techniques.begin_object().member("techniqueID", row.id).member("score", row.score);
    techniques.member("comment", join(row.rules, "\n")).member("enabled", true);
    techniques.key("metadata").begin_array();
    for (const auto& [name, value] : row.metadata) member_pair(techniques, name, value);
    techniques.end_array().end_object();
  }
  techniques.end_array();

  JsonWriter json;
  json.begin_object().member("name", layer.name);
  json.key("versions").begin_object().member("navigator", "4.9.0").member("layer", "4.5");
  json.end_object().member("domain", "enterprise-attack");
  json.member("description", layer.description);
  json.member("sorting", 3).key("layout").begin_object().member("layout", "side");
  json.member("showID", true).member("showName", true).member("showAggregateScores", true);
  json.member("countUnscored", false).member("aggregateFunction", "sum");
  json.member("expandedSubtechniques", "annotated").end_object().member("hideDisabled", false);
  json.key("techniques").raw(techniques.text()).key("gradient").begin_object().key("colors");
  json.begin_array().value("#fff3bf").value("#ff922b").value("#c92a2a").end_array();
  json.member("minValue", 0).member("maxValue", highest).end_object();
  json.key("legendItems").begin_array().end_array();
  json.key("metadata").begin_array();
  for (const auto& [name, value] : layer.metadata) member_pair(json, name, value);
  json.end_array().key("links").begin_array().end_array();
  json.member("showTacticRowBackground", false).member("tacticRowBackground", "#dddddd");
  json.member("selectTechniquesAcrossTactics", true).member("selectSubtechniquesWithParent", false);
  json.member("selectVisibleTechniques", false).end_object();
  return std::move(json).take();
}

}  // namespace

Status write_navigator_layer(OutputFile& out, const ScanReport& report, uint64_t* rows) {
  std::map<uint32_t, RuleFindings> by_rule;
  uint64_t findings = 0;
  Status visited = report.each_finding([&](const Finding& finding) {
    ++findings;
    add(by_rule[finding.rule], finding);
    return Status::success();
  });
  TRY(visited);
  std::map<std::string, std::vector<uint32_t>> by_technique;
  for (const auto& [rule, sum] : by_rule)
    for (std::string& technique : techniques_of(report.rules[rule]))
      by_technique[std::move(technique)].push_back(rule);

  Layer layer;
  for (auto& [technique, rules] : by_technique) {
    std::stable_sort(rules.begin(), rules.end(), [&](uint32_t a, uint32_t b) {
      return report.rules[a].level > report.rules[b].level;
    });
    LayerTechnique& row = layer.techniques.emplace_back();
    row.id = technique;
    for (uint32_t rule : rules) {
      row.score += by_rule[rule].findings;
      row.rules.push_back(name_of(report.rules[rule]));
      row.metadata.emplace_back(report.rules[rule].code, said_of(by_rule[rule]));
    }
  }

  const detect::Outcome& outcome = report.outcome;
  std::vector<std::string> names;
  for (const std::string& input : report.inputs) {
    std::string_view name = base_name(input);
    names.emplace_back(input == "-" ? "standard input" : name.empty() ? input : std::string(name));
  }
  layer.name = "Cairn: " + join(names, ", ");
  layer.description =
      plural(findings, "finding") + " in " + plural(outcome.events - outcome.duplicates, "event") +
      " of CloudTrail; a technique's score is the number of findings of rules that "
      "name it. A technique without colour was not seen, which is not the same as not "
      "used: summary.json lists the rules that could not have fired.";
  layer.metadata.emplace_back("made by", "cairn " + report.version);
  layer.metadata.emplace_back("inputs", join(report.inputs, ", "));
  if (outcome.events > outcome.without_time)
    layer.metadata.emplace_back("period", period_text(outcome.first, outcome.last));
  if (!report.filters.empty()) layer.metadata.emplace_back("filters", join(report.filters, "; "));
  layer.metadata.emplace_back("complete", report.complete() ? "yes" : "no: see summary.json");
  if (rows != nullptr) *rows = by_technique.size();
  return out.write(layer_text(layer) + "\n");
}

Status write_coverage_layer(OutputFile& out, std::span<const RuleInfo> rules,
                            const std::string& version) {
  std::map<std::string, std::vector<const RuleInfo*>> by_technique;
  for (const RuleInfo& rule : rules)
    for (std::string& technique : techniques_of(rule)) by_technique[technique].push_back(&rule);
  Layer layer;
  for (auto& [technique, named] : by_technique) {
    LayerTechnique& row = layer.techniques.emplace_back();
    row.id = technique;
    row.score = named.size();
    for (const RuleInfo* rule : named) {
      row.rules.push_back(name_of(*rule));
      row.metadata.emplace_back(rule->code, rule->title);
    }
  }
  layer.name = "Cairn: rules";
  layer.description = "What " + plural(rules.size(), "rule") +
                      " can find; a technique's score is the number of rules that name it.";
  layer.metadata.emplace_back("made by", "cairn " + version);
  return out.write(layer_text(layer) + "\n");
}

}  // namespace cairn::report
