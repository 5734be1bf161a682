#include "base/hash.h"
#include "base/parallel.h"
#include "base/text.h"
#include "detect/detect.h"
#include "identity/collector.h"

#include <algorithm>
#include <atomic>
#include <mutex>

namespace cairn::identity {

namespace {

constexpr size_t kLongestChain = 32;
constexpr int64_t kSignInMs = 60'000;  // between a sign-in and the beginning of its session

Timestamp at(int64_t time_ms) { return Timestamp(Duration(time_ms)); }

std::string giver_of(const Grant& grant) {
  const Facts& giver = grant.giver;
  if (giver.type == "AWSService" || giver.type == "WebIdentityUser" || giver.type == "SAMLUser")
    return giver.type == "AWSService" ? giver.invoked_by : giver.user_name;
  std::string name = detect::short_principal(giver.principal);
  if (!giver.session.empty()) name += " as " + giver.session;
  return name;
}

std::string account_of_arn(std::string_view arn) {
  std::vector<std::string_view> parts = split(arn, ':');
  return parts.size() > 5 ? std::string(parts[4]) : std::string();
}

/// "AssumeRole of role/operations by role/Operator as dora@example.com".
Step step_of(const Grant& grant) {
  Step step;
  step.words = grant.method;
  if (!grant.role_arn.empty()) step.words += " of " + detect::short_principal(grant.role_arn);
  if (!grant.session_name.empty()) step.words += " as " + grant.session_name;
  if (std::string giver = giver_of(grant); !giver.empty()) step.words += " by " + giver;
  step.event_id = grant.event_id;
  step.time_known = grant.time_known;
  if (grant.time_known) step.time = at(grant.time_ms);
  return step;
}

Step step_of(const SignIn& sign_in) {
  Step step;
  step.words = "signed in to the console from " + sign_in.source_ip +
               (sign_in.mfa ? " with MFA" : " without MFA");
  step.event_id = sign_in.event_id;
  step.time_known = true;
  step.time = at(sign_in.time_ms);
  return step;
}

}  // namespace

struct SessionLog::State {
  std::vector<SpillSorter*> sessions;
  std::unordered_map<uint64_t, std::string> grants;  // by the issued credential; packed
  std::unordered_map<uint64_t, std::vector<SignIn>> sign_ins;
  std::map<uint64_t, std::vector<Making>> makings;  // by hash of the name, in order of time
  std::set<std::string, std::less<>> accounts;

  Status read_makings(const std::vector<SpillSorter*>& sorters);
  void note_makings(const Facts& facts, std::vector<Making>& list) const;
  Status read_grants(const std::vector<SpillSorter*>& sorters);
  Status read_sign_ins(const std::vector<SpillSorter*>& sorters);
  const SignIn* sign_in_of(uint64_t handle, const Facts& facts) const;
  void trace(uint64_t handle, Facts facts, Session& session) const;
  Session session_of(uint64_t handle, const SessionSum& sum, Lists lists) const;
  template <typename Wanted, typename Take>
  Status sum_up(SpillSorter::Stretch stretch, const Wanted& wanted, const Take& take) const;
};

/// Of several records of one call the first says most (Grant::pack).
Status SessionLog::State::read_grants(const std::vector<SpillSorter*>& sorters) {
  return SpillSorter::merge(sorters, [&](std::string_view key, std::string_view payload) {
    grants.try_emplace(read_key_u64(key), payload);
    return Status::success();
  });
}

Status SessionLog::State::read_sign_ins(const std::vector<SpillSorter*>& sorters) {
  return SpillSorter::merge(sorters, [&](std::string_view key, std::string_view payload) {
    SignIn sign_in;
    sign_in.time_ms = read_key_i64(key.substr(8));
    PackReader reader(payload);
    sign_in.mfa = reader.bytes(1) == "\1";
    sign_in.source_ip = reader.text();
    sign_in.event_id = reader.text();
    sign_ins[read_key_u64(key)].push_back(std::move(sign_in));
    return Status::success();
  });
}

Status SessionLog::State::read_makings(const std::vector<SpillSorter*>& sorters) {
  return SpillSorter::merge(sorters, [&](std::string_view key, std::string_view payload) {
    PackReader reader(payload);
    Making making = unpack_making(reader);
    std::vector<Making>& of_name = makings[read_key_u64(key)];
    // Copies of an event are one making.
    bool known = std::any_of(of_name.begin(), of_name.end(), [&](const Making& other) {
      return other.event_id == making.event_id && other.what == making.what;
    });
    if (!known) of_name.push_back(std::move(making));
    return Status::success();
  });
}

void SessionLog::State::note_makings(const Facts& facts, std::vector<Making>& list) const {
  for (const std::string* name : {&facts.access_key, &facts.principal}) {
    if (name->empty()) continue;
    auto found = makings.find(hash64(*name));
    if (found == makings.end()) continue;
    for (const Making& making : found->second)
      if (making.name == *name && list.size() < kListed) list.push_back(making);
  }
}

/// A role's console session has the sign-in's own credential; a user's began when the user signed
/// in. A long-lived key needs no sign-in.
const SignIn* SessionLog::State::sign_in_of(uint64_t handle, const Facts& facts) const {
  auto own = sign_ins.find(handle);
  if (own != sign_ins.end()) return &own->second.front();
  bool is_user = facts.type == "IAMUser" || facts.type == "Root";
  auto of_user = sign_ins.find(hash64(facts.principal));
  if (!is_user || facts.access_key.substr(0, 4) == "AKIA" || of_user == sign_ins.end())
    return nullptr;
  if (facts.creation_date.empty())
    return facts.access_key.empty() ? &of_user->second.front() : nullptr;
  auto began = parse_event_time(facts.creation_date);
  if (!began) return nullptr;
  const SignIn* nearest = nullptr;
  int64_t distance = kSignInMs + 1;
  for (const SignIn& sign_in : of_user->second) {
    int64_t apart = std::abs(sign_in.time_ms - began->time_since_epoch().count());
    if (apart < distance) {
      distance = apart;
      nearest = &sign_in;
    }
  }
  return nearest;
}

/// Follows the calls that issued credentials from a session back to where it began.
void SessionLog::State::trace(uint64_t handle, Facts facts, Session& session) const {
  std::vector<Step> steps;
  note_makings(facts, session.makings);
  Grant grant;
  bool given = false;
  for (auto found = grants.find(handle); found != grants.end(); found = grants.find(handle)) {
    if (steps.size() == kLongestChain) {
      session.root = handle;
      session.origin.name = facts.principal;
      session.origin.because = "the chain of calls that issued credentials does not end";
      return;
    }
    PackReader reader(found->second);
    grant = Grant::unpack(reader);
    given = true;
    steps.push_back(step_of(grant));
    handle = grant.giver_handle;
    if (steps.size() == 1) session.giver = handle;
    facts = grant.giver;
    note_makings(facts, session.makings);
  }
  session.root = handle;
  const SignIn* sign_in = sign_in_of(handle, facts);
  bool own_account = accounts.find(facts.account) != accounts.end();
  Origin origin = infer_origin(facts, given ? &grant : nullptr, sign_in != nullptr, own_account);
  if (sign_in != nullptr) steps.push_back(step_of(*sign_in));
  std::reverse(steps.begin(), steps.end());
  origin.steps = std::move(steps);
  origin.account = facts.account;
  if (origin.account.empty() && given) origin.account = account_of_arn(grant.role_arn);
  session.origin = std::move(origin);
}

SessionLog::SessionLog(std::unique_ptr<State> state) : state_(std::move(state)) {}
SessionLog::SessionLog(SessionLog&&) noexcept = default;
SessionLog::~SessionLog() = default;

Result<SessionLog> SessionLog::build(const std::vector<Collector*>& collectors) {
  auto state = std::make_unique<State>();
  std::vector<SpillSorter*> grants, sign_ins, makings;
  for (Collector* collector : collectors) {
    Collector::State& inner = *collector->state_;
    inner.keep(inner.flush());
    TRY(inner.status);
    state->sessions.push_back(&inner.sessions);
    grants.push_back(&inner.grants);
    sign_ins.push_back(&inner.sign_ins);
    makings.push_back(&inner.makings);
    state->accounts.insert(inner.accounts.begin(), inner.accounts.end());
  }
  TRY(state->read_grants(grants));
  TRY(state->read_sign_ins(sign_ins));
  TRY(state->read_makings(makings));
  for (const auto& sorters : {grants, sign_ins, makings})
    for (SpillSorter* sorter : sorters) sorter->release();
  return SessionLog(std::move(state));
}

Session SessionLog::State::session_of(uint64_t handle, const SessionSum& sum, Lists lists) const {
  const size_t limit = lists == Lists::kAll ? kValuesHeld : kListed;
  Session session;
  session.access_key = sum.facts.access_key;
  session.principal = sum.facts.principal;
  session.name = sum.facts.session;
  session.identity_type = sum.facts.type;
  session.account = sum.account;
  session.events = sum.events;
  session.errors = sum.errors;
  session.writes = sum.writes;
  session.time_known = sum.time_known;
  if (sum.time_known) {
    session.first = at(sum.first_ms);
    session.last = at(sum.last_ms);
  }
  session.mfa = sum.mfa;
  session.source_ips = sum.source_ips.most_used(limit);
  session.regions = sum.regions.most_used(limit);
  session.user_agents = sum.user_agents.most_used(limit);
  session.services = sum.services.most_used(limit);
  session.calls = sum.calls.most_used(limit);
  trace(handle, sum.facts, session);
  return session;
}

/// Sums up what the collectors know of each session of a stretch of handles.
template <typename Wanted, typename Take>
Status SessionLog::State::sum_up(SpillSorter::Stretch stretch, const Wanted& wanted,
                                 const Take& take) const {
  SessionSum sum;
  uint64_t handle = 0;
  auto end_session = [&] { return sum.events > 0 ? take(handle, sum) : Status::success(); };
  auto add = [&](std::string_view key, std::string_view payload) -> Status {
    if (const uint64_t next = read_key_u64(key); sum.events == 0 || next != handle) {
      TRY(end_session());
      sum = {};
      handle = next;
    }
    if (!wanted(handle)) return Status::success();
    PackReader reader(payload);
    sum.take(reader);
    return Status::success();
  };
  TRY(SpillSorter::merge(sessions, stretch, add));
  return end_session();
}

Status SessionLog::for_each(const Visitor& visit, Lists lists) const {
  return state_->sum_up(
      {}, [](uint64_t) { return true; },
      [&](uint64_t handle, const SessionSum& sum) {
        return visit(handle, state_->session_of(handle, sum, lists));
      });
}

Status SessionLog::for_each_unordered(const std::function<bool(uint64_t handle)>& wanted,
                                      const Visitor& visit, Lists lists) const {
  constexpr size_t kParts = SpillSorter::kParts;
  const size_t threads = std::clamp<size_t>(state_->sessions.size(), 1, kParts);
  std::atomic<size_t> next = 0;
  std::mutex visiting;
  auto take = [&](uint64_t handle, const SessionSum& sum) {
    Session session = state_->session_of(handle, sum, lists);
    std::lock_guard lock(visiting);
    return visit(handle, std::move(session));
  };
  for (SpillSorter* sorter : state_->sessions) TRY(sorter->settle());
  return run_parallel(threads, [&](size_t) -> Status {
    for (size_t part = next++; part < kParts; part = next++)
      TRY(state_->sum_up({part, part + 1}, wanted, take));
    return Status::success();
  });
}

void SessionLog::for_each_making(const std::function<void(const Making&)>& visit) const {
  for (const auto& [name, makings] : state_->makings)
    for (const Making& making : makings) visit(making);
}

uint64_t SessionLog::credentials_issued() const { return state_->grants.size(); }

}  // namespace cairn::identity
