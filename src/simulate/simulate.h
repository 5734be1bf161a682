#pragma once

// A made-up organisation's CloudTrail logs, from a seed, with the truth beside them.
//
// simulate() plays the days of an organisation: people sign in at their working hours, continuous
// integration deploys, workloads and AWS services talk to each other all night, and the attacks
// that were asked for happen in between. It writes what CloudTrail would have delivered:
//
//   FOLDER/AWSLogs/<account>/CloudTrail/<region>/Y/M/D/<account>_CloudTrail_<region>_<time>_<unique>.json.gz
//   FOLDER/truth.jsonl       one line for each attack event: scenario, step, technique, eventID,
//   who, expected detections FOLDER/simulation.json   the plan as it was played, the accounts, and
//   counts
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

/// How large the organisation is: small is 3 accounts, 8 people and about 24,000 events on a
/// working day, medium 4 accounts, 30 people and about 53,000, large 6 accounts, 150 people and
/// about 165,000. target_events scales the machines' part.
enum class OrganizationSize : uint8_t { kSmall, kMedium, kLarge };

/// Returns "small", "medium" or "large".
std::string_view to_string(OrganizationSize size);
/// The reverse; nothing for another word.
std::optional<OrganizationSize> parse_organization_size(std::string_view text);

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
  uint64_t target_events =
      0;  // 0: as the size says; else workloads are sped up or slowed down to about this many
  std::vector<std::string>
      attacks;      // names of attack_scenarios(), played in this order, spread over the length
  int threads = 1;  // that compress and write; the bytes are the same for any number
};

inline constexpr Duration kMaximumLength = std::chrono::hours(24 * 366 * 5);

/// One attack that simulate() can play.
struct AttackScenario {
  std::string_view name;                     // "root-takeover": for command lines
  std::string_view description;              // one sentence
  std::vector<std::string_view> techniques;  // MITRE ATT&CK, in order of appearance, each once
  std::vector<std::string_view>
      detections;       // codes of the detections that its events should set off
  size_t steps = 0;     // lines of its script; some repeat
  Duration duration{};  // from the first call to the last, roughly
};

/// Returns every attack, in the order of the documentation. The data lives as long as the program.
std::span<const AttackScenario> attack_scenarios();

/// How far a simulation is. `played` of `length` is the simulated time; `events` and `files` are
/// written so far.
struct SimulationProgress {
  Duration played{}, length{};
  uint64_t events = 0, files = 0;
};
/// Called about once for each simulated hour on simulate()'s thread; returning false stops with
/// kCancelled.
using SimulationProgressCallback = std::function<bool(const SimulationProgress&)>;

/// What was written.
struct SimulationSummary {
  uint64_t events = 0;         // records, attacks included
  uint64_t attack_events = 0;  // lines of truth.jsonl
  uint64_t error_events = 0;   // records with an errorCode or a failed sign-in
  uint64_t files = 0;
  uint64_t text_bytes = 0;            // before compression
  uint64_t stored_bytes = 0;          // as written
  std::vector<std::string> accounts;  // their ids, in order
};

/// Plays the plan into `folder`, which is made when missing and may hold other files. Fails with
/// kInvalidInput for a plan that cannot be played (unknown attack, with the nearest name; length or
/// counts out of range), with kCancelled when `progress` says so, and with the file system's error
/// when writing fails; what was written until then stays.
Result<SimulationSummary> simulate(Files& files, const std::string& folder,
                                   const SimulationPlan& plan,
                                   const SimulationProgressCallback& progress = {});

}  // namespace cairn::simulate
