#include "simulate/simulate.h"

#include "base/text.h"
#include "formats/json_writer.h"
#include "simulate/assault.h"
#include "simulate/crew.h"
#include "simulate/delivery.h"
#include "simulate/pacemaker.h"
#include "simulate/stage.h"
#include "sys/process.h"

#include <algorithm>
#include <numeric>

namespace cairn::simulate {
namespace {

constexpr size_t kMaximumOrganizationName = 20;
// Actors are divided into so many groups that play at the same time. The number is part of what a
// seed means: the bytes depend on it.
constexpr size_t kGroups = 16;
constexpr Seconds kOutageSeconds = 20 * 60;

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
  message += nearest != nullptr ? "; did you mean \"" + nearest->name + "\"?"
                                : "; cairn simulate --list names them all";
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
  Disguise disguise = Disguise::kNew;
  Milliseconds start = 0;
  bool played = false;
};

Result<Disguise> parse_disguise(std::string_view text) {
  for (const Disguise disguise : {Disguise::kNew, Disguise::kKnownAddress, Disguise::kKnown}) {
    if (to_string(disguise) == text) return disguise;
  }
  return invalid("unknown disguise \"" + std::string(text) +
                 "\": an intruder's address and agent are new, known-address or known");
}

/// Spreads the attacks evenly over the length, each early enough to end in it.
Result<std::vector<PlannedAttack>> plan_attacks(const SimulationPlan& plan, Milliseconds start) {
  std::vector<PlannedAttack> result;
  for (const std::string& text : plan.attacks) {
    const size_t colon = text.find(':');
    const std::string name = text.substr(0, colon);
    PlannedAttack planned;
    if (colon != std::string::npos) {
      TRY_ASSIGN(planned.disguise, parse_disguise(std::string_view(text).substr(colon + 1)));
    }
    if (name == "all") {
      for (const Attack& attack : playbook().attacks) {
        planned.attack = &attack;
        result.push_back(planned);
      }
      continue;
    }
    TRY_ASSIGN(planned.attack, find_attack(name));
    result.push_back(planned);
  }
  const Milliseconds length = plan.length.count();
  Milliseconds number = 0;
  for (PlannedAttack& planned : result) {
    const Milliseconds needed = duration_of(*planned.attack) * 3 / 2;
    if (needed > length) {
      return invalid("the attack " + planned.attack->name + " needs at least " +
                     format_duration(Duration(needed)));
    }
    const Milliseconds place = length / static_cast<Milliseconds>(result.size() + 1) * ++number;
    planned.start = start + std::min(place, length - needed);
  }
  return result;
}

Status write_manifest(Files& files, const std::string& folder, const SimulationPlan& plan,
                      const Organization& organization, const std::vector<PlannedAttack>& attacks,
                      const Outage& outage, const SimulationSummary& summary) {
  JsonWriter json;
  json.begin_object().key("plan").begin_object();
  json.member("seed", plan.seed).member("start", format_time(plan.start));
  json.member("end", format_time(plan.start + plan.length)).member("size", to_string(plan.size));
  json.member("organization", plan.organization).member("target_events", plan.target_events);
  json.member("organization_trail", plan.organization_trail ? organization.id : "");
  json.member("second_trail", plan.second_trail).member("broken", plan.broken);
  json.end_object();
  if (plan.outage) {
    json.key("outage").begin_object().member("account", organization.accounts[outage.account].id);
    json.member("from", format_seconds(outage.from)).member("to", format_seconds(outage.to));
    json.member("late_by_seconds", static_cast<uint64_t>(outage.extra)).end_object();
  }
  json.key("accounts").begin_array();
  for (const Account& account : organization.accounts) {
    json.begin_object().member("id", account.id);
    json.member("environment", account.environment).end_object();
  }
  json.end_array().key("attacks").begin_array();
  for (const PlannedAttack& planned : attacks) {
    json.begin_object().member("scenario", planned.attack->name);
    json.member("disguise", to_string(planned.disguise));
    json.member("start", format_seconds(planned.start / 1000));
    const size_t account = organization.account_of(planned.attack->environment);
    json.member("account", organization.accounts[account].id).end_object();
  }
  json.end_array().key("people").begin_array();
  for (const Person& person : organization.people) {
    json.begin_object().member("name", person.name).member("kind", person.kind->name);
    json.member("account", organization.accounts[person.account].id);
    json.member("sign_in", person.iam_user ? "iam-user" : "single-sign-on");
    json.key("addresses").begin_array();
    for (const std::string& address : person.addresses) json.value(address);
    json.end_array().member("utc_offset_minutes", person.offset_minutes).end_object();
  }
  json.end_array().key("regions").begin_array();
  for (size_t i = 0; i < organization.regions; ++i) json.value(kRegions[i]);
  json.end_array().key("counts").begin_object();
  json.member("events", summary.events).member("attack_events", summary.attack_events);
  json.member("copies", summary.copies).member("error_events", summary.error_events);
  json.member("files", summary.files).member("text_bytes", summary.text_bytes);
  json.member("stored_bytes", summary.stored_bytes).end_object();
  json.key("where").begin_object().member("logs", "AWSLogs").member("truth", "truth").end_object();
  json.end_object();
  return write_file(files, join_path(folder, "simulation.json"), std::move(json).take() + '\n');
}

/// The files of truth/.
class Truth {
 public:
  static Result<Truth> create(Files& files, const std::string& folder, bool broken) {
    Truth truth;
    TRY(files.make_folders(folder));
    TRY_ASSIGN(truth.events_, files.create(join_path(folder, "events.jsonl")));
    TRY_ASSIGN(truth.incidents_, files.create(join_path(folder, "incidents.jsonl")));
    TRY_ASSIGN(truth.identities_, files.create(join_path(folder, "identities.jsonl")));
    if (broken) {
      TRY_ASSIGN(truth.files_, files.create(join_path(folder, "files.jsonl")));
    }
    return truth;
  }
  Status add(const Incident& incident) {
    TRY(events_->write(incident.event_lines));
    return incidents_->write(incident.incident_line);
  }
  Status add_identities(std::string& lines) {
    TRY(identities_->write(lines));
    lines.clear();
    return Status::success();
  }
  Status add_damage(std::string_view lines) {
    return lines.empty() ? Status::success() : files_->write(lines);
  }
  Status close() {
    TRY(events_->close());
    TRY(incidents_->close());
    TRY(identities_->close());
    return files_ ? files_->close() : Status::success();
  }

 private:
  std::unique_ptr<OutputFile> events_, incidents_, identities_, files_;
};

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
    add(scenario.tactics, attack.tactics);
    for (const Step& step : attack.script.steps) {
      add(scenario.techniques, step.techniques);
      for (const std::string_view word : split(step.detections, ' ')) {
        add(scenario.detections, word.substr(0, word.find('/')));
      }
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

std::string_view to_string(Disguise disguise) {
  switch (disguise) {
    case Disguise::kNew:
      return "new";
    case Disguise::kKnownAddress:
      return "known-address";
    case Disguise::kKnown:
      return "known";
  }
  return "new";
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
                                   const SimulationProgressCallback& progress,
                                   const SimulationPaceCallback& pace) {
  TRY(check_plan(plan));
  const Milliseconds start = plan.start.time_since_epoch().count() / 1000 * 1000;
  const Milliseconds end = start + plan.length.count();
  TRY_ASSIGN(std::vector<PlannedAttack> attacks, plan_attacks(plan, start));
  TRY(files.make_folders(folder));
  TRY_ASSIGN(Truth truth, Truth::create(files, join_path(folder, "truth"), plan.broken));

  const Organization organization = Organization::make(plan);
  Outage outage;
  if (plan.outage) {
    outage.from = (start + plan.length.count() / 2) / 1000;
    outage.to = outage.from + kOutageSeconds;
  }
  // The last group is the intruders'.
  ChunkPool pool;
  std::vector<std::unique_ptr<Outbox>> outboxes;
  std::vector<std::unique_ptr<Recorder>> recorders;
  std::vector<Stage> stages;
  Directory directory;
  for (size_t i = 0; i <= kGroups; ++i) {
    const std::string name = std::to_string(i);
    outboxes.push_back(
        std::make_unique<Outbox>(pool, plan.seed, "delivery " + name, outage, plan.second_trail));
    recorders.push_back(std::make_unique<Recorder>(
        organization, *outboxes.back(), Random(plan.seed, "records " + name), start / 1000));
    stages.push_back({organization, directory, *recorders.back(), plan.seed, {}, {}});
  }
  const std::vector<std::vector<std::unique_ptr<Player>>> players =
      make_players(std::span(stages).first(kGroups), start);

  DeliveryOptions options;
  options.folder = folder;
  options.seed = plan.seed;
  for (const Account& account : organization.accounts) options.account_ids.push_back(account.id);
  if (plan.organization_trail) options.organization_id = organization.id;
  options.broken = plan.broken;
  options.pace = pace;
  const int threads = plan.threads > 0 ? plan.threads : static_cast<int>(processor_count());
  Crew crew(pace ? 1 : threads);
  Delivery delivery(files, crew, pool, std::move(options));

  double attack_records = 0;  // still to come
  for (const PlannedAttack& planned : attacks) {
    attack_records += planned.attack->script.mean_records();
  }
  const Pacemaker pacemaker(organization, plan.target_events, start, plan.length.count(),
                            attack_records);
  const auto recorded = [&] {
    return std::accumulate(
        outboxes.begin(), outboxes.end(), uint64_t{0},
        [](uint64_t sum, const auto& outbox) { return sum + outbox->records(); });
  };

  SimulationSummary summary;
  Milliseconds next_report = start;
  for (Milliseconds now = start, until = start; now < end; now = until) {
    until = std::min(now + pacemaker.turn(), end);
    const Speed speed = pacemaker.speed(now, recorded(), attack_records);
    for (Stage& stage : stages) stage.speed = speed;
    crew.all(kGroups, [&](size_t group) {
      for (const std::unique_ptr<Player>& player : players[group]) player->play(until);
    });
    for (size_t i = 0; i < attacks.size(); ++i) {
      PlannedAttack& planned = attacks[i];
      if (planned.played || planned.start >= until) continue;
      const Incident incident =
          play_attack(stages.back(), *planned.attack, planned.disguise, i, planned.start);
      TRY(truth.add(incident));
      summary.attack_events += incident.records;
      attack_records -= planned.attack->script.mean_records();
      planned.played = true;
    }
    for (Stage& stage : stages) TRY(truth.add_identities(stage.identity_lines));
    TRY(delivery.deliver_before(outboxes, until / 1000));
    TRY(truth.add_damage(delivery.take_damage_lines()));
    if (progress && now >= next_report) {
      next_report += kHour;
      const DeliveryCounts counts = delivery.counts();
      if (!progress({Duration(until - start), plan.length, counts.records, counts.files})) {
        crew.drain();
        return Error{ErrorCode::kCancelled, "the simulation was stopped"};
      }
    }
  }
  TRY(delivery.finish(outboxes));
  TRY(truth.add_damage(delivery.take_damage_lines()));
  TRY(truth.close());

  const DeliveryCounts counts = delivery.counts();
  summary.events = counts.records;
  for (const auto& outbox : outboxes) summary.copies += outbox->copies();
  for (const auto& recorder : recorders) summary.error_events += recorder->failures();
  summary.files = counts.files;
  summary.text_bytes = counts.text_bytes;
  summary.stored_bytes = counts.stored_bytes;
  for (const Account& account : organization.accounts) summary.accounts.push_back(account.id);
  TRY(write_manifest(files, folder, plan, organization, attacks, outage, summary));
  return summary;
}

}  // namespace cairn::simulate
