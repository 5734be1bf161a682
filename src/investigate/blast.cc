#include "investigate/blast.h"

#include "base/text.h"
#include "detect/detect.h"

#include <algorithm>
#include <map>
#include <set>

namespace cairn::investigate {

namespace {

constexpr size_t kThingsKept = 20'000;
constexpr size_t kRowsKept = 1'000;
constexpr size_t kCommands = 200;

struct Thing {
  std::string name, time, event_id, words, region, account, by;
  std::string gone_time, gone_event;  // deleted later
};

/// What a call did whose row the table lacks, by its name.
Effect effect_by_name(std::string_view name) {
  for (std::string_view verb : {"Delete", "Terminate", "Remove", "Deregister", "Release", "Cancel"})
    if (name.starts_with(verb)) return Effect::kDeleted;
  for (std::string_view verb :
       {"Create", "Run", "Allocate", "Register", "Import", "Copy", "Launch"})
    if (name.starts_with(verb)) return Effect::kCreated;
  return Effect::kChanged;
}

std::string by_of(const Act& act) {
  std::string by = detect::short_principal(act.principal);
  if (!act.session.empty()) by += " as " + act.session;
  return by;
}

/// Things whose deletion spares a command.
bool is_contained(std::string_view thing) {
  for (std::string_view kind : {"access key ", "console password ", "user ", "role ", "instance "})
    if (thing.starts_with(kind)) return true;
  return false;
}

/// Now, wherever the command is run: sessions begun before lose all rights.
std::string revoking_document() {
  return "'{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"*\","
         "\"Resource\":\"*\",\"Condition\":{\"DateLessThan\":{\"aws:TokenIssueTime\":\"'"
         "\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\"'\"}}}]}'";
}
constexpr std::string_view kDenyAll =
    "'{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"*\","
    "\"Resource\":\"*\"}]}'";

class Blast {
 public:
  Blast(const Subject& subject, const InverseTable& table)
      : subject_(subject), table_(table), reach_(subject, table), near_(subject.text()) {}

  Result<BlastResult> answer(const std::vector<Gatherer*>& gatherers) {
    TRY(reach_.walk(gatherers, [&](const Act& act, bool in, const RecordTree& record) -> Status {
      note(act, in, record);
      return {};
    }));
    BlastResult result;
    result.found = acts_ > 0 || looked_;
    if (result.found) {
      result.sheet = write();
    } else {
      result.near = near_.take();
    }
    return result;
  }

 private:
  void note(const Act& act, bool in, const RecordTree& record);
  void note_fate(const Act& act, Effect effect, const std::vector<std::string>& things);
  void note_caller(const Act& act);
  Sheet write() const;
  void write_credentials(Sheet& sheet) const;
  void write_created(Sheet& sheet) const;
  std::vector<std::string> containment() const;
  bool is_gone(const std::string& account, const std::string& thing) const;

  const Subject& subject_;
  const InverseTable& table_;
  Reach reach_;
  NearNames near_;
  uint64_t acts_ = 0;
  bool looked_ = false;  // it called, if only to look
  std::string first_, last_;
  std::map<std::string, Thing> created_;  // account|thing
  std::vector<std::string> created_order_;
  uint64_t created_seen_ = 0;
  std::map<Effect, std::vector<Thing>> done_;  // changed, shared, deleted
  std::map<Effect, uint64_t> done_seen_;
  std::set<std::string> regions_, accounts_;
  // For containment: keys, users and roles that acted.
  std::map<std::string, std::pair<std::string, std::string>> keys_;  // key → principal, account
  std::set<std::string> roles_, users_;
  std::set<std::string> gone_;  // what is_contained() and was deleted: "account|user eve"
};

/// Whoever deleted or made it again.
void Blast::note_fate(const Act& act, Effect effect, const std::vector<std::string>& things) {
  if (effect != Effect::kCreated && effect != Effect::kDeleted) return;
  for (const std::string& name : things) {
    std::string key = act.account + "|" + name;
    if (effect == Effect::kCreated) {
      gone_.erase(key);
      continue;
    }
    if (is_contained(name) && gone_.size() < kThingsKept) gone_.insert(key);
    auto found = created_.find(key);
    if (found == created_.end()) continue;
    found->second.gone_time = time_text(act.time_known, act.time_ms);
    found->second.gone_event = act.event_id;
  }
}

void Blast::note_caller(const Act& act) {
  if (act.access_key.starts_with("AKIA") && keys_.size() < kRowsKept)
    keys_.try_emplace(act.access_key, act.principal, act.account);
  if (act.principal.find(":role/") != std::string::npos && roles_.size() < kRowsKept)
    roles_.insert(act.principal);
  if (act.principal.find(":user/") != std::string::npos && users_.size() < kRowsKept)
    users_.insert(act.principal);
}

void Blast::note(const Act& act, bool in, const RecordTree& record) {
  const InverseTable::Row* row = table_.find(act.source, act.name);
  Effect effect = row != nullptr ? InverseTable::effect_of(*row) : effect_by_name(act.name);
  std::vector<std::string> things;
  if (row != nullptr) things = InverseTable::things_of(*row, record);
  if (things.empty() && !act.target.empty()) things.push_back(act.target);
  if (!act.looked) note_fate(act, effect, things);
  if (!in) {
    near_.offer(act.principal);
    near_.offer(act.session);
    near_.offer(act.access_key);
    return;
  }
  note_caller(act);
  looked_ = true;
  if (act.looked) return;
  ++acts_;
  std::string time = time_text(act.time_known, act.time_ms);
  if (!time.empty()) {
    if (first_.empty()) first_ = time;
    last_ = time;
  }
  if (!act.region.empty() && regions_.size() < kRowsKept) regions_.insert(act.region);
  if (!act.account.empty() && accounts_.size() < kRowsKept) accounts_.insert(act.account);
  if (issues_credential(act.name)) return;  // among the credentials
  Thing thing{things.empty() ? std::string() : things.front(),
              time,
              act.event_id,
              act.words,
              act.region,
              act.account,
              by_of(act),
              {},
              {}};
  if (effect == Effect::kCreated && !things.empty()) {
    for (const std::string& name : things) {
      ++created_seen_;
      if (created_.size() >= kThingsKept) break;
      thing.name = name;
      std::string key = act.account + "|" + name;
      if (created_.insert_or_assign(key, thing).second) created_order_.push_back(key);
    }
    return;
  }
  if (effect == Effect::kCreated) effect = Effect::kChanged;
  ++done_seen_[effect];
  if (done_[effect].size() < kRowsKept) done_[effect].push_back(std::move(thing));
}

void Blast::write_credentials(Sheet& sheet) const {
  SheetPart& part = sheet.table("credentials", "OPENED",
                                {{"time", SheetColumn::Kind::kTime},
                                 {"what"},
                                 {"name", SheetColumn::Kind::kPrincipal},
                                 {"of"},
                                 {"account", SheetColumn::Kind::kHidden},
                                 {"event", SheetColumn::Kind::kEvent}});
  constexpr const char* kWords[] = {"session", "access key", "user",
                                    "role",    "instance",   "console password"};
  for (const Reached& reached : reach_.reached())
    part.rows.push_back({reached.time, kWords[static_cast<size_t>(reached.kind)], reached.name,
                         reached.owner, reached.account, reached.event_id});
  part.shown = 15;
}

void Blast::write_created(Sheet& sheet) const {
  std::vector<SheetColumn> columns = {
      {"time", SheetColumn::Kind::kTime},     {"thing"},
      {"region", SheetColumn::Kind::kHidden}, {"account", SheetColumn::Kind::kHidden},
      {"by", SheetColumn::Kind::kHidden},     {"event", SheetColumn::Kind::kEvent}};
  SheetPart still, gone;
  still.name = "still_there";
  still.label = "STILL";
  still.columns = columns;
  still.shown = 40;
  gone.name = "created_and_deleted";
  gone.label = "GONE";
  gone.columns = columns;
  gone.columns.insert(gone.columns.end() - 1, {{"deleted", SheetColumn::Kind::kTime},
                                               {"deleted_by_event", SheetColumn::Kind::kHidden}});
  for (const std::string& key : created_order_) {
    const Thing& thing = created_.at(key);
    std::vector<std::string> row = {thing.time,    thing.name, thing.region,
                                    thing.account, thing.by,   thing.event_id};
    if (!thing.gone_event.empty()) {
      row.insert(row.end() - 1, {thing.gone_time, thing.gone_event});
      gone.rows.push_back(std::move(row));
    } else {
      still.rows.push_back(std::move(row));
    }
  }
  still.note = "created, and not deleted later as far as these logs show";
  sheet.parts.push_back(std::move(still));
  sheet.parts.push_back(std::move(gone));
}

bool Blast::is_gone(const std::string& account, const std::string& thing) const {
  return gone_.contains(account + "|" + thing);
}

std::vector<std::string> Blast::containment() const {
  std::vector<std::string> out;
  auto say = [&](const std::string& why) { out.push_back("# " + printable(why)); };
  auto account_words = [&](const std::string& account) {
    bool one = accounts_.size() < 2 && (accounts_.empty() || accounts_.contains(account));
    return account.empty() || one ? std::string() : " (account " + account + ")";
  };
  // 1. Keys: those that acted, and those that were made.
  std::set<std::string> done;
  auto stop_key = [&](const std::string& key, const std::string& user, const std::string& account) {
    if (user.empty() || !done.insert(key).second || is_gone(account, "access key " + key)) return;
    if (user == kRootOwner) {
      say("key " + key + " is root's: root has to sign in and delete it" + account_words(account));
      return;
    }
    say("stop the key" + account_words(account));
    out.push_back("aws iam update-access-key --user-name " + shell_word(user) +
                  " --access-key-id " + shell_word(key) + " --status Inactive");
  };
  for (const auto& [key, owner] : keys_) {
    const auto& [principal, account] = owner;
    if (is_root(principal)) stop_key(key, std::string(kRootOwner), account);
    if (principal.find(":user/") != std::string::npos) stop_key(key, last_part(principal), account);
  }
  if (subject_.kind() == SubjectKind::kAccessKey && subject_.text().starts_with("AKIA") &&
      done.empty())
    say("key " + subject_.text() + ": its user is not in these logs");
  for (const Reached& reached : reach_.reached())
    if (reached.kind == Reached::Kind::kKey) stop_key(reached.name, reached.owner, reached.account);
  // 2. Passwords, users and roles that were made.
  std::set<std::string> made;
  for (const Reached& reached : reach_.reached()) {
    if (reached.kind == Reached::Kind::kPassword &&
        !is_gone(reached.account, "console password of user " + reached.name)) {
      say("end console sign-in" + account_words(reached.account));
      out.push_back("aws iam delete-login-profile --user-name " + shell_word(reached.name));
    }
    bool is_user = reached.kind == Reached::Kind::kUser;
    if (!is_user && reached.kind != Reached::Kind::kRole) continue;
    std::string word = is_user ? "user" : "role", name = last_part(reached.name);
    made.insert(reached.name);
    if (is_gone(reached.account, word + " " + name)) continue;
    say("take all rights from the " + word + " that was made" + account_words(reached.account));
    out.push_back("aws iam put-" + word + "-policy --" + word + "-name " + shell_word(name) +
                  " --policy-name cairn-containment --policy-document " + std::string(kDenyAll));
  }
  // 3. Sessions: of users, of roles.
  for (const std::string& user : users_) {
    if (made.contains(user) || is_gone(account_of(user), "user " + last_part(user))) continue;
    say("end the sessions of " + detect::short_principal(user) + account_words(account_of(user)));
    out.push_back("aws iam put-user-policy --user-name " + shell_word(last_part(user)) +
                  " --policy-name cairn-revoke-sessions --policy-document " + revoking_document());
  }
  for (const std::string& role : roles_) {
    std::string name = last_part(role);
    if (role.find("/aws-service-role/") != std::string::npos || made.contains(role)) continue;
    if (name.starts_with("AWSReservedSSO_")) {
      say("sessions of " + name +
          " end in IAM Identity Center: disable the person, or delete the account assignment");
      continue;
    }
    if (is_gone(account_of(role), "role " + name)) continue;
    say("end the sessions of role " + name + account_words(account_of(role)) +
        "; it works on for sessions begun afterwards");
    out.push_back("aws iam put-role-policy --role-name " + shell_word(name) +
                  " --policy-name cairn-revoke-sessions --policy-document " + revoking_document());
  }
  // 4. Machines.
  std::map<std::string, std::vector<std::string>> instances;
  for (const Reached& reached : reach_.reached())
    if (reached.kind == Reached::Kind::kInstance &&
        !is_gone(reached.account, "instance " + reached.name))
      instances[reached.owner].push_back(shell_word(reached.name));
  for (const auto& [region, ids] : instances) {
    say("stop the instances that were launched; take snapshots and memory before, they are "
        "evidence");
    out.push_back("aws ec2 stop-instances --instance-ids " + join(ids, " ") + " --region " +
                  shell_word(region));
  }
  if (out.size() > kCommands) out.resize(kCommands);
  return out;
}

Sheet Blast::write() const {
  Sheet sheet;
  sheet.title = subject_.text();
  std::string text = acts_ > 0 ? plural(acts_, "act") + " of it and of what it made"
                               : "it called, but changed nothing and took no credential";
  if (!first_.empty()) {
    auto first = parse_event_time(first_), last = parse_event_time(last_);
    if (first && last) text += ", " + format_time_short(*first) + " to " + format_time_short(*last);
  }
  std::vector<std::string> accounts(accounts_.begin(), accounts_.end());
  std::vector<std::string> regions(regions_.begin(), regions_.end());
  if (!accounts.empty())
    text += accounts.size() == 1 ? ", account " + accounts.front()
                                 : ", " + plural(accounts.size(), "account");
  sheet.say("reach", "REACH", text);
  if (!regions.empty()) {
    SheetPart part;
    part.name = "regions";
    part.label = "REGIONS";
    part.lines.push_back(join(regions, ", "));
    sheet.parts.push_back(std::move(part));
  }
  write_credentials(sheet);
  write_created(sheet);
  struct Section {
    Effect effect;
    const char *name, *label;
  };
  for (Section section : {Section{Effect::kShared, "shared", "SHARED"},
                          Section{Effect::kChanged, "changed", "CHANGED"},
                          Section{Effect::kDeleted, "deleted", "DELETED"}}) {
    SheetPart& part = sheet.table(section.name, section.label,
                                  {{"time", SheetColumn::Kind::kTime},
                                   {"words"},
                                   {"thing", SheetColumn::Kind::kHidden},
                                   {"region", SheetColumn::Kind::kHidden},
                                   {"account", SheetColumn::Kind::kHidden},
                                   {"by", SheetColumn::Kind::kHidden},
                                   {"event", SheetColumn::Kind::kEvent}});
    auto found = done_.find(section.effect);
    if (found == done_.end()) continue;
    for (const Thing& thing : found->second)
      part.rows.push_back({thing.time, thing.words, thing.name, thing.region, thing.account,
                           thing.by, thing.event_id});
    part.total = done_seen_.at(section.effect);
    part.shown = 15;
  }
  SheetPart contain;
  contain.name = "contain";
  contain.label = "CONTAIN";
  contain.lines = containment();
  contain.list = true;
  contain.verbatim = true;
  sheet.parts.push_back(std::move(contain));
  return sheet;
}

}  // namespace

Result<BlastResult> blast(const Subject& subject, const InverseTable& table,
                          const std::vector<Gatherer*>& gatherers) {
  return Blast(subject, table).answer(gatherers);
}

}  // namespace cairn::investigate
