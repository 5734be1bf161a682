#pragma once

// The door of `incident`: findings one by one are noise; what one origin did, in order, is a story.
//
// A Builder takes every event that rules reported, in event-time order, and sums it by credential.
// finish() asks identity who is behind each credential and joins what belongs together: the
// credentials of one origin, those that it made, and others that came from the same address. What
// is grave enough becomes an Incident: told in sentences that name their events, with a level that
// depends on the combination, and with what to do next. docs/reference/incidents.md has the rules.
//
// The same events give the same incidents, whatever the order of files and the number of threads.
// Memory is bounded by the budget; what does not fit is counted (Incidents::left_out).

#include "base/result.h"
#include "base/time.h"
#include "geo/geo.h"
#include "identity/identity.h"
#include "model/correlation.h"
#include "model/finding.h"
#include "model/rule_info.h"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::incident {

/// One sentence of a story: calls of one credential of one kind.
struct Sentence {
  Timestamp first{}, last{};
  size_t credential = 0;  // in Incident::credentials
  std::string actor;      // "user/maya", "role/Admin as maya@example.com"
  std::string words;      // "deleted trail main", "tried to delete trail main: refused (…)"
  Level level = Level::kLow;
  uint64_t events = 0, failed = 0;
  std::vector<std::string> event_ids;  // the earliest kIdsTold that it rests on, in order of time
  std::vector<uint32_t> rules;         // that reported them, ascending
  bool is_mark = false;  // not of what was done but of how: an unexpected tool, address or time
};
inline constexpr size_t kIdsTold = 20;
inline constexpr size_t kSentences = 200;  // of an incident

/// A credential that took part, and how the origin came to it. In order of first use, but behind
/// the one that it came from.
struct Credential {
  std::string access_key;  // "" where records name none
  std::string principal;   // detect::principal_of()
  std::string session;     // role session name
  std::string identity_type, account;
  std::string how;        // the call that issued it, in words; "" when there is none
  std::string event_id;   // of that call
  size_t depth = 0;       // 0: the origin's own
  bool of_origin = true;  // false: of an origin that the incident's was joined with
  Timestamp first{}, last{};
  uint64_t events = 0, errors = 0, writes = 0;  // all its calls, not only reported ones
  bool mfa = false;
  std::vector<std::string> source_ips, regions, user_agents;  // most used first
  std::vector<std::string> marks;  // what was first seen with it: identity/first_seen.h
};

/// What to do next: a sentence, and a command line where there is one.
struct Advice {
  std::string words;
  std::string command;
};

struct Incident {
  std::string id;  // "INC-" and ten hexadecimal digits: of the origin and its first event
  Level level = Level::kHigh;
  std::string title;              // "Secrets were read, and logging was cut"
  std::string because;            // why this level: "critical because …"
  identity::Origin origin;        // of the first event
  std::vector<std::string> also;  // names of other origins that it was joined with, and why
  Timestamp first{}, last{};
  uint64_t events = 0, failed = 0;  // reported ones
  std::vector<std::string> accounts, regions, source_ips, user_agents;
  std::map<std::string, std::string> places;  // of addresses: "DE, AS3320 Deutsche Telekom AG"
  std::vector<std::string> tactics;           // names, in order of first appearance
  std::vector<std::string> techniques;        // sorted
  std::vector<std::string> resources;         // acted on, by the gravest act, then time
  uint64_t resource_count = 0;                // at least
  std::vector<Credential> credentials;
  std::vector<Sentence> story;            // in order of time
  std::vector<identity::Making> makings;  // by its credentials: keys, users, roles, passwords
  std::vector<Advice> next;
  std::vector<std::string> findings;  // ids, by Incidents::note_finding()
};

struct Incidents {
  std::vector<Incident> list;  // gravest first, then by time
  uint64_t left_out = 0;       // credentials forgotten for lack of memory
  uint64_t untimed = 0;        // reported events without a time: in no incident

  const Incident* find(std::string_view id) const;  // ignores case; also without "INC-"
  /// Adds a finding to the incident that one of its samples belongs to, if any, the first of them;
  /// true when there is one.
  bool note_finding(const Finding& finding);
  /// Says that what a credential (its handle) did in a time belongs to an incident of the list.
  void note_credential(uint64_t handle, Timestamp first, Timestamp last, size_t incident);

 private:
  struct Stretch {
    Timestamp first{}, last{};
    size_t incident = 0;
  };
  std::map<uint64_t, std::vector<Stretch>> by_credential_;  // handles
};

/// Sums reported events by credential. One thread.
class Builder {
 public:
  /// Rules and correlations must outlive the builder.
  Builder(std::span<const RuleInfo> rules, std::span<const Correlation> correlations,
          size_t memory_bytes);
  ~Builder();

  /// Takes an event and the rules that report it (none is a part of others only, none of them
  /// expected by an allow-list), in order of event time.
  void add(std::span<const uint32_t> rules, const EventSummary& event);

  /// Joins and tells, the atlas where addresses are. Call once. Fails when the session log does.
  Result<Incidents> finish(const identity::SessionLog& sessions, const geo::Atlas& atlas);

  struct State;

 private:
  std::unique_ptr<State> state_;
};

/// Quotes a text for a POSIX shell when it needs it: names come out of logs.
std::string shell_word(std::string_view text);

}  // namespace cairn::incident
