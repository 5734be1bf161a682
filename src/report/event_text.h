#pragma once

// One event in the words and forms that several files share.

#include "base/time.h"
#include "model/finding.h"

#include <string>
#include <string_view>

namespace cairn::report {

/// "iam:AttachUserPolicy"; the bare event name when the source is unknown.
std::string action_of(const EventSummary& event);

/// "AccessDenied: not authorized"; either part may be missing, empty when the call succeeded.
std::string error_of(const EventSummary& event);

/// eventTime as RFC 3339; empty when it could not be read.
std::string time_text(const EventSummary& event);

/// Who did what from where, in one line: "role/Admin (session bob): failed (AccessDenied): deleted
/// trail main, from 203.0.113.7". The text is untrusted.
std::string sentence_of(const EventSummary& event);

/// A finding in sentences: how many events, when, and what its samples did, each said once.
std::string account_of(const Finding& finding);

/// A principal as a user name: "alice" of "…:user/alice", "Admin" of "…:role/Admin", else as
/// detect::short_principal() has it.
std::string user_name_of(std::string_view principal);

/// True for an IPv4 or IPv6 address; false for the service names that sourceIPAddress holds too.
bool is_address(std::string_view text);

/// "2024-01-01 10:00:05 .. 11:30:00 UTC": page.h's period() with ordinary blanks.
std::string period_text(Timestamp first, Timestamp last);

/// The AWS partition of a region: "aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b".
std::string_view partition_of(std::string_view region);

/// True for the 12 digits of an account id.
bool is_account_id(std::string_view text);

/// A JSON text without the blanks and line ends between its tokens. Text that is not JSON comes
/// back with some of its blanks missing: it is only ever written as a string.
std::string compact_json(std::string_view json);

}  // namespace cairn::report
