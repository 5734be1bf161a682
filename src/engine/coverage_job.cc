// `cairn rules coverage` and `show`: what rules say about themselves.

#include "base/text.h"
#include "engine/content.h"
#include "engine/pending_file.h"
#include "engine/rule_choice.h"
#include "model/attack_tags.h"

#include <algorithm>
#include <set>

namespace cairn::engine {

namespace {

constexpr uint64_t kRecordsBytes = 16u << 20;

std::vector<RuleInfo> chosen_infos(const ChosenRules& chosen) {
  std::vector<RuleInfo> infos;
  for (uint32_t rule : chosen.rules) infos.push_back(chosen.ruleset->rules->info(rule));
  return infos;
}

/// Lines of a file; 0 when there is none.
uint64_t lines_of(Files& files, const std::string& path) {
  auto text = read_file(files, path, kRecordsBytes);
  if (!text.ok()) return 0;
  return static_cast<uint64_t>(std::count(text.value().begin(), text.value().end(), '\n'));
}

void append_yaml(const YamlNode& node, const std::string& indent, std::string& out);

std::string scalar_text(const YamlNode& node) {
  if (node.is_null()) return "null";
  bool plain = !node.quoted && !node.text.empty() &&
               node.text.find_first_of(":#{}[],&*!|>'\"%@`\n") == std::string::npos;
  if (plain) return node.text;
  std::string out = "'";
  for (char c : node.text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

/// A block of `|` for texts of several lines.
void append_value(const YamlNode& node, const std::string& indent, std::string& out) {
  if (node.is_scalar() && node.text.find('\n') != std::string::npos) {
    out += " |\n";
    for (std::string_view line : split(trim(node.text), '\n'))
      ((out += indent) += "  ") += std::string(line) + "\n";
    return;
  }
  const bool flat = node.is_sequence() &&
                    std::all_of(node.items.begin(), node.items.end(), [](const YamlNode& item) {
                      return item.is_scalar() || item.is_null();
                    });
  if (flat && node.items.size() <= 4) {
    std::vector<std::string> items;
    for (const YamlNode& item : node.items) items.push_back(scalar_text(item));
    out += " [" + join(items, ", ") + "]\n";
  } else if (node.is_scalar() || node.is_null()) {
    out += " " + scalar_text(node) + "\n";
  } else {
    out += '\n';
    append_yaml(node, indent + "  ", out);
  }
}

void append_yaml(const YamlNode& node, const std::string& indent, std::string& out) {
  if (node.is_map()) {
    for (const auto& [key, value] : node.members) {
      (out += indent) += scalar_text(key) + ":";
      append_value(value, indent, out);
    }
    return;
  }
  for (const YamlNode& item : node.items) {
    std::string inner;
    append_yaml(item, indent + "  ", inner);
    if (item.is_scalar() || item.is_null()) inner = indent + "  " + scalar_text(item) + "\n";
    // The dash takes the place of the first line's blanks.
    out += indent + "- " + inner.substr(std::min(indent.size() + 2, inner.size()));
  }
}

/// The document of a rule in its file's texts.
std::string yaml_of(const std::vector<rules::RuleFile>& files, const RuleInfo& info) {
  for (const rules::RuleFile& file : files) {
    if (file.name != info.file) continue;
    Diagnostics ignored;
    YamlDocuments parsed;
    const std::vector<YamlNode>* documents = &file.documents;
    if (documents->empty()) {
      parsed = parse_yaml(file.text, file.name, ignored);
      documents = &parsed.documents;
    }
    for (const YamlNode& node : *documents) {
      const YamlNode* id = node.find("id");
      const YamlNode* title = node.find("title");
      bool same = id != nullptr ? equals_ignore_case(trim(id->text), info.id)
                                : title != nullptr && trim(title->text) == info.title;
      if (!same && documents->size() > 1) continue;
      std::string out;
      append_yaml(node, "", out);
      return out;
    }
  }
  return "";
}

}  // namespace

Result<RuleCoverage> cover_rules(World world, const RuleChoice& choice,
                                 const std::string& navigator_path) {
  TRY_ASSIGN(ChosenRules chosen, choose_rules(world.files, choice));
  std::vector<RuleInfo> infos = chosen_infos(chosen);
  std::erase_if(infos, [](const RuleInfo& info) { return info.silent; });
  RuleCoverage coverage;
  coverage.rules = infos.size();
  std::map<std::string, CoveredTactic> tactics;  // by where the matrix has them
  std::vector<std::string> order;
  std::set<std::string> techniques;
  for (const RuleInfo& info : infos) {
    auto named = tactics_of(info);
    auto used = techniques_of(info);
    techniques.insert(used.begin(), used.end());
    if (named.empty() && used.empty()) coverage.without_tags.push_back(info.code);
    for (const Tactic& tactic : named) {
      CoveredTactic& row = tactics[std::string(tactic.id)];
      row.id = tactic.id;
      row.name = tactic.name;
      ++row.rules;
      for (const std::string& technique : used) {
        auto same = std::find_if(row.techniques.begin(), row.techniques.end(),
                                 [&](const auto& other) { return other.technique == technique; });
        if (same == row.techniques.end()) {
          row.techniques.push_back({technique, {info.code}});
        } else {
          same->rules.push_back(info.code);
        }
      }
    }
  }
  RuleInfo every;
  for (const auto& [id, tactic] : tactics) every.tags.push_back("attack." + to_lower(tactic.name));
  for (std::string& tag : every.tags) std::replace(tag.begin(), tag.end(), ' ', '-');
  for (const Tactic& tactic : tactics_of(every)) {
    CoveredTactic& row = tactics[std::string(tactic.id)];
    std::sort(row.techniques.begin(), row.techniques.end(),
              [](const auto& a, const auto& b) { return a.technique < b.technique; });
    coverage.tactics.push_back(std::move(row));
  }
  coverage.techniques = techniques.size();
  coverage.untagged = coverage.without_tags.size();
  if (!navigator_path.empty()) {
    TRY_ASSIGN(auto file, PendingFile::create(world.files, navigator_path));
    TRY(report::write_coverage_layer(file->out(), infos, version()));
    TRY(file->commit());
  }
  return coverage;
}

Result<std::vector<ShownRule>> show_rules(World world, const RuleChoice& choice) {
  TRY_ASSIGN(ChosenRules chosen, choose_rules(world.files, choice));
  RuleOptions options = choice.rules;
  for (const std::string& name : choice.names)
    if (world.files.stat(name).ok()) options.paths.push_back(name);
  TRY_ASSIGN(RuleTexts texts, read_rule_texts(world.files, options));
  const rules::RuleSet& set = *chosen.ruleset->rules;
  const size_t single = set.size() - set.correlations().size();
  std::vector<ShownRule> shown;
  for (uint32_t rule : chosen.rules) {
    ShownRule& row = shown.emplace_back();
    row.info = set.info(rule);
    row.yaml = yaml_of(texts.files, row.info);
    row.explanation = set.explain(rule);
    std::string_view file = row.info.file;
    std::string beside =
        std::string(file.substr(0, file.size() - base_name(file).size())) + row.info.code;
    row.matching_records = lines_of(world.files, beside + ".match.jsonl");
    row.other_records = lines_of(world.files, beside + ".nomatch.jsonl");
    if (rule < single) continue;
    for (const Correlation::Source& source : set.correlations()[rule - single].sources)
      row.parts.push_back(set.info(source.rule).code);
  }
  return shown;
}

}  // namespace cairn::engine
