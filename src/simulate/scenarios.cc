// Ready-made simulations.

#include "simulate/simulate.h"

#include <array>

namespace cairn::simulate {
namespace {

SimulationPlan plan_of(OrganizationSize size, int days) {
  SimulationPlan plan;
  plan.size = size;
  plan.length = std::chrono::hours(24 * days);
  return plan;
}

std::array<SimulationScenario, 6> make_scenarios() {
  std::array<SimulationScenario, 6> all;
  all[0] = {"quiet-week", "A working week of a small organisation in which nothing bad happens.",
            plan_of(OrganizationSize::kSmall, 7)};

  all[1] = {"breach",
            "Two weeks of a medium organisation. A phished session leads to a key, a wider role, "
            "stolen secrets and data, and silence about it.",
            plan_of(OrganizationSize::kMedium, 14)};
  all[1].plan.attacks = {"console-phishing:known-address",
                         "discovery-sweep:known-address",
                         "policy-escalation:known",
                         "secrets-harvest:known",
                         "snapshot-exfiltration:known-address",
                         "log-tampering"};

  all[2] = {"storm", "Every attack within two days of a small organisation.",
            plan_of(OrganizationSize::kSmall, 2)};
  all[2].plan.attacks = {"all"};

  all[3] = {"disguises",
            "A month of 64 people and their machines, with every attack in every disguise: for "
            "measuring what looks for unusual activity.",
            plan_of(OrganizationSize::kMedium, 30)};
  all[3].plan.people = 64;
  all[3].plan.attacks = {"all:new", "all:known-address", "all:known"};

  all[4] = {
      "hard-to-read",
      "A day with duplicates of a second trail, an organisation's paths, a late delivery, and "
      "damaged and foreign files.",
      plan_of(OrganizationSize::kSmall, 1)};
  all[4].plan.organization_trail = all[4].plan.second_trail = true;
  all[4].plan.outage = all[4].plan.broken = true;
  all[4].plan.attacks = {"root-takeover", "s3-ransomware:known"};

  all[5] = {"ten-million", "Ten million records of a large organisation in two weeks.",
            plan_of(OrganizationSize::kLarge, 14)};
  all[5].plan.target_events = 10'000'000;
  all[5].plan.attacks = {"all"};
  return all;
}

}  // namespace

std::span<const SimulationScenario> simulation_scenarios() {
  static const std::array<SimulationScenario, 6> scenarios = make_scenarios();
  return scenarios;
}

}  // namespace cairn::simulate
