#pragma once

// Who is behind what, asked of raw logs: `cairn sessions`.

#include "engine/explore_jobs.h"
#include "identity/identity.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace cairn::engine {

struct SessionsOptions {
  ReadOptions read;
  /// Sessions whose origin, principal, session name, access key or source address is one of these
  /// (globs, ignoring case; a principal also as people say it: "role/Admin"). Empty: all.
  std::vector<std::string> asked;
  std::vector<std::string> columns;  // of session_columns()
};

/// Names of what is told of a session.
const std::vector<std::string>& session_columns();

struct SessionsResult {
  ReadSummary read;
  uint64_t written = 0, sessions = 0;                             // of those asked for; of all
  uint64_t credentials_issued = 0;                                // by calls in these logs
  uint64_t events = 0, certain_events = 0;                        // of the sessions written
  std::array<uint64_t, identity::kOriginKinds> events_by_kind{};  // of them
  bool first_seen_complete = true;  // false: too many values, and some marks are missing
};

/// Lists sessions, each with where it began, in order of their first event. Copies of events
/// count. Fails as run_search() does, and with kInvalidInput for an unknown column.
Result<SessionsResult> run_sessions(World world, const SessionsOptions& options, RowSink& sink,
                                    const ScanProgressCallback& progress);

/// A session and where it stands.
struct SessionNode {
  identity::Session session;
  size_t depth = 0;                                          // 0: not taken with another session
  std::vector<std::string> countries, networks, first_seen;  // identity/first_seen.h
};

/// All sessions of one origin, each behind the one that its credential was taken with.
struct OriginTree {
  std::string name, account;
  identity::OriginKind kind = identity::OriginKind::kUnknown;
  bool certain = false;  // of all its sessions
  std::string because;
  uint64_t events = 0, errors = 0, writes = 0;
  std::vector<SessionNode> sessions;
};
inline constexpr size_t kTreeSessions = 20'000;

struct SessionForest {
  ReadSummary read;
  uint64_t found = 0, sessions = 0;  // asked for; all. The busiest kTreeSessions are in trees
  bool first_seen_complete = true;
  std::vector<OriginTree> origins;  // in order of their first event
};

/// Joins sessions to a tree for each origin; also tells their calls. A session whose giver was not
/// asked for begins a tree. Fails as run_search() does; columns do not matter.
Result<SessionForest> run_session_tree(World world, const SessionsOptions& options,
                                       const ScanProgressCallback& progress);

}  // namespace cairn::engine
