#pragma once

// How far two places are apart at least. What files tell of an address is coarse, and a claim that
// nobody can travel so fast must not rest on it: so every doubt makes the distance shorter, and
// what cannot be told is no distance.

#include "base/result.h"
#include "geo/geo.h"

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cairn::geo {

/// Least distances between countries (content/country-distances.tsv). Immutable; any thread.
class CountryDistances {
 public:
  /// Fails with kInvalidInput and the line of the first row that is none.
  static Result<CountryDistances> parse(std::string_view table);

  /// Returns the kilometres between two ISO 3166 codes; 0 when one is not in the table.
  double least_km(std::string_view from, std::string_view to) const;

 private:
  std::unordered_map<std::string_view, size_t> rows_;  // views into the table
  std::vector<std::vector<uint16_t>> hundreds_;        // of a row: to those above it
};

/// A place in eight bytes that mean the same in every run: its country, and its coordinates where
/// the files tell them. 0 when the place is not known.
uint64_t pack_spot(const Place& place);

/// Returns the kilometres between two packed places at least: between coordinates, less the radius
/// in which each may be wrong; else between countries. 0 when it cannot be told. Any numbers may be
/// given.
double least_km(uint64_t from, uint64_t to, const CountryDistances& countries);

}  // namespace cairn::geo
