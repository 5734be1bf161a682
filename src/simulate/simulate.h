#pragma once

// A made-up organisation's CloudTrail logs, from a seed, with the truth beside them.
//
// simulate() plays the days of an organisation: people sign in at their working hours, continuous
// integration deploys, workloads and AWS services talk to each other all night, and the attacks
// that were asked for happen in between. It writes what CloudTrail would have delivered:
//
//   FOLDER/AWSLogs/<account>/CloudTrail/<region>/Y/M/D/<account>_CloudTrail_<region>_<time>_<unique>.json.gz
//   FOLDER/truth/events.jsonl      one line for each record of an attack: incident, scenario, step,
//                                  techniques, eventID, who, expected detections
//   FOLDER/truth/incidents.jsonl   one line for each attack: when, where, whose credentials
//   FOLDER/truth/identities.jsonl  one line for each credential: who got it from whom, and who is
//                                  really behind it
//   FOLDER/truth/files.jsonl       one line for each damaged file, when there are any
//   FOLDER/simulation.json         the plan as it was played, the accounts, and counts
//
// The bytes depend on the plan alone, not on the machine, the threads or the day.

#include "base/result.h"
#include "base/time.h"
#include "sys/files.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::simulate {

/// How large the organisation is: small is 3 accounts, 8 people and about 16,000 events on a
/// working day, medium 4 accounts, 30 people and about 60,000, large 6 accounts, 150 people and
/// about 200,000. target_events scales what everybody does.
enum class OrganizationSize : uint8_t { kSmall, kMedium, kLarge };

/// Returns "small", "medium" or "large".
std::string_view to_string(OrganizationSize size);
/// The reverse; nothing for another word.
std::optional<OrganizationSize> parse_organization_size(std::string_view text);

/// Whose address and user agent an intruder shows: their own; the address of the victim, with their
/// own tools; or both of the victim.
enum class Disguise : uint8_t { kNew, kKnownAddress, kKnown };

/// Returns "new", "known-address" or "known".
std::string_view to_string(Disguise disguise);

/// What to play. Every field has a usable value, but `start` is 1970 until set.
struct SimulationPlan {
  uint64_t seed = 1;
  Timestamp start{};                         // milliseconds are dropped
  Duration length = std::chrono::hours(24);  // at least one hour, at most kMaximumLength
  OrganizationSize size = OrganizationSize::kSmall;
  std::string organization =
      "acme";           // in bucket and role names: a-z, 0-9 and '-', at most 20 characters
  size_t accounts = 0;  // 0: as the size says; else 1 to 100
  size_t people = 0;    // 0: as the size says; else 1 to 10,000
  /// Records to write, copies through a second trail included; 0: as the size says. What comes out
  /// is within 5 % of it, as long as that is more than the attacks make.
  uint64_t target_events = 0;
  /// "NAME" or "NAME:DISGUISE" of attack_scenarios(), or "all" or "all:DISGUISE"; played in this
  /// order, spread over the length.
  std::vector<std::string> attacks;
  bool organization_trail = false;  // paths of a trail of the whole organisation
  bool second_trail = false;        // old trails of all accounts but the first deliver again
  bool outage = false;              // twenty minutes of one account come three hours late
  bool broken = false;              // damaged and foreign files lie beside the good ones
  int threads = 0;                  // 0: one for each processor; the bytes are the same for any
};

inline constexpr Duration kMaximumLength = std::chrono::hours(24 * 366 * 5);

/// One attack that simulate() can play.
struct AttackScenario {
  std::string_view name;                     // "root-takeover": for command lines
  std::string_view description;              // one sentence
  std::vector<std::string_view> tactics;     // of ATT&CK, in order: "initial-access"
  std::vector<std::string_view> techniques;  // MITRE ATT&CK, in order of appearance, each once
  std::vector<std::string_view>
      detections;       // codes of the detections that its events should set off
  size_t steps = 0;     // lines of its script; some repeat
  Duration duration{};  // from the first call to the last, roughly
};

/// Returns every attack, in the order of the documentation. The data lives as long as the program.
std::span<const AttackScenario> attack_scenarios();

/// A ready-made simulation, for people who do not want to choose.
struct SimulationScenario {
  std::string_view name, description;
  SimulationPlan plan;  // seed, start and threads are for the caller to set
};

/// Returns every ready-made simulation, in the order of the documentation.
std::span<const SimulationScenario> simulation_scenarios();

/// How far a simulation is. `played` of `length` is the simulated time; `events` and `files` are
/// written so far.
struct SimulationProgress {
  Duration played{}, length{};
  uint64_t events = 0, files = 0;
};
/// Called about once for each simulated hour on simulate()'s thread; returning false stops with
/// kCancelled.
using SimulationProgressCallback = std::function<bool(const SimulationProgress&)>;
/// Called on simulate()'s thread before each file appears, with the number of records that will
/// have appeared with it: it waits as long as it likes; returning false stops with kCancelled.
using SimulationPaceCallback = std::function<bool(uint64_t events)>;

/// What was written.
struct SimulationSummary {
  uint64_t events = 0;         // records in files, attacks and copies included
  uint64_t attack_events = 0;  // lines of truth/events.jsonl
  uint64_t copies = 0;         // records that the second trail delivered again
  uint64_t error_events = 0;   // records with an errorCode or a failed sign-in
  uint64_t files = 0;
  uint64_t text_bytes = 0;            // before compression
  uint64_t stored_bytes = 0;          // as written
  std::vector<std::string> accounts;  // their ids, in order
};

/// Plays the plan into `folder`, which is made when missing and may hold other files. Fails with
/// kInvalidInput for a plan that cannot be played (unknown attack, with the nearest name; length or
/// counts out of range), with kCancelled when `progress` says so, and with the file system's error
/// when writing fails; what was written until then stays. With `pace`, files appear one by one in
/// the order of their delivery, each whole.
Result<SimulationSummary> simulate(Files& files, const std::string& folder,
                                   const SimulationPlan& plan,
                                   const SimulationProgressCallback& progress = {},
                                   const SimulationPaceCallback& pace = {});

}  // namespace cairn::simulate
