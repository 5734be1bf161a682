// What a worker keeps of each event: a row of numbers for the counts, names the first time they are
// seen, and all that is worth reading of the events that matched.

#include "base/hash.h"
#include "base/text.h"
#include "detect/run.h"

namespace cairn::detect {

namespace {

// Shares of a collector's memory.
constexpr size_t kRowShare = 50, kMatchShare = 35, kNameShare = 15;
constexpr size_t kKnownNames =
    32'768;  // then the table starts anew: names are written again, and met again in the merge

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
    rule.reported = info.level >= options.min_level;
    rules.push_back(std::move(rule));
  }
}

std::string name_key(NameKind kind, uint64_t hash, char part) {
  std::string key(1, static_cast<char>(kind));
  append_key_u64(key, hash);
  key += part;
  return key;
}

bool is_write(const Event& event, const StandardFields& f, std::string_view name) {
  std::string_view read_only = event.text(f.read_only);
  if (!read_only.empty()) return !equals_ignore_case(read_only, "true");
  for (std::string_view verb : kReadVerbs)
    if (name.substr(0, verb.size()) == verb) return false;
  return !name.empty();
}

Collector::State::State(const Run& shared, size_t budget_bytes)
    : run(shared),
      rows(shared.files, budget_bytes * kRowShare / 100),
      matches(shared.files, budget_bytes * kMatchShare / 100),
      names(shared.files, budget_bytes * kNameShare / 100),
      reach(shared.reach),
      known_contexts(256),
      known_types(256) {}

uint64_t Collector::State::note_type(const Event& event, TypeTexts& texts) {
  const StandardFields& f = run.standard;
  texts = {event.text(f.event_source), event.text(f.event_name), category_of(event, f)};
  if (texts.name.empty()) {
    texts.name = event.text(f.insight_name);
    if (texts.source.empty()) texts.source = event.text(f.insight_source);
  }
  uint64_t hash = hash64(texts.category, hash64(texts.name, hash64(texts.source)));
  reach.note(event, hash, texts.source, texts.name);
  if (!known_types.find_or_add(hash).second) return hash;
  if (known_types.size() > kKnownNames) known_types.clear();
  payload.clear();
  for (std::string_view text : {texts.source, texts.name, texts.category})
    pack_text(payload, cut_bytes(text, kTextBytes));
  keep(names.add(name_key(NameKind::kType, hash, kNames), payload));
  return hash;
}

uint64_t Collector::State::note_context(const ContextTexts& texts) {
  uint64_t hash = hash64(texts.principal);
  for (std::string_view text : {texts.identity_type, texts.account, texts.access_key,
                                texts.source_ip, texts.user_agent, texts.region})
    hash = hash64(text, hash);
  if (!known_contexts.find_or_add(hash).second) return hash;
  if (known_contexts.size() > kKnownNames) known_contexts.clear();
  payload.clear();
  for (std::string_view text : {texts.principal, texts.identity_type, texts.account,
                                texts.access_key, texts.source_ip, texts.user_agent, texts.region})
    pack_text(payload, cut_bytes(text, kTextBytes));
  keep(names.add(name_key(NameKind::kContext, hash, kNames), payload));
  return hash;
}

void Collector::State::add(const Event& event, uint64_t fingerprint,
                           std::span<const uint32_t> matched, std::string_view file) {
  const StandardFields& f = run.standard;
  PrincipalName who = principal_of(event, f);
  ContextTexts context;
  context.principal = who.key;
  context.identity_type = event.text(f.identity_type);
  context.account = event.text(f.recipient_account);
  if (context.account.empty()) context.account = event.text(f.identity_account);
  context.access_key = event.text(f.identity_access_key);
  context.source_ip = event.text(f.source_ip);
  context.user_agent = event.text(f.user_agent);
  context.region = event.text(f.region);

  TypeTexts type;
  Row row;
  row.fingerprint = fingerprint;
  row.time_ms = event.time_known() ? event.time().time_since_epoch().count() : 0;
  row.context = note_context(context);
  row.type = note_type(event, type);
  row.account_and_flags =
      (account_number(context.account) << Row::kFlagBits) | flags_of(event, f, type.name);
  keep(rows.add(row));
  if (!matched.empty()) add_match(event, fingerprint, matched, file, context, who.session);
}

std::string Collector::State::key_of(const Run::Rule& rule, const Event& event,
                                     const ContextTexts& context) const {
  std::string key;
  for (size_t i = 0; i < rule.key.size(); ++i) {
    if (i > 0) key += " / ";
    switch (rule.key[i].kind) {
      case Run::KeyPart::Kind::kPrincipal:
        key += context.principal;
        break;
      case Run::KeyPart::Kind::kAccount:
        key += context.account;
        break;
      case Run::KeyPart::Kind::kRegion:
        key += context.region;
        break;
      case Run::KeyPart::Kind::kIp:
        key += context.source_ip;
        break;
      case Run::KeyPart::Kind::kField:
        key += event.text(rule.key[i].slot);
        break;
      case Run::KeyPart::Kind::kUnknown:
        break;
    }
  }
  return key;
}

void Collector::State::add_match(const Event& event, uint64_t fingerprint,
                                 std::span<const uint32_t> matched, std::string_view file,
                                 const ContextTexts& context, std::string_view session) {
  const StandardFields& f = run.standard;
  AllowList::Facts facts{context.principal, event.text(f.identity_arn), context.source_ip,
                         context.user_agent, context.account};
  bool allowed_by_run = run.allow.allows(facts);
  record.brief = true;
  record.fingerprint = fingerprint;
  record.rules.resize(matched.size());
  for (size_t i = 0; i < matched.size(); ++i) {
    const Run::Rule& rule = run.rules[matched[i]];
    MatchedRule& entry = record.rules[i];
    entry.rule = matched[i];
    entry.allowed = allowed_by_run || rule.allow.allows(facts);
    entry.own_key = rule.own_key && rule.reported;
    entry.key = entry.own_key ? key_of(rule, event, context) : std::string();
    record.brief = record.brief && !rule.reported;
  }
  EventSummary& summary = record.event;
  summary.time_known = event.time_known();
  summary.time = event.time_known() ? event.time() : Timestamp{};
  summary.event_id = event.text(f.event_id);
  summary.offset = event.offset();
  summary.file = file;
  if (!record.brief) {
    summary.event_name = event.text(f.event_name);
    summary.event_source = event.text(f.event_source);
    if (summary.event_name.empty()) {
      summary.event_name = event.text(f.insight_name);
      if (summary.event_source.empty()) summary.event_source = event.text(f.insight_source);
    }
    summary.region = context.region;
    summary.account = context.account;
    summary.principal = context.principal;
    summary.session = session;
    summary.access_key = context.access_key;
    summary.source_ip = context.source_ip;
    summary.user_agent = context.user_agent;
    summary.error_code = event.text(f.error_code);
    summary.error_message = event.text(f.error_message);
    ActionWords::Phrase phrase = run.words.describe(event, f);
    summary.target = std::move(phrase.target);
    summary.words = std::move(phrase.words);
  }
  encode_match(record, encoded);
  keep(matches.add(encoded.key, encoded.payload));
}

Collector::Collector(std::unique_ptr<State> state) : state_(std::move(state)) {}
Collector::~Collector() = default;

void Collector::add(const Event& event, uint64_t fingerprint, std::span<const uint32_t> rules,
                    std::string_view file) {
  state_->add(event, fingerprint, rules, file);
}

}  // namespace cairn::detect
