#pragma once

#include "engine/engine.h"
#include "model/event.h"
#include "model/standard_fields.h"

#include <string>
#include <string_view>
#include <vector>

namespace cairn::engine {

/// True when one of the globs matches, ignoring case.
bool fits_any(const std::vector<std::string>& globs, std::string_view text);

/// Decides whether an event is looked at. Immutable; any thread.
class Admission {
 public:
  Admission(EventFilter filter, const StandardFields& standard)
      : filter_(std::move(filter)), standard_(standard) {}

  bool admits(const Event& event) const;
  /// The filters as understood, one sentence each, for the report.
  std::vector<std::string> describe() const;

 private:
  bool admits_principal(const Event& event) const;
  bool admits_event_name(const Event& event) const;

  EventFilter filter_;
  const StandardFields& standard_;
};

}  // namespace cairn::engine
