#pragma once

// What BehaviourWatch remembers of a principal, of its present hour, and of an account.

#include "anomaly/behaviour.h"

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace cairn::anomaly {

/// A value that a principal had in one dimension.
struct KnownValue {
  uint64_t hash = 0;
  int32_t last_hour = 0;
  // Of an API: calls an active hour, and their squares, forgetting; and the active hour they are
  // of.
  float calls = 0, squares = 0;
  uint32_t active_hour = 0;
};

/// The values of one dimension, a bounded number: the longest unseen gives way.
class KnownValues {
 public:
  static constexpr size_t kLimit = 256;
  KnownValue* find(uint64_t hash);
  KnownValue& add(uint64_t hash, int32_t hour);

 private:
  std::vector<KnownValue> values_;
};

/// What a principal does in the present hour.
struct Hour {
  Timestamp first{}, last{};
  std::vector<FirstSeen> items;  // surprise: not yet known
  struct ApiCalls {
    uint64_t hash = 0;
    std::string api;
    uint64_t calls = 0;
  };
  std::vector<ApiCalls> apis;
  std::vector<std::string> denied, event_ids, addresses;
  uint64_t calls = 0, failed = 0;
  int64_t minute = 0;
  uint32_t minute_calls = 0, peak_minute = 0;
};

struct Principal {
  uint32_t account = 0;
  uint64_t key = 0;
  std::string name;
  int32_t first_hour = 0, last_hour = 0;
  uint32_t active_hours = 0;  // before the present one
  std::array<KnownValues, kDimensions> known;
  std::array<uint32_t, kDimensions> novelties{};
  float usual_peak = 0;
  float habit = 0;
  int32_t habit_hour = 0;
  int32_t alert_hour = INT32_MIN;
  double alert_score = 0;
  std::unique_ptr<Hour> hour;
};

/// Who has what in an account.
struct AccountView {
  std::string name;
  Timestamp first{}, last{};  // first: since the last long silence
  uint64_t principals = 0, active_hours = 0;
  std::array<std::unordered_map<uint64_t, uint32_t>, kDimensions> having;  // hash → principals
  std::array<uint64_t, kDimensions> firsts{};  // values that nobody had had
  int64_t alert_day = INT64_MIN;
  uint32_t alerts = 0;  // on it

  static constexpr size_t kValues = 65'536;  // of one dimension
  uint64_t holders(Dimension dimension, uint64_t hash) const;
  void gain(Dimension dimension, uint64_t hash);
};

}  // namespace cairn::anomaly
