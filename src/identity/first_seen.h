#pragma once

// What was new about a session: a country, network, address, client, region or service that these
// logs do not have earlier. It is asked of the account, then of the principal, then of the origin:
// what is new to all is told of the account only, and what is new in a new country is not told of
// the network and address again. Only logs tell, so there is a learning period: nothing is called
// new until a day, and fifty events, of the same account (principal, origin) are known.
// docs/reference/sessions.md has the words for people.

#include "geo/geo.h"
#include "identity/identity.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cairn::identity {

/// Is asked of some sessions, learns all, then marks what was new about those. One thread. Holds
/// some 50 bytes for each value that was asked of, kValuesHeld of them; what comes later is not
/// marked.
class FirstSeen {
 public:
  static constexpr size_t kValuesHeld = 1'000'000;
  static constexpr Duration kLearning = std::chrono::hours(24);
  static constexpr uint64_t kLearningEvents = 50;
  static constexpr size_t kMarks = 8;  // of a session

  /// The atlas must outlive it.
  explicit FirstSeen(const geo::Atlas& atlas) : atlas_(atlas) {}

  /// Marks of this session will be wanted.
  void ask(const Session& session);
  /// Takes a session of the log, one that was asked of too.
  void learn(const Session& session);
  /// Takes every session of the log with all values of its lists: what a session used a few times
  /// among many values is known afterwards, too. Fails as SessionLog::for_each() does.
  Status learn_all(const SessionLog& log);
  /// Marks like "country DE first seen in account 111122223333, known for 6 days", in order of
  /// time, when everything was learned. Only of
  /// sessions that were asked of.
  std::vector<std::string> marks(const Session& session) const;
  /// False when there was no room for all values: then some marks are missing.
  bool complete() const { return complete_; }

 private:
  struct Fact {
    const char* what;  // "country"
    std::string value;
    Timestamp first;
    uint64_t events;
  };
  struct Known {
    Timestamp first = Timestamp::max();
    uint64_t events = 0;
  };
  std::vector<std::vector<Fact>> facts_of(const Session& session) const;
  std::string mark_of(const Session& session, const Fact& fact) const;

  const geo::Atlas& atlas_;
  std::unordered_map<uint64_t, Timestamp> values_;  // hash of scope, kind and value
  std::unordered_map<uint64_t, Known> scopes_;
  bool complete_ = true;
};

}  // namespace cairn::identity
