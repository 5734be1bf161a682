// What a worker keeps of each event: a row of numbers for the counts, names the first time they are
// seen, and all that is worth reading of the events that matched.

#include "base/hash.h"
#include "base/text.h"
#include "detect/run.h"
#include "model/global_services.h"

#include <algorithm>

namespace cairn::detect {

namespace {

// Shares of a collector's memory.
constexpr size_t kRowShare = 40, kMatchShare = 17, kCandidateShare = 8, kSharedTextShare = 10,
                 kContextShare = 23, kTypeShare = 2;

constexpr std::string_view kReadVerbs[] = {
    "Get",  "List",  "Describe", "Head", "Lookup", "Search",   "Select",   "BatchGet",
    "Scan", "Query", "Preview",  "View", "Check",  "Validate", "Download", "Simulate"};

Run::KeyPart key_part(const std::string& name, const FieldTable& fields) {
  using Kind = Run::KeyPart::Kind;
  if (name == "principal") return {Kind::kPrincipal, kNoSlot};
  if (name == "account") return {Kind::kAccount, kNoSlot};
  if (name == "region") return {Kind::kRegion, kNoSlot};
  if (name == "ip") return {Kind::kIp, kNoSlot};
  auto slot = fields.find(name);
  if (!slot) return {Kind::kUnknown, kNoSlot};
  return {Kind::kField, *slot};
}

std::string_view category_of(const Event& event, const StandardFields& f) {
  std::string_view category = event.text(f.event_category);
  if (!category.empty()) return category;
  // Before eventVersion 1.07 there was no category; only Insights and data events could be anything
  // else than management events.
  if (event.text(f.event_type) == "AwsCloudTrailInsight") return "Insight";
  if (equals_ignore_case(event.text(f.management_event), "false")) return "Data";
  return "Management";
}

uint64_t account_number(std::string_view text) {
  if (text.size() != 12) return 0;
  uint64_t number = 0;
  for (char c : text) {
    if (!is_digit(c)) return 0;
    number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  return number;
}

uint64_t flags_of(const Event& event, const StandardFields& f, std::string_view name) {
  uint64_t flags = event.time_known() ? Row::kTimeKnown : 0;
  // A failed sign-in has a message and no code.
  if (!event.text(f.error_code).empty() || !event.text(f.error_message).empty())
    flags |= Row::kError;
  if (name == "ConsoleLogin") {
    std::string_view result = event.text(f.console_login);
    if (result == "Failure") flags |= Row::kError;
    // Federated sign-ins always say "No": their second factor is with the identity provider.
    bool own_sign_in =
        event.text(f.identity_type) == "IAMUser" || event.text(f.identity_type) == "Root";
    if (result == "Success" && own_sign_in && equals_ignore_case(event.text(f.mfa_used), "No"))
      flags |= Row::kSignInWithoutMfa;
  }
  if (is_write(event, f, name)) flags |= Row::kWrite;
  if (is_global_call(event.text(f.event_source), event.text(f.region))) flags |= Row::kGlobalCall;
  return flags;
}

}  // namespace

Run::Run(const std::vector<RuleInfo>& rule_infos, const FieldTable& fields,
         const StandardFields& standard_fields, const ActionWords& action_words, Files& file_system,
         Options run_options)
    : infos(rule_infos),
      standard(standard_fields),
      words(action_words),
      files(file_system),
      options(std::move(run_options)),
      allow(options.allow),
      reach(rule_infos, fields) {
  for (const RuleInfo& info : infos) {
    Rule rule;
    rule.allow = AllowList(info.allow);
    for (const std::string& name : info.dedup_by) rule.key.push_back(key_part(name, fields));
    rule.own_key = rule.key.size() != 1 || rule.key[0].kind != KeyPart::Kind::kPrincipal;
    rule.reported = info.level >= options.min_level && !info.silent;
    rules.push_back(std::move(rule));
  }
  for (const Correlation& correlation : options.correlations) {
    std::vector<Source>& places = sources.emplace_back();
    for (const Correlation::Source& source : correlation.sources)
      places.push_back(capture(source, fields));
  }
  place_allow_lists();
}

/// What allow-lists of correlations say stands behind the values captured.
void Run::place_allow_lists() {
  for (size_t i = 0; i < options.correlations.size(); ++i) {
    const Correlation& correlation = options.correlations[i];
    if (rules[correlation.rule].allow.empty()) continue;
    for (size_t s = 0; s < correlation.sources.size(); ++s) {
      Rule& rule = rules[correlation.sources[s].rule];
      sources[i][s].allowed = rule.captured.size() + rule.allowed_for.size();
      rule.allowed_for.push_back(correlation.rule);
    }
  }
}

/// Notes what a correlation asks of a rule's events. Other correlations have nothing to capture: of
/// their paths, names of their groups, none is a field.
Run::Source Run::capture(const Correlation::Source& source, const FieldTable& fields) {
  Rule& rule = rules[source.rule];
  rule.is_source = true;
  auto places_of = [&](const std::vector<std::string>& paths) {
    std::vector<size_t> places;
    for (const std::string& path : paths) {
      auto slot = fields.find(path);
      if (!slot) continue;
      auto known = std::find(rule.captured.begin(), rule.captured.end(), *slot);
      places.push_back(static_cast<size_t>(known - rule.captured.begin()));
      if (known == rule.captured.end()) rule.captured.push_back(*slot);
    }
    return places;
  };
  Source places;
  places.group_by = places_of(source.group_by);
  places.fields = places_of(source.fields);
  return places;
}

bool is_write(const Event& event, const StandardFields& f, std::string_view name) {
  std::string_view read_only = event.text(f.read_only);
  if (!read_only.empty()) return !equals_ignore_case(read_only, "true");
  for (std::string_view verb : kReadVerbs)
    if (name.substr(0, verb.size()) == verb) return false;
  return !name.empty();
}

Collector::State::State(const Run& shared, uint32_t number, size_t budget_bytes)
    : run(shared),
      rows(shared.files, budget_bytes * kRowShare / 100),
      matches(shared.files, budget_bytes * kMatchShare / 100),
      candidates(shared.files, budget_bytes * kCandidateShare / 100),
      shared_texts(number, budget_bytes * kSharedTextShare / 100),
      contexts(shared.files, budget_bytes * kContextShare / 100),
      types(shared.files, budget_bytes * kTypeShare / 100),
      reach(shared.reach) {}

namespace {

TypeTexts type_of(const Event& event, const StandardFields& f) {
  TypeTexts texts{event.text(f.event_source), event.text(f.event_name), category_of(event, f)};
  if (texts.name.empty()) {
    texts.name = event.text(f.insight_name);
    if (texts.source.empty()) texts.source = event.text(f.insight_source);
  }
  return texts;
}

ContextTexts context_of(const Event& event, const StandardFields& f, std::string_view principal) {
  ContextTexts texts;
  texts.principal = cut_bytes(principal, kTextBytes);
  texts.identity_type = event.text(f.identity_type);
  texts.account = event.text(f.recipient_account);
  if (texts.account.empty()) texts.account = event.text(f.identity_account);
  texts.access_key = event.text(f.identity_access_key);
  texts.source_ip = event.text(f.source_ip);
  texts.user_agent = event.text(f.user_agent);
  texts.region = event.text(f.region);
  return texts;
}

uint64_t hash_of(const TypeTexts& texts) {
  return hash64(texts.category, hash64(texts.name, hash64(texts.source)));
}

uint64_t hash_of(const ContextTexts& texts, uint64_t principal) {
  uint64_t hash = principal;
  for (std::string_view text : {texts.identity_type, texts.account, texts.access_key,
                                texts.source_ip, texts.user_agent, texts.region})
    hash = hash64(text, hash);
  return hash;
}

}  // namespace

void Collector::State::add(const Event& event, uint64_t fingerprint,
                           std::span<const uint32_t> matched, std::string_view file) {
  const StandardFields& f = run.standard;
  PrincipalName who = principal_of(event, f);
  ContextTexts context = context_of(event, f, who.key);
  TypeTexts type = type_of(event, f);
  Row row;
  row.fingerprint = fingerprint;
  row.time_ms = event.time_known() ? event.time().time_since_epoch().count() : 0;
  row.principal = hash64(context.principal);
  row.context = hash_of(context, row.principal);
  row.type = hash_of(type);
  row.account_and_flags =
      (account_number(context.account) << Row::kFlagBits) | flags_of(event, f, type.name);
  tally.add(row);
  keep(rows.add(row));
  keep(contexts.add(context, row));
  keep(types.add(row.type, type));
  reach.note(event, row.type, type.source, type.name);
  if (!matched.empty()) add_match(event, row, matched, file, context, who.session);
}

void Collector::State::close() {
  rows.seal();
  tally.close();
  keep(contexts.flush());
  keep(types.flush());
  keep(contexts.records().settle());
  keep(matches.settle());
  keep(candidates.settle());
}

/// Returns the values of a rule's own key; `buffer` holds them when they are several.
std::string_view Collector::State::key_of(const Run::Rule& rule, const Event& event,
                                          const ContextTexts& context, std::string& buffer) const {
  auto value = [&](const Run::KeyPart& part) -> std::string_view {
    switch (part.kind) {
      case Run::KeyPart::Kind::kPrincipal:
        return context.principal;
      case Run::KeyPart::Kind::kAccount:
        return context.account;
      case Run::KeyPart::Kind::kRegion:
        return context.region;
      case Run::KeyPart::Kind::kIp:
        return context.source_ip;
      case Run::KeyPart::Kind::kField:
        return event.text(part.slot);
      case Run::KeyPart::Kind::kUnknown:
        break;
    }
    return {};
  };
  if (rule.key.size() == 1) return value(rule.key[0]);
  buffer.clear();
  for (size_t i = 0; i < rule.key.size(); ++i) {
    if (i > 0) buffer += " / ";
    buffer += value(rule.key[i]);
  }
  return buffer;
}

void Collector::State::add_match(const Event& event, const Row& row,
                                 std::span<const uint32_t> matched, std::string_view file,
                                 const ContextTexts& context, std::string_view session) {
  const StandardFields& f = run.standard;
  AllowList::Facts facts{context.principal, event.text(f.identity_arn), context.source_ip,
                         context.user_agent, context.account};
  bool allowed_by_run = run.allow.allows(facts);
  record.brief = true;
  bool is_candidate = false, counts = false;  // for correlations; as a match of its own
  record.fingerprint = row.fingerprint;
  record.rules.resize(matched.size());
  if (own_keys.size() < matched.size()) own_keys.resize(matched.size());
  for (size_t i = 0; i < matched.size(); ++i) {
    const Run::Rule& rule = run.rules[matched[i]];
    MatchedRule& entry = record.rules[i];
    entry.rule = matched[i];
    entry.allowed = allowed_by_run || rule.allow.allows(facts);
    entry.own_key = rule.own_key && rule.reported;
    entry.key = entry.own_key ? key_of(rule, event, context, own_keys[i]) : std::string_view{};
    entry.captured = {};
    if (!rule.captured.empty() || !rule.allowed_for.empty()) {
      if (captured.size() < matched.size()) captured.resize(matched.size());
      captured[i].clear();
      for (SlotId slot : rule.captured) pack_captured(captured[i], event.get(slot));
      for (uint32_t list : rule.allowed_for) {
        bool allowed = run.rules[list].allow.allows(facts);
        pack_captured(captured[i], allowed ? FieldValue{"1", FieldKind::kBool} : FieldValue{});
      }
      entry.captured = captured[i];
    }
    record.brief = record.brief && !rule.reported && !rule.is_source;
    is_candidate = is_candidate || (rule.is_source && !entry.allowed);
    counts = counts || !run.infos[matched[i]].silent;
  }
  EventView& view = record.event;
  view = {};
  view.time_known = event.time_known();
  if (view.time_known) view.time = event.time();
  view.event_id = event.text(f.event_id);
  view.offset = event.offset();
  size_t name = file.rfind('/') + 1;  // npos + 1 is 0
  view.folder = file.substr(0, name);
  view.file = file.substr(name);
  if (!record.brief) {
    TypeTexts type = type_of(event, f);
    view.event_name = type.name;
    view.event_source = type.source;
    view.region = context.region;
    view.account = context.account;
    view.principal = context.principal;
    view.session = session;
    view.access_key = context.access_key;
    view.source_ip = context.source_ip;
    view.user_agent = context.user_agent;
    view.error_code = event.text(f.error_code);
    view.error_message = event.text(f.error_message);
    run.words.describe(event, f, row.type, words, phrase);
    view.target = phrase.target;
    view.words = phrase.words;
  }
  encode_match(record, row.context, row.type, shared_texts, encoded);
  if (is_candidate) keep(candidates.add(encoded.key, encoded.payload));
  if (counts) keep(matches.add(encoded.key, encoded.payload));
}

Collector::Collector(std::unique_ptr<State> state) : state_(std::move(state)) {}
Collector::~Collector() = default;

void Collector::add(const Event& event, uint64_t fingerprint, std::span<const uint32_t> rules,
                    std::string_view file) {
  state_->add(event, fingerprint, rules, file);
}

}  // namespace cairn::detect
