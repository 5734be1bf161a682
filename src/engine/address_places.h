#pragma once

// Where addresses are, for rules that ask (detect::Places).

#include "detect/detect.h"
#include "geo/geo.h"

#include <functional>
#include <string>
#include <string_view>

namespace cairn::engine {

class AddressPlaces : public detect::Places {
 public:
  /// As an atlas tells; it must outlive this.
  explicit AddressPlaces(const geo::Atlas& atlas);
  /// Of the networks for examples only, each in a city of its own (docs/reference/sigma.md,
  /// "Correlations"): so tests of rules say the same whatever files are there.
  static AddressPlaces for_tests();

  std::string country_of(std::string_view address) const override;
  std::string asn_of(std::string_view address) const override;
  uint64_t spot_of(std::string_view address) const override;
  double least_km(uint64_t from, uint64_t to) const override;

 private:
  using PlaceOf = std::function<geo::Place(std::string_view address)>;
  explicit AddressPlaces(PlaceOf place_of);

  PlaceOf place_of_;
};

}  // namespace cairn::engine
