#pragma once

// Names that the simulator itself fills in, wherever a text of the playbook uses them.

#include "simulate/template.h"

#include <array>
#include <string_view>

namespace cairn::simulate {

enum Builtin : Slot {
  kSlotAccount,       // account id
  kSlotCode,          // eight characters shared by the ids of an account
  kSlotEnvironment,   // production, staging, ...
  kSlotOrganization,  // the organisation's name
  kSlotRegion,
  kSlotTime,       // 2024-05-06T07:08:09Z
  kSlotDate,       // May 6, 2024, 7:08:09 AM
  kSlotExpires,    // the same, an hour later
  kSlotEpoch,      // milliseconds since 1970
  kSlotDay,        // 2024/05/06
  kSlotStamp,      // 20240506T0705Z
  kSlotRequest,    // requestID
  kSlotMyArn,      // the caller's
  kSlotMyName,     // the caller's user or role name
  kSlotMyAddress,  // the caller's sourceIPAddress
  kSlotNewKey,     // credentials that a call hands out
  kSlotRoleArn,    // the role that is assumed
  kSlotRoleId,
  kSlotSession,
  kSlotSessionArn,
  kSlotForeign,   // an account outside the organisation
  kSlotOutside,   // an address outside the organisation
  kSlotPerson,    // an IAM user of this account who is a person; only in attacks
  kSlotEmployee,  // a person of this account with single sign-on; only in attacks
  kSlotWorkload,  // an instance of this account that is at work; only in attacks
  kBuiltinCount
};

inline constexpr std::array<std::string_view, kBuiltinCount> kBuiltinNames = {
    "account",    "code",    "environment", "organization", "region",  "time",        "date",
    "expires",    "epoch",   "day",         "stamp",        "request", "my-arn",      "my-name",
    "my-address", "new-key", "role-arn",    "role-id",      "session", "session-arn", "foreign",
    "outside",    "person",  "employee",    "workload"};

}  // namespace cairn::simulate
