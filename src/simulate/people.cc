// How people work: a day has one to four spells between about nine and half past five of the local
// clock, each begun with a sign-in or new credentials, each made of scripts with pauses between
// them. And people try new things: in an hour of work somebody uses an API, a service, an address,
// a program, a region or meets an error for the first time, as often as was measured on the
// principals of real logs (docs/reference/simulate.md).

#include "base/check.h"
#include "simulate/cast.h"

#include <algorithm>
#include <array>
#include <set>

namespace cairn::simulate {
namespace {

// New things in an hour of work, per mille. What is left of the measured rates when the rarer steps
// of the usual scripts are taken off, which are new to everybody once.
constexpr uint64_t kNewApi = 70;
constexpr uint64_t kNewService = 40;  // which is a new API too
constexpr uint64_t kNewAddress = 200;
constexpr uint64_t kNewAgent = 60;
constexpr uint64_t kNewRegion = 40;
constexpr uint64_t kNewError = 85;

constexpr std::array<std::string_view, 20> kPrograms = {
    "aws-cli/2.%.% md/awscrt#0.20.11 ua/2.0 os/macos#23.5.0 md/arch#arm64 lang/python#3.11.9",
    "Boto3/1.34.% md/Botocore#1.34.% ua/2.0 os/linux#6.8.0-%-generic lang/python#3.12.%",
    "APN/1.0 HashiCorp/1.0 Terraform/1.8.% terraform-provider-aws/5.%.0",
    "session-manager-plugin/1.2.% aws-sdk-go/1.50.%",
    "aws-toolkit-vscode/2.%.0 aws-sdk-nodejs/2.1%.0 darwin/v20.%",
    "AWS-Toolkit-For-JetBrains/2.% IntelliJ-IDEA/241.%",
    "aws-sdk-js/3.5%.0 ua/2.0 os/linux#6.1 lang/js md/nodejs#20.%",
    "aws-sdk-go-v2/1.27.% os/macos lang/go#1.22.%",
    "eksctl/0.18%.0 aws-sdk-go-v2/1.26.%",
    "aws-cdk/2.14%.0 aws-sdk-nodejs/2.1%.0 linux/v20.% promise",
    "Pulumi/3.%.0 aws-sdk-go-v2/1.27.%",
    "steampipe/0.2%.0 aws-sdk-go-v2/1.26.%",
    "aws-sdk-java/2.25.% Mac_OS_X/14.% OpenJDK_64-Bit_Server_VM/21.0.%",
    "Ansible/2.16.% boto3/1.34.% Python/3.11.%",
    "aws-sam-cli/1.11%.0 Boto3/1.34.%",
    "granted/0.2%.0 aws-sdk-go-v2/1.26.%",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/12%.0.0.0 Edg/12%.0.0.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_% like Mac OS X) AppleWebKit/605.1.% Mobile/15E148",
    "aws-sdk-rust/1.% os/linux lang/rust/1.7%.0",
    "k9s/0.32.% aws-sdk-go/1.51.%"};

class PersonPlayer : public Player {
 public:
  PersonPlayer(Stage& stage, const Person& person, Milliseconds start)
      : stage_(stage),
        person_(person),
        random_(stage.seed, "person " + person.name),
        trying_(stage.seed, "novelty " + person.name) {
    own_.account = &stage.organization.accounts[person.account];
    adopt_things(own_, kHomeRegion, random_);
    session_ = person_.name + '@' + stage_.organization.name + ".example.com";
    for (const PersonKind::Habit& habit : person_.kind->habits) {
      for (const Step& step : habit.script->steps) services_.insert(step.call->service);
    }
    day_ = (start + person.offset_minutes * 60'000) / kDay;
    plan_day();
    while (spell_ < spells_.size() && spells_[spell_].begin < start) ++spell_;
    const Habit habit{person.addresses.front(),
                      "",
                      person.browser,
                      person.terminal,
                      option_text(person_.kind->options, "permissions"),
                      person.access_key};
    const std::string kind = person.iam_user ? "user/" : "employee/";
    stage.directory.note(person.account, kind + person.name, habit);
    if (!person.iam_user) return;
    stage.directory.note(person.account, "person/" + person.name, habit);
    Caller key = make_user(*own_.account, person.name, person.access_key);
    key.actor = person.name;
    note_identity(stage, key, "long-term-key", "", nullptr, start / 1000);
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
      const Spell& spell = spells_[spell_++];
      if (random_.below(1'000'000) < static_cast<uint64_t>(stage_.speed.people * 1'000'000)) {
        work(spell);
      }
    }
  }

 private:
  using Place = PersonKind::Place;

  struct Spell {
    Milliseconds begin = 0, end = 0;
    Place place = Place::kConsole;
  };

  Milliseconds local_midnight() const { return day_ * kDay - person_.offset_minutes * 60'000; }

  uint64_t weight_of(Place place) const {
    uint64_t total = 0;
    for (const PersonKind::Habit& habit : person_.kind->habits) {
      total += habit.place == place ? habit.weight : 0;
    }
    return total;
  }

  Place choose_place() {
    const uint64_t elsewhere = weight_of(Place::kElsewhere);
    const uint64_t all = weight_of(Place::kConsole) + weight_of(Place::kTerminal) + elsewhere;
    if (random_.below(all) < elsewhere) return Place::kElsewhere;
    return random_.per_mille(550) ? Place::kConsole : Place::kTerminal;
  }

  void plan_day() {
    spells_.clear();
    spell_ = 0;
    if (is_weekend(day_ * kDay) ? !random_.per_mille(40) : random_.per_mille(80))
      return;  // at home; on leave
    Milliseconds clock =
        local_midnight() + 8 * kHour + 30 * 60'000 + random_.between(0, 75) * 60'000;
    const Milliseconds home_time = local_midnight() + 17 * kHour + random_.between(0, 60) * 60'000;
    while (clock < home_time) {
      Spell spell{clock, clock + (12 + random_.waiting_time(35)) * 60'000, choose_place()};
      spells_.push_back(spell);
      clock = spell.end + (30 + random_.waiting_time(130)) * 60'000;
    }
  }

  const Script& choose_script(Place place) {
    uint64_t lot = random_.below(weight_of(place));
    for (const PersonKind::Habit& habit : person_.kind->habits) {
      if (habit.place != place) continue;
      if (lot < habit.weight) return *habit.script;
      lot -= habit.weight;
    }
    return *person_.kind->habits.front().script;
  }

  void sign_in(const Spell& spell) {
    const Account& account = *own_.account;
    const Seconds now = spell.begin / 1000;
    const bool console = spell.place == Place::kConsole;
    if (person_.iam_user) {
      self_ = console ? make_user_in_console(account, person_.name, true, now, random_)
                      : make_user(account, person_.name, person_.access_key);
    } else {
      self_ = make_employee_session(account, person_.name,
                                    option_text(person_.kind->options, "permissions"),
                                    stage_.organization.name, now, random_);
      self_.console = console;
    }
    self_.actor = person_.name;
    self_.scope = own_.scope;
    self_.address = person_.addresses[random_.per_mille(850) ? 0 : 1];
    self_.agent = console ? person_.browser : person_.terminal;
    if (person_.iam_user)
      sign_in_as_user(console, now);
    else
      sign_in_through_portal(console, now);
  }

  /// A password and a second factor.
  void sign_in_as_user(bool console, Seconds now) {
    if (!console) return;
    Caller at_door = make_user(*own_.account, person_.name, "");
    at_door.address = self_.address;
    at_door.agent = person_.browser;
    at_door.scope = own_.scope;
    Action action;
    action.time = now;
    action.caller = &at_door;
    action.may_fail = false;
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
    const Recorded recorded = stage_.recorder.record(action);
    note_identity(stage_, self_, "ConsoleLogin", recorded.event_id, nullptr, action.time);
  }

  /// Single sign-on.
  void sign_in_through_portal(bool console, Seconds now) {
    Caller portal = self_;
    portal.agent = person_.browser;
    portal.console = false;
    portal.arn.clear();
    portal.name = session_;
    portal.key.clear();
    portal.origin = "single-sign-on/" + session_;
    begin_session(stage_, portal, self_,
                  console ? "sts AssumeRoleWithSAML" : "sso GetRoleCredentials", kHomeRegion, now);
    if (!console) return;
    Caller at_door = self_;
    at_door.agent = person_.browser;
    bind_value(at_door, slot_of("mfa-used"),
               "No");  // federated sign-ins always say so: the second factor was the portal's
    Action action;
    action.caller = &at_door;
    action.time = now + 1;
    action.may_fail = false;
    action.call = &playbook().call("signin ConsoleLogin");
    stage_.recorder.record(action);
  }

  /// Becomes the role that this kind of person has in another account.
  void go_elsewhere(Seconds now) {
    const Organization& organization = stage_.organization;
    const Account& there =
        organization.accounts[organization.account_of(option_text(person_.kind->options, "in"))];
    Caller first = std::move(self_);
    self_ = make_role_session(there, option_text(person_.kind->options, "role"), "/", session_, now,
                              random_);
    Caller favourites;
    favourites.account = &there;
    adopt_things(favourites, kHomeRegion, random_);
    self_.scope = favourites.scope;
    self_.address = first.address;
    self_.agent = first.agent;
    begin_session(stage_, first, self_, "sts AssumeRole", kHomeRegion, now);
  }

  void work(const Spell& spell) {
    sign_in(spell);
    Milliseconds now = spell.begin + 5000 + random_.waiting_time(8000);
    if (spell.place == Place::kElsewhere) {
      go_elsewhere(now / 1000);
      now += 2000;
    }
    while (now < spell.end) {
      if (now / kHour != hour_) {
        hour_ = now / kHour;
        try_something_new(now);
      }
      Performance performance;
      performance.script = &choose_script(spell.place);
      performance.cast = cast_.of(*performance.script, self_, now / 1000, random_);
      performance.region =
          random_.per_mille(980) ? kHomeRegion : random_.below(stage_.organization.working_regions);
      performance.pace = spell.place == Place::kConsole ? Pace::kConsole : Pace::kTerminal;
      now = perform(stage_, performance, now, random_) + 10'000 + random_.waiting_time(110'000);
    }
  }

  void try_something_new(Milliseconds& now) {
    if (trying_.per_mille(kNewAddress)) self_.address = new_address();
    if (trying_.per_mille(kNewAgent)) self_.agent = new_program();
    const bool service = trying_.per_mille(kNewService);
    if (service || trying_.per_mille(kNewApi)) explore(service, kHomeRegion, nullptr, now);
    if (trying_.per_mille(kNewRegion)) explore(false, trying_.below(kRegions.size()), nullptr, now);
    if (!trying_.per_mille(kNewError)) return;
    const std::vector<CommonError>& errors = playbook().common_errors;
    const size_t start = trying_.below(errors.size());
    for (size_t i = 0; i < errors.size(); ++i) {
      const CommonError& error = errors[(start + i) % errors.size()];
      if (!errors_.insert(&error).second) continue;
      explore(false, kHomeRegion, &error, now);
      return;
    }
  }

  /// Makes a call that this person never made; of a service that is new too, or of a known one.
  void explore(bool service, size_t region, const CommonError* error, Milliseconds& now) {
    const std::vector<const Call*>& all = playbook().explorations;
    const size_t start = trying_.below(all.size());
    for (size_t i = 0; i < all.size(); ++i) {
      const Call* call = all[(start + i) % all.size()];
      const bool known = services_.contains(call->service);
      if (known == service || tried_.contains(call)) continue;
      // A region or an error is tried with something that works: it does not count as a new call.
      if (error == nullptr && region == kHomeRegion) {
        tried_.insert(call);
        services_.insert(call->service);
      } else {
        call = usual_call();
      }
      Action action;
      action.caller = &self_;
      action.call = call;
      action.region = region;
      action.time = now / 1000;
      action.failure = error;
      stage_.recorder.record(action);
      now += 1500 + random_.waiting_time(6000);
      return;
    }
  }

  const Call* usual_call() {
    const Script& script = *person_.kind->habits[trying_.below(person_.kind->habits.size())].script;
    for (const Step& step : script.steps) {
      if (step.who == 0 && step.call->read_only && !step.call->data) return step.call;
    }
    return &playbook().call("sts GetCallerIdentity");
  }

  /// A train, a hotel, a telephone: the shared address space of carriers (RFC 6598), or IPv6.
  std::string new_address() {
    if (trying_.per_mille(200)) {
      std::string text = "2001:db8:";
      trying_.append_hex(text, 4);
      text += ':';
      trying_.append_hex(text, 4);
      return text + "::" + std::to_string(trying_.between(1, 9));
    }
    return "100." + std::to_string(trying_.between(64, 127)) + '.' +
           std::to_string(trying_.between(0, 255)) + '.' + std::to_string(trying_.between(1, 254));
  }

  std::string new_program() {
    std::string text;
    for (const char c : kPrograms[trying_.below(kPrograms.size())]) {
      if (c == '%')
        text += std::to_string(trying_.between(1, 9));
      else
        text += c;
    }
    return text;
  }

  Stage& stage_;
  const Person& person_;
  Random random_, trying_;
  Caller own_, self_;
  Cast cast_;
  std::string session_;  // of single sign-on
  int64_t day_ = 0;      // the local day that is planned
  int64_t hour_ = -1;    // the last one of work
  std::vector<Spell> spells_;
  size_t spell_ = 0;
  // What this person knows.
  std::set<const Service*> services_;
  std::set<const Call*> tried_;
  std::set<const CommonError*> errors_;
};

}  // namespace

std::unique_ptr<Player> make_person(Stage& stage, const Person& person, Milliseconds start) {
  return std::make_unique<PersonPlayer>(stage, person, start);
}

}  // namespace cairn::simulate
