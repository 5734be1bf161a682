#include "simulate/assault.h"

#include "base/check.h"
#include "base/text.h"
#include "formats/json_writer.h"

namespace cairn::simulate {
namespace {

/// Makes the callers of an attack's parts:
///   root-at-door               the root user who is signing in
///   root-console               root-key key=K         the root user, signed in or with a key
///   user-key user=U key=K      user-console user=U    an IAM user; key= defaults to one that
///   nobody else has user-at-door user=U        an IAM user who is signing in instance a stolen
///   session of an instance's own role role role=R session=S      a session of a role foreign
///   account=A          a principal of another account service service=S          an AWS service
/// Every kind takes address= (default: the attack's address outside) and agent=, the name of an
/// agent-... value.
class Casting {
 public:
  Casting(Stage& stage, const Attack& attack, const Account& account, Seconds now, Random& random)
      : stage_(stage), account_(account), now_(now), random_(random) {
    director_.account = &account;
    director_.scope.emplace_back(kSlotForeign, foreign_account());
    director_.scope.emplace_back(kSlotOutside,
                                 "203.0.113." + std::to_string(random.between(4, 250)));
    for (const Binding& let : attack.lets) {
      director_.scope.emplace_back(let.slot,
                                   stage.recorder.text(let.value, director_, kHomeRegion, now));
    }
  }

  Caller cast(const Part& part) {
    Caller caller = made(part);
    caller.scope = director_.scope;
    if (caller.service.empty()) {
      caller.address = option(part, "address", "<outside>");
      caller.agent = agent(option(part, "agent", "python"));
    }
    if (!caller.name.empty() && part.kind.starts_with("user")) caller.origin = caller.arn;
    return caller;
  }

 private:
  std::string foreign_account() {
    std::string id = std::to_string(random_.between(1, 9));
    random_.append_digits(id, 11);
    return id;
  }

  std::string option(const Part& part, std::string_view name, std::string_view otherwise) {
    const auto found = part.options.find(name);
    if (found != part.options.end())
      return stage_.recorder.text(found->second, director_, kHomeRegion, now_);
    if (otherwise != "<outside>") return std::string(otherwise);
    return director_.scope[1].second;
  }

  std::string agent(const std::string& name) {
    for (const auto& [slot, text] : playbook().values) {
      if (playbook().names.name(slot) == "agent-" + name) {
        return stage_.recorder.text(text, director_, kHomeRegion, now_);
      }
    }
    check_failed("attacks.cc", 0, name.c_str());
  }

  std::string fresh_key(std::string_view prefix) {
    std::string key = std::string(prefix) + account_.code;
    random_.append_upper(key, 8);
    return key;
  }

  Caller made(const Part& part) {
    if (part.kind == "root-at-door") return make_root(account_, "", now_);
    if (part.kind == "root-console") return make_root(account_, fresh_key("ASIA"), now_);
    if (part.kind == "root-key")
      return make_root(account_, option(part, "key", fresh_key("AKIA")), now_);
    if (part.kind == "user-key") {
      return make_user(account_, option(part, "user", ""), option(part, "key", fresh_key("AKIA")));
    }
    if (part.kind == "user-at-door") return make_user(account_, option(part, "user", ""), "");
    if (part.kind == "user-console") {
      return make_user_in_console(account_, option(part, "user", ""),
                                  option(part, "mfa", "No") == "Yes", now_, random_);
    }
    if (part.kind == "instance") {
      Caller caller = make_role_session(account_, option(part, "role", "web-server"), "/",
                                        option(part, "instance", ""), now_ - 4000, random_);
      mark_instance_session(caller);
      return caller;
    }
    if (part.kind == "role") {
      return make_role_session(account_, option(part, "role", ""), "/", option(part, "session", ""),
                               now_, random_);
    }
    if (part.kind == "foreign") {
      std::string id = "AROA";
      random_.append_upper(id, 17);
      return make_foreign(account_, option(part, "account", director_.scope[0].second),
                          id + ":session");
    }
    if (part.kind == "service") {
      Caller caller = make_service(account_, option(part, "service", ""));
      caller.beneficiary = option(part, "account", "");
      return caller;
    }
    check_failed("attacks.cc", 0, part.kind.c_str());
  }

  Stage& stage_;
  const Account& account_;
  Seconds now_;
  Random& random_;
  Caller director_;  // only its scope: what holds for the whole attack
};

void write_words(JsonWriter& json, std::string_view name, std::string_view words) {
  json.key(name).begin_array();
  for (const std::string_view word : split(words, ' ')) {
    if (!word.empty()) json.value(word);
  }
  json.end_array();
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

Status play_attack(Stage& stage, const Attack& attack, size_t number, Milliseconds start,
                   OutputFile& truth, uint64_t& records) {
  const Account& account =
      stage.organization.accounts[stage.organization.account_of(attack.environment)];
  Random random(stage.seed, "attack " + attack.name + std::to_string(number));
  Casting casting(stage, attack, account, start / 1000, random);
  std::vector<Caller> callers;
  for (const Part& part : attack.parts) callers.push_back(casting.cast(part));
  std::vector<const Caller*> cast;
  for (const Caller& caller : callers) cast.push_back(&caller);

  Status status = Status::success();
  Performance performance;
  performance.script = &attack.script;
  performance.cast = cast;
  performance.pace = Pace::kTerminal;
  performance.may_fail = false;
  performance.watcher = [&](const Step& step, size_t index, const Caller& caller,
                            const Recorded& recorded, Seconds time) {
    JsonWriter line;
    line.begin_object()
        .member("scenario", attack.name)
        .member("step", static_cast<uint64_t>(index + 1));
    write_words(line, "techniques", step.techniques);
    line.member("eventID", recorded.event_id).member("eventTime", format_seconds(time));
    line.member("eventSource", step.call->service->name + ".amazonaws.com")
        .member("eventName", step.call->name);
    line.member("account", account.id).member("region", kRegions[recorded.region]);
    line.member("principal", caller.arn.empty() ? caller.name : caller.arn)
        .member("origin", caller.origin);
    line.member("actor", "intruder")
        .member("sourceIPAddress", step.via.empty() ? caller.address : step.via);
    line.member("failed", recorded.failed);
    write_words(line, "detections", step.detections);
    line.end_object();
    if (status.ok()) status = truth.write(std::move(line).take() + '\n');
    ++records;
  };
  perform(stage, performance, start, random);
  return status;
}

}  // namespace cairn::simulate
