#include "engine/address_places.h"

#include "engine/content.h"
#include "geo/distance.h"

#include <utility>

namespace cairn::engine {

namespace {

/// Read when first asked for: most scans never do.
const geo::CountryDistances& country_distances() {
  static const auto table = geo::CountryDistances::parse(embedded_text("country-distances.tsv"));
  return table.value();
}

geo::Place city(const char* country, double latitude, double longitude, uint32_t network) {
  geo::Place place;
  place.country = country;
  place.network = network;
  place.coordinates = geo::Coordinates{latitude, longitude, 20};
  return place;
}

/// RFC 5737 and RFC 3849, in autonomous systems of RFC 5398.
geo::Place example_place(std::string_view address) {
  if (address.starts_with("192.0.2.")) return city("DE", 52.52, 13.40, 64496);      // Berlin
  if (address.starts_with("198.51.100.")) return city("US", 40.71, -74.01, 64497);  // New York
  if (address.starts_with("203.0.113.")) return city("JP", 35.69, 139.69, 64498);   // Tokyo
  if (address.starts_with("2001:db8:")) return city("AU", -33.87, 151.21, 64499);   // Sydney
  return {};
}

}  // namespace

AddressPlaces::AddressPlaces(PlaceOf place_of) : place_of_(std::move(place_of)) {}

AddressPlaces::AddressPlaces(const geo::Atlas& atlas)
    : AddressPlaces([&atlas](std::string_view address) { return atlas.place_of(address); }) {}

AddressPlaces AddressPlaces::for_tests() { return AddressPlaces(PlaceOf(example_place)); }

std::string AddressPlaces::country_of(std::string_view address) const {
  return place_of_(address).country;
}

std::string AddressPlaces::asn_of(std::string_view address) const {
  const geo::Place place = place_of_(address);
  return place.network == 0 ? "" : "AS" + std::to_string(place.network);
}

uint64_t AddressPlaces::spot_of(std::string_view address) const {
  return geo::pack_spot(place_of_(address));
}

double AddressPlaces::least_km(uint64_t from, uint64_t to) const {
  return geo::least_km(from, to, country_distances());
}

}  // namespace cairn::engine
