#pragma once

// Who is behind what, asked of raw logs or of a lake: `cairn sessions`, `cairn story`.

#include "engine/explore_jobs.h"
#include "engine/investigate_jobs.h"
#include "identity/identity.h"
#include "identity/session_tree.h"
#include "incident/incident.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cairn::engine {

struct SessionsOptions {
  EventPlace place;
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
  bool first_seen_complete = true;  // false: too many values, and some asked marks are missing
};

/// Lists sessions, each with where it began, in order of their first event. Copies of events
/// count. Fails as feed_events() does, and with kInvalidInput for an unknown column.
Result<SessionsResult> run_sessions(World world, const SessionsOptions& options, RowSink& sink,
                                    const ScanProgressCallback& progress);

inline constexpr size_t kTreeSessions = 20'000;

struct SessionForest {
  ReadSummary read;
  uint64_t found = 0, sessions = 0;  // asked for; all. The busiest kTreeSessions are in trees
  bool first_seen_complete = true;
  std::vector<identity::OriginTree> origins;  // in order of their first event
};

/// Joins sessions to a tree for each origin; also tells their calls. A session whose giver was not
/// asked for begins a tree. Fails as feed_events() does; columns do not matter.
Result<SessionForest> run_session_tree(World world, const SessionsOptions& options,
                                       const ScanProgressCallback& progress);

struct FoundIncidents {
  ReadSummary read;
  std::unique_ptr<std::vector<RuleInfo>> rules;  // those that Sentence::rules counts
  incident::Incidents incidents;
};

/// Finds what run_scan() finds in the same events with the same rules and filter: the same
/// incidents under the same ids. Fails as feed_events() does, and when a rule path cannot be read.
Result<FoundIncidents> search_incidents(World world, const EventPlace& place,
                                        const RuleOptions& rules,
                                        const ScanProgressCallback& progress);

}  // namespace cairn::engine
