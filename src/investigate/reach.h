#pragma once

// What an identity reaches: its own calls, those of the sessions it opened, and those of every key,
// user, role and instance that it made, and so on. Whoever gave a credential did so before it was
// used, so one walk through the acts in order of time finds all of it.

#include "base/result.h"
#include "investigate/gatherer.h"
#include "investigate/inverses.h"
#include "investigate/subject.h"

#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

namespace cairn::investigate {

/// What the gatherers keep for walks along a reach, and for undo(): every act, with the records of
/// those calls that the table knows, and who called without an act.
Wanted wanted_for_reach(const InverseTable& table);

/// A credential or principal that came into reach.
struct Reached {
  enum class Kind : uint8_t {
    kSession,
    kKey,
    kUser,
    kRole,
    kInstance,
    kPassword
  } kind = Kind::kSession;
  std::string name;  // access key, ARN, instance id, user name
  // Of keys and passwords: the user's name, "root" for root's own; of sessions: the role, if it is
  // told; of instances: the region.
  std::string owner;
  std::string account, event_id, time;
};

class Reach {
 public:
  Reach(const Subject& subject, const InverseTable& table) : subject_(subject), table_(table) {}

  /// Visits all acts, and calls that only show who called, in order of time, saying of each whether
  /// it is in reach. The tree is that of the act's record; empty without one. Acts of one second
  /// are settled together.
  Status walk(
      const std::vector<Gatherer*>& gatherers,
      const std::function<Status(const Act& act, bool in_reach, const RecordTree& record)>& visit);

  /// After the walk, in order of time; the first few thousand.
  const std::vector<Reached>& reached() const { return reached_; }

 private:
  bool is_in(const Act& act) const;
  /// Takes in what the act made; true when that was something new.
  bool extend(const Act& act, const RecordTree& record);
  bool take(Reached reached, const Act& act);

  const Subject& subject_;
  const InverseTable& table_;
  std::unordered_set<uint64_t> handles_;
  std::unordered_set<std::string> principals_, instances_;
  std::unordered_set<std::string> console_users_;  // account|user name
  std::vector<Reached> reached_;
};

std::string time_text(bool known, int64_t time_ms);
/// "111122223333" of an ARN, "" of other texts.
std::string account_of(std::string_view arn);
/// "alice" of "arn:aws:iam::111122223333:user/team/alice".
std::string last_part(std::string_view arn);
/// Root's own key: it has no user that could be named.
inline constexpr std::string_view kRootOwner = "root";
bool is_root(std::string_view principal);

}  // namespace cairn::investigate
