// Everybody who lives in the organisation, and how much they do.

#include "base/text.h"
#include "simulate/cast.h"

#include <algorithm>

namespace cairn::simulate {
namespace {

/// How many of a machine there are in an account and region.
size_t count_of(const Organization& organization, const Machine& machine, const Account& account) {
  if (option_text(machine.options, "user") == "each") {
    const std::vector<Inventory>& inventories = playbook().inventories;
    for (size_t i = 0; i < inventories.size(); ++i) {
      if (inventories[i].slot == slot_of("user")) return account.things[kHomeRegion][i].size();
    }
  }
  const std::string size(to_string(organization.size));
  return static_cast<size_t>(option_number(machine.options, size, 1));
}

/// Calls `use(machine, account, region, number)` for every machine of the organisation.
template <typename Use>
void for_each_machine(const Organization& organization, Use use) {
  for (const Machine& machine : playbook().machines) {
    const std::string environments = option_text(machine.options, "in", "*");
    const std::string regions = option_text(machine.options, "regions", "home");
    const std::vector<std::string_view> wanted = split(environments, ',');
    for (const Account& account : organization.accounts) {
      const std::string kind =
          account.environment.starts_with("unit-") ? "staging" : account.environment;
      if (environments != "*" && std::find(wanted.begin(), wanted.end(), kind) == wanted.end())
        continue;
      for (size_t region = 0; region < organization.regions; ++region) {
        const bool home = region == kHomeRegion;
        if ((regions == "home" && !home) || (regions == "elsewhere" && home)) continue;
        const size_t count = home ? count_of(organization, machine, account) : 1;
        for (size_t n = 0; n < count; ++n) use(machine, account, region, n);
      }
    }
  }
}

/// Records that a machine makes in a day at the usual speed.
double a_day(const Machine& machine) {
  double sum = 0;
  for (const Machine::Run& run : machine.runs) {
    const double times = static_cast<double>(run.least + run.most) / 2;
    const double begin = machine.kind != "pipeline"                      ? 0
                         : option_text(machine.options, "chain").empty() ? 1
                                                                         : 2;
    sum += static_cast<double>(run.a_day) * (times * run.script->mean_records() + begin);
  }
  return sum;
}

}  // namespace

std::vector<std::vector<std::unique_ptr<Player>>> make_players(std::span<Stage> stages,
                                                               Milliseconds start) {
  std::vector<std::vector<std::unique_ptr<Player>>> players(stages.size());
  size_t next = 0;
  const Organization& organization = stages.front().organization;
  for_each_machine(
      organization, [&](const Machine& machine, const Account& account, size_t region, size_t n) {
        const size_t stage = next++ % stages.size();
        players[stage].push_back(make_machine(stages[stage], machine, account, region, n, start));
      });
  for (const Person& person : organization.people) {
    const size_t stage = next++ % stages.size();
    players[stage].push_back(make_person(stages[stage], person, start));
  }
  return players;
}

Expectation::Expectation(const Organization& organization) {
  for_each_machine(organization, [&](const Machine& machine, const Account&, size_t, size_t) {
    const Curve curve = parse_curve(option_text(machine.options, "curve", "flat"));
    machines_an_hour_[static_cast<size_t>(curve)] += a_day(machine) / 24;
  });
  for (const Person& person : organization.people) ++people_[person.offset_minutes];
}

Expectation::Records Expectation::in_hour(Milliseconds at) const {
  // Measured over long simulations: of one person, in an hour of a working day.
  constexpr double kRecordsOfAPerson = 31;
  Records records;
  for (const Curve curve : {Curve::kFlat, Curve::kOffice, Curve::kDaytime}) {
    records.machines += machines_an_hour_[static_cast<size_t>(curve)] *
                        static_cast<double>(activity_per_mille(curve, at)) / 1000;
  }
  for (const auto& [offset, count] : people_) {
    const Milliseconds local = at + offset * 60'000;
    const int64_t hour = local / kHour % 24;
    if (!is_weekend(local) && hour >= 8 && hour < 18) records.people += count * kRecordsOfAPerson;
  }
  return records;
}

}  // namespace cairn::simulate
