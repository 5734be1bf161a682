#pragma once

// What a rule over several events asks: how many, how many different, which ones together or in
// order, within a time, by a group. Sigma specification 2.1, "Correlation rules".

#include "base/time.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cairn {

/// A condition over the sources of a correlation: `a and not b`.
struct CorrelationTree {
  enum class Kind : uint8_t { kAnd, kOr, kNot, kSource };
  Kind kind = Kind::kSource;
  std::vector<CorrelationTree> children;
  size_t source = 0;  // kSource: index in Correlation::sources

  bool operator==(const CorrelationTree&) const = default;
};

/// A correlation, its references resolved. A value.
struct Correlation {
  enum class Kind : uint8_t {
    kEventCount,
    kValueCount,  // of different values
    kTemporal,    // different sources, in any order
    kTemporalOrdered,
    kValueSum,
    kValueAvg,
    kValuePercentile,  // kPercentile of `percentile`; value_median is the 50th
    // Cairn's own (docs/reference/sigma.md, "State").
    kFirstSeen,  // a value that its group has not shown for the timespan
    kIdle,       // an event of a group that was quiet for the timespan
    kAbsence,  // an event of the first source, and none of the others within the timespan after it
    kRatio,    // the first source's events are such a share of the others'
    kTravel,   // two places of a group, farther apart than anybody travels in the time between
  };
  enum class Test : uint8_t { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };
  /// What of an address is its value.
  enum class Place : uint8_t { kNone, kCountry, kAsn };  // kNone: itself
  struct Bound {
    Test test = Test::kGreaterOrEqual;
    double value = 0;
    bool operator==(const Bound&) const = default;
  };
  /// A rule whose matches are looked at, and where its events have what the correlation asks for.
  struct Source {
    uint32_t rule = 0;  // index in the rule list; of a rule or of an earlier correlation
    std::vector<std::string> group_by;  // paths, in the order of Correlation::group_by; of a
                                        // correlation: names of its own group_by
    std::vector<std::string> fields;    // value_…: paths; the values together are one
    bool operator==(const Source&) const = default;
  };

  Kind kind = Kind::kEventCount;
  uint32_t rule = 0;  // its own index in the rule list
  std::vector<Source> sources;
  std::vector<std::string> group_by;  // names, as shown
  Duration timespan{};
  std::vector<Bound> bounds;  // all must hold
  double percentile = 50;
  Duration learn{};            // kFirstSeen: a group is watched for so long before it may tell
  unsigned network_bits = 0;   // kFirstSeen: addresses count as their IPv4 network of so many bits
                               // (IPv6: twice as many); 0 for as they are
  Place place = Place::kNone;  // kFirstSeen
  double ratio = 0;            // kRatio
  double speed_kmh = 0, distance_km = 0;   // kTravel: faster than this, over more than that
  std::vector<CorrelationTree> condition;  // instead of bounds: none or one

  /// True when it asks where addresses are.
  bool asks_places() const { return kind == Kind::kTravel || place != Place::kNone; }

  bool operator==(const Correlation&) const = default;
};

}  // namespace cairn
