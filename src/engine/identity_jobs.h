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
};

/// Lists sessions, each with where it began, in order of their first event. Copies of events
/// count. Fails as run_search() does, and with kInvalidInput for an unknown column.
Result<SessionsResult> run_sessions(World world, const SessionsOptions& options, RowSink& sink,
                                    const ScanProgressCallback& progress);

}  // namespace cairn::engine
