#pragma once

// What a record says of the one who called, and what follows from it alone.

#include "base/pack.h"
#include "identity/identity.h"

#include <string>
#include <string_view>

namespace cairn::identity {

/// Of one caller: of a session, or of the one that a credential was given to.
struct Facts {
  std::string access_key, principal, session, type, account;
  std::string invoked_by, user_name, provider, source_identity, on_behalf_of;
  std::string ec2_delivery, issued_to;  // proofs of AWS that a workload holds the credential
  std::string creation_date;            // of the session, as the record has it

  /// Takes over what is missing here; of two texts the smaller, so that order does not matter.
  void join(const Facts& other);
  /// False when joining the event's facts would change nothing: almost always.
  bool may_learn_from(const Event& event, const StandardFields& standard,
                      const IdentityFields& fields) const;
  void pack(std::string& out) const;
  static Facts unpack(PackReader& reader);
};

Facts facts_of(const Event& event, const StandardFields& standard, const IdentityFields& fields);

/// A call that gave a credential to somebody.
struct Grant {
  uint64_t giver_handle = 0;
  Facts giver;
  std::string method, role_arn, session_name, event_id;
  bool time_known = false;
  int64_t time_ms = 0;

  void pack(std::string& out) const;
  static Grant unpack(PackReader& reader);
};

void pack(const Making& making, std::string& out);
Making unpack_making(PackReader& reader);

/// What follows for a session that no call in these logs issued, or for the one who made the first
/// call of a chain. `grant` is the call that came next, if any.
Origin infer_origin(const Facts& facts, const Grant* grant, bool signed_in, bool own_account);

}  // namespace cairn::identity
