// The sessions that are the subject's own are found by name; those that it opened from there by
// going through the acts in order of time: whoever was given a credential by one of them is in.

#include "investigate/who.h"

#include "base/hash.h"
#include "base/text.h"
#include "detect/detect.h"
#include "identity/first_seen.h"
#include "investigate/reach.h"
#include "model/refusal.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace cairn::investigate {

namespace {

constexpr size_t kSessionsKept = 200;
constexpr size_t kOriginsKept = 100;
constexpr size_t kValuesKept = 2'000;  // of each list
constexpr size_t kChangesKept = 500;
constexpr size_t kKeysKept = 20'000;
constexpr size_t kFindingsKept = 3'000;

/// A value with how often and when it occurred.
struct Tally {
  uint64_t events = 0;
  bool time_known = false;
  int64_t first_ms = 0, last_ms = 0;
  std::string first_event;

  void add(const Use& use) {
    if (first_event.empty() || (use.time_known && (!time_known || use.first_ms < first_ms)) ||
        (use.time_known == time_known && use.first_ms == first_ms && use.first_event < first_event))
      first_event = use.first_event;
    events += use.events;
    if (!use.time_known) return;
    first_ms = time_known ? std::min(first_ms, use.first_ms) : use.first_ms;
    last_ms = time_known ? std::max(last_ms, use.last_ms) : use.last_ms;
    time_known = true;
  }
};

/// The subject's values of one kind, and when others had them first.
struct Values {
  std::map<std::string, Tally> mine;
  std::map<std::string, std::pair<bool, int64_t>> others;  // of the values that are mine
  uint64_t not_kept = 0;

  void add(const std::string& value, const Use& use) {
    if (value.empty()) return;
    auto found = mine.find(value);
    if (found == mine.end()) {
      if (mine.size() >= kValuesKept) {
        not_kept += use.events;
        return;
      }
      found = mine.emplace(value, Tally()).first;
    }
    found->second.add(use);
  }
  void add_other(const std::string& value, const Use& use) {
    if (!mine.contains(value)) return;
    auto [entry, is_new] = others.try_emplace(value, use.time_known, use.first_ms);
    if (is_new || !use.time_known) return;
    auto& [known, first] = entry->second;
    first = known ? std::min(first, use.first_ms) : use.first_ms;
    known = true;
  }
  /// "nobody else": in all these logs; "first": somebody else did later.
  std::string mark(const std::string& value, const Tally& tally) const {
    auto found = others.find(value);
    if (found == others.end()) return "nobody else";
    if (!tally.time_known || !found->second.first) return "";
    return tally.first_ms < found->second.second ? "first here" : "";
  }
};

std::string service_of(const std::string& source) {
  std::string call = call_name(source, "");
  call.pop_back();
  return call;
}

struct OriginTally {
  uint64_t sessions = 0, events = 0;
  std::vector<identity::Step> steps;
};

/// A change, and its repetitions.
struct Change {
  uint64_t count = 0, different = 0;
  std::string first, last, event_id, call, words, target, region;
};

}  // namespace

Wanted wanted_for_who() {
  Wanted wanted;
  wanted.uses = true;
  wanted.acts = true;
  return wanted;
}

void FindingsAbout::offer(const Finding& finding, const RuleInfo& rule) {
  if (kept_.size() >= kFindingsKept) {
    ++left_out_;
    return;
  }
  Kept kept;
  kept.level = finding.level;
  kept.code = rule.code;
  kept.title = rule.title;
  kept.principal = finding.principal;
  kept.principals = finding.principals;
  kept.source_ips = finding.source_ips;
  kept.targets = finding.targets;
  kept.count = finding.count;
  if (finding.time_known) kept.first = format_time(finding.first);
  for (const EventSummary& sample : finding.samples) {
    if (kept.event_id.empty()) kept.event_id = sample.event_id;
    kept.access_keys.push_back(sample.access_key);
    kept.sessions.push_back(sample.session);
  }
  if (!finding.targets.empty()) kept.target = finding.targets.front();
  kept_.push_back(std::move(kept));
}

/// One question being answered.
class WhoAnswer {
 public:
  WhoAnswer(const Subject& subject, const identity::SessionLog& log,
            const std::vector<Gatherer*>& gatherers, const FindingsAbout& findings,
            const geo::Atlas& atlas)
      : subject_(subject),
        log_(log),
        gatherers_(gatherers),
        findings_(findings),
        atlas_(atlas),
        first_seen_(atlas),
        near_(subject.text()) {}

  Result<WhoResult> answer() {
    TRY(find_own_sessions());
    TRY(find_opened_sessions());
    TRY(describe_sessions());
    TRY(count_uses());
    TRY(list_changes());
    WhoResult result;
    result.found = sessions_ > 0 || done_to_.rows.size() > 0;
    if (!result.found) {
      result.near = near_.take();
      return result;
    }
    result.sheet = write();
    return result;
  }

 private:
  bool address() const { return subject_.kind() == SubjectKind::kAddress; }
  bool is_own(const identity::Session& session) const;
  Status find_own_sessions();
  Status find_opened_sessions();
  Status describe_sessions();
  void add_session(const identity::Session& session, bool own);
  void keep_busiest();
  Status count_uses();
  Status list_changes();
  void note_change(const Act& act);
  void note_done_to(const Act& act);
  bool concerns(std::string_view target) const;
  bool names_finding(const FindingsAbout::Kept& finding) const;

  Sheet write();
  std::string what_it_is() const;
  void write_origins(Sheet& sheet) const;
  void write_sessions(Sheet& sheet);
  void write_first_seen(Sheet& sheet) const;
  void write_addresses(Sheet& sheet) const;
  void write_values(Sheet& sheet, std::string name, std::string label, const Values& values,
                    size_t shown) const;
  void write_errors(Sheet& sheet) const;
  void write_changes(Sheet& sheet) const;
  void write_findings(Sheet& sheet) const;

  const Subject& subject_;
  const identity::SessionLog& log_;
  const std::vector<Gatherer*>& gatherers_;
  const FindingsAbout& findings_;
  const geo::Atlas& atlas_;
  identity::FirstSeen first_seen_;
  NearNames near_;

  std::unordered_set<uint64_t> own_, opened_;
  uint64_t sessions_ = 0, opened_sessions_ = 0, with_mfa_ = 0;
  uint64_t events_ = 0, errors_ = 0, writes_ = 0;
  bool time_known_ = false;
  int64_t first_ms_ = 0, last_ms_ = 0;
  std::set<std::string> all_keys_, principals_, accounts_, types_;
  std::map<std::tuple<uint8_t, std::string, bool, std::string>, OriginTally> origins_;
  std::vector<std::pair<identity::Session, bool>> listed_;
  Values services_, calls_, regions_, addresses_, agents_;
  std::map<std::pair<std::string, std::string>, Tally> failures_;  // call, error
  std::map<std::pair<std::string, std::string>, Change> changes_;  // words, target
  std::map<std::string, Change> changes_by_call_;
  uint64_t changes_seen_ = 0;
  SheetPart done_to_;
  uint64_t done_to_seen_ = 0;
};

bool WhoAnswer::is_own(const identity::Session& session) const {
  switch (subject_.kind()) {
    case SubjectKind::kAccessKey:
      return subject_.is_key(session.access_key);
    case SubjectKind::kAddress:
      return false;  // by the uses
    case SubjectKind::kName:
      break;
  }
  if (!subject_.session().empty())
    return subject_.names(session.principal) && session.name == subject_.session();
  return subject_.names(session.principal) || subject_.names(session.name);
}

Status WhoAnswer::find_own_sessions() {
  if (address()) {
    // A session lists only its busiest addresses.
    return Gatherer::for_each_use(gatherers_, [&](const Use& use) -> Status {
      if (subject_.is_address(use.source_ip)) {
        own_.insert(use.handle);
      } else {
        near_.offer(use.source_ip);
      }
      return {};
    });
  }
  return log_.for_each([&](uint64_t handle, identity::Session&& session) -> Status {
    if (is_own(session)) {
      own_.insert(handle);
    } else if (subject_.names(session.origin.name)) {
      opened_.insert(handle);
    } else {
      near_.offer(session.principal);
      near_.offer(session.name);
      near_.offer(session.access_key);
      near_.offer(session.origin.name);
    }
    return {};
  });
}

/// Credentials go on from session to session, so this also follows chains of roles. Acts of one
/// second come in any order: they are gone through until nothing is added.
Status WhoAnswer::find_opened_sessions() {
  if (address()) return {};                           // who else was there says nothing
  std::vector<std::pair<uint64_t, uint64_t>> second;  // giver, given
  int64_t time = 0;
  auto settle = [&] {
    for (bool grown = true; grown;) {
      grown = false;
      for (auto [giver, given] : second) {
        if (!own_.contains(giver) && !opened_.contains(giver)) continue;
        if (own_.contains(given)) continue;
        grown = opened_.insert(given).second || grown;
      }
    }
    second.clear();
  };
  TRY(Gatherer::for_each_act(gatherers_, [&](const Act& act) -> Status {
    if (act.issued_key.empty()) return {};
    if (!second.empty() && act.time_ms / 1000 != time) settle();
    time = act.time_ms / 1000;
    second.emplace_back(act.handle, hash64(act.issued_key));
    return {};
  }));
  settle();
  return {};
}

void WhoAnswer::add_session(const identity::Session& session, bool own) {
  ++sessions_;
  if (!own) ++opened_sessions_;
  if (session.mfa) ++with_mfa_;
  if (all_keys_.size() < kKeysKept && !session.access_key.empty())
    all_keys_.insert(session.access_key);
  if (own) {
    if (principals_.size() < kValuesKept) principals_.insert(session.principal);
    if (types_.size() < kValuesKept && !session.identity_type.empty())
      types_.insert(session.identity_type);
  }
  if (accounts_.size() < kValuesKept && !session.account.empty()) accounts_.insert(session.account);
  const identity::Origin& origin = session.origin;
  auto key = std::make_tuple(static_cast<uint8_t>(origin.kind), origin.name, origin.certain,
                             origin.because);
  auto found = origins_.find(key);
  if (found == origins_.end() && origins_.size() < kOriginsKept)
    found = origins_.emplace(key, OriginTally()).first;
  if (found != origins_.end()) {
    ++found->second.sessions;
    found->second.events += session.events;
    if (found->second.steps.empty() ||
        (!origin.steps.empty() && origin.steps.size() < found->second.steps.size()))
      found->second.steps = origin.steps;
  }
  listed_.emplace_back(session, own);
  if (listed_.size() >= 2 * kSessionsKept) keep_busiest();
}

void WhoAnswer::keep_busiest() {
  std::sort(listed_.begin(), listed_.end(), [](const auto& a, const auto& b) {
    return std::tie(b.first.events, a.first.first, a.first.access_key) <
           std::tie(a.first.events, b.first.first, b.first.access_key);
  });
  if (listed_.size() > kSessionsKept) listed_.resize(kSessionsKept);
}

Status WhoAnswer::describe_sessions() {
  TRY(log_.for_each([&](uint64_t handle, identity::Session&& session) -> Status {
    bool own = own_.contains(handle);
    if (own || opened_.contains(handle)) add_session(session, own);
    return {};
  }));
  keep_busiest();
  for (const auto& [session, own] : listed_) first_seen_.ask(session);
  return first_seen_.learn_all(log_);
}

Status WhoAnswer::count_uses() {
  auto is_mine = [&](const Use& use) {
    if (address()) return subject_.is_address(use.source_ip);
    return own_.contains(use.handle) || opened_.contains(use.handle);
  };
  TRY(Gatherer::for_each_use(gatherers_, [&](const Use& use) -> Status {
    if (!is_mine(use)) return {};
    events_ += use.events;
    if (use.time_known) {
      first_ms_ = time_known_ ? std::min(first_ms_, use.first_ms) : use.first_ms;
      last_ms_ = time_known_ ? std::max(last_ms_, use.last_ms) : use.last_ms;
      time_known_ = true;
    }
    services_.add(service_of(use.source), use);
    calls_.add(call_name(use.source, use.name), use);
    regions_.add(use.region, use);
    addresses_.add(use.source_ip, use);
    agents_.add(use.user_agent, use);
    if (use.error.empty()) return {};
    errors_ += use.events;
    auto key = std::make_pair(call_name(use.source, use.name), use.error);
    if (failures_.contains(key) || failures_.size() < kValuesKept) failures_[key].add(use);
    return {};
  }));
  return Gatherer::for_each_use(gatherers_, [&](const Use& use) -> Status {
    if (is_mine(use)) return {};
    services_.add_other(service_of(use.source), use);
    calls_.add_other(call_name(use.source, use.name), use);
    regions_.add_other(use.region, use);
    addresses_.add_other(use.source_ip, use);
    agents_.add_other(use.user_agent, use);
    return {};
  });
}

/// Is the thing of a phrase ("user alice", "role Admin", "access key AKIA…") the subject?
bool WhoAnswer::concerns(std::string_view target) const {
  if (address() || target.empty()) return false;
  if (subject_.kind() == SubjectKind::kAccessKey)
    return target.find(subject_.text()) != std::string_view::npos;
  for (std::string_view kind : {"user ", "role "}) {
    if (!target.starts_with(kind)) continue;
    std::string name = std::string(kind.substr(0, 4)) + "/" + std::string(target.substr(5));
    if (subject_.names(name)) return true;
  }
  return false;
}

void WhoAnswer::note_change(const Act& act) {
  if (issues_credential(act.name)) return;  // its sessions tell
  ++writes_;
  auto begin = [&](Change& change) {
    change.first = time_text(act.time_known, act.time_ms);
    change.event_id = act.event_id;
    change.call = call_name(act.source, act.name);
    change.words = act.words;
    change.target = act.target;
    change.region = act.region;
  };
  std::string call = call_name(act.source, act.name);
  auto same_call = changes_by_call_.find(call);
  if (same_call == changes_by_call_.end() && changes_by_call_.size() < kValuesKept) {
    same_call = changes_by_call_.emplace(call, Change()).first;
    begin(same_call->second);
  }
  if (same_call != changes_by_call_.end()) {
    ++same_call->second.count;
    same_call->second.last = time_text(act.time_known, act.time_ms);
  }
  auto key = std::make_pair(act.words, act.target);
  auto found = changes_.find(key);
  if (found == changes_.end()) {
    ++changes_seen_;
    if (same_call != changes_by_call_.end()) ++same_call->second.different;
    if (changes_.size() >= kChangesKept) return;
    found = changes_.emplace(key, Change()).first;
    begin(found->second);
  }
  ++found->second.count;
  found->second.last = time_text(act.time_known, act.time_ms);
}

void WhoAnswer::note_done_to(const Act& act) {
  ++done_to_seen_;
  if (done_to_.rows.size() >= kChangesKept) return;
  done_to_.rows.push_back({time_text(act.time_known, act.time_ms), act.words, act.principal,
                           act.source_ip, act.event_id});
}

Status WhoAnswer::list_changes() {
  return Gatherer::for_each_act(gatherers_, [&](const Act& act) -> Status {
    bool mine = address() ? subject_.is_address(act.source_ip)
                          : own_.contains(act.handle) || opened_.contains(act.handle);
    if (mine) note_change(act);
    if (!mine && act.issued_key.empty() && concerns(act.target)) note_done_to(act);
    if (!mine && subject_.kind() == SubjectKind::kAccessKey && subject_.is_key(act.issued_key))
      note_done_to(act);
    return {};
  });
}

std::string WhoAnswer::what_it_is() const {
  if (address()) return "a source address";
  if (own_.empty() && !opened_.empty())
    return "who began the sessions below; no credential bears this name";
  if (own_.empty()) return "named in the logs, but it called nothing";
  std::string kind = subject_.kind() == SubjectKind::kAccessKey
                         ? (subject_.text().starts_with("ASIA") ? "a temporary access key"
                                                                : "a long-lived access key")
                         : "";
  std::vector<std::string> names(principals_.begin(), principals_.end());
  if (names.size() > 4) {
    size_t more = names.size() - 4;
    names.resize(4);
    names.push_back(plural(more, "more", "more"));
  }
  std::string text = join(names, ", ");
  if (kind.empty()) return text;
  return text.empty() ? kind : kind + " of " + text;
}

void WhoAnswer::write_origins(Sheet& sheet) const {
  SheetPart& part = sheet.table("origins", "ORIGIN",
                                {{"origin", SheetColumn::Kind::kPrincipal},
                                 {"kind"},
                                 {"certain"},
                                 {"sessions", SheetColumn::Kind::kNumber},
                                 {"events", SheetColumn::Kind::kNumber},
                                 {"because"},
                                 {"chain", SheetColumn::Kind::kHidden}});
  std::vector<std::pair<uint64_t, size_t>> order;
  for (const auto& [key, tally] : origins_) {
    const auto& [kind, name, certain, because] = key;
    std::string chain;
    for (const identity::Step& step : tally.steps) {
      if (!chain.empty()) chain += "; then ";
      chain += step.words;
      if (step.time_known) chain += " at " + format_time(step.time);
      if (!step.event_id.empty()) chain += " (" + step.event_id + ")";
    }
    order.emplace_back(tally.events, part.rows.size());
    part.rows.push_back({name,
                         std::string(identity::name_of(static_cast<identity::OriginKind>(kind))),
                         certain ? "yes" : "no", std::to_string(tally.sessions),
                         std::to_string(tally.events), because, chain});
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::vector<std::string>> rows;
  for (auto [events, row] : order) rows.push_back(std::move(part.rows[row]));
  part.rows = std::move(rows);
  part.shown = 8;
  // The chain of the busiest origin with one, in words.
  for (const auto& row : part.rows) {
    if (row[6].empty()) continue;
    part.note = "how: " + detect::short_principal(row[0]) + ": " + row[6];
    break;
  }
}

void WhoAnswer::write_sessions(Sheet& sheet) {
  SheetPart& part = sheet.table("sessions", "SESSIONS",
                                {{"first", SheetColumn::Kind::kTime},
                                 {"last", SheetColumn::Kind::kHidden},
                                 {"principal", SheetColumn::Kind::kPrincipal},
                                 {"session"},
                                 {"access_key"},
                                 {"source_ip"},
                                 {"events", SheetColumn::Kind::kNumber},
                                 {"failed", SheetColumn::Kind::kNumber},
                                 {"writes", SheetColumn::Kind::kNumber},
                                 {"origin", SheetColumn::Kind::kHidden},
                                 {"opened_by_it", SheetColumn::Kind::kHidden}});
  for (const auto& [session, own] : listed_) {
    std::string ip = session.source_ips.empty() ? "" : session.source_ips.front().value;
    if (session.source_ips.size() > 1)
      ip += " and " + std::to_string(session.source_ips.size() - 1) + " more";
    auto time = [&](Timestamp value) { return session.time_known ? format_time(value) : ""; };
    part.rows.push_back({time(session.first), time(session.last), session.principal, session.name,
                         session.access_key, ip, std::to_string(session.events),
                         std::to_string(session.errors), std::to_string(session.writes),
                         session.origin.name, own ? "no" : "yes"});
  }
  part.total = sessions_;
  part.shown = 8;
  if (opened_sessions_ > 0)
    part.note = plural(opened_sessions_, "session") + " of these " +
                (opened_sessions_ == 1 ? "was" : "were") +
                " opened with credentials that it took from there (AssumeRole and its kin)";
}

/// What was new about its sessions.
void WhoAnswer::write_first_seen(Sheet& sheet) const {
  SheetPart& part = sheet.table("first_seen", "FIRST SEEN",
                                {{"began", SheetColumn::Kind::kTime},
                                 {"session", SheetColumn::Kind::kPrincipal},
                                 {"access_key", SheetColumn::Kind::kHidden},
                                 {"words"}});
  for (const auto& [session, own] : listed_) {
    for (std::string& mark : first_seen_.marks(session))
      part.rows.push_back({session.time_known ? format_time(session.first) : "", session.principal,
                           session.access_key, std::move(mark)});
  }
  std::stable_sort(part.rows.begin(), part.rows.end());
  if (!first_seen_.complete()) part.note = "too many values in these logs: some are not marked";
}

void WhoAnswer::write_addresses(Sheet& sheet) const {
  write_values(sheet, "addresses", "FROM", addresses_, 6);
  if (atlas_.empty()) return;
  SheetPart& part = sheet.parts.back();
  part.columns.insert(part.columns.begin() + 1, {{"place"},
                                                 {"country", SheetColumn::Kind::kHidden},
                                                 {"network", SheetColumn::Kind::kHidden}});
  for (std::vector<std::string>& row : part.rows) {
    geo::Place place = atlas_.place_of(row.front());
    row.insert(row.begin() + 1, {place.text(), place.country, place.network_text()});
  }
}

void WhoAnswer::write_values(Sheet& sheet, std::string name, std::string label,
                             const Values& values, size_t shown) const {
  SheetPart& part = sheet.table(std::move(name), std::move(label),
                                {{"value"},
                                 {"events", SheetColumn::Kind::kNumber},
                                 {"first", SheetColumn::Kind::kTime},
                                 {"mark"},
                                 {"event", SheetColumn::Kind::kEvent}});
  std::vector<const std::pair<const std::string, Tally>*> order;
  for (const auto& entry : values.mine) order.push_back(&entry);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return a->second.events > b->second.events;
  });
  for (const auto* entry : order) {
    const Tally& tally = entry->second;
    part.rows.push_back({entry->first, std::to_string(tally.events),
                         time_text(tally.time_known, tally.first_ms),
                         values.mark(entry->first, tally), tally.first_event});
  }
  part.shown = shown;
}

void WhoAnswer::write_errors(Sheet& sheet) const {
  SheetPart& part = sheet.table("failed", "FAILED",
                                {{"first", SheetColumn::Kind::kTime},
                                 {"call"},
                                 {"error"},
                                 {"events", SheetColumn::Kind::kNumber},
                                 {"last", SheetColumn::Kind::kHidden},
                                 {"event", SheetColumn::Kind::kEvent}});
  std::vector<const std::pair<const std::pair<std::string, std::string>, Tally>*> order;
  for (const auto& entry : failures_) order.push_back(&entry);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    bool denied = is_refusal(a->first.second), other = is_refusal(b->first.second);
    if (denied != other) return denied;
    return a->second.events > b->second.events;
  });
  for (const auto* entry : order) {
    const Tally& tally = entry->second;
    part.rows.push_back({time_text(tally.time_known, tally.first_ms), entry->first.first,
                         entry->first.second, std::to_string(tally.events),
                         time_text(tally.time_known, tally.last_ms), tally.first_event});
  }
}

/// A page has a row for each call; programs get each change.
void WhoAnswer::write_changes(Sheet& sheet) const {
  auto by_time = [](const Change* a, const Change* b) {
    return std::tie(a->first, a->event_id) < std::tie(b->first, b->event_id);
  };
  SheetPart& part = sheet.table("changed", "CHANGED",
                                {{"first", SheetColumn::Kind::kTime},
                                 {"last", SheetColumn::Kind::kHidden},
                                 {"words"},
                                 {"call", SheetColumn::Kind::kHidden},
                                 {"events", SheetColumn::Kind::kNumber},
                                 {"different", SheetColumn::Kind::kHidden},
                                 {"event", SheetColumn::Kind::kEvent}});
  std::vector<const Change*> order;
  for (const auto& [call, change] : changes_by_call_) order.push_back(&change);
  std::sort(order.begin(), order.end(), by_time);
  for (const Change* change : order) {
    std::string words = change->words;
    if (change->different > 1)
      words += " and " + format_count(change->different - 1) + " more like it";
    part.rows.push_back({change->first, change->last, words, change->call,
                         std::to_string(change->count), std::to_string(change->different),
                         change->event_id});
  }
  part.shown = 30;
  SheetPart& all = sheet.table("changes", "",
                               {{"first"},
                                {"last"},
                                {"words"},
                                {"target"},
                                {"call"},
                                {"region"},
                                {"events", SheetColumn::Kind::kNumber},
                                {"event"}});
  all.shown = 0;
  all.total = changes_seen_;
  order.clear();
  for (const auto& [key, change] : changes_) order.push_back(&change);
  std::sort(order.begin(), order.end(), by_time);
  for (const Change* change : order)
    all.rows.push_back({change->first, change->last, change->words, change->target, change->call,
                        change->region, std::to_string(change->count), change->event_id});
}

bool WhoAnswer::names_finding(const FindingsAbout::Kept& finding) const {
  auto any = [](const std::vector<std::string>& texts, const auto& test) {
    return std::any_of(texts.begin(), texts.end(), test);
  };
  if (address())
    return any(finding.source_ips, [&](const auto& ip) { return subject_.is_address(ip); });
  if (any(finding.targets, [&](const auto& target) { return concerns(target); })) return true;
  if (any(finding.access_keys, [&](const auto& key) { return all_keys_.contains(key); }))
    return true;
  if (subject_.kind() == SubjectKind::kAccessKey) return false;
  if (!subject_.session().empty() &&
      !any(finding.sessions, [&](const auto& session) { return session == subject_.session(); }))
    return false;
  return subject_.names(finding.principal) ||
         any(finding.principals, [&](const auto& name) { return subject_.names(name); }) ||
         any(finding.sessions, [&](const auto& name) { return subject_.names(name); });
}

void WhoAnswer::write_findings(Sheet& sheet) const {
  SheetPart& part = sheet.table("findings", "FINDINGS",
                                {{"first", SheetColumn::Kind::kTime},
                                 {"level"},
                                 {"code"},
                                 {"title"},
                                 {"count", SheetColumn::Kind::kNumber},
                                 {"event", SheetColumn::Kind::kEvent}});
  for (const auto& finding : findings_.kept_) {
    if (!names_finding(finding)) continue;
    part.rows.push_back({finding.first, std::string(to_string(finding.level)), finding.code,
                         finding.title, std::to_string(finding.count), finding.event_id});
  }
  part.shown = 12;
  if (findings_.left_out_ > 0)
    part.note = plural(findings_.left_out_, "finding") + " in these logs were not looked at";
}

Sheet WhoAnswer::write() {
  Sheet sheet;
  sheet.title = subject_.text();
  sheet.say("is", "IS", what_it_is());
  std::string active = plural(events_, "event") + ", " + format_count(errors_) + " failed, " +
                       plural(writes_, "change") + ", in " + plural(sessions_, "session");
  if (with_mfa_ > 0) active += " (" + format_count(with_mfa_) + " with MFA)";
  if (time_known_)
    active += ", " + format_time_short(Timestamp(Duration(first_ms_))) + " to " +
              format_time_short(Timestamp(Duration(last_ms_)));
  if (!accounts_.empty()) {
    std::vector<std::string> accounts(accounts_.begin(), accounts_.end());
    active += accounts.size() == 1 ? ", account " + accounts.front()
                                   : ", " + plural(accounts.size(), "account");
  }
  sheet.say("active", "ACTIVE", active);
  if (sessions_ > 0) {
    write_origins(sheet);
    write_sessions(sheet);
    write_first_seen(sheet);
    write_findings(sheet);
    write_changes(sheet);
  }
  done_to_.name = "done_to_it";
  done_to_.label = "DONE TO";
  done_to_.columns = {{"time", SheetColumn::Kind::kTime},
                      {"words"},
                      {"principal", SheetColumn::Kind::kPrincipal},
                      {"source_ip"},
                      {"event", SheetColumn::Kind::kEvent}};
  done_to_.total = done_to_seen_;
  sheet.parts.push_back(std::move(done_to_));
  if (sessions_ == 0) {
    write_findings(sheet);
    return sheet;
  }
  write_errors(sheet);
  write_values(sheet, "services", "SERVICES", services_, 8);
  write_values(sheet, "calls", "CALLS", calls_, 12);
  write_addresses(sheet);
  write_values(sheet, "regions", "REGIONS", regions_, 6);
  write_values(sheet, "user_agents", "CLIENTS", agents_, 6);
  return sheet;
}

Result<WhoResult> who(const Subject& subject, const identity::SessionLog& log,
                      const std::vector<Gatherer*>& gatherers, const FindingsAbout& findings,
                      const geo::Atlas& atlas) {
  return WhoAnswer(subject, log, gatherers, findings, atlas).answer();
}

}  // namespace cairn::investigate
