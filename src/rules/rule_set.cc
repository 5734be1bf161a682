#include "rules/rule_set.h"

#include "base/text.h"
#include "rules/needs.h"
#include "rules/remarks.h"
#include "rules/sigma_lower.h"
#include "rules/sigma_parse.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace cairn::rules {
namespace {

constexpr size_t kFilterPartsLimit = 2'000'000;  // nodes that filters may add to all rules together

// Reads files one after another and collects what is to be compiled. Rules are finished at the end:
// a filter may stand in another file than its rules, before or after them.
class SigmaLoader {
 public:
  SigmaLoader(const LoadOptions& options, FieldTable& fields, Diagnostics& diagnostics,
              RuleSet::Contents& out)
      : options_(options), fields_(fields), diagnostics_(diagnostics), out_(out) {}

  void load(const RuleFile& file) {
    ++out_.counts.files;
    if (!file.documents.empty()) {
      documents(file, file.documents);
      return;
    }
    YamlDocuments parsed = parse_yaml(file.text, file.name, diagnostics_);
    out_.counts.documents += parsed.damaged;
    out_.counts.rejected += parsed.damaged;
    documents(file, parsed.documents);
  }

  // To be called once, after the last file.
  void finish() {
    for (const PendingFilter& filter : filters_) apply(filter);
    for (size_t i = 0; i < out_.infos.size(); ++i) {
      RuleInfo& info = out_.infos[i];
      std::vector<Expression>& parts = conditions_[i];
      Expression& expression = out_.expressions.emplace_back(
          parts.size() == 1 ? std::move(parts.front()) : all_of(std::move(parts)));
      info.needed_event_sources = needed_values(expression, "eventSource").value_or(Names{});
      info.needed_event_names = needed_values(expression, "eventName").value_or(Names{});
      info.needed_fields = needed_fields(expression);
      bind(expression, fields_);
      intern_dedup_fields(info);
    }
  }

 private:
  struct PendingFilter {
    struct Reference {
      std::string text;
      Place place;
    };
    const RuleFile* file;
    Place place;
    Expression kept;
    bool every_rule;
    std::vector<Reference> references;
  };

  void documents(const RuleFile& file, const std::vector<YamlNode>& nodes) {
    Remarks remarks(file.name, file.text, diagnostics_);
    size_t number = 0;
    for (const YamlNode& node : nodes) {
      if (node.is_null()) continue;  // nothing between two document marks
      ++out_.counts.documents;
      document(file, node, ++number, remarks);
    }
  }

  void document(const RuleFile& file, const YamlNode& node, size_t number, Remarks& remarks) {
    switch (classify_document(node, remarks)) {
      case DocumentKind::kRule:
        if (!rule(file, node, number, remarks)) ++out_.counts.rejected;
        return;
      case DocumentKind::kOtherLogSource:
        ++out_.counts.other_log_source;
        return;
      case DocumentKind::kCorrelation:
        ++out_.counts.other_documents;
        remarks.warning("sigma-correlation", remarks.at(*node.find_key("correlation")),
                        "correlation documents are not supported yet: this one is left out",
                        "the rules it refers to still run on their own");
        return;
      case DocumentKind::kFilter:
        if (!filter(file, node, remarks)) ++out_.counts.rejected;
        return;
      case DocumentKind::kBroken:
        ++out_.counts.rejected;
        return;
    }
  }

  bool rule(const RuleFile& file, const YamlNode& node, size_t number, Remarks& remarks) {
    auto parsed = parse_rule(node, remarks);
    if (!parsed) return false;
    auto expression = lower_rule(*parsed, options_.placeholders, remarks);
    if (!expression) return false;
    RuleInfo& info = parsed->info;
    if (info.id.empty()) info.id = file.name + (number > 1 ? "#" + std::to_string(number) : "");
    if (!claim_id(file, *parsed, node, remarks)) return false;
    if (info.code.empty()) info.code = info.id;
    if (info.title.empty()) info.title = info.id;
    info.file = file.name;
    const YamlNode* name = node.find("name");
    remember(info.id);
    remember(info.title);
    if (name != nullptr && name->is_scalar()) remember(std::string(trim(name->text)));
    out_.infos.push_back(std::move(info));
    conditions_.emplace_back().push_back(std::move(*expression));
    ++out_.counts.loaded;
    return true;
  }

  // The rule about to be added may be listed by this name.
  void remember(const std::string& name) {
    std::vector<size_t>& rules = named_[to_lower(name)];
    if (rules.empty() || rules.back() != out_.infos.size()) rules.push_back(out_.infos.size());
  }

  bool filter(const RuleFile& file, const YamlNode& node, Remarks& remarks) {
    auto parsed = parse_filter(node, remarks);
    if (!parsed) return false;
    PendingFilter pending{&file, remarks.at(*node.find_key("filter")), {}, parsed->every_rule, {}};
    for (const YamlNode* rule : parsed->rules) {
      pending.references.push_back({std::string(trim(rule->text)), remarks.at(*rule)});
    }
    auto kept = lower_filter(std::move(*parsed), options_.placeholders, remarks);
    if (!kept) return false;
    pending.kept = std::move(*kept);
    filters_.push_back(std::move(pending));
    return true;
  }

  void apply(const PendingFilter& filter) {
    Remarks remarks(filter.file->name, filter.file->text, diagnostics_);
    std::vector<size_t> rules = filtered_by(filter, remarks);
    const size_t size = size_of(filter.kept);
    if (rules.size() > (kFilterPartsLimit - filter_parts_) / size) {
      remarks.error("sigma-too-large", filter.place,
                    "filters add more than " + format_count(kFilterPartsLimit) +
                        " parts to the rules: this one is left out",
                    "list only the rules that it is for");
      ++out_.counts.rejected;
      return;
    }
    filter_parts_ += rules.size() * size;
    for (size_t rule : rules) conditions_[rule].push_back(filter.kept);
    ++out_.counts.filters;
  }

  // The indexes of the rules that a filter lists, each once.
  std::vector<size_t> filtered_by(const PendingFilter& filter, Remarks& remarks) {
    std::vector<size_t> rules;
    if (filter.every_rule) {
      for (size_t i = 0; i < conditions_.size(); ++i) rules.push_back(i);
      return rules;
    }
    std::unordered_set<std::string> seen;
    for (const auto& reference : filter.references) {
      std::string name = to_lower(reference.text);
      if (!seen.insert(name).second) continue;
      auto found = named_.find(name);
      if (found == named_.end()) {
        unknown_rule(reference, remarks);
      } else {
        rules.insert(rules.end(), found->second.begin(), found->second.end());
      }
    }
    std::sort(rules.begin(), rules.end());
    rules.erase(std::unique(rules.begin(), rules.end()), rules.end());
    return rules;
  }

  void unknown_rule(const PendingFilter::Reference& reference, Remarks& remarks) {
    std::vector<std::string_view> names;
    for (const auto& [name, rules] : named_) names.push_back(name);
    std::sort(names.begin(), names.end());
    std::string hint = did_you_mean(reference.text, names);
    if (hint.empty()) {
      hint =
          "list rules by id, name or title; a rejected rule, or one for other logs, is not loaded";
    }
    remarks.warning("sigma-unknown-rule", reference.place,
                    "no loaded rule is called \"" + printable(reference.text) + "\"",
                    std::move(hint));
  }

  bool claim_id(const RuleFile& file, const SigmaRule& rule, const YamlNode& document,
                Remarks& remarks) {
    const YamlNode& where = rule.id_node != nullptr ? *rule.id_node : document;
    std::string here = file.name + ":" + std::to_string(where.line);
    auto [entry, is_new] = ids_.try_emplace(to_lower(rule.info.id), here);
    if (is_new) return true;
    remarks.error("sigma-duplicate-id", remarks.at(where),
                  "the id \"" + printable(rule.info.id) + "\" is already used at " + entry->second,
                  "give each rule an id of its own");
    return false;
  }

  void intern_dedup_fields(const RuleInfo& info) {
    constexpr std::array<std::string_view, 4> kNamed = {"principal", "account", "region", "ip"};
    for (const std::string& path : info.dedup_by) {
      if (std::find(kNamed.begin(), kNamed.end(), path) == kNamed.end()) fields_.intern(path);
    }
  }

  using Names = std::vector<std::string>;

  const LoadOptions& options_;
  FieldTable& fields_;
  Diagnostics& diagnostics_;
  RuleSet::Contents& out_;
  std::unordered_map<std::string, std::string> ids_;  // small letters → where it was used first
  std::vector<std::vector<Expression>> conditions_;   // by rule: its own, then its filters'
  // Ids, names and titles in small letters → the rules that have them.
  std::unordered_map<std::string, std::vector<size_t>> named_;
  std::vector<PendingFilter> filters_;
  size_t filter_parts_ = 0;
};

}  // namespace

RuleSet::RuleSet() : contents_(std::make_unique<Contents>()) {}
RuleSet::RuleSet(RuleSet&&) noexcept = default;
RuleSet& RuleSet::operator=(RuleSet&&) noexcept = default;
RuleSet::~RuleSet() = default;

RuleSet RuleSet::load_sigma(std::span<const RuleFile> files, const LoadOptions& options,
                            FieldTable& fields, Diagnostics& diagnostics) {
  RuleSet rules;
  SigmaLoader loader(options, fields, diagnostics, *rules.contents_);
  for (const RuleFile& file : files) loader.load(file);
  loader.finish();
  rules.contents_->program = Program::compile(rules.contents_->expressions, fields);
  return rules;
}

size_t RuleSet::size() const { return contents_->infos.size(); }
const RuleInfo& RuleSet::info(size_t rule) const { return contents_->infos[rule]; }
const std::vector<RuleInfo>& RuleSet::infos() const { return contents_->infos; }
const LoadCounts& RuleSet::counts() const { return contents_->counts; }
std::string RuleSet::explain(size_t rule) const { return to_string(contents_->expressions[rule]); }

}  // namespace cairn::rules
