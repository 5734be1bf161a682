#include "engine/stack.h"

// The state is one file, stack.json: the texts of the templates with their parameters and the time.
// It holds texts and not what was made of them, so that a newer program reads them with what it
// knows. Written whole or not at all (sys/durable.h), under a lock.

#include "base/text.h"
#include "engine/content.h"
#include "engine/stack_check.h"
#include "formats/json_tree.h"
#include "formats/json_writer.h"
#include "sys/durable.h"
#include "sys/process.h"

#include <algorithm>
#include <map>

namespace cairn::engine {

namespace {

constexpr uint64_t kTemplateBytesLimit = 8u << 20;
constexpr uint64_t kStateBytesLimit = 64u << 20;
constexpr size_t kTemplatesLimit = 100;
constexpr std::string_view kBuiltinFolder = "monitoring/";
constexpr std::string_view kBuiltinOrigin = "built in";

/// A template before it is read.
struct Text {
  std::string file, text;
  bool operator==(const Text&) const = default;
};

Stack read_stack(const std::vector<Text>& texts, const Parameters& parameters) {
  Stack stack;
  stack.parameters = parameters;
  std::map<std::string, std::vector<Diagnostic>> unused;  // by the message
  for (const Text& source : texts) {
    templates::Settings settings;
    settings.parameters = parameters;
    settings.stack_name = stack_name(source.file);
    Diagnostics diagnostics;
    templates::Template read =
        templates::read_template(source.text, source.file, settings, diagnostics);
    check_properties(read, source.text, diagnostics);
    for (const Diagnostic& remark : diagnostics.items()) {
      // What one template does not ask for may be another's.
      if (remark.code == "template-unused") {
        unused[remark.message].push_back(remark);
      } else {
        stack.diagnostics.add(remark);
      }
    }
    stack.files.push_back(source.file);
    for (templates::Resource& resource : read.resources) {
      auto verdict = templates::verdict_of(resource.type);
      stack.resources.push_back({std::move(resource), verdict, ""});
    }
  }
  for (const auto& [message, remarks] : unused) {
    if (remarks.size() != texts.size()) continue;
    auto best = std::find_if(remarks.begin(), remarks.end(),
                             [](const Diagnostic& remark) { return !remark.hint.empty(); });
    stack.diagnostics.add(best == remarks.end() ? remarks.front() : *best);
  }
  auto line_of = [&](const std::string& file, size_t line) {
    auto source = std::find_if(texts.begin(), texts.end(),
                               [&](const Text& text) { return text.file == file; });
    return source == texts.end() || line == 0 ? std::string_view() : line_at(source->text, line);
  };
  check_meaning(stack, line_of);
  // Of what is found afterwards only the place is known: show its line.
  Diagnostics shown;
  for (Diagnostic remark : stack.diagnostics.items()) {
    if (remark.source_line.empty()) {
      std::string_view line = line_of(remark.file, remark.line);
      if (line.size() <= 500) remark.source_line = line;
    }
    shown.add(std::move(remark));
  }
  stack.diagnostics = std::move(shown);
  return stack;
}

Result<std::vector<Text>> read_files(World world, const std::vector<std::string>& files) {
  std::vector<Text> texts;
  if (files.size() > kTemplatesLimit)
    return Error{ErrorCode::kExhausted, "more than 100 templates at once"};
  for (const std::string& file : files) {
    TRY_ASSIGN(std::string text, read_file(world.files, file, kTemplateBytesLimit));
    texts.push_back({file, std::move(text)});
  }
  return texts;
}

std::vector<Text> builtin_texts() {
  std::vector<Text> texts;
  for (const auto& [name, text] : builtin_templates()) texts.push_back({name, std::string(text)});
  return texts;
}

/// What stack.json holds.
struct Applied {
  std::vector<Text> texts;
  Parameters parameters;
  std::string time;
};

std::string state_path(const std::string& folder) { return join_path(folder, "stack.json"); }

std::string to_json(const Applied& applied) {
  JsonWriter json;
  json.begin_object().member("version", 1).member("applied", applied.time);
  json.key("parameters").begin_object();
  for (const auto& [name, value] : applied.parameters) json.member(name, value);
  json.end_object().key("templates").begin_array();
  for (const Text& source : applied.texts) {
    json.begin_object().member("file", source.file).member("text", source.text).end_object();
  }
  json.end_array().end_object();
  return std::move(json).take() + "\n";
}

/// What stack.json holds, nothing when there is none. Fails with kCorrupt or kExhausted when it is
/// none of ours.
Result<std::optional<Applied>> read_state(World world, const std::string& folder) {
  std::string path = state_path(folder);
  auto bytes = read_file(world.files, path, kStateBytesLimit);
  if (!bytes.ok()) {
    if (bytes.error().code == ErrorCode::kNotFound) return std::optional<Applied>();
    return std::move(bytes).error();
  }
  Error damaged{ErrorCode::kCorrupt, path + ": not what cairn apply writes; apply again"};
  JsonTree tree;
  if (!tree.parse(bytes.value()).ok() || tree[tree.find(0, "version")].text != "1") return damaged;
  Applied applied;
  applied.time = tree[tree.find(0, "applied")].text;
  uint32_t parameters = tree.find(0, "parameters"), list = tree.find(0, "templates");
  if (parameters == 0 || list == 0) return damaged;
  for (uint32_t i = parameters + 1; i < tree[parameters].next; i = tree[i].next)
    applied.parameters[std::string(tree[i].key)] = tree[i].text;
  for (uint32_t i = list + 1; i < tree[list].next; i = tree[i].next) {
    uint32_t file = tree.find(i, "file"), text = tree.find(i, "text");
    if (file == 0 || text == 0) return damaged;
    applied.texts.push_back({std::string(tree[file].text), std::string(tree[text].text)});
  }
  return std::optional<Applied>(std::move(applied));
}

Stack stack_of(const Applied& applied) {
  Stack stack = read_stack(applied.texts, applied.parameters);
  stack.applied = parse_event_time(applied.time);
  stack.origin = "applied " + applied.time;
  return stack;
}

/// What runs before something else is applied.
struct Before {
  std::optional<FileLock> lock;  // held until the next one is written
  std::optional<Applied> applied;
  std::optional<Stack> stack;  // nothing when the state is damaged: the next one replaces it
};

/// Fails for what another try may mend, not for damage. With `to_change`, nobody else can change
/// the state from here on.
Result<Before> read_before(World world, const std::string& folder, bool to_change,
                           ApplyOutcome& outcome) {
  Before before;
  outcome.path = state_path(folder);
  if (to_change) {
    TRY(make_private_folders(folder));
    TRY_ASSIGN(before.lock,
               FileLock::take(join_path(folder, "stack.lock"), FileLock::Kind::kExclusive));
  }
  auto state = read_state(world, folder);
  if (state.ok()) {
    before.applied = std::move(state).value();
    if (before.applied) {
      before.stack = stack_of(*before.applied);
    } else {
      TRY_ASSIGN(before.stack, builtin_stack());
    }
    outcome.before = before.stack->origin;
    return before;
  }
  const Error& error = state.error();
  if (error.code != ErrorCode::kCorrupt && error.code != ErrorCode::kExhausted)
    return std::move(state).error();
  Diagnostic remark;
  remark.code = "stack-state";
  remark.severity = DiagnosticSeverity::kWarning;
  remark.file = outcome.path;
  remark.message = "what ran before cannot be told: this is not what cairn apply writes";
  outcome.stack.diagnostics.add(std::move(remark));
  return before;
}

Status write_state(const Applied& applied, const std::string& folder) {
  std::string json = to_json(applied);
  if (json.size() > kStateBytesLimit)
    return Error{ErrorCode::kExhausted, "the templates are together larger than " +
                                            format_bytes(kStateBytesLimit) + " of JSON"};
  return write_durable_file(state_path(folder), json);
}

std::map<std::string, const templates::Resource*> by_key(const Stack& stack) {
  std::map<std::string, const templates::Resource*> result;
  for (const StackResource& entry : stack.resources) {
    const templates::Resource& resource = entry.resource;
    if (!resource.created || entry.verdict != templates::Verdict::kRuns) continue;
    result[resource.type + " " + resource.name] = &resource;
  }
  return result;
}

StackChange change_of(StackChange::Kind kind, const templates::Resource& resource) {
  return {kind, resource.type, resource.logical_id, resource.name, {}};
}

std::vector<StackChange::Property> changed_properties(const templates::Resource& before,
                                                      const templates::Resource& now) {
  std::vector<StackChange::Property> result;
  for (const auto& [key, value] : now.properties.members) {
    const YamlNode* old = before.properties.find(key.text);
    std::string was = old == nullptr ? "" : templates::to_json(*old);
    std::string is = templates::to_json(value);
    if (was != is) result.push_back({key.text, was, is});
  }
  for (const auto& [key, value] : before.properties.members) {
    if (now.properties.find(key.text) == nullptr)
      result.push_back({key.text, templates::to_json(value), ""});
  }
  return result;
}

}  // namespace

std::vector<const StackResource*> Stack::running(std::string_view type) const {
  std::vector<const StackResource*> result;
  for (const StackResource& entry : resources) {
    if (entry.resource.type == type && entry.resource.created &&
        entry.verdict == templates::Verdict::kRuns)
      result.push_back(&entry);
  }
  return result;
}

Result<Stack> check_templates(World world, const std::vector<std::string>& files,
                              const Parameters& parameters) {
  TRY_ASSIGN(auto texts, read_files(world, files));
  Stack stack = read_stack(texts, parameters);
  stack.origin = join(files, ", ");
  return stack;
}

std::vector<std::pair<std::string, std::string_view>> builtin_templates() {
  std::vector<std::pair<std::string, std::string_view>> result;
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.name.starts_with(kBuiltinFolder))
      result.emplace_back(file.name.substr(kBuiltinFolder.size()), file.text);
  }
  return result;
}

Result<Stack> builtin_stack() {
  Stack stack = read_stack(builtin_texts(), {});
  stack.origin = kBuiltinOrigin;
  for (const Diagnostic& remark : stack.diagnostics.items()) {
    if (remark.severity == DiagnosticSeverity::kError)
      return Error{ErrorCode::kInvalidInput, remark.message};
  }
  return stack;
}

std::string stack_name(const std::string& file) {
  std::string name(base_name(file));
  name = name.substr(0, name.find('.'));
  for (char& c : name) {
    bool plain = is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
    if (!plain) c = '-';
  }
  return name.empty() || name == "-" ? "cairn" : name;
}

Result<Stack> stack_to_try(World world, const std::vector<std::string>& files,
                           const Parameters& parameters, const std::string& state_folder) {
  if (!files.empty()) return check_templates(world, files, parameters);
  TRY_ASSIGN(auto applied, read_state(world, state_folder));
  if (applied) {
    for (const auto& [name, value] : parameters) applied->parameters[name] = value;
    return stack_of(*applied);
  }
  Stack stack = read_stack(builtin_texts(), parameters);
  stack.origin = kBuiltinOrigin;
  return stack;
}

std::string default_state_folder() {
  std::string folder = environment("CAIRN_STATE");
  if (!folder.empty()) return folder;
  folder = environment("XDG_DATA_HOME");
  if (folder.empty()) folder = join_path(environment("HOME"), ".local/share");
  return join_path(folder, "cairn/state");
}

std::vector<StackChange> compare(const Stack& before, const Stack& now) {
  std::vector<StackChange> changes;
  auto old = by_key(before), fresh = by_key(now);
  for (const auto& [key, resource] : fresh) {
    auto was = old.find(key);
    if (was == old.end()) {
      changes.push_back(change_of(StackChange::Kind::kAdded, *resource));
      continue;
    }
    auto properties = changed_properties(*was->second, *resource);
    if (properties.empty()) continue;
    changes.push_back(change_of(StackChange::Kind::kChanged, *resource));
    changes.back().properties = std::move(properties);
  }
  for (const auto& [key, resource] : old) {
    if (!fresh.contains(key)) changes.push_back(change_of(StackChange::Kind::kRemoved, *resource));
  }
  return changes;
}

Result<ApplyOutcome> apply_templates(World world, const std::vector<std::string>& files,
                                     const Parameters& parameters, const std::string& state_folder,
                                     bool dry_run) {
  TRY_ASSIGN(auto texts, read_files(world, files));
  ApplyOutcome outcome;
  outcome.stack = read_stack(texts, parameters);
  outcome.stack.origin = join(files, ", ");
  bool wrong = outcome.stack.diagnostics.has_errors();
  TRY_ASSIGN(Before before, read_before(world, state_folder, !wrong && !dry_run, outcome));
  if (wrong) return outcome;
  if (before.stack) outcome.changes = compare(*before.stack, outcome.stack);
  bool same =
      before.applied && before.applied->texts == texts && before.applied->parameters == parameters;
  if (same || dry_run) return outcome;
  TRY(write_state({std::move(texts), parameters, format_time(world.clock.now())}, state_folder));
  outcome.written = true;
  return outcome;
}

Result<ApplyOutcome> apply_builtin(World world, const std::string& state_folder, bool dry_run) {
  ApplyOutcome outcome;
  TRY_ASSIGN(outcome.stack, builtin_stack());
  TRY_ASSIGN(Before before, read_before(world, state_folder, !dry_run, outcome));
  if (before.stack) outcome.changes = compare(*before.stack, outcome.stack);
  bool nothing_applied = before.stack && !before.applied;
  if (nothing_applied || dry_run) return outcome;
  TRY(world.files.remove(outcome.path));
  TRY(sync_folder(state_folder));
  outcome.written = true;
  return outcome;
}

Result<Stack> load_stack(World world, const std::vector<std::string>& files,
                         const Parameters& parameters, const std::string& state_folder) {
  auto read = stack_to_try(world, files, parameters, state_folder);
  if (!read.ok()) return read;
  if (!read.value().diagnostics.has_errors()) return read;
  std::string errors;
  for (const Diagnostic& remark : read.value().diagnostics.items()) {
    if (remark.severity == DiagnosticSeverity::kError && errors.size() < 4'000)
      errors += "\n" + format_text(remark);
  }
  return Error{ErrorCode::kInvalidInput, "the templates cannot be run:" + errors};
}

}  // namespace cairn::engine
