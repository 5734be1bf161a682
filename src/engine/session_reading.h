#pragma once

// All sessions of a place: what the jobs about sessions begin with.

#include "engine/identity_jobs.h"
#include "engine/reading.h"
#include "identity/first_seen.h"
#include "identity/identity.h"
#include "model/field_table.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cairn::engine {

class SessionConsumer;

/// Holds what the log needs, so it stays where it is.
class SessionReading {
 public:
  SessionReading();
  ~SessionReading();
  SessionReading(const SessionReading&) = delete;
  SessionReading& operator=(const SessionReading&) = delete;

  /// Reads all events. Once, and before anything else.
  Status read(World world, const EventPlace& place, bool with_calls,
              const ScanProgressCallback& progress);
  const identity::SessionLog& log() const { return *log_; }
  ReadSummary summary() && { return std::move(summary_); }

  /// Asks `first_seen` of the sessions that are wanted, then teaches it all.
  Status learn(const std::vector<std::string>& asked, identity::FirstSeen& first_seen) const;

 private:
  FieldTable fields_;
  StandardFields standard_{};
  identity::IdentityFields identity_fields_{};
  std::vector<std::unique_ptr<SessionConsumer>> consumers_;
  std::optional<identity::SessionLog> log_;
  ReadSummary summary_;
};

/// SessionsOptions::asked.
bool is_asked(const std::vector<std::string>& asked, const identity::Session& session);

}  // namespace cairn::engine
