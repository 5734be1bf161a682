// A packed place, from the lowest bit: country 10 (two letters of 5, A is 1), whether there are
// coordinates 1, latitude 18 and longitude 19 (thousandths of degrees from the south pole, and from
// 180° west), radius in kilometres 16.

#include "geo/distance.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numbers>

namespace cairn::geo {

namespace {

constexpr double kEarthKm = 6371;
constexpr double kPerDegree = 1000;
constexpr uint16_t kMostHundreds = 201;  // half around the earth

struct Spot {
  std::array<char, 2> country{};  // none: zeros
  bool exact = false;
  double latitude = 0, longitude = 0, radius_km = 0;

  std::string_view code() const { return {country.data(), country[0] == 0 ? 0u : 2u}; }
};

bool is_code(std::string_view text) {
  return text.size() == 2 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

Spot unpack(uint64_t packed) {
  auto take = [&packed](unsigned bits) {
    uint64_t value = packed & ((uint64_t{1} << bits) - 1);
    packed >>= bits;
    return value;
  };
  Spot spot;
  const uint64_t first = take(5), second = take(5);
  if (first >= 1 && first <= 26 && second >= 1 && second <= 26)
    spot.country = {static_cast<char>('A' + first - 1), static_cast<char>('A' + second - 1)};
  spot.exact = take(1) != 0;
  spot.latitude = std::min(static_cast<double>(take(18)) / kPerDegree, 180.0) - 90;
  spot.longitude = std::min(static_cast<double>(take(19)) / kPerDegree, 360.0) - 180;
  spot.radius_km = static_cast<double>(packed);
  return spot;
}

/// Along a great circle.
double kilometres(const Spot& from, const Spot& to) {
  constexpr double kRadians = std::numbers::pi / 180;
  auto half_chord = [](double degrees) {
    double half = std::sin(degrees * kRadians / 2);
    return half * half;
  };
  double part = half_chord(to.latitude - from.latitude) +
                std::cos(from.latitude * kRadians) * std::cos(to.latitude * kRadians) *
                    half_chord(to.longitude - from.longitude);
  return 2 * kEarthKm * std::asin(std::sqrt(std::min(part, 1.0)));
}

}  // namespace

Result<CountryDistances> CountryDistances::parse(std::string_view table) {
  CountryDistances made;
  size_t number = 0;
  while (!table.empty()) {
    ++number;
    std::string_view line = table.substr(0, table.find('\n'));
    table.remove_prefix(std::min(line.size() + 1, table.size()));
    if (line.empty() || line[0] == '#') continue;
    const Error bad{ErrorCode::kInvalidInput,
                    "line " + std::to_string(number) +
                        ": expected a country, and its distance to each one above"};
    const std::string_view code = line.substr(0, 2);
    line.remove_prefix(code.size());
    if (!is_code(code) || !made.rows_.emplace(code, made.hundreds_.size()).second) return bad;
    std::vector<uint16_t>& row = made.hundreds_.emplace_back();
    while (line.starts_with('\t')) {
      uint16_t hundreds = 0;
      auto [end, failure] = std::from_chars(line.data() + 1, line.data() + line.size(), hundreds);
      if (failure != std::errc() || hundreds > kMostHundreds) return bad;
      row.push_back(hundreds);
      line.remove_prefix(static_cast<size_t>(end - line.data()));
    }
    if (!line.empty() || row.size() + 1 != made.hundreds_.size()) return bad;
  }
  return made;
}

double CountryDistances::least_km(std::string_view from, std::string_view to) const {
  auto one = rows_.find(from), other = rows_.find(to);
  if (one == rows_.end() || other == rows_.end() || one == other) return 0;
  auto [above, below] = std::minmax(one->second, other->second);
  return 100.0 * hundreds_[below][above];
}

uint64_t pack_spot(const Place& place) {
  uint64_t packed = 0;
  unsigned used = 0;
  auto put = [&](uint64_t value, unsigned bits) {
    packed |= value << used;
    used += bits;
  };
  const bool has_code = is_code(place.country);
  for (size_t i = 0; i < 2; ++i)
    put(has_code ? static_cast<uint64_t>(place.country[i] - 'A' + 1) : 0, 5);
  if (!place.coordinates) return packed;
  const Coordinates& at = *place.coordinates;
  auto whole = [](double value, double most) {
    return static_cast<uint64_t>(std::clamp(std::round(value), 0.0, most));
  };
  put(1, 1);
  put(whole((at.latitude + 90) * kPerDegree, 180 * kPerDegree), 18);
  put(whole((at.longitude + 180) * kPerDegree, 360 * kPerDegree), 19);
  put(whole(at.radius_km, UINT16_MAX), 16);
  return packed;
}

double least_km(uint64_t from, uint64_t to, const CountryDistances& countries) {
  const Spot one = unpack(from), other = unpack(to);
  if (one.exact && other.exact)
    return std::max(0.0, kilometres(one, other) - one.radius_km - other.radius_km);
  return countries.least_km(one.code(), other.code());
}

}  // namespace cairn::geo
