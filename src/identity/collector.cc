#include "identity/collector.h"

#include "base/hash.h"
#include "base/text.h"
#include "detect/detect.h"

#include <algorithm>

namespace cairn::identity {

namespace {

constexpr size_t kNodeBytes = 96;
constexpr size_t kValueBytes = 256;
constexpr size_t kAccountsHeld = 20'000;
// Shares of a collector's memory.
constexpr size_t kOpenShare = 50, kSessionShare = 20, kGrantShare = 20, kSignInShare = 5,
                 kMakingShare = 5;

}  // namespace

UsedValues::Sum* UsedValues::find_or_add(std::string_view value) {
  if (last_ < values_.size() && values_[last_].value == value) return &values_[last_];
  auto place = std::lower_bound(values_.begin(), values_.end(), value,
                                [](const Sum& sum, std::string_view v) { return sum.value < v; });
  if (place == values_.end() || place->value != value) {
    if (values_.size() >= kValuesHeld) {
      if (place == values_.end()) return nullptr;
      bytes_ -= values_.back().value.size() + kNodeBytes;
      std::move_backward(place, std::prev(values_.end()), values_.end());
      *place = Sum{std::string(value)};
    } else {
      place = values_.insert(place, Sum{std::string(value)});
    }
    bytes_ += value.size() + kNodeBytes;
  }
  last_ = static_cast<size_t>(place - values_.begin());
  return &*place;
}

void UsedValues::add(std::string_view value, uint64_t events, int64_t first_ms) {
  if (value.empty()) return;
  Sum* sum = find_or_add(cut_bytes(value, kValueBytes));
  if (sum == nullptr) return;
  sum->events += events;
  sum->first_ms = std::min(sum->first_ms, first_ms);
}

void UsedValues::pack(std::string& out) const {
  pack_number(out, values_.size());
  for (const Sum& sum : values_) {
    pack_text(out, sum.value);
    pack_number(out, sum.events);
    pack_number(out, static_cast<uint64_t>(sum.first_ms));
  }
}

void UsedValues::take(PackReader& reader) {
  for (uint64_t left = reader.number(); left > 0; --left) {
    std::string_view value = reader.text();
    uint64_t events = reader.number();
    add(value, events, static_cast<int64_t>(reader.number()));
  }
}

std::vector<Used> UsedValues::most_used(size_t limit) const {
  std::vector<Used> list;
  for (const Sum& sum : values_) {
    bool time_known = sum.first_ms != kNoTime;
    list.push_back({sum.value, sum.events, time_known,
                    time_known ? Timestamp(Duration(sum.first_ms)) : Timestamp{}});
  }
  std::sort(list.begin(), list.end(), [](const Used& a, const Used& b) {
    return a.events != b.events ? a.events > b.events : a.value < b.value;
  });
  if (list.size() > limit) list.resize(limit);
  return list;
}

void SessionSum::note_time(int64_t first, int64_t last) {
  first_ms = time_known ? std::min(first_ms, first) : first;
  last_ms = time_known ? std::max(last_ms, last) : last;
  time_known = true;
}

void SessionSum::pack(std::string& out) const {
  facts.pack(out);
  for (uint64_t number : {events, errors, writes, uint64_t{time_known}, uint64_t{mfa},
                          static_cast<uint64_t>(first_ms), static_cast<uint64_t>(last_ms)})
    pack_number(out, number);
  pack_text(out, account);
  for (const UsedValues* values : {&source_ips, &regions, &user_agents, &services, &calls})
    values->pack(out);
}

void SessionSum::take(PackReader& reader) {
  facts.join(Facts::unpack(reader));
  events += reader.number();
  errors += reader.number();
  writes += reader.number();
  bool has_time = reader.number() != 0;
  mfa = reader.number() != 0 || mfa;
  auto first = static_cast<int64_t>(reader.number());
  auto last = static_cast<int64_t>(reader.number());
  if (has_time) note_time(first, last);
  std::string_view theirs = reader.text();
  if (account.empty() || (!theirs.empty() && theirs < account)) account = theirs;
  for (UsedValues* values : {&source_ips, &regions, &user_agents, &services, &calls})
    values->take(reader);
}

size_t SessionSum::bytes() const {
  return 800 + source_ips.bytes() + regions.bytes() + user_agents.bytes() + services.bytes() +
         calls.bytes();
}

uint64_t handle_of(const Event& event, const StandardFields& standard) {
  std::string_view key = event.text(standard.identity_access_key);
  if (!key.empty()) return hash64(key);
  detect::PrincipalName who = detect::principal_of(event, standard);
  uint64_t handle = handle_of({}, who.key, who.session);
  // A service that acts for the account is named root; it is not who signs in as root.
  std::string_view service = event.text(standard.identity_invoked_by);
  bool for_account = !service.empty() && event.text(standard.identity_type) == "Root";
  return for_account ? hash64(service, handle) : handle;
}

uint64_t handle_of(std::string_view access_key, std::string_view principal,
                   std::string_view session) {
  return access_key.empty() ? hash64(session, hash64(principal, 1)) : hash64(access_key);
}

IdentityFields IdentityFields::intern_into(FieldTable& fields) {
  IdentityFields f{};
  f.creation_date = fields.intern("userIdentity.sessionContext.attributes.creationDate");
  f.ec2_delivery = fields.intern("userIdentity.sessionContext.ec2RoleDelivery");
  f.issued_to = fields.intern("userIdentity.inScopeOf.credentialsIssuedTo");
  f.provider = fields.intern("userIdentity.identityProvider");
  f.issued_key = fields.intern("responseElements.credentials.accessKeyId");
  f.made_key = fields.intern("responseElements.accessKey.accessKeyId");
  f.made_key_user = fields.intern("responseElements.accessKey.userName");
  f.made_user = fields.intern("responseElements.user.arn");
  f.made_role = fields.intern("responseElements.role.arn");
  f.asked_user = fields.intern("requestParameters.userName");
  f.role_arn = fields.intern("requestParameters.roleArn");
  f.session_name = fields.intern("requestParameters.roleSessionName");
  return f;
}

Collector::State::State(const StandardFields& standard_fields,
                        const IdentityFields& identity_fields, Files& files, size_t memory_bytes,
                        bool calls)
    : standard(standard_fields),
      fields(identity_fields),
      budget_bytes(memory_bytes * kOpenShare / 100),
      with_calls(calls),
      sessions(files, memory_bytes * kSessionShare / 100),
      grants(files, memory_bytes * kGrantShare / 100),
      sign_ins(files, memory_bytes * kSignInShare / 100),
      makings(files, memory_bytes * kMakingShare / 100) {}

void Collector::State::add(const Event& event) {
  const StandardFields& f = standard;
  uint64_t handle = handle_of(event, f);
  auto [entry, is_new] = open.try_emplace(handle);
  SessionSum& sum = entry->second;
  size_t before = is_new ? 0 : sum.bytes();
  if (is_new) {
    sum.facts = facts_of(event, f, fields);
  } else if (sum.facts.may_learn_from(event, f, fields)) {
    sum.facts.join(facts_of(event, f, fields));
  }
  ++sum.events;
  bool failed = !event.text(f.error_code).empty() || !event.text(f.error_message).empty();
  // A failed sign-in often has neither.
  failed = failed || event.text(f.console_login) == "Failure";
  if (failed) ++sum.errors;
  if (equals_ignore_case(event.text(f.read_only), "false")) ++sum.writes;
  int64_t time = UsedValues::kNoTime;
  if (event.time_known()) {
    time = event.time().time_since_epoch().count();
    sum.note_time(time, time);
  }
  sum.mfa = sum.mfa || equals_ignore_case(event.text(f.identity_mfa), "true");
  note_account(event, sum);
  sum.source_ips.add(event.text(f.source_ip), 1, time);
  sum.regions.add(event.text(f.region), 1, time);
  sum.user_agents.add(event.text(f.user_agent), 1, time);
  sum.services.add(event.text(f.event_source), 1, time);

  std::string_view name = event.text(f.event_name);
  if (with_calls) {
    std::string_view source = event.text(f.event_source);
    call = source.substr(0, source.find(".amazonaws.com"));
    call += ':';
    call += name;
    sum.calls.add(call, 1, time);
  }
  bool may_issue = name.substr(0, 10) == "AssumeRole" || name == "AssumeRoot" ||
                   name == "GetSessionToken" || name == "GetFederationToken" ||
                   name == "GetCredentialsForIdentity";
  if (may_issue && event.get(fields.issued_key).has_value())
    add_grant(event, handle, facts_of(event, f, fields));
  if (name == "ConsoleLogin" && event.text(f.console_login) == "Success")
    add_sign_in(event, handle, facts_of(event, f, fields));
  if (name == "CreateAccessKey" || name == "CreateUser" || name == "CreateRole" ||
      name == "CreateLoginProfile" || name == "UpdateLoginProfile")
    add_making(event, name, handle);

  open_bytes += sum.bytes() - before;
  if (open_bytes > budget_bytes) keep(flush());
}

void Collector::State::note_account(const Event& event, SessionSum& sum) {
  std::string_view account = event.text(standard.recipient_account);
  if (account.empty()) account = event.text(standard.identity_account);
  if (account.empty()) return;
  if (account != sum.account && (sum.account.empty() || account < sum.account))
    sum.account = account;
  if (account == last_account) return;
  last_account = account;
  if (accounts.size() < kAccountsHeld) accounts.emplace(account);
}

void Collector::State::add_grant(const Event& event, uint64_t handle, const Facts& facts) {
  const StandardFields& f = standard;
  Grant grant;
  uint64_t issued = hash64(event.text(fields.issued_key));
  if (issued == handle) return;  // Identity Center writes the call under the session that it began
  grant.giver_handle = handle;
  grant.giver = facts;
  grant.method = event.text(f.event_name);
  grant.role_arn = event.text(fields.role_arn);
  grant.session_name = event.text(fields.session_name);
  grant.event_id = event.text(f.event_id);
  grant.time_known = event.time_known();
  if (grant.time_known) grant.time_ms = event.time().time_since_epoch().count();
  key.clear();
  append_key_u64(key, issued);
  payload.clear();
  grant.pack(payload);
  keep(grants.add(key, payload));
}

/// A console session has a credential of its own only where a role signed in; a user's is told by
/// the name and the time.
void Collector::State::add_sign_in(const Event& event, uint64_t handle, const Facts& facts) {
  if (!event.time_known()) return;
  const StandardFields& f = standard;
  key.clear();
  append_key_u64(key, facts.access_key.empty() ? hash64(facts.principal) : handle);
  append_key_i64(key, event.time().time_since_epoch().count());
  payload.assign(1, equals_ignore_case(event.text(f.mfa_used), "yes") ? '\1' : '\0');
  pack_text(payload, event.text(f.source_ip));
  pack_text(payload, event.text(f.event_id));
  keep(sign_ins.add(key, payload));
}

/// A call that made a key, a user, a role or a password. Keyed by the hash of its name and the
/// time.
void Collector::State::add_making(const Event& event, std::string_view name, uint64_t handle) {
  const StandardFields& f = standard;
  if (!event.text(f.error_code).empty()) return;
  Making made;
  if (name == "CreateAccessKey") {
    made.what = Making::What::kAccessKey;
    made.name = event.text(fields.made_key);
    made.user = event.text(fields.made_key_user);
  } else if (name == "CreateUser") {
    made.what = Making::What::kUser;
    made.name = event.text(fields.made_user);
  } else if (name == "CreateRole") {
    made.what = Making::What::kRole;
    made.name = event.text(fields.made_role);
  } else {
    std::string_view account = event.text(f.recipient_account);
    if (account.empty()) account = event.text(f.identity_account);
    made.what = Making::What::kPassword;
    made.user = event.text(fields.asked_user);
    if (!made.user.empty())
      made.name = "arn:aws:iam::" + std::string(account) + ":user/" + made.user;
  }
  if (made.name.empty()) return;
  made.name = cut_bytes(made.name, kValueBytes);
  made.maker = handle;
  made.event_id = event.text(f.event_id);
  made.time_known = event.time_known();
  if (made.time_known) made.time = event.time();
  key.clear();
  append_key_u64(key, hash64(made.name));
  append_key_i64(key, made.time.time_since_epoch().count());
  payload.clear();
  pack(made, payload);
  keep(makings.add(key, payload));
}

Status Collector::State::settle() {
  TRY(flush());
  open = {};  // with its buckets
  for (SpillSorter* sorter : {&sessions, &grants, &sign_ins, &makings}) TRY(sorter->settle());
  return Status::success();
}

Status Collector::State::flush() {
  for (const auto& [handle, sum] : open) {
    key.clear();
    append_key_u64(key, handle);
    payload.clear();
    sum.pack(payload);
    TRY(sessions.add(key, payload));
  }
  open.clear();
  open_bytes = 0;
  return Status::success();
}

Collector::Collector(const StandardFields& standard, const IdentityFields& fields, Files& files,
                     size_t memory_bytes, bool with_calls)
    : state_(std::make_unique<State>(standard, fields, files, memory_bytes, with_calls)) {}
Collector::~Collector() = default;

Status Collector::settle() {
  state_->keep(state_->settle());
  return state_->status;
}

void Collector::add(const Event& event) { state_->add(event); }

}  // namespace cairn::identity
