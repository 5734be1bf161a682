#include "simulate/simulate.h"

#include "base/text.h"
#include "formats/json_writer.h"
#include "simulate/assault.h"
#include "simulate/delivery.h"
#include "simulate/stage.h"

#include <algorithm>

namespace cairn::simulate {
namespace {

constexpr Milliseconds kTick = kSlotSeconds * 1000;  // players take turns of this length
constexpr Milliseconds kHour = 3'600'000;
constexpr size_t kMaximumOrganizationName = 20;

Error invalid(std::string message) { return Error{ErrorCode::kInvalidInput, std::move(message)}; }

Result<const Attack*> find_attack(const std::string& name) {
  const std::vector<Attack>& attacks = playbook().attacks;
  const Attack* nearest = nullptr;
  size_t nearest_distance = 4;
  for (const Attack& attack : attacks) {
    if (attack.name == name) return &attack;
    const size_t distance = edit_distance(attack.name, name, 3);
    if (distance < nearest_distance) {
      nearest = &attack;
      nearest_distance = distance;
    }
  }
  std::string message = "unknown attack \"" + name + '"';
  if (nearest != nullptr) {
    message += "; did you mean \"" + nearest->name + "\"?";
  } else {
    message += "; there are all";
    for (const Attack& attack : attacks) message += ", " + attack.name;
  }
  return invalid(std::move(message));
}

Status check_plan(const SimulationPlan& plan) {
  if (plan.length < std::chrono::hours(1) || plan.length > kMaximumLength) {
    return invalid("the simulated time must be one hour to five years");
  }
  if (plan.start < Timestamp{}) return invalid("the simulation must start in 1970 or later");
  if (plan.accounts > 100) return invalid("at most 100 accounts");
  if (plan.people > 10'000) return invalid("at most 10,000 people");
  const auto allowed = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-'; };
  const std::string& name = plan.organization;
  if (name.empty() || name.size() > kMaximumOrganizationName ||
      !std::all_of(name.begin(), name.end(), allowed)) {
    return invalid("the organisation's name must be 1 to 20 of a-z, 0-9 and '-'");
  }
  return Status::success();
}

struct PlannedAttack {
  const Attack* attack = nullptr;
  Milliseconds start = 0;
  bool played = false;
};

/// Spreads the attacks evenly over the length, each early enough to end in it.
Result<std::vector<PlannedAttack>> plan_attacks(const SimulationPlan& plan, Milliseconds start) {
  std::vector<PlannedAttack> result;
  const Milliseconds length = plan.length.count();
  for (size_t i = 0; i < plan.attacks.size(); ++i) {
    TRY_ASSIGN(const Attack* attack, find_attack(plan.attacks[i]));
    const Milliseconds needed = duration_of(*attack) * 3 / 2;
    if (needed > length) {
      return invalid("the attack " + attack->name + " needs at least " +
                     format_duration(Duration(needed)));
    }
    const Milliseconds place = length / static_cast<Milliseconds>(plan.attacks.size() + 1) *
                               static_cast<Milliseconds>(i + 1);
    result.push_back({attack, start + std::min(place, length - needed), false});
  }
  return result;
}

uint64_t machine_speed(const SimulationPlan& plan, const Organization& organization,
                       Milliseconds start) {
  if (plan.target_events == 0) return 1000;
  const Milliseconds length = plan.length.count();
  const double left = static_cast<double>(plan.target_events) -
                      expected_people_records(organization, start, length);
  const double usual = std::max(1.0, expected_machine_records(organization, length));
  return static_cast<uint64_t>(std::max(1.0, 1000 * left / usual));
}

Status write_manifest(Files& files, const std::string& folder, const SimulationPlan& plan,
                      const Organization& organization, const std::vector<PlannedAttack>& attacks,
                      const SimulationSummary& summary) {
  JsonWriter json;
  json.begin_object().key("plan").begin_object();
  json.member("seed", plan.seed).member("start", format_time(plan.start));
  json.member("end", format_time(plan.start + plan.length)).member("size", to_string(plan.size));
  json.member("organization", plan.organization)
      .member("target_events", plan.target_events)
      .end_object();
  json.key("accounts").begin_array();
  for (const Account& account : organization.accounts) {
    json.begin_object()
        .member("id", account.id)
        .member("environment", account.environment)
        .end_object();
  }
  json.end_array().key("attacks").begin_array();
  for (const PlannedAttack& planned : attacks) {
    json.begin_object().member("scenario", planned.attack->name);
    json.member("start", format_seconds(planned.start / 1000));
    const size_t account = organization.account_of(planned.attack->environment);
    json.member("account", organization.accounts[account].id).end_object();
  }
  json.end_array().key("people").begin_array();
  for (const Person& person : organization.people) {
    json.begin_object().member("name", person.name).member("kind", person.kind->name);
    json.member("account", organization.accounts[person.account].id);
    json.member("sign_in", person.iam_user ? "iam-user" : "single-sign-on");
    json.member("address", person.address)
        .member("utc_offset_minutes", person.offset_minutes)
        .end_object();
  }
  json.end_array().key("regions").begin_array();
  for (size_t i = 0; i < organization.regions; ++i) json.value(kRegions[i]);
  json.end_array().key("counts").begin_object();
  json.member("events", summary.events).member("attack_events", summary.attack_events);
  json.member("error_events", summary.error_events).member("files", summary.files);
  json.member("text_bytes", summary.text_bytes)
      .member("stored_bytes", summary.stored_bytes)
      .end_object();
  json.key("where")
      .begin_object()
      .member("logs", "AWSLogs")
      .member("truth", "truth.jsonl")
      .end_object();
  json.end_object();
  return write_file(files, join_path(folder, "simulation.json"), std::move(json).take() + '\n');
}

std::vector<AttackScenario> list_scenarios() {
  std::vector<AttackScenario> scenarios;
  for (const Attack& attack : playbook().attacks) {
    AttackScenario scenario;
    scenario.name = attack.name;
    scenario.description = attack.description;
    scenario.steps = attack.script.steps.size();
    scenario.duration = Duration(duration_of(attack));
    const auto add = [](std::vector<std::string_view>& to, std::string_view words) {
      for (const std::string_view word : split(words, ' ')) {
        if (!word.empty() && std::find(to.begin(), to.end(), word) == to.end()) to.push_back(word);
      }
    };
    for (const Step& step : attack.script.steps) {
      add(scenario.techniques, step.techniques);
      add(scenario.detections, step.detections);
    }
    scenarios.push_back(std::move(scenario));
  }
  return scenarios;
}

}  // namespace

std::string_view to_string(OrganizationSize size) {
  switch (size) {
    case OrganizationSize::kSmall:
      return "small";
    case OrganizationSize::kMedium:
      return "medium";
    case OrganizationSize::kLarge:
      return "large";
  }
  return "small";
}

std::optional<OrganizationSize> parse_organization_size(std::string_view text) {
  for (const OrganizationSize size :
       {OrganizationSize::kSmall, OrganizationSize::kMedium, OrganizationSize::kLarge}) {
    if (to_string(size) == text) return size;
  }
  return std::nullopt;
}

std::span<const AttackScenario> attack_scenarios() {
  static const std::vector<AttackScenario> scenarios = list_scenarios();
  return scenarios;
}

Result<SimulationSummary> simulate(Files& files, const std::string& folder,
                                   const SimulationPlan& plan,
                                   const SimulationProgressCallback& progress) {
  TRY(check_plan(plan));
  const Milliseconds start = plan.start.time_since_epoch().count() / 1000 * 1000;
  TRY_ASSIGN(std::vector<PlannedAttack> attacks, plan_attacks(plan, start));
  TRY(files.make_folders(folder));
  TRY_ASSIGN(const std::unique_ptr<OutputFile> truth,
             files.create(join_path(folder, "truth.jsonl")));

  const Organization organization = Organization::make(plan);
  Delivery delivery(files, folder, plan.seed, plan.threads);
  Recorder recorder(organization, delivery, Random(plan.seed, "records"));
  Stage stage{organization, recorder, plan.seed, machine_speed(plan, organization, start)};
  const std::vector<std::unique_ptr<Player>> players = make_players(stage, start);

  SimulationSummary summary;
  const Milliseconds end = start + plan.length.count();
  for (Milliseconds now = start; now < end; now += kTick) {
    const Milliseconds until = std::min(now + kTick, end);
    for (const std::unique_ptr<Player>& player : players) player->play(until);
    for (size_t i = 0; i < attacks.size(); ++i) {
      if (attacks[i].played || attacks[i].start >= until) continue;
      TRY(play_attack(stage, *attacks[i].attack, i, attacks[i].start, *truth,
                      summary.attack_events));
      attacks[i].played = true;
    }
    TRY(delivery.deliver_before(until / 1000));
    if (progress && (now - start) % kHour == 0) {
      const DeliveryCounts counts = delivery.counts();
      if (!progress({Duration(until - start), plan.length, counts.records, counts.files})) {
        return Error{ErrorCode::kCancelled, "the simulation was stopped"};
      }
    }
  }
  TRY(delivery.finish());
  TRY(truth->close());

  const DeliveryCounts counts = delivery.counts();
  summary.events = counts.records;
  summary.error_events = recorder.failures();
  summary.files = counts.files;
  summary.text_bytes = counts.text_bytes;
  summary.stored_bytes = counts.stored_bytes;
  for (const Account& account : organization.accounts) summary.accounts.push_back(account.id);
  TRY(write_manifest(files, folder, plan, organization, attacks, summary));
  return summary;
}

}  // namespace cairn::simulate
