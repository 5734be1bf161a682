// How machines live: they run their scripts around the clock, in sessions of related calls. Each
// has a random stream of its own, so that one more machine does not change the others' days.
//
// Kinds: service; service-role (a service in its linked role); instance, function, task (a
// workload's own role); pipeline (a build outside AWS, a new session for each run, and a second one
// in the role `chain`); user (a long-term key; user=each makes one for every service user).

#include "base/check.h"
#include "simulate/cast.h"

#include <algorithm>
#include <cmath>

namespace cairn::simulate {
namespace {

// A session of this many changes is unusual enough for Insights to look at, and is one in eight.
constexpr int64_t kUnusualCalls = 90;
constexpr uint64_t kInsightPerMille = 125;
constexpr double kGranularity = 1 << 20;

class MachinePlayer : public Player {
 public:
  MachinePlayer(Stage& stage, const Machine& machine, const Account& account, size_t region,
                size_t number, Milliseconds start)
      : stage_(stage),
        machine_(machine),
        account_(account),
        region_(region),
        number_(number),
        random_(stage.seed, machine.name + '/' + account.id + '/' + std::string(kRegions[region]) +
                                '/' + std::to_string(number)),
        curve_(parse_curve(option_text(machine.options, "curve", "flat"))),
        session_ms_(option_number(machine.options, "hours", 6) * kHour),
        now_(start) {
    own_.account = &account;
    if (option("roams").empty()) adopt_things(own_, region, random_);
    for (size_t i = 0; i < machine.runs.size(); ++i) {
      clocks_.push_back({uniform(), next_threshold()});
    }
    renew_at_ = start + random_.between(0, session_ms_);
    host_ = "10." + std::to_string(10 + account.number % 200) + '.' +
            std::to_string(random_.between(0, 40)) + '.' + std::to_string(random_.between(10, 250));
    endpoint_ = "vpce-0";
    random_.append_hex(endpoint_, 16);
    key_ = "AKIA" + account.code;
    random_.append_upper(key_, 8);
    renew(start / 1000, false);
    note_habit();
  }

  void play(Milliseconds until) override {
    const double activity = static_cast<double>(activity_per_mille(curve_, now_)) / 1000;
    const double days = static_cast<double>(until - now_) / static_cast<double>(kDay);
    for (size_t i = 0; i < clocks_.size(); ++i) {
      const Machine::Run& run = machine_.runs[i];
      // More speed makes sessions longer and more frequent, in equal parts.
      const double shortest = 2.0 / static_cast<double>(run.least + run.most);
      const double longer = std::max(shortest, std::sqrt(stage_.speed.machines));
      const double rate =
          static_cast<double>(run.a_day) * activity * stage_.speed.machines / longer * days;
      Clock& clock = clocks_[i];
      clock.phase += rate;
      while (clock.phase >= clock.threshold) {
        const double late = rate > 0 ? (clock.phase - clock.threshold) / rate : 0;
        clock.phase -= clock.threshold;
        clock.threshold = next_threshold();
        const double place = std::clamp(1 - late, 0.0, 1.0);
        play_run(run, longer,
                 now_ + static_cast<Milliseconds>(place * static_cast<double>(until - now_ - 1)));
      }
    }
    now_ = until;
  }

 private:
  /// Time as a run feels it: it begins whenever `phase` has grown by `threshold`, which is about
  /// one.
  struct Clock {
    double phase = 0, threshold = 1;
  };

  double uniform() {
    return static_cast<double>(random_.below(static_cast<uint64_t>(kGranularity))) / kGranularity;
  }
  double next_threshold() { return 0.4 + 1.2 * uniform(); }

  void play_run(const Machine::Run& run, double longer, Milliseconds now) {
    const bool pipeline = machine_.kind == "pipeline";
    if (pipeline || now >= renew_at_) {
      renew(now / 1000, true);
      renew_at_ = now + session_ms_;
    }
    if (pipeline) now += 2000;
    const double wished = static_cast<double>(random_.between(run.least, run.most)) * longer;
    const int64_t times = std::max<int64_t>(1, static_cast<int64_t>(wished + uniform()));
    const Milliseconds start = now;
    for (int64_t n = 0; n < times; ++n) {
      Performance performance;
      performance.script = run.script;
      performance.cast = cast_.of(*run.script, self_, now / 1000, random_);
      performance.region = region_;
      now = perform(stage_, performance, now, random_) + 1 + random_.waiting_time(300);
    }
    note_unusual(*run.script, times, start, now);
  }

  void note_unusual(const Script& script, int64_t times, Milliseconds start, Milliseconds end) {
    for (const Step& step : script.steps) {
      if (step.who != 0 || step.call->read_only || step.call->data) continue;
      const int64_t calls = times * (step.least + step.most) / 2;
      if (calls < kUnusualCalls || !random_.per_mille(kInsightPerMille)) return;
      Insight insight;
      insight.caller = &self_;
      insight.call = step.call;
      insight.region = region_;
      insight.start = start / 1000;
      insight.end = end / 1000;
      insight.calls = calls;
      stage_.recorder.record(insight);
      return;
    }
  }

  std::string option(std::string_view name) const { return option_text(machine_.options, name); }

  /// Begins a new session; `recorded` when the call that began it is in the logs.
  void renew(Seconds now, bool recorded) {
    if (machine_.kind == "service") {
      self_ = with_scope(make_service(account_, option("service")), own_);
      return;
    }
    if (machine_.kind == "user") {  // an old tool with a long-term key
      if (recorded) return;
      self_ = with_scope(make_user(account_, user_name(), key_), own_);
      self_.actor = self_.name;
      self_.agent = agent_text(stage_, self_, option("agent"));
      self_.address = "192.0.2." + std::to_string(200 + (account_.number * 7 + number_) % 50);
      note_identity(stage_, self_, "long-term-key", "", nullptr, now);
      return;
    }
    const std::string service = option("service");
    const bool own_role = machine_.kind == "service-role";
    const std::string path = own_role ? "/aws-service-role/" + service + '/' : "/";
    self_ = make_role_session(account_, option("role"), path, session_name(), now, random_);
    self_.scope = own_.scope;
    self_.actor = own_role ? service : machine_.name + '/' + self_.session;
    if (machine_.kind == "instance") mark_instance_session(self_);
    if (own_role) {
      self_.service = self_.address = self_.agent = service;
    } else {
      self_.agent = agent_text(stage_, self_, option("agent"));
      set_address();
    }
    if (machine_.kind == "pipeline") {
      if (recorded) begin_build(now);
      return;
    }
    if (!recorded) {
      note_identity(stage_, self_, "before", "", nullptr, now);
      return;
    }
    Caller giver = make_service(account_, service);
    giver.actor = self_.actor;
    if (!own_role) giver.origin = self_.role_arn;
    begin_session(stage_, giver, self_, "sts AssumeRole", region_, now);
  }

  /// A build proves who it is, becomes the deployment role, and from there the role that may change
  /// things.
  void begin_build(Seconds now) {
    const std::string repository =
        "repo:" + stage_.organization.name + "/platform:ref:refs/heads/main";
    Caller build = make_web_identity(account_, "token.actions.githubusercontent.com", repository);
    build.actor = "build of " + stage_.organization.name + "/platform";
    build.address = self_.address;
    build.agent = self_.agent;
    begin_session(stage_, build, self_, "sts AssumeRoleWithWebIdentity", region_, now);
    const std::string chain = option("chain");
    if (chain.empty()) return;
    Caller first = std::move(self_);
    self_ = make_role_session(account_, chain, "/", "GitHubActions", now + 1, random_);
    self_.scope = own_.scope;
    self_.address = first.address;
    self_.agent = first.agent;
    begin_session(stage_, first, self_, "sts AssumeRole", region_, now + 1);
  }

  std::string user_name() const {
    const std::string name = option("user");
    if (name != "each") return name;
    const size_t slot = static_cast<size_t>(slot_of("user"));
    const std::vector<Inventory>& inventories = playbook().inventories;
    for (size_t i = 0; i < inventories.size(); ++i) {
      if (inventories[i].slot != slot) continue;
      const std::vector<std::string>& users = account_.things[region_][i];
      return users[number_ % users.size()];
    }
    return name;
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
      self_.address = "198.51.100." + std::to_string(210 + random_.below(4));
    } else {  // instances and tasks live in private networks and use endpoints
      self_.address = host_;
      self_.vpc_endpoint = endpoint_;
    }
  }

  void note_habit() {
    Habit habit{self_.address, self_.vpc_endpoint, "", self_.agent, "", key_};
    if (machine_.kind == "user")
      stage_.directory.note(account_.number, "user/" + self_.name, habit);
    if (machine_.kind == "instance" && option("role") == "web-server") {
      stage_.directory.note(account_.number, "instance/" + self_.session, habit);
    }
  }

  Stage& stage_;
  const Machine& machine_;
  const Account& account_;
  size_t region_, number_;
  Random random_;
  Curve curve_;
  Milliseconds session_ms_;
  Milliseconds now_;
  std::vector<Clock> clocks_;  // of each run
  Milliseconds renew_at_ = 0;
  Caller own_;   // only its scope: what this machine works with
  Caller self_;  // the session of now
  Cast cast_;
  std::string host_, endpoint_, key_;
};

}  // namespace

std::unique_ptr<Player> make_machine(Stage& stage, const Machine& machine, const Account& account,
                                     size_t region, size_t number, Milliseconds start) {
  return std::make_unique<MachinePlayer>(stage, machine, account, region, number, start);
}

}  // namespace cairn::simulate
