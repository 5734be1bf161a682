#pragma once

// Who makes a call: everything of a record that stays the same through a session.

#include "simulate/organization.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::simulate {

struct Caller {
  const Account* account = nullptr;
  std::string identity;     // userIdentity without its closing brace, so that invokedBy can follow
  std::string arn;          // as in the identity; empty for AWS services
  std::string name;         // user or role name
  std::string origin;       // where the chain of sessions began: an ARN, a person, a build
  std::string actor;        // who really acts: a person, a machine, "intruder"
  size_t hops = 0;          // sessions between the origin and this one
  std::string service;      // an AWS service, calling for itself or in a role; else empty
  std::string beneficiary;  // account that a service acts for; empty: its own
  std::string address, agent;
  std::string vpc_endpoint;  // calls come through it; may be empty
  bool console = false;      // in a browser
  bool aws_service = false;  // of type AWSService
  Scope scope;               // favourite things, and what an attack binds
  // Of role sessions, for the record of the call that began them:
  std::string key, role_arn, role_id, session;
};

/// Returns what a call that hands out this session's credentials says about it.
Scope credentials_of(const Caller& session);

/// Whole seconds since 1970.
using Seconds = int64_t;

Caller make_service(const Account& account, std::string_view service);
/// The root user; `key` is empty in the console.
Caller make_root(const Account& account, std::string_view key, Seconds now);
/// An IAM user with a long-term key, or in the console with multi-factor authentication or without.
Caller make_user(const Account& account, std::string_view name, std::string_view key);
Caller make_user_in_console(const Account& account, std::string_view name, bool mfa, Seconds now,
                            Random& random);
/// A session of a role. `path` is the role's path with slashes at both ends; "/" for none.
Caller make_role_session(const Account& account, std::string_view role, std::string_view path,
                         std::string_view session, Seconds now, Random& random);
/// A session of somebody who signed in through the portal of single sign-on, with a permission set.
Caller make_employee_session(const Account& account, std::string_view person,
                             std::string_view permissions, std::string_view organization,
                             Seconds now, Random& random);
/// A session that GetFederationToken gave to `giver`, an IAM user.
Caller make_federated(const Caller& giver, std::string_view name, Seconds now, Random& random);
/// Marks a role session as an instance's own: credentials delivered by the metadata service,
/// version 2.
void mark_instance_session(Caller& caller);
/// A principal of another account, as that account's calls look here.
Caller make_foreign(const Account& account, std::string_view foreign_account,
                    std::string_view principal_id);
/// A workload of an identity provider outside AWS, such as a build of a code hosting service.
Caller make_web_identity(const Account& account, std::string_view provider,
                         std::string_view subject);

/// Returns "2024-05-06T07:08:09Z".
std::string format_seconds(Seconds time);

}  // namespace cairn::simulate
