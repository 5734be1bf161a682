#include "rules/rule_set.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "rules/needs.h"
#include "rules/remarks.h"
#include "rules/sigma_lower.h"
#include "rules/sigma_parse.h"

namespace cairn::rules {
namespace {

// Reads files one after another and collects what is to be compiled.
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

 private:
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
        ++out_.counts.other_documents;
        remarks.warning("sigma-filter", remarks.at(*node.find_key("filter")),
                        "filter documents are not supported yet: this one is left out",
                        "the rules it filters run unfiltered");
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
    info.needed_event_sources = needed_values(*expression, "eventSource").value_or(Names{});
    info.needed_event_names = needed_values(*expression, "eventName").value_or(Names{});
    info.needed_fields = needed_fields(*expression);
    bind(*expression, fields_);
    intern_dedup_fields(info);
    out_.infos.push_back(std::move(info));
    out_.expressions.push_back(std::move(*expression));
    ++out_.counts.loaded;
    return true;
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
  rules.contents_->program = Program::compile(rules.contents_->expressions, fields);
  return rules;
}

size_t RuleSet::size() const { return contents_->infos.size(); }
const RuleInfo& RuleSet::info(size_t rule) const { return contents_->infos[rule]; }
const std::vector<RuleInfo>& RuleSet::infos() const { return contents_->infos; }
const LoadCounts& RuleSet::counts() const { return contents_->counts; }
std::string RuleSet::explain(size_t rule) const { return to_string(contents_->expressions[rule]); }

}  // namespace cairn::rules
