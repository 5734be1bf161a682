#pragma once

#include "base/result.h"
#include "base/time.h"

#include <string_view>

namespace date {
class time_zone;
}

namespace cairn::monitor {

/// A time zone: UTC, an offset ("+02:00", "-0330", in steps of 5 minutes), or one of the IANA
/// database by name ("Europe/Berlin"), with its changes of clocks. A value. Safe from any thread.
class Zone {
 public:
  /// UTC.
  Zone() = default;
  /// Fails with kInvalidInput for what is neither, and with kUnavailable for a name when this
  /// machine has no time zone database (tzdata).
  static Result<Zone> parse(std::string_view text);

  /// What clocks show, as if it were a time of UTC.
  Timestamp local(Timestamp time) const;
  /// When clocks show a time: the first time when they do so twice, and the moment of the change
  /// when they skip it.
  Timestamp first_at(Timestamp local) const;
  /// True when all days are of one length.
  bool is_fixed() const { return named_ == nullptr; }

 private:
  Duration east_{};                         // of UTC, when fixed
  const date::time_zone* named_ = nullptr;  // of the database, which stays
};

}  // namespace cairn::monitor
