#pragma once

// Sessions as trees: an origin, the sessions that it began, and below each those whose credentials
// were taken with it.

#include "geo/geo.h"
#include "identity/first_seen.h"
#include "identity/identity.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cairn::identity {

/// A session and where it stands.
struct SessionNode {
  Session session;
  size_t depth = 0;                                          // 0: not taken with another session
  std::vector<std::string> countries, networks, first_seen;  // identity/first_seen.h
};

/// All sessions of one origin, each behind the one that its credential was taken with.
struct OriginTree {
  std::string name, account;
  OriginKind kind = OriginKind::kUnknown;
  bool certain = false;  // of all its sessions
  std::string because;
  uint64_t events = 0, errors = 0, writes = 0;
  std::vector<SessionNode> sessions;
};

/// Takes sessions and keeps the busiest. One thread.
class SessionTrees {
 public:
  /// `kept`: so many sessions.
  explicit SessionTrees(size_t kept) : limit_(kept) {}

  void add(uint64_t handle, Session&& session);

  /// Plants a tree for each origin, in order of their first event. A session whose giver is not
  /// among those kept begins a tree. Call once; the marks are those of `first_seen`, which was
  /// asked of every session.
  std::vector<OriginTree> plant(const geo::Atlas& atlas, const FirstSeen& first_seen);

 private:
  struct Kept {
    uint64_t handle = 0;
    Session session;
  };
  class Planter;
  void cut();

  size_t limit_;
  std::vector<Kept> kept_;
};

/// Of the session's addresses, each once, that of the busiest first.
std::vector<std::string> countries_of(const Session& session, const geo::Atlas& atlas);
std::vector<std::string> networks_of(const Session& session, const geo::Atlas& atlas);

}  // namespace cairn::identity
