#pragma once

// Where scripts are performed, by machines, people and attackers alike.

#include "simulate/organization.h"
#include "simulate/recorder.h"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::simulate {

using Milliseconds = int64_t;
inline constexpr Milliseconds kHour = 3'600'000;
inline constexpr Milliseconds kDay = 24 * kHour;

/// How fast somebody goes from one call to the next where the script does not say.
enum class Pace : uint8_t { kMachine, kConsole, kTerminal };

/// How much happens: factors of the playbook's rates.
struct Speed {
  double machines = 1;
  double people = 1;  // at most 1: a share of their spells of work
};

/// What all performances of one group of actors share. One thread at a time.
struct Stage {
  const Organization& organization;
  Directory& directory;
  Recorder& recorder;
  uint64_t seed = 0;
  Speed speed;
  std::string identity_lines;  // of truth/identities.jsonl, until somebody writes them
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

/// Somebody who lives in the organisation. play() performs everything that begins before `until`,
/// which grows from call to call.
class Player {
 public:
  virtual ~Player() = default;
  virtual void play(Milliseconds until) = 0;
};

/// Makes machines and AWS services of all accounts, then people, and divides them among the stages.
/// players[i] belong to stages[i]. Their days begin at `start`.
std::vector<std::vector<std::unique_ptr<Player>>> make_players(std::span<Stage> stages,
                                                               Milliseconds start);

/// About how many records machines and people make at the usual speed.
class Expectation {
 public:
  struct Records {
    double machines = 0, people = 0;
  };

  explicit Expectation(const Organization& organization);
  /// Returns those of the hour that begins at `at`.
  Records in_hour(Milliseconds at) const;

 private:
  std::array<double, 3> machines_an_hour_{};  // by curve
  std::map<int64_t, double> people_;          // by their clocks' minutes from UTC
};

}  // namespace cairn::simulate
