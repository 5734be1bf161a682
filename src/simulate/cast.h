#pragma once

// Who plays what: the sessions that somebody begins, with the truth about who is behind them.

#include "simulate/stage.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::simulate {

/// Activity by hour of the head office's day, per mille of the mean; at weekends it is lower.
/// "flat" is the same all day, "office" lower at night, "day" nothing at night and at weekends.
enum class Curve : uint8_t { kFlat, kOffice, kDaytime };
Curve parse_curve(std::string_view name);
int64_t activity_per_mille(Curve curve, Milliseconds time);

bool is_weekend(Milliseconds time);

/// Returns the slot of a name of the playbook; its absence is a fault.
Slot slot_of(std::string_view name);
/// Returns a user agent, which the playbook keeps as the value agent-NAME.
std::string agent_text(Stage& stage, const Caller& caller, const std::string& name);
/// Chooses the things that this caller works with again and again.
void adopt_things(Caller& caller, size_t region, Random& random);
/// Returns `who` with the scope of `like`.
Caller with_scope(Caller who, const Caller& like);
void bind_value(Caller& caller, Slot slot, std::string_view text);

/// Records the call with which `giver` gets the credentials of `session`, in the account of the
/// session and, when the giver lives in another, in that one too. From then on the session's origin
/// and actor are the giver's; a line of truth/identities.jsonl says so.
void begin_session(Stage& stage, const Caller& giver, Caller& session, std::string_view call,
                   size_t region, Seconds time);
/// Writes that line for credentials that no recorded call gave: long-term keys, a console session,
/// credentials that were handed out before the simulation.
void note_identity(Stage& stage, const Caller& session, std::string_view how,
                   std::string_view event_id, const Caller* giver, Seconds time);

/// Finds or makes the callers that a script names: the player itself, CloudFormation in its
/// execution role, AWS services.
class Cast {
 public:
  /// Returns the cast of `script` with `self` in the first place; valid until the next call.
  std::span<const Caller* const> of(const Script& script, const Caller& self, Seconds now,
                                    Random& random);

 private:
  std::vector<Caller> made_;
  std::vector<const Caller*> callers_;
};

/// Makes a machine's or a person's player.
std::unique_ptr<Player> make_machine(Stage& stage, const Machine& machine, const Account& account,
                                     size_t region, size_t number, Milliseconds start);
std::unique_ptr<Player> make_person(Stage& stage, const Person& person, Milliseconds start);

}  // namespace cairn::simulate
