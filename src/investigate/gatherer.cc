#include "investigate/gatherer.h"

#include "base/hash.h"
#include "base/pack.h"
#include "base/text.h"

#include <algorithm>
#include <limits>

namespace cairn::investigate {

namespace {

constexpr size_t kTextBytes = 512;    // of one value
constexpr size_t kUseOverhead = 160;  // of a map's entry
constexpr size_t kResources = 16;     // of one event
constexpr size_t kCallers = 100'000;  // remembered; then anew, so that one may be kept twice
constexpr size_t kActShare = 60, kUseShare = 20, kRunShare = 20;

constexpr std::string_view kQuestions[] = {
    "Get",   "List",  "Describe", "Head",     "Lookup",   "Search", "Query",  "Scan",
    "Batch", "Check", "Test",     "Validate", "Simulate", "Filter", "Select", "Preview"};

/// Copies the record without the blanks between its tokens.
std::string compact(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  bool quoted = false, escaped = false;
  for (char c : raw) {
    if (quoted) {
      quoted = escaped || c != '"';
      escaped = !escaped && c == '\\';
    } else {
      if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
      quoted = c == '"';
    }
    out += c;
  }
  return out;
}

void pack_time(std::string& out, bool known, int64_t time_ms) {
  out += known ? '\1' : '\0';
  pack_number(out, static_cast<uint64_t>(time_ms));
}

}  // namespace

bool issues_credential(std::string_view name) {
  return name.starts_with("AssumeRo") || name == "GetSessionToken" ||
         name == "GetFederationToken" || name == "GetCredentialsForIdentity" ||
         name == "GetRoleCredentials";
}

bool is_write(const Event& event, const StandardFields& f) {
  std::string_view read_only = event.text(f.read_only);
  if (!read_only.empty()) return !equals_ignore_case(read_only, "true");
  std::string_view name = event.text(f.event_name);
  return !name.empty() &&
         std::none_of(std::begin(kQuestions), std::end(kQuestions),
                      [&](std::string_view question) { return name.starts_with(question); });
}

bool has_failed(const Event& event, const StandardFields& f) {
  if (!event.text(f.error_code).empty() || !event.text(f.error_message).empty()) return true;
  return event.text(f.event_name) == "ConsoleLogin" && event.text(f.console_login) == "Failure";
}

std::string error_of(const Event& event, const StandardFields& f) {
  std::string_view code = event.text(f.error_code);
  if (!code.empty()) return std::string(cut_bytes(code, kTextBytes));
  return has_failed(event, f) ? "failed" : "";
}

std::string call_name(std::string_view source, std::string_view name) {
  constexpr std::string_view kDomain = ".amazonaws.com";
  if (source.ends_with(kDomain)) source.remove_suffix(kDomain.size());
  return std::string(source) + ":" + std::string(name);
}

InvestigateFields InvestigateFields::intern_into(FieldTable& fields) {
  InvestigateFields f{};
  f.issued_key = fields.intern("responseElements.credentials.accessKeyId");
  f.resource_arn = fields.intern("resources.ARN");
  f.policy_document = fields.intern("requestParameters.policyDocument");
  return f;
}

void Act::pack(std::string& out) const {
  out += looked ? '\1' : '\0';
  pack_time(out, time_known, time_ms);
  pack_number(out, handle);
  for (const std::string* text :
       {&event_id, &source, &name, &region, &account, &principal, &session, &access_key, &source_ip,
        &target, &words, &issued_key, &record})
    pack_text(out, *text);
}

Act Act::unpack(std::string_view bytes) {
  PackReader reader(bytes);
  Act act;
  act.looked = reader.bytes(1) == "\1";
  act.time_known = reader.bytes(1) == "\1";
  act.time_ms = static_cast<int64_t>(reader.number());
  act.handle = reader.number();
  for (std::string* text : {&act.event_id, &act.source, &act.name, &act.region, &act.account,
                            &act.principal, &act.session, &act.access_key, &act.source_ip,
                            &act.target, &act.words, &act.issued_key, &act.record})
    *text = reader.text();
  return act;
}

Gatherer::Gatherer(const StandardFields& standard, const InvestigateFields& fields,
                   const detect::ActionWords* words, Files& files, size_t memory_bytes,
                   Wanted wanted)
    : standard_(standard),
      fields_(fields),
      words_(words),
      wanted_(std::move(wanted)),
      use_budget_(memory_bytes * kUseShare / 100),
      acts_(files, memory_bytes * kActShare / 100),
      use_runs_(files, memory_bytes * kRunShare / 100) {}

void Gatherer::keep(Status status) {
  if (failure_.ok() && !status.ok()) failure_ = std::move(status);
}

void Gatherer::add(const Event& event, uint64_t fingerprint) {
  if (wanted_.about && !wanted_.about(event)) return;
  uint64_t handle = identity::handle_of(event, standard_);
  if (wanted_.uses) add_use(event, handle);
  if (!wanted_.acts) return;
  std::string_view name = event.text(standard_.event_name);
  bool failed = has_failed(event, standard_);
  bool with_record = !failed && wanted_.with_record &&
                     wanted_.with_record(event.text(standard_.event_source), name);
  if (with_record) {
    add_act(event, handle, fingerprint, Kept::kActWithRecord);
  } else if (!failed && (is_write(event, standard_) || issues_credential(name))) {
    add_act(event, handle, fingerprint, Kept::kAct);
  } else if (wanted_.callers && is_new_caller(event, handle)) {
    add_act(event, handle, fingerprint, Kept::kLooked);
  }
}

bool Gatherer::is_new_caller(const Event& event, uint64_t handle) {
  if (callers_.size() >= kCallers) callers_.clear();
  return callers_.insert(hash64(event.text(standard_.source_ip), handle)).second;
}

void Gatherer::add_use(const Event& event, uint64_t handle) {
  if (!wanted_.use_resources) return count_use(event, "", handle);
  if (wanted_.resource_of) {
    std::string resource = wanted_.resource_of(event);
    if (!resource.empty()) return count_use(event, resource, handle);
  }
  size_t counted = 0;
  for (const FieldValue& arn : event.all(fields_.resource_arn)) {
    if (!arn.text.starts_with("arn:") || counted == kResources) continue;
    count_use(event,
              wanted_.spell_resource ? wanted_.spell_resource(arn.text) : std::string(arn.text),
              handle, counted == 0);
    ++counted;
  }
  if (counted == 0) count_use(event, "", handle);
}

/// An event with several resources is counted with the `first` of them.
void Gatherer::count_use(const Event& event, std::string_view resource, uint64_t handle,
                         bool first) {
  const StandardFields& f = standard_;
  key_.clear();
  append_key_u64(key_, handle);
  auto text = [&](SlotId slot) { pack_text(key_, cut_bytes(event.text(slot), kTextBytes)); };
  text(f.event_source);
  text(f.event_name);
  for (SlotId slot : {f.region, f.source_ip, f.user_agent}) {
    if (wanted_.use_resources) {
      pack_text(key_, "");
    } else {
      text(slot);
    }
  }
  pack_text(key_, error_of(event, f));
  pack_text(key_, cut_bytes(resource, 4 * kTextBytes));
  Sum one;
  one.events = first ? 1 : 0;
  one.time_known = event.time_known();
  if (one.time_known) one.first_ms = one.last_ms = event.time().time_since_epoch().count();
  auto [entry, is_new] = uses_.try_emplace(key_);
  if (is_new) use_bytes_ += key_.size() + kUseOverhead;
  // Copying the id is only worth it when it may stay.
  const Sum& known = entry->second;
  if (is_new || (one.time_known && (!known.time_known || one.first_ms <= known.first_ms)))
    one.first_event = cut_bytes(event.text(f.event_id), kTextBytes);
  entry->second.join(one);
  if (use_bytes_ > use_budget_) keep(flush_uses());
}

void Gatherer::Sum::join(const Sum& other) {
  events += other.events;
  bool earlier = other.time_known && (!time_known || other.first_ms < first_ms);
  bool same = other.time_known == time_known && other.first_ms == first_ms;
  if (first_event.empty() || earlier ||
      (same && !other.first_event.empty() && other.first_event < first_event))
    first_event = other.first_event;
  if (!other.time_known) return;
  first_ms = time_known ? std::min(first_ms, other.first_ms) : other.first_ms;
  last_ms = time_known ? std::max(last_ms, other.last_ms) : other.last_ms;
  time_known = true;
}

Status Gatherer::flush_uses() {
  for (const auto& [key, sum] : uses_) {
    payload_.clear();
    pack_number(payload_, sum.events);
    pack_time(payload_, sum.time_known, sum.first_ms);
    pack_number(payload_, static_cast<uint64_t>(sum.last_ms));
    pack_text(payload_, sum.first_event);
    TRY(use_runs_.add(key, payload_));
  }
  uses_.clear();
  use_bytes_ = 0;
  return {};
}

void Gatherer::add_act(const Event& event, uint64_t handle, uint64_t fingerprint, Kept kept) {
  const StandardFields& f = standard_;
  Act act;
  act.looked = kept == Kept::kLooked;
  act.time_known = event.time_known();
  if (act.time_known) act.time_ms = event.time().time_since_epoch().count();
  act.handle = handle;
  auto copy = [&](std::string& to, SlotId slot) { to = cut_bytes(event.text(slot), kTextBytes); };
  copy(act.event_id, f.event_id);
  copy(act.source, f.event_source);
  copy(act.name, f.event_name);
  copy(act.region, f.region);
  copy(act.account, f.recipient_account);
  if (act.account.empty()) copy(act.account, f.identity_account);
  copy(act.access_key, f.identity_access_key);
  copy(act.source_ip, f.source_ip);
  copy(act.issued_key, fields_.issued_key);
  detect::PrincipalName who = detect::principal_of(event, f);
  act.principal = cut_bytes(who.key, kTextBytes);
  act.session = cut_bytes(who.session, kTextBytes);
  if (words_ != nullptr && !act.looked) {
    uint64_t type = hash64(event.text(f.event_name), hash64(event.text(f.event_source)));
    words_->describe(event, f, type, memory_, phrase_);
    act.target = phrase_.target;
    act.words = phrase_.words;
  }
  if (kept == Kept::kActWithRecord) act.record = compact(event.raw());
  key_.clear();
  append_key_i64(key_, act.time_known ? act.time_ms : std::numeric_limits<int64_t>::max());
  append_key_u64(key_, hash64(act.event_id));
  append_key_u64(key_, fingerprint);
  payload_.clear();
  act.pack(payload_);
  keep(acts_.add(key_, payload_));
}

Status Gatherer::for_each_act(const std::vector<Gatherer*>& gatherers,
                              const std::function<Status(const Act&)>& visit) {
  std::vector<SpillSorter*> sorters;
  for (Gatherer* gatherer : gatherers) {
    if (!gatherer->failure_.ok()) return gatherer->failure_;
    sorters.push_back(&gatherer->acts_);
  }
  std::string last;
  return SpillSorter::merge(sorters, [&](std::string_view key, std::string_view payload) -> Status {
    if (key == last) return {};
    last = key;
    return visit(Act::unpack(payload));
  });
}

Status Gatherer::for_each_use(const std::vector<Gatherer*>& gatherers,
                              const std::function<Status(const Use&)>& visit) {
  std::vector<SpillSorter*> sorters;
  for (Gatherer* gatherer : gatherers) {
    gatherer->keep(gatherer->flush_uses());
    if (!gatherer->failure_.ok()) return gatherer->failure_;
    sorters.push_back(&gatherer->use_runs_);
  }
  std::string open;
  Sum sum;
  auto finish = [&]() -> Status {
    if (open.empty()) return {};
    Use use;
    use.handle = read_key_u64(open);
    PackReader reader(std::string_view(open).substr(8));
    for (std::string* text : {&use.source, &use.name, &use.region, &use.source_ip, &use.user_agent,
                              &use.error, &use.resource})
      *text = reader.text();
    use.events = sum.events;
    use.time_known = sum.time_known;
    use.first_ms = sum.first_ms;
    use.last_ms = sum.last_ms;
    use.first_event = sum.first_event;
    return visit(use);
  };
  auto join = [&](std::string_view key, std::string_view payload) -> Status {
    if (key != open) {
      TRY(finish());
      open = key;
      sum = Sum();
    }
    PackReader reader(payload);
    Sum more;
    more.events = reader.number();
    more.time_known = reader.bytes(1) == "\1";
    more.first_ms = static_cast<int64_t>(reader.number());
    more.last_ms = static_cast<int64_t>(reader.number());
    more.first_event = reader.text();
    sum.join(more);
    return {};
  };
  TRY(SpillSorter::merge(sorters, join));
  return finish();
}

}  // namespace cairn::investigate
