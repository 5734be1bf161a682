#include "engine/rule_sources.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/text.h"
#include "engine/content.h"
#include "formats/yaml.h"

#include <algorithm>

namespace cairn::engine {

namespace {

constexpr uint64_t kRuleFileBytes = 16u << 20;
constexpr size_t kFolderDepth = 64;
constexpr std::string_view kPackFolder = "rules/";
constexpr std::string_view kTreeSuffix = ".tree";
constexpr RuleSetKind kSets[] = {
    {"cis", "the exact filter patterns of the CIS AWS Foundations benchmark, CloudWatch.1 to .14"},
    {"behavior",
     "what is unusual for a principal: looks at nearly every event, so a scan takes longer"},
    {"canary", "calls with, or about, what --values lists as canaries"},
    {"anonymous", "calls from addresses that --values lists as anonymous_addresses: Tor, proxies"},
};

bool is_rule_name(std::string_view path) {
  std::string lower = to_lower(base_name(path));
  return lower.ends_with(".yml") || lower.ends_with(".yaml");
}

Status collect(Files& files, const std::string& folder, size_t depth,
               std::vector<std::string>& found) {
  if (depth > kFolderDepth)
    return Error{ErrorCode::kExhausted, printable(folder) + ": folders are nested too deeply"};
  TRY_ASSIGN(auto entries, files.list(folder));
  for (const FileInfo& entry : entries) {
    if (base_name(entry.path).starts_with('.')) continue;  // .git, editors' backups
    if (entry.kind == FileKind::kFolder) TRY(collect(files, entry.path, depth + 1, found));
    if ((entry.kind == FileKind::kFile || entry.kind == FileKind::kLink) &&
        is_rule_name(entry.path)) {
      found.push_back(entry.path);
    }
  }
  return Status::success();
}

uint64_t add_to_fingerprint(uint64_t fingerprint, std::string_view name, std::string_view text) {
  return mix64(mix64(fingerprint, hash64(base_name(name))), hash64(text));
}

/// A set is the folder of its name: "rules/cis/….yml".
std::string_view set_of(std::string_view name) {
  std::string_view folder = name.substr(0, name.find('/'));
  for (const RuleSetKind& set : kSets)
    if (set.name == folder) return set.name;
  return {};
}

/// The pack comes parsed (tools/pack_rules.cc): "rules/iam/IAM-02-….yml.tree".
void add_pack(const RuleOptions& options, std::vector<rules::RuleFile>& sources,
              uint64_t& fingerprint) {
  for (const EmbeddedFile& file : embedded_files()) {
    if (!file.name.starts_with(kPackFolder)) continue;
    std::string_view name = file.name.substr(kPackFolder.size());
    std::string_view set = set_of(name);
    bool wanted = set.empty() ? options.builtin
                              : std::find(options.sets.begin(), options.sets.end(), set) !=
                                    options.sets.end();
    if (!wanted) continue;
    CAIRN_CHECK(name.ends_with(kTreeSuffix));
    name.remove_suffix(kTreeSuffix.size());
    auto documents = deserialize_yaml(file.text);
    CAIRN_CHECK(documents.ok());
    fingerprint = add_to_fingerprint(fingerprint, name, file.text);
    sources.push_back({"builtin:" + std::string(name), "", std::move(documents).value()});
  }
}

/// `name: value` or `name: [values]`, one map.
Result<rules::LoadOptions> load_options(Files& files, const std::string& path,
                                        Diagnostics& diagnostics) {
  rules::LoadOptions options;
  if (path.empty()) return options;
  TRY_ASSIGN(std::string text, read_file(files, path, kRuleFileBytes));
  for (const YamlNode& document : parse_yaml(text, path, diagnostics).documents) {
    for (const auto& [name, value] : document.members) {
      std::vector<std::string>& values = options.placeholders[name.text];
      if (value.is_scalar()) values.push_back(value.text);
      for (const YamlNode& item : value.items)
        if (item.is_scalar()) values.push_back(item.text);
    }
  }
  if (options.placeholders.empty())
    return Error{ErrorCode::kInvalidInput,
                 printable(path) +
                     ": expected names of placeholders and their values, such as "
                     "\"Administrators: [alice, bob]\""};
  return options;
}

}  // namespace

std::span<const RuleSetKind> rule_set_kinds() { return kSets; }

Result<rules::LoadOptions> read_rule_values(Files& files, const RuleOptions& options,
                                            Diagnostics& diagnostics) {
  auto values = load_options(files, options.values_path, diagnostics);
  if (!values.ok()) return std::move(values).error().with_context("values");
  return values;
}

Result<std::vector<std::string>> list_rule_files(Files& files, const std::string& path) {
  TRY_ASSIGN(FileInfo info, files.stat(path));
  if (info.kind != FileKind::kFolder) return std::vector<std::string>{path};
  std::vector<std::string> found;
  TRY(collect(files, path, 0, found));
  if (found.empty()) {
    return Error{ErrorCode::kNotFound, "no rule files (.yml, .yaml) under " + printable(path)};
  }
  std::sort(found.begin(), found.end());
  return found;
}

Result<RuleTexts> read_rule_texts(Files& files, const RuleOptions& options) {
  RuleTexts texts;
  add_pack(options, texts.files, texts.fingerprint);
  for (const std::string& path : options.paths) {
    auto found = list_rule_files(files, path);
    if (!found.ok()) return std::move(found).error().with_context("rules");
    for (const std::string& file : found.value()) {
      auto text = read_file(files, file, kRuleFileBytes);
      if (!text.ok()) return std::move(text).error().with_context("rules");
      texts.fingerprint = add_to_fingerprint(texts.fingerprint, file, text.value());
      texts.files.push_back({file, std::move(text).value(), {}});
    }
  }
  return texts;
}

Result<std::unique_ptr<Ruleset>> make_ruleset(Files& files, const RuleOptions& options,
                                              const std::function<void(FieldTable&)>& more) {
  TRY_ASSIGN(RuleTexts texts, read_rule_texts(files, options));
  auto set = std::make_unique<Ruleset>();
  set->standard = StandardFields::intern_into(set->fields);
  set->identity = identity::IdentityFields::intern_into(set->fields);
  TRY_ASSIGN(rules::LoadOptions values, read_rule_values(files, options, set->diagnostics));
  set->rules = std::make_unique<rules::RuleSet>(
      rules::RuleSet::load_sigma(texts.files, values, set->fields, set->diagnostics));
  TRY_ASSIGN(auto words, detect::ActionWords::parse(embedded_text("actions.tsv"), set->fields));
  set->words = std::make_unique<detect::ActionWords>(std::move(words));
  if (more) more(set->fields);
  set->fields.freeze();

  const rules::LoadCounts& loaded = set->rules->counts();
  auto& counts = set->counts;
  counts.fingerprint = texts.fingerprint;
  counts.files = loaded.files;
  counts.loaded = loaded.loaded;
  counts.filters = loaded.filters;
  counts.rejected = loaded.rejected;
  counts.other_log_source = loaded.other_log_source;
  counts.correlations = loaded.correlations;
  for (const RuleInfo& info : set->rules->infos())
    counts.builtin += info.file.starts_with("builtin:") ? 1u : 0u;
  counts.errors = set->diagnostics.count(DiagnosticSeverity::kError);
  counts.warnings = set->diagnostics.count(DiagnosticSeverity::kWarning);
  return set;
}

}  // namespace cairn::engine
