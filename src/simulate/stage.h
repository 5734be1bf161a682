#pragma once

// Where scripts are performed, by machines, people and attackers alike.

#include "simulate/organization.h"
#include "simulate/recorder.h"

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace cairn::simulate {

using Milliseconds = int64_t;

/// How fast somebody goes from one call to the next where the script does not say.
enum class Pace : uint8_t { kMachine, kConsole, kTerminal };

/// What all performances share. One thread.
struct Stage {
  const Organization& organization;
  Recorder& recorder;
  uint64_t seed = 0;
  uint64_t machine_speed = 1000;  // per mille of the playbook's rates
};

/// One performance of a script. `cast[i]` plays script.cast[i].
struct Performance {
  const Script* script = nullptr;
  std::span<const Caller* const> cast;
  size_t region = kHomeRegion;
  Pace pace = Pace::kMachine;
  bool may_fail = true;
  /// Called after each record; may be empty.
  std::function<void(const Step&, size_t step_index, const Caller&, const Recorded&, Seconds)>
      watcher;
};

/// Plays the script from `start` and returns when it ended. Repeated steps are spread by `every`,
/// or by the pace.
Milliseconds perform(Stage& stage, const Performance& performance, Milliseconds start,
                     Random& random);

/// Somebody who lives in the organisation. play() performs everything that begins before `until`;
/// calls are made with growing times.
class Player {
 public:
  virtual ~Player() = default;
  virtual void play(Milliseconds until) = 0;
};

/// Makes everybody: machines and AWS services of all accounts, then people. Their days begin at
/// `start`.
std::vector<std::unique_ptr<Player>> make_players(Stage& stage, Milliseconds start);

/// Returns about how many records machines and people make in this time at the usual speed.
double expected_machine_records(const Organization& organization, Milliseconds length);
double expected_people_records(const Organization& organization, Milliseconds start,
                               Milliseconds length);

}  // namespace cairn::simulate
