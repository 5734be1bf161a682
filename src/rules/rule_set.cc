#include "rules/rule_set.h"

#include "base/text.h"
#include "rules/denied_twin.h"
#include "rules/needs.h"
#include "rules/pattern_rule.h"
#include "rules/remarks.h"
#include "rules/sigma_correlation.h"
#include "rules/sigma_legacy.h"
#include "rules/sigma_lower.h"
#include "rules/sigma_parse.h"
#include "rules/where.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace cairn::rules {
namespace {

constexpr size_t kFilterPartsLimit = 2'000'000;  // nodes that filters may add to all rules together

// Correlations over correlations: so many levels, when each stands before those it refers to.
constexpr size_t kCorrelationLevelsLimit = 100;
// Each looks through all names there are.
constexpr size_t kNearSearchesLimit = 100;

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
    connect();
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

  struct Waiting {
    const RuleFile* file;
    SigmaCorrelation parsed;
    std::vector<std::string> names;  // in small letters
  };

  /// One for each file, since it keeps the places of the file's lines.
  Remarks& remarks_on(const RuleFile& file) {
    return remarks_.try_emplace(&file, file.name, file.text, diagnostics_).first->second;
  }

  void documents(const RuleFile& file, const std::vector<YamlNode>& nodes) {
    Remarks& remarks = remarks_on(file);
    size_t number = 0;
    for (const YamlNode& node : nodes) {
      if (node.is_null()) continue;  // nothing between two document marks
      ++out_.counts.documents;
      document(file, node, ++number, remarks);
    }
  }

  void document(const RuleFile& file, const YamlNode& node, size_t number, Remarks& remarks) {
    switch (classify_document(node, options_.any_log_source, remarks)) {
      case DocumentKind::kRule:
        if (auto documents = translate_aggregation(node, remarks)) {
          if (!translated(file, *documents, number, remarks)) ++out_.counts.rejected;
          return;
        }
        if (!rule(file, node, number, remarks)) ++out_.counts.rejected;
        return;
      case DocumentKind::kPattern:
        if (!pattern_rule(file, node, number, remarks)) ++out_.counts.rejected;
        return;
      case DocumentKind::kOtherLogSource:
        ++out_.counts.other_log_source;
        return;
      case DocumentKind::kCorrelation:
        if (!correlation(file, node, number, remarks)) ++out_.counts.rejected;
        return;
      case DocumentKind::kFilter:
        if (!filter(file, node, remarks)) ++out_.counts.rejected;
        return;
      case DocumentKind::kBroken:
        ++out_.counts.rejected;
        return;
    }
  }

  /// Parts and the correlation over them: one document counts once.
  bool translated(const RuleFile& file, const std::vector<YamlNode>& documents, size_t number,
                  Remarks& remarks) {
    for (size_t i = 0; i + 1 < documents.size(); ++i) {
      if (!rule(file, documents[i], number, remarks)) return false;
      --out_.counts.loaded;
      ++out_.counts.parts;
    }
    return correlation(file, documents.back(), number, remarks);
  }

  bool rule(const RuleFile& file, const YamlNode& node, size_t number, Remarks& remarks) {
    auto parsed = parse_rule(node, remarks);
    if (!parsed) return false;
    auto expression = lower_rule(*parsed, options_.placeholders, remarks);
    if (!expression) return false;
    return add_rule(file, node, number, std::move(parsed->info), std::move(*expression), remarks);
  }

  bool pattern_rule(const RuleFile& file, const YamlNode& node, size_t number, Remarks& remarks) {
    size_t before = remarks.errors();
    RuleInfo info;
    parse_rule_info(node, info, remarks);
    auto expression = parse_pattern_rule(node, remarks);
    if (!expression || remarks.errors() > before) return false;
    return add_rule(file, node, number, std::move(info), std::move(*expression), remarks);
  }

  bool add_rule(const RuleFile& file, const YamlNode& node, size_t number, RuleInfo info,
                Expression expression, Remarks& remarks) {
    const YamlNode* cairn = node.find("cairn");
    if (const YamlNode* where = cairn != nullptr ? cairn->find("where") : nullptr) {
      auto narrowed = parse_where(*where, options_.placeholders, remarks);
      if (!narrowed) return false;
      expression = all_of({std::move(expression), std::move(*narrowed)});
    }
    if (info.id.empty()) info.id = file.name + (number > 1 ? "#" + std::to_string(number) : "");
    const YamlNode* id = node.find("id");
    if (!claim_id(file, info.id, remarks.at(id != nullptr ? *id : node), remarks)) return false;
    if (info.code.empty()) info.code = info.id;
    if (info.title.empty()) info.title = info.id;
    info.file = file.name;
    const YamlNode* name = node.find("name");
    remember(info.id);
    remember(info.title);
    if (name != nullptr && name->is_scalar()) remember(std::string(trim(name->text)));
    std::optional<Expression> twin;
    const YamlNode* denied = cairn != nullptr ? cairn->find("denied") : nullptr;
    if (denied != nullptr && !twin_of(*denied, expression, twin, remarks)) return false;
    RuleInfo twin_info = info;
    out_.infos.push_back(std::move(info));
    conditions_.emplace_back().push_back(std::move(expression));
    ++out_.counts.loaded;
    if (twin) add_twin(std::move(twin_info), std::move(*twin));
    return true;
  }

  bool twin_of(const YamlNode& denied, const Expression& expression,
               std::optional<Expression>& twin, Remarks& remarks) {
    if (!denied.is_scalar() || !equals_ignore_case(trim(denied.text), "twin")) {
      remarks.error("cairn-value", remarks.at(denied), "denied: expected \"twin\"", "");
      return false;
    }
    twin = denied_twin(expression);
    if (!twin)
      remarks.error("cairn-value", remarks.at(denied),
                    "a rule that names no eventName has no twin for refused calls", "");
    return twin.has_value();
  }

  /// The rule for refused attempts goes with its rule: filters of that one are joined to it, too.
  void add_twin(RuleInfo info, Expression expression) {
    twins_.emplace(out_.infos.size() - 1, out_.infos.size());
    info.id += "-denied";
    info.code += "-denied";
    info.title = "Refused: " + info.title;
    info.level = static_cast<Level>(std::max(static_cast<int>(info.level) - 1, 0));
    remember(info.id);
    out_.infos.push_back(std::move(info));
    conditions_.emplace_back().push_back(std::move(expression));
    ++out_.counts.twins;
  }

  // ---- Correlations

  bool correlation(const RuleFile& file, const YamlNode& node, size_t number, Remarks& remarks) {
    auto parsed = parse_correlation(node, remarks);
    if (!parsed) return false;
    RuleInfo& info = parsed->info;
    if (info.id.empty()) info.id = file.name + (number > 1 ? "#" + std::to_string(number) : "");
    if (!claim_id(file, info.id, parsed->id_place, remarks)) return false;
    if (info.code.empty()) info.code = info.id;
    if (info.title.empty()) info.title = info.id;
    info.file = file.name;
    std::vector<std::string> names{to_lower(info.id), to_lower(info.title)};
    const YamlNode* name = node.find("name");
    if (name != nullptr && name->is_scalar()) names.push_back(to_lower(trim(name->text)));
    waiting_.push_back({&file, std::move(*parsed), std::move(names)});
    return true;
  }

  /// Resolves what correlations refer to; one that refers to another comes after it.
  void connect() {
    const size_t rules = out_.infos.size();
    std::vector<bool> part(rules), alone(rules, true);
    bool moved = true;
    for (size_t level = 0; moved && level < kCorrelationLevelsLimit; ++level) {
      std::vector<Waiting> later;
      for (Waiting& waiting : waiting_) {
        if (!all_known(waiting.parsed))
          later.push_back(std::move(waiting));
        else if (!resolve(waiting, part, alone))
          ++out_.counts.rejected;
      }
      moved = later.size() < waiting_.size();
      waiting_ = std::move(later);
    }
    std::unordered_set<std::string> left_names;
    for (const Waiting& left : waiting_) left_names.insert(left.names.begin(), left.names.end());
    for (const Waiting& left : waiting_) {
      Remarks& remarks = remarks_on(*left.file);
      for (const auto& reference : left.parsed.rules)
        if (targets(reference.text).empty()) unknown_source(reference, left_names, remarks);
      ++out_.counts.rejected;
    }
    for (size_t i = 0; i < part.size(); ++i)
      out_.infos[i].silent = out_.infos[i].silent || (part[i] && !alone[i]);
  }

  /// The rules and resolved correlations that a name stands for.
  std::vector<size_t> targets(const std::string& name) const {
    auto found = named_.find(to_lower(name));
    return found == named_.end() ? std::vector<size_t>{} : found->second;
  }
  bool all_known(const SigmaCorrelation& parsed) const {
    return std::all_of(parsed.rules.begin(), parsed.rules.end(),
                       [&](const auto& reference) { return !targets(reference.text).empty(); });
  }

  void unknown_source(const SigmaCorrelation::Reference& reference,
                      const std::unordered_set<std::string>& left_names, Remarks& remarks) {
    bool in_circle = left_names.contains(to_lower(reference.text));
    std::string hint = in_circle ? "" : near_names(reference.text);
    remarks.error(
        "sigma-correlation", reference.place,
        in_circle
            ? "correlations refer to each other in a circle, or to one that has an error, or are "
              "nested too deeply: \"" +
                  printable(reference.text) + "\""
            : "no loaded rule is called \"" + printable(reference.text) + "\"",
        std::move(hint));
  }

  bool resolve(Waiting& waiting, std::vector<bool>& part, std::vector<bool>& alone) {
    SigmaCorrelation& parsed = waiting.parsed;
    Remarks& remarks = remarks_on(*waiting.file);
    Correlation& correlation = parsed.correlation;
    std::vector<std::string> codes;
    for (const auto& reference : parsed.rules) {
      std::vector<size_t> rules = targets(reference.text);
      if (rules.size() > 1) {
        remarks.error(
            "sigma-correlation", reference.place,
            format_count(rules.size()) + " rules are called \"" + printable(reference.text) + "\"",
            "refer to one by its id");
        return false;
      }
      Correlation::Source source;
      source.rule = static_cast<uint32_t>(rules[0]);
      if (!place_fields(parsed, reference, source, remarks)) return false;
      codes.push_back(out_.infos[source.rule].code);
      correlation.sources.push_back(std::move(source));
    }
    if (!parsed.condition.empty()) {
      auto tree = parse_correlation_condition(parsed, remarks);
      if (!tree) return false;
      correlation.condition.push_back(std::move(*tree));
    }
    correlation.rule = static_cast<uint32_t>(out_.infos.size());
    RuleInfo& info = parsed.info;
    note_needs(correlation, info);
    bool sees_events =
        std::any_of(correlation.sources.begin(), correlation.sources.end(),
                    [this](const auto& source) { return source.rule < out_.expressions.size(); });
    if (!info.allow.empty() && !sees_events) {
      remarks.warning("sigma-correlation", parsed.place,
                      "an allow-list has no effect on what other correlations found",
                      "put it into the correlations that this one refers to");
    }
    info.dedup_by = correlation.group_by;
    if (info.dedup_by.empty()) info.dedup_by = {"all"};
    for (const Correlation::Source& source : correlation.sources) {
      part[source.rule] = true;
      alone[source.rule] = alone[source.rule] && parsed.generate;
    }
    for (const std::string& name : waiting.names) {
      std::vector<size_t>& named = named_[name];
      if (named.empty() || named.back() != correlation.rule) named.push_back(correlation.rule);
    }
    part.push_back(false);
    alone.push_back(true);
    out_.correlation_texts.push_back(to_string(correlation, codes));
    out_.infos.push_back(std::move(info));
    out_.correlations.push_back(std::move(correlation));
    ++out_.counts.loaded;
    ++out_.counts.correlations;
    return true;
  }

  /// Where the events of one source have the fields that the correlation groups by and looks at.
  bool place_fields(const SigmaCorrelation& parsed, const SigmaCorrelation::Reference& reference,
                    Correlation::Source& source, Remarks& remarks) {
    const bool is_rule = source.rule < out_.expressions.size();
    for (const std::string& name : parsed.correlation.group_by) {
      std::string path = name;
      auto alias = std::find_if(parsed.aliases.begin(), parsed.aliases.end(),
                                [&](const auto& row) { return row.name == name; });
      if (alias != parsed.aliases.end()) {
        auto own = std::find_if(alias->fields.begin(), alias->fields.end(), [&](const auto& field) {
          return targets(field.first.text) == std::vector<size_t>{source.rule};
        });
        if (own == alias->fields.end()) {
          remarks.error("sigma-correlation", reference.place,
                        "the alias \"" + printable(name) + "\" has no field for this rule", "");
          return false;
        }
        path = own->second;
      }
      if (!is_rule && !groups_by(source.rule, path)) {
        remarks.error("sigma-correlation", reference.place,
                      "this correlation does not group by \"" + printable(path) + "\"",
                      "an outer correlation can group by what the inner one groups by");
        return false;
      }
      source.group_by.push_back(std::move(path));
    }
    source.fields = parsed.value_fields;
    if (!is_rule && !source.fields.empty()) {
      remarks.error("sigma-correlation", reference.place, "a correlation has no values to look at",
                    "");
      return false;
    }
    if (is_rule) {
      for (const std::string& path : source.group_by) fields_.intern(path);
      for (const std::string& path : source.fields) fields_.intern(path);
    }
    return true;
  }

  bool groups_by(uint32_t rule, const std::string& name) const {
    const auto& names = out_.correlations[rule - out_.expressions.size()].group_by;
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  /// What must be in the logs: of a temporal one what its first rule needs, else what any needs.
  void note_needs(const Correlation& correlation, RuleInfo& info) const {
    const RuleInfo& first = out_.infos[correlation.sources[0].rule];
    info.needed_event_sources = first.needed_event_sources;
    info.needed_event_names = first.needed_event_names;
    bool all_needed = correlation.kind == Correlation::Kind::kTemporal ||
                      correlation.kind == Correlation::Kind::kTemporalOrdered;
    if (all_needed) return;
    for (size_t i = 1; i < correlation.sources.size(); ++i) {
      const RuleInfo& other = out_.infos[correlation.sources[i].rule];
      widen(info.needed_event_sources, other.needed_event_sources);
      widen(info.needed_event_names, other.needed_event_names);
    }
  }
  static void widen(std::vector<std::string>& needs, const std::vector<std::string>& other) {
    if (other.empty()) needs.clear();
    if (!needs.empty()) needs.insert(needs.end(), other.begin(), other.end());
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
    Remarks& remarks = remarks_on(*filter.file);
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
    for (size_t i = 0, listed = rules.size(); i < listed; ++i)
      if (auto twin = twins_.find(rules[i]); twin != twins_.end()) rules.push_back(twin->second);
    std::sort(rules.begin(), rules.end());
    rules.erase(std::unique(rules.begin(), rules.end()), rules.end());
    return rules;
  }

  std::string near_names(const std::string& text) {
    if (++near_searches_ > kNearSearchesLimit) return "";
    std::vector<std::string_view> names;
    for (const auto& [name, rules] : named_) names.push_back(name);
    std::sort(names.begin(), names.end());
    std::string hint = did_you_mean(text, names);
    if (!hint.empty()) return hint;
    return "list rules by id, name or title; a rejected rule, or one for other logs, is not loaded";
  }

  void unknown_rule(const PendingFilter::Reference& reference, Remarks& remarks) {
    remarks.warning("sigma-unknown-rule", reference.place,
                    "no loaded rule is called \"" + printable(reference.text) + "\"",
                    near_names(reference.text));
  }

  bool claim_id(const RuleFile& file, const std::string& id, Place place, Remarks& remarks) {
    std::string here = file.name + ":" + std::to_string(place.line);
    auto [entry, is_new] = ids_.try_emplace(to_lower(id), here);
    if (is_new) return true;
    remarks.error("sigma-duplicate-id", place,
                  "the id \"" + printable(id) + "\" is already used at " + entry->second,
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
  std::unordered_map<size_t, size_t> twins_;  // rule → its rule for refused attempts
  std::vector<PendingFilter> filters_;
  std::vector<Waiting> waiting_;  // correlations whose rules are not known yet
  size_t filter_parts_ = 0;
  size_t near_searches_ = 0;
  std::unordered_map<const RuleFile*, Remarks> remarks_;
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

RuleSet RuleSet::only(const RuleSet& rules, size_t rule, const FieldTable& fields) {
  RuleSet one;
  one.contents_->infos.push_back(rules.contents_->infos[rule]);
  one.contents_->expressions.push_back(rules.contents_->expressions[rule]);
  one.contents_->program = Program::compile(one.contents_->expressions, fields);
  return one;
}

size_t RuleSet::size() const { return contents_->infos.size(); }
const RuleInfo& RuleSet::info(size_t rule) const { return contents_->infos[rule]; }
const std::vector<RuleInfo>& RuleSet::infos() const { return contents_->infos; }
const LoadCounts& RuleSet::counts() const { return contents_->counts; }
const std::vector<Correlation>& RuleSet::correlations() const { return contents_->correlations; }
std::string RuleSet::explain(size_t rule) const {
  const size_t single = contents_->expressions.size();
  return rule < single ? to_string(contents_->expressions[rule])
                       : contents_->correlation_texts[rule - single];
}

}  // namespace cairn::rules
