#pragma once

// The door of `identity`: who is behind a credential. CloudTrail names the session that called;
// this follows the calls that issued credentials (AssumeRole and its kin) from every session back
// to where it began: a person, a program, an AWS service, another account. What the logs cannot
// tell stays unknown, with the reason. docs/reference/sessions.md has the rules.
//
// Each worker has a Collector; SessionLog joins them at the end, in any order of files and events.
// Memory is bounded: collectors spill to scratch files. What a log needs in memory at the end are
// the calls that issued credentials, about 150 bytes each.

#include "base/result.h"
#include "model/event.h"
#include "model/standard_fields.h"
#include "sys/files.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::identity {

enum class OriginKind : uint8_t {
  kHuman,     // signed in: console, Identity Center, SAML, a sign-in provider for people
  kUser,      // an IAM user or root by a long-lived key: a person or a program that holds it
  kWorkload,  // an instance, function, task or build
  kService,   // an AWS service on its own account
  kOutside,   // a principal of an account that these logs are not of
  kUnknown
};
inline constexpr size_t kOriginKinds = 6;
/// "human", "user", "workload", "AWS service", "outside account", "unknown".
std::string_view name_of(OriginKind kind);

/// One call on the way from an origin to a session.
struct Step {
  std::string words;  // "AssumeRole of role/operations as dora@example.com"
  std::string event_id;
  Timestamp time{};
  bool time_known = false;
};

struct Origin {
  OriginKind kind = OriginKind::kUnknown;
  std::string name;         // as the records spell it: an ARN, a user name, a service, a repository
  bool certain = false;     // every step is a record of these logs, or AWS itself vouches for it
  std::string because;      // why it is not certain; "" when it is
  std::vector<Step> steps;  // from the origin to the session
  std::string account;      // of the first caller, or of the role that a service took; may be empty
};

/// A credential, or somebody who can have one, that a call in these logs made.
struct Making {
  enum class What : uint8_t { kAccessKey, kUser, kRole, kPassword };
  What what = What::kAccessKey;
  std::string name;    // the access key id; the ARN of the user or role
  std::string user;    // user name, of keys and passwords
  uint64_t maker = 0;  // handle of the session that made it
  std::string event_id;
  bool time_known = false;
  Timestamp time{};
};

/// A value and the events that had it.
struct Used {
  std::string value;
  uint64_t events = 0;
  bool time_known = false;
  Timestamp first{};  // of them
};

/// All that was done with one credential or, where records name none, by one principal's session.
struct Session {
  std::string access_key;     // "" where records name none
  std::string principal;      // detect::principal_of()
  std::string name;           // role session name; may be empty
  std::string identity_type;  // userIdentity.type
  std::string account;        // that the logs are of
  uint64_t events = 0, errors = 0, writes = 0;
  bool time_known = false;
  Timestamp first{}, last{};
  bool mfa = false;  // the session says so
  // Most used first, at most kListed.
  std::vector<Used> source_ips, regions, user_agents, services;
  std::vector<Used> calls;  // "iam:CreateUser"; only when collected
  Origin origin;
  uint64_t giver = 0;  // handle of the session that took this credential; 0: not in these logs
  uint64_t root = 0;   // handle of the first credential of the chain; its own without one
  std::vector<Making> makings;  // what it rests on and was made in these logs: its key, its user,
                                // roles on the way
};
inline constexpr size_t kListed = 16;
inline constexpr size_t kValuesHeld = 128;  // with Lists::kAll; more are not counted

enum class Lists : uint8_t { kMostUsed, kAll };

/// What identity asks of an event beyond the standard fields.
struct IdentityFields {
  SlotId creation_date, ec2_delivery, issued_to, provider;
  SlotId issued_key, role_arn, session_name;
  SlotId made_key, made_key_user, made_user, made_role, asked_user;

  static IdentityFields intern_into(FieldTable& fields);
};

/// A number for the credential, or session without one, that an event was made with. The same in
/// all logs.
uint64_t handle_of(const Event& event, const StandardFields& standard);
/// The same from what is known of the event: principal and session as detect::principal_of() names
/// them.
uint64_t handle_of(std::string_view access_key, std::string_view principal,
                   std::string_view session);

/// Takes the events of one worker. One thread.
class Collector {
 public:
  /// `with_calls`: also Session::calls.
  Collector(const StandardFields& standard, const IdentityFields& fields, Files& files,
            size_t memory_bytes, bool with_calls = false);
  ~Collector();

  /// Copies of an event are not recognised: they count. An error (full temporary folder) is kept
  /// and returned by SessionLog::build().
  void add(const Event& event);

  /// Ends adding and, where there is more than fits, leaves nothing in memory until build(). Fails
  /// as build() does; calling it is optional.
  Status settle();

 private:
  friend class SessionLog;
  struct State;
  std::unique_ptr<State> state_;
};

/// All sessions of a run, and where each began.
class SessionLog {
 public:
  /// The collectors must outlive the log and take no more events. Fails with kUnavailable when
  /// scratch files could not be written or read.
  static Result<SessionLog> build(const std::vector<Collector*>& collectors);
  SessionLog(SessionLog&&) noexcept;
  ~SessionLog();

  /// Visits every session, in an order that depends only on the events. Fails as build() does, or
  /// with the visitor's error. With Lists::kAll a session's lists have kValuesHeld values, for what
  /// asks whether a value was ever used; such sessions are too big to be kept.
  using Visitor = std::function<Status(uint64_t handle, Session&& session)>;
  Status for_each(const Visitor& visit, Lists lists = Lists::kMostUsed) const;
  /// The same in no order, read by as many threads as there were collectors: visits come from any
  /// of them, one after another. Only of sessions that `wanted` is true of, which any thread asks.
  Status for_each_unordered(const std::function<bool(uint64_t handle)>& wanted,
                            const Visitor& visit, Lists lists = Lists::kMostUsed) const;

  /// Visits everything that was made, by name, then time.
  void for_each_making(const std::function<void(const Making&)>& visit) const;

  uint64_t credentials_issued() const;

 private:
  struct State;
  explicit SessionLog(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cairn::identity
