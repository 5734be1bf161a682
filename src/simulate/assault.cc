#include "simulate/assault.h"

#include "base/check.h"
#include "base/text.h"
#include "formats/json_writer.h"
#include "simulate/cast.h"

#include <algorithm>

namespace cairn::simulate {
namespace {

// So many changes or errors in one step are what Insights reports.
constexpr int64_t kInsightCalls = 8;

/// Makes the callers of an attack's parts:
///   root-at-door                    the root user who is signing in
///   root-console, root-key key=K    the root user, signed in or with a key
///   user-key user=U key=K           an IAM user with a key; key= defaults to the user's own
///   user-console user=U mfa=No      an IAM user who is signed in
///   user-at-door user=U             an IAM user who is signing in
///   employee name=N                 a stolen session of somebody with single sign-on
///   instance instance=I             a stolen session of an instance's own role
///   role role=R session=S by=PART   a session of a role, which PART assumes; in=ENVIRONMENT: of
///                                   another account
///   visitor of=PART in=ENVIRONMENT  PART as another account sees it
///   federated of=PART               a federated session that PART asks for
///   foreign account=A               a principal of an account outside the organisation
///   service service=S               an AWS service
/// Every kind takes agent=, the name of an agent-... value. Addresses and agents are the intruder's
/// own, or, as the disguise says, those of the victim: the first part that lives here.
class Casting {
 public:
  Casting(Stage& stage, const Attack& attack, Disguise disguise, Seconds now, Random& random)
      : stage_(stage),
        account_(stage.organization.accounts[stage.organization.account_of(attack.environment)]),
        disguise_(disguise),
        now_(now),
        random_(random) {
    director_.account = &account_;
    director_.scope.emplace_back(kSlotForeign, foreign_account());
    outside_ = "203.0.113." + std::to_string(random.between(4, 250));
    director_.scope.emplace_back(kSlotOutside, outside_);
    director_.scope.emplace_back(kSlotPerson, somebody("person/"));
    director_.scope.emplace_back(kSlotEmployee, somebody("employee/"));
    director_.scope.emplace_back(kSlotWorkload, somebody("instance/"));
    for (const Binding& let : attack.lets) {
      director_.scope.emplace_back(let.slot,
                                   stage.recorder.text(let.value, director_, kHomeRegion, now));
    }
    callers_.reserve(attack.parts.size());  // later parts point at earlier ones
    for (const Part& part : attack.parts) cast(part);
  }

  const std::vector<Caller>& callers() const { return callers_; }
  /// The ARN of whom the intruder acts as; empty when nobody of the organisation.
  const std::string& victim() const { return victim_; }

 private:
  void cast(const Part& part) {
    Caller caller = made(part);
    caller.scope = director_.scope;
    caller.actor = "intruder";
    if (victim_.empty() && part.kind != "foreign" && part.kind != "service") {
      victim_ = caller.arn;
      find_habit(part, caller);
    }
    if (part.kind == "role" || part.kind == "federated") {
      const Caller* giver = part_named(text_of(part, part.kind == "role" ? "by" : "of"));
      if (giver != nullptr) {
        caller.origin = giver->origin;
        caller.hops = giver->hops + 1;
      }
      const std::string_view how = part.kind == "role" ? "AssumeRole" : "GetFederationToken";
      note_identity(stage_, caller, giver == nullptr ? "stolen" : how, "", giver, now_);
    } else if (!caller.key.empty()) {
      note_identity(stage_, caller, "stolen", "", nullptr, now_);
    }
    if (caller.service.empty()) dress(part, caller);
    callers_.push_back(std::move(caller));
    names_.push_back(part.name);
  }

  const Caller* part_named(std::string_view name) const {
    for (size_t i = 0; i < names_.size(); ++i) {
      if (names_[i] == name) return &callers_[i];
    }
    return nullptr;
  }

  void find_habit(const Part& part, const Caller& caller) {
    const Habit* found = nullptr;
    if (part.kind.starts_with("user")) {
      found = stage_.directory.find(account_.number, "user/" + caller.name);
    } else if (part.kind == "employee") {
      found = stage_.directory.find(account_.number, "employee/" + text_of(part, "name"));
    } else if (part.kind == "instance") {
      found = stage_.directory.find(account_.number, "instance/" + caller.session);
    }
    if (found == nullptr) {  // the root user, and roles: like a person of the account
      const std::string name = somebody("person/");
      found = stage_.directory.find(account_.number, "person/" + name);
    }
    if (found != nullptr) habit_ = *found;
  }

  void dress(const Part& part, Caller& caller) {
    caller.address = outside_;
    caller.agent = agent_text(stage_, director_, text_of(part, "agent", "python"));
    const bool ours = part.kind != "foreign";
    if (disguise_ == Disguise::kNew || !ours || habit_.address.empty()) return;
    caller.address = habit_.address;
    caller.vpc_endpoint = habit_.vpc_endpoint;
    if (disguise_ == Disguise::kKnownAddress) return;
    const bool browser = part.kind.ends_with("console") || part.kind.ends_with("at-door");
    caller.agent = browser && !habit_.browser.empty() ? habit_.browser : habit_.terminal;
  }

  std::string foreign_account() {
    std::string id = std::to_string(random_.between(1, 9));
    random_.append_digits(id, 11);
    return id;
  }

  /// Returns one of the account's principals of this kind; when there is none, a service user.
  std::string somebody(std::string_view kind) {
    const std::vector<std::string> names = stage_.directory.names(account_.number, kind);
    if (!names.empty()) return names[random_.below(names.size())];
    const std::vector<std::string> users = stage_.directory.names(account_.number, "user/");
    return users.empty() ? "nobody" : users[random_.below(users.size())];
  }

  std::string text_of(const Part& part, std::string_view name, std::string_view otherwise = "") {
    const auto found = part.options.find(name);
    if (found == part.options.end()) return std::string(otherwise);
    return stage_.recorder.text(found->second, director_, kHomeRegion, now_);
  }

  const Account& account_in(const Part& part) {
    const std::string environment = text_of(part, "in");
    if (environment.empty()) return account_;
    return stage_.organization.accounts[stage_.organization.account_of(environment)];
  }

  std::string fresh_key(std::string_view prefix) {
    std::string key = std::string(prefix) + account_.code;
    random_.append_upper(key, 8);
    return key;
  }

  Caller made(const Part& part) {
    if (part.kind == "root-at-door") return make_root(account_, "", now_);
    if (part.kind == "root-console") return make_root(account_, fresh_key("ASIA"), now_);
    if (part.kind == "root-key") {
      return make_root(account_, text_of(part, "key", fresh_key("AKIA")), now_);
    }
    if (part.kind == "user-key") {
      const std::string user = text_of(part, "user");
      const Habit* habit = stage_.directory.find(account_.number, "user/" + user);
      const std::string own = habit == nullptr ? fresh_key("AKIA") : habit->access_key;
      return make_user(account_, user, text_of(part, "key", own));
    }
    if (part.kind == "user-at-door") return make_user(account_, text_of(part, "user"), "");
    if (part.kind == "user-console") {
      return make_user_in_console(account_, text_of(part, "user"), text_of(part, "mfa") == "Yes",
                                  now_, random_);
    }
    if (part.kind == "employee") {
      const std::string name = text_of(part, "name");
      const Habit* habit = stage_.directory.find(account_.number, "employee/" + name);
      return make_employee_session(account_, name,
                                   habit == nullptr ? "Operator" : habit->permissions,
                                   stage_.organization.name, now_ - 900, random_);
    }
    if (part.kind == "instance") {
      Caller caller = make_role_session(account_, text_of(part, "role", "web-server"), "/",
                                        text_of(part, "instance"), now_ - 4000, random_);
      mark_instance_session(caller);
      return caller;
    }
    if (part.kind == "role") {
      return make_role_session(account_in(part), text_of(part, "role"), "/",
                               text_of(part, "session"), now_, random_);
    }
    if (part.kind == "visitor") {
      const Caller* other = part_named(text_of(part, "of"));
      CAIRN_CHECK(other != nullptr);
      Caller caller =
          make_foreign(account_in(part), other->account->id,
                       other->role_id.empty() ? other->account->unique_id("AIDA", other->name)
                                              : other->role_id + ':' + other->session);
      caller.origin = other->origin;
      return caller;
    }
    if (part.kind == "federated") {
      const Caller* other = part_named(text_of(part, "of"));
      CAIRN_CHECK(other != nullptr);
      return make_federated(*other, text_of(part, "name", "support"), now_, random_);
    }
    if (part.kind == "foreign") {
      std::string id = "AROA";
      random_.append_upper(id, 17);
      return make_foreign(account_, text_of(part, "account", director_.scope[0].second),
                          id + ":session");
    }
    if (part.kind == "service") {
      Caller caller = make_service(account_, text_of(part, "service"));
      caller.beneficiary = text_of(part, "account");
      return caller;
    }
    check_failed("attacks.txt", 0, part.kind.c_str());
  }

  Stage& stage_;
  const Account& account_;
  Disguise disguise_;
  Seconds now_;
  Random& random_;
  Caller director_;  // only its scope: what holds for the whole attack
  std::string outside_, victim_;
  Habit habit_;  // the victim's
  std::vector<Caller> callers_;
  std::vector<std::string> names_;
};

using Words = std::vector<std::string>;

void add_word(Words& words, std::string_view word) {
  if (!word.empty() && std::find(words.begin(), words.end(), word) == words.end()) {
    words.emplace_back(word);
  }
}

void write_words(JsonWriter& json, std::string_view name, const Words& words) {
  json.key(name).begin_array();
  for (const std::string& word : words) json.value(word);
  json.end_array();
}

Words words_of(std::string_view text) {
  Words words;
  for (const std::string_view word : split(text, ' ')) add_word(words, word);
  return words;
}

/// Returns the detections that a step should set off in this disguise.
Words detections_of(const Step& step, Disguise disguise) {
  Words result;
  for (const std::string_view word : split(step.detections, ' ')) {
    const size_t slash = word.find('/');
    const std::string_view needs = slash == std::string_view::npos ? "" : word.substr(slash + 1);
    CAIRN_CHECK(needs.empty() || needs == "agent" || needs == "address");
    if (needs == "address" && disguise != Disguise::kNew) continue;
    if (needs == "agent" && disguise == Disguise::kKnown) continue;
    add_word(result, word.substr(0, slash));
  }
  return result;
}

}  // namespace

Milliseconds duration_of(const Attack& attack) {
  Milliseconds sum = 0;
  for (const Step& step : attack.script.steps) {
    sum += std::max<Milliseconds>(0, step.gap_ms) +
           (step.most - 1) * std::max<Milliseconds>(1000, step.every_ms);
  }
  return sum;
}

Incident play_attack(Stage& stage, const Attack& attack, Disguise disguise, size_t number,
                     Milliseconds start) {
  Random random(stage.seed, "attack " + attack.name + std::to_string(number));
  const Casting casting(stage, attack, disguise, start / 1000, random);
  std::vector<const Caller*> cast;
  for (const Caller& caller : casting.callers()) cast.push_back(&caller);
  const std::string id = std::to_string(number + 1) + '-' + attack.name;

  Incident incident;
  Words principals, addresses, agents, techniques, detections, accounts, regions;
  uint64_t failed = 0;
  Seconds last = start / 1000;
  struct Burst {
    Seconds first = 0, last = 0;
    int64_t calls = 0;
    size_t region = 0;
  };
  std::vector<Burst> bursts(attack.script.steps.size());

  Performance performance;
  performance.script = &attack.script;
  performance.cast = cast;
  performance.pace = Pace::kTerminal;
  performance.may_fail = false;
  performance.watcher = [&](const Step& step, size_t index, const Caller& caller,
                            const Recorded& recorded, Seconds time) {
    const std::string& principal = caller.arn.empty() ? caller.name : caller.arn;
    const std::string address = step.via.empty() ? caller.address : step.via;
    const Words expected = detections_of(step, disguise);
    const Words step_techniques = words_of(step.techniques);
    JsonWriter line;
    line.begin_object().member("incident", id).member("scenario", attack.name);
    line.member("disguise", to_string(disguise)).member("step", static_cast<uint64_t>(index + 1));
    write_words(line, "techniques", step_techniques);
    line.member("eventID", recorded.event_id).member("eventTime", format_seconds(time));
    line.member("eventSource", step.call->service->name + ".amazonaws.com")
        .member("eventName", step.call->name);
    line.member("account", caller.account->id).member("region", kRegions[recorded.region]);
    line.member("principal", principal).member("origin", caller.origin);
    line.member("actor", "intruder").member("sourceIPAddress", address);
    line.member("failed", recorded.failed);
    write_words(line, "detections", expected);
    line.end_object();
    incident.event_lines += std::move(line).take() + '\n';

    add_word(principals, principal);
    add_word(addresses, address);
    add_word(agents, caller.agent);
    add_word(accounts, caller.account->id);
    add_word(regions, kRegions[recorded.region]);
    for (const std::string& word : step_techniques) add_word(techniques, word);
    for (const std::string& word : expected) add_word(detections, word);
    failed += recorded.failed ? 1 : 0;
    ++incident.records;
    last = std::max(last, time);
    Burst& burst = bursts[index];
    if (burst.calls++ == 0) burst.first = time;
    burst.last = time;
    burst.region = recorded.region;
  };
  perform(stage, performance, start, random);

  for (size_t i = 0; i < bursts.size(); ++i) {
    const Step& step = attack.script.steps[i];
    const bool watched = !step.error.empty() || (!step.call->read_only && !step.call->data);
    if (bursts[i].calls < kInsightCalls || !watched || step.call->service->name == "signin")
      continue;
    Insight insight;
    insight.caller = cast[step.who];
    insight.call = step.call;
    insight.region = bursts[i].region;
    insight.start = bursts[i].first;
    insight.end = bursts[i].last;
    insight.calls = bursts[i].calls;
    insight.error = step.error == "denied" ? std::string_view("AccessDenied") : step.error;
    stage.recorder.record(insight);
  }

  JsonWriter line;
  line.begin_object().member("incident", id).member("scenario", attack.name);
  line.member("description", attack.description).member("disguise", to_string(disguise));
  line.member("start", format_seconds(start / 1000)).member("end", format_seconds(last));
  write_words(line, "accounts", accounts);
  write_words(line, "regions", regions);
  write_words(line, "tactics", words_of(attack.tactics));
  write_words(line, "techniques", techniques);
  line.member("victim", casting.victim());
  write_words(line, "principals", principals);
  write_words(line, "addresses", addresses);
  write_words(line, "agents", agents);
  line.member("events", incident.records).member("failed", failed);
  write_words(line, "detections", detections);
  line.end_object();
  incident.incident_line = std::move(line).take() + '\n';
  return incident;
}

}  // namespace cairn::simulate
