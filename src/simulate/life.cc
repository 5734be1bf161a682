// How the organisation lives: machines run their scripts around the clock, people come to work,
// sign in, and do what their kind does. Everybody has a random stream of their own, so that one
// more person does not change the others' days.

#include "base/check.h"
#include "base/hash.h"
#include "base/text.h"
#include "simulate/stage.h"

#include <algorithm>
#include <array>

namespace cairn::simulate {
namespace {

constexpr Milliseconds kHour = 3'600'000;
constexpr Milliseconds kDay = 24 * kHour;

// Activity by hour of the head office's day, per mille of the mean.
constexpr std::array<int64_t, 24> kOfficeCurve = {350,  300,  280,  280,  300,  400,  650,  1000,
                                                  1450, 1700, 1750, 1700, 1500, 1650, 1750, 1700,
                                                  1600, 1350, 1100, 950,  800,  650,  500,  290};
constexpr int64_t kWeekendPerMille = 600;  // of an office curve

int64_t weekday(Milliseconds time) {
  return ((time / kDay) + 4) % 7;
}  // 0 is Sunday; 1 Jan 1970 was a Thursday
bool is_weekend(Milliseconds time) { return weekday(time) == 0 || weekday(time) == 6; }

Slot slot_of(std::string_view name) {
  const Names& names = playbook().names;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names.name(static_cast<Slot>(i)) == name) return static_cast<Slot>(i);
  }
  check_failed("daily_life.cc", 0, std::string(name).c_str());
}

/// Returns a user agent, which the playbook keeps as the value agent-NAME.
std::string agent_text(Stage& stage, const Caller& caller, const std::string& name) {
  const auto found = playbook().values.find(slot_of("agent-" + name));
  CAIRN_CHECK(found != playbook().values.end());
  return stage.recorder.text(found->second, caller, kHomeRegion, 0);
}

/// Chooses the things that this caller works with again and again.
void adopt_things(Caller& caller, size_t region, Random& random) {
  const std::vector<Inventory>& inventories = playbook().inventories;
  for (size_t i = 0; i < inventories.size(); ++i) {
    const std::vector<std::string>& things = caller.account->things[region][i];
    caller.scope.emplace_back(inventories[i].slot, things[random.favourite(things.size())]);
  }
}

/// Calls are recorded as made by `who`; the scope of `like` goes along.
Caller with_scope(Caller who, const Caller& like) {
  who.scope = like.scope;
  return who;
}

void bind_value(Caller& caller, Slot slot, std::string_view text) {
  for (auto& [known, value] : caller.scope) {
    if (known == slot) {
      value = text;
      return;
    }
  }
  caller.scope.emplace_back(slot, text);
}

/// Records the call that hands out a session's credentials.
void record_assume(Stage& stage, Caller giver, const Caller& session, std::string_view call,
                   size_t region, Seconds time) {
  giver.scope = session.scope;
  bind_value(giver, kSlotRoleArn, session.role_arn);
  bind_value(giver, kSlotRoleId, session.role_id);
  bind_value(giver, kSlotSession, session.session);
  bind_value(giver, kSlotSessionArn, session.arn);
  bind_value(giver, kSlotNewKey, session.key);
  Action action;
  action.caller = &giver;
  action.call = &playbook().call(call);
  action.region = region;
  action.time = time;
  stage.recorder.record(action);
}

/// Finds or makes the callers that a script names: the player itself, CloudFormation in its
/// execution role, AWS services.
class Cast {
 public:
  /// Returns the cast of `script` with `self` in the first place; valid until the next call.
  std::span<const Caller* const> of(const Script& script, const Caller& self, Seconds now,
                                    Random& random) {
    callers_.clear();
    made_.clear();
    made_.reserve(script.cast.size());
    callers_.push_back(&self);
    for (size_t i = 1; i < script.cast.size(); ++i) {
      const std::string& name = script.cast[i];
      if (name == "stack-role") {
        Caller role = make_role_session(*self.account, "cloudformation-execution", "/",
                                        "AWSCloudFormation", now, random);
        role.service = role.address = role.agent = "cloudformation.amazonaws.com";
        made_.push_back(with_scope(std::move(role), self));
      } else {
        CAIRN_CHECK(name.ends_with(".amazonaws.com"));
        made_.push_back(with_scope(make_service(*self.account, name), self));
      }
      callers_.push_back(&made_.back());
    }
    return callers_;
  }

 private:
  std::vector<Caller> made_;
  std::vector<const Caller*> callers_;
};

class MachinePlayer : public Player {
 public:
  MachinePlayer(Stage& stage, const Machine& machine, const Account& account, size_t region,
                size_t number, Milliseconds start)
      : stage_(stage),
        machine_(machine),
        account_(account),
        region_(region),
        random_(stage.seed, machine.name + '/' + account.id + '/' + std::string(kRegions[region]) +
                                '/' + std::to_string(number)),
        office_(option_text(machine.options, "curve", "flat") == "office"),
        session_ms_(option_number(machine.options, "hours", 6) * kHour) {
    own_.account = &account;
    if (option_text(machine.options, "roams").empty()) adopt_things(own_, region, random_);
    for (size_t i = 0; i < machine.runs.size(); ++i)
      next_.push_back(start + random_.waiting_time(gap(i, start)));
    renew_at_ = start + random_.between(0, session_ms_);
    host_ = "10." + std::to_string(10 + account.number % 200) + '.' +
            std::to_string(random_.between(0, 40)) + '.' + std::to_string(random_.between(10, 250));
    endpoint_ = "vpce-0";
    random_.append_hex(endpoint_, 16);
    key_ = "AKIA" + account.code;
    random_.append_upper(key_, 8);
    begin_session(start / 1000, false);
  }

  void play(Milliseconds until) override {
    for (size_t i = 0; i < next_.size(); ++i) {
      while (next_[i] < until) {
        run(*machine_.runs[i].script, next_[i]);
        next_[i] += std::max<Milliseconds>(1, random_.waiting_time(gap(i, next_[i])));
      }
    }
  }

 private:
  /// The mean time between two runs at this hour.
  Milliseconds gap(size_t run, Milliseconds now) const {
    int64_t rate = machine_.runs[run].a_day * static_cast<int64_t>(stage_.machine_speed);
    if (office_) {
      rate = rate * kOfficeCurve[static_cast<size_t>(now / kHour % 24)] / 1000;
      if (is_weekend(now)) rate = rate * kWeekendPerMille / 1000;
    }
    return std::max<Milliseconds>(1, kDay * 1000 / std::max<int64_t>(1, rate));
  }

  void run(const Script& script, Milliseconds now) {
    const bool pipeline = machine_.kind == "pipeline";
    if (pipeline || now >= renew_at_) {
      begin_session(now / 1000, true);
      renew_at_ = now + session_ms_;
    }
    Performance performance;
    performance.script = &script;
    performance.cast = cast_.of(script, self_, now / 1000, random_);
    performance.region = region_;
    perform(stage_, performance, pipeline ? now + 2000 : now, random_);
  }

  std::string option(std::string_view name) const { return option_text(machine_.options, name); }

  /// Kinds: service; service-role (a service in its linked role); instance, function, task (a
  /// workload's own role); pipeline (a build outside AWS, a new session for each run); user (a
  /// long-term key).
  void begin_session(Seconds now, bool recorded) {
    if (machine_.kind == "service") {
      self_ = with_scope(make_service(account_, option("service")), own_);
      return;
    }
    if (machine_.kind == "user") {  // an old tool with a long-term key
      self_ = with_scope(make_user(account_, option("user"), key_), own_);
      self_.agent = agent_text(stage_, self_, option("agent"));
      self_.address = "192.0.2." + std::to_string(200 + account_.number % 50);
      return;
    }
    const std::string service = option("service");
    const bool own_role = machine_.kind == "service-role";
    const std::string path = own_role ? "/aws-service-role/" + service + '/' : "/";
    self_ = make_role_session(account_, option("role"), path, session_name(), now, random_);
    self_.scope = own_.scope;
    if (machine_.kind == "instance") mark_instance_session(self_);
    if (own_role) {
      self_.service = self_.address = self_.agent = service;
    } else {
      self_.agent = agent_text(stage_, self_, option("agent"));
      set_address();
    }
    if (!recorded) return;
    if (machine_.kind == "pipeline") {
      Caller build =
          make_web_identity(account_, "token.actions.githubusercontent.com",
                            "repo:" + stage_.organization.name + "/platform:ref:refs/heads/main");
      build.address = self_.address;
      build.agent = self_.agent;
      record_assume(stage_, build, self_, "sts AssumeRoleWithWebIdentity", region_, now);
    } else {
      record_assume(stage_, make_service(account_, service), self_, "sts AssumeRole", region_, now);
    }
  }

  std::string session_name() {
    if (machine_.kind == "pipeline") return "GitHubActions";
    if (machine_.kind == "service-role") return option("session");
    if (machine_.kind == "instance") return thing("instance");
    if (machine_.kind == "function") return thing("function");
    CAIRN_CHECK(machine_.kind == "task");
    std::string id;
    random_.append_hex(id, 32);
    return id;
  }

  std::string thing(std::string_view name) const {
    const Slot slot = slot_of(name);
    for (const auto& [known, text] : own_.scope) {
      if (known == slot) return text;
    }
    return {};
  }

  void set_address() {
    if (machine_.kind == "pipeline") {
      self_.address = "192.0.2." + std::to_string(random_.between(128, 191));
    } else if (machine_.kind == "function") {
      self_.address = "198.51.100." + std::to_string(random_.between(210, 250));
    } else {  // instances and tasks live in private networks and use endpoints
      self_.address = host_;
      self_.vpc_endpoint = endpoint_;
    }
  }

  Stage& stage_;
  const Machine& machine_;
  const Account& account_;
  size_t region_;
  Random random_;
  bool office_;
  Milliseconds session_ms_;
  std::vector<Milliseconds> next_;  // of each run
  Milliseconds renew_at_ = 0;
  Caller own_;   // only its scope: what this machine works with
  Caller self_;  // the session of now
  Cast cast_;
  std::string host_, endpoint_, key_;
};

/// A person's day: two to five spells of work between about nine and half past five of the local
/// clock, each begun with a sign-in or new credentials, each made of scripts with pauses between
/// them.
class PersonPlayer : public Player {
 public:
  PersonPlayer(Stage& stage, const Person& person, Milliseconds start)
      : stage_(stage), person_(person), random_(stage.seed, "person " + person.name) {
    own_.account = &stage.organization.accounts[person.account];
    adopt_things(own_, kHomeRegion, random_);
    day_ = (start + person.offset_minutes * 60'000) / kDay;
    plan_day();
    while (spell_ < spells_.size() && spells_[spell_].begin < start) ++spell_;
  }

  void play(Milliseconds until) override {
    while (true) {
      if (spell_ >= spells_.size()) {
        if (local_midnight() + kDay >= until) return;
        ++day_;
        plan_day();
        continue;
      }
      if (spells_[spell_].begin >= until) return;
      work(spells_[spell_++]);
    }
  }

 private:
  struct Spell {
    Milliseconds begin = 0, end = 0;
    bool console = false;
  };

  Milliseconds local_midnight() const { return day_ * kDay - person_.offset_minutes * 60'000; }

  void plan_day() {
    spells_.clear();
    spell_ = 0;
    if (is_weekend(day_ * kDay) ? !random_.per_mille(40) : random_.per_mille(80))
      return;  // at home; on leave
    Milliseconds clock =
        local_midnight() + 8 * kHour + 30 * 60'000 + random_.between(0, 75) * 60'000;
    const Milliseconds home_time = local_midnight() + 17 * kHour + random_.between(0, 60) * 60'000;
    while (clock < home_time) {
      Spell spell{clock, clock + (8 + random_.waiting_time(25)) * 60'000, random_.per_mille(550)};
      spells_.push_back(spell);
      clock = spell.end + (20 + random_.waiting_time(100)) * 60'000;
    }
  }

  const Script& choose_script(bool console) {
    uint64_t total = 0;
    for (const PersonKind::Habit& habit : person_.kind->habits)
      total += habit.console == console ? habit.weight : 0;
    CAIRN_CHECK(total > 0);
    uint64_t lot = random_.below(total);
    for (const PersonKind::Habit& habit : person_.kind->habits) {
      if (habit.console != console) continue;
      if (lot < habit.weight) return *habit.script;
      lot -= habit.weight;
    }
    return *person_.kind->habits.front().script;
  }

  void sign_in(const Spell& spell) {
    const Account& account = *own_.account;
    const Seconds now = spell.begin / 1000;
    if (person_.iam_user) {
      self_ = spell.console ? make_user_in_console(account, person_.name, true, now, random_)
                            : make_user(account, person_.name, person_.access_key);
    } else {
      const std::string set = option_text(person_.kind->options, "permissions");
      std::string role = "AWSReservedSSO_" + set + '_';
      Random(hash64(account.id), set).append_hex(role, 16);
      self_ = make_role_session(account, role, "/aws-reserved/sso.amazonaws.com/eu-west-1/",
                                person_.name + '@' + stage_.organization.name + ".example.com", now,
                                random_);
      self_.console = spell.console;
    }
    self_.scope = own_.scope;
    self_.address = person_.address;
    self_.agent = spell.console ? person_.browser : person_.terminal;
    if (person_.iam_user && !spell.console) return;
    record_sign_in(spell.console, now);
  }

  void record_sign_in(bool console, Seconds now) {
    Action action;
    action.time = now;
    Caller at_door = self_;
    at_door.agent = person_.browser;
    action.caller = &at_door;
    action.may_fail = false;
    if (person_.iam_user) {
      at_door = make_user(*own_.account, person_.name, "");
      at_door.address = person_.address;
      at_door.agent = person_.browser;
      at_door.scope = own_.scope;
      if (random_.per_mille(40)) {  // a typing mistake
        action.call = &playbook().call("signin ConsoleLogin");
        action.error = "Failure";
        stage_.recorder.record(action);
        action.error = {};
        action.time += random_.between(6, 20);
      }
      action.call = &playbook().call("signin CheckMfa");
      stage_.recorder.record(action);
      action.time += random_.between(4, 15);
      action.call = &playbook().call("signin ConsoleLogin");
      stage_.recorder.record(action);
      return;
    }
    Caller portal = at_door;
    portal.console = false;
    record_assume(stage_, portal, self_,
                  console ? "sts AssumeRoleWithSAML" : "sso GetRoleCredentials", kHomeRegion, now);
    if (!console) return;
    bind_value(at_door, slot_of("mfa-used"),
               "No");  // federated sign-ins always say so: the second factor was the portal's
    action.time += 1;
    action.call = &playbook().call("signin ConsoleLogin");
    stage_.recorder.record(action);
  }

  void work(const Spell& spell) {
    sign_in(spell);
    Milliseconds now = spell.begin + 5000 + random_.waiting_time(8000);
    while (now < spell.end) {
      Performance performance;
      performance.script = &choose_script(spell.console);
      performance.cast = cast_.of(*performance.script, self_, now / 1000, random_);
      performance.region =
          random_.per_mille(880) ? kHomeRegion : random_.below(stage_.organization.working_regions);
      performance.pace = spell.console ? Pace::kConsole : Pace::kTerminal;
      now = perform(stage_, performance, now, random_) + 10'000 + random_.waiting_time(110'000);
    }
  }

  Stage& stage_;
  const Person& person_;
  Random random_;
  Caller own_, self_;
  Cast cast_;
  int64_t day_ = 0;  // the local day that is planned
  std::vector<Spell> spells_;
  size_t spell_ = 0;
};

/// Calls `use(machine, account, region, number)` for every machine of the organisation.
template <typename Use>
void for_each_machine(const Organization& organization, Use use) {
  const std::string size(to_string(organization.size));
  for (const Machine& machine : playbook().machines) {
    const std::string environments = option_text(machine.options, "in", "*");
    const std::string regions = option_text(machine.options, "regions", "home");
    const int64_t count = option_number(machine.options, size, 1);
    for (const Account& account : organization.accounts) {
      const std::string kind =
          account.environment.starts_with("unit-") ? "staging" : account.environment;
      const std::vector<std::string_view> wanted = split(environments, ',');
      if (environments != "*" && std::find(wanted.begin(), wanted.end(), kind) == wanted.end())
        continue;
      const size_t first = regions == "home" ? kHomeRegion : 0;
      const size_t last = regions == "home"      ? kHomeRegion + 1
                          : regions == "working" ? organization.working_regions
                                                 : organization.regions;
      for (size_t region = first; region < last; ++region) {
        const int64_t here = region < organization.working_regions && region != 0
                                 ? count
                                 : std::min<int64_t>(count, 1);
        for (int64_t n = 0; n < here; ++n) use(machine, account, region, static_cast<size_t>(n));
      }
    }
  }
}

}  // namespace

std::vector<std::unique_ptr<Player>> make_players(Stage& stage, Milliseconds start) {
  std::vector<std::unique_ptr<Player>> players;
  for_each_machine(stage.organization, [&](const Machine& machine, const Account& account,
                                           size_t region, size_t n) {
    players.push_back(std::make_unique<MachinePlayer>(stage, machine, account, region, n, start));
  });
  for (const Person& person : stage.organization.people) {
    players.push_back(std::make_unique<PersonPlayer>(stage, person, start));
  }
  return players;
}

double expected_machine_records(const Organization& organization, Milliseconds length) {
  double a_day = 0;
  for_each_machine(organization, [&](const Machine& machine, const Account&, size_t, size_t) {
    for (const Machine::Run& run : machine.runs) {
      a_day += static_cast<double>(run.a_day) * run.script->mean_records() +
               (machine.kind == "pipeline" ? 1 : 0);
    }
  });
  return a_day * static_cast<double>(length) / static_cast<double>(kDay);
}

double expected_people_records(const Organization& organization, Milliseconds start,
                               Milliseconds length) {
  constexpr double kRecordsOfOnePersonOnAWorkingDay = 280;  // measured over long simulations
  int64_t working_hours = 0, hours = 0;
  for (Milliseconds at = start; at < start + length; at += kHour, ++hours) {
    const int64_t hour = at / kHour % 24;
    working_hours += !is_weekend(at) && hour >= 8 && hour < 17 ? 1 : 0;
  }
  return kRecordsOfOnePersonOnAWorkingDay / 9 * static_cast<double>(working_hours) *
         static_cast<double>(organization.people.size());
}

}  // namespace cairn::simulate
