#include "geo/distance.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

namespace cairn::geo {
namespace {

std::string shipped() {
  std::ifstream file(std::string(CAIRN_SOURCE_DIR) + "/content/country-distances.tsv");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Place in(const std::string& country) {
  Place place;
  place.country = country;
  return place;
}
Place at(const std::string& country, double latitude, double longitude, double radius_km) {
  Place place = in(country);
  place.coordinates = Coordinates{latitude, longitude, radius_km};
  return place;
}

TEST(CountryDistances, AreNeverTooLong) {
  const std::string table = shipped();
  auto countries = CountryDistances::parse(table);
  ASSERT_TRUE(countries.ok());
  struct Row {
    const char *from, *to;
    double at_least, at_most;  // by a map
  };
  for (const Row& row : std::vector<Row>{{"DE", "CN", 4'000, 4'700},
                                         {"AU", "JP", 3'500, 4'300},
                                         {"NG", "US", 7'000, 7'900},
                                         {"IN", "US", 6'000, 7'000},
                                         {"GB", "UA", 1'000, 1'600},
                                         {"DE", "FR", 0, 0},
                                         {"US", "RU", 0, 0},      // across the Bering Strait
                                         {"BR", "FR", 0, 0},      // French Guiana
                                         {"SO", "DJ", 0, 0},      // Somaliland
                                         {"LS", "ZA", 0, 0},      // within
                                         {"ID", "SG", 0, 0},      // a strait
                                         {"FJ", "WS", 0, 1'100},  // across the date line
                                         {"DE", "DE", 0, 0},
                                         {"DE", "ZZ", 0, 0},
                                         {"", "DE", 0, 0}}) {
    for (auto [a, b] : {std::pair{row.from, row.to}, {row.to, row.from}}) {
      EXPECT_GE(countries.value().least_km(a, b), row.at_least) << a << " " << b;
      EXPECT_LE(countries.value().least_km(a, b), row.at_most) << a << " " << b;
    }
  }
}

TEST(CountryDistances, BadTablesAreRefused) {
  for (const char* table : {"DE\nFR\n", "DE\nFR\t1\t2\n", "D\n", "DE\t\n", "DE\nDE\t0\n",
                            "DE\nFR\t202\n", "DE\nFR\tx\n", "DE\nFR\t-1\n", "DE\nFR\t1 \n"})
    EXPECT_FALSE(CountryDistances::parse(table).ok()) << table;
  EXPECT_EQ(CountryDistances::parse("# x\nDE\nFR\t202\n").error().message,
            "line 3: expected a country, and its distance to each one above");
}

TEST(Spot, EveryDoubtMakesADistanceShorter) {
  auto countries = CountryDistances::parse("AU\nDE\t110\nJP\t39\t77\n");
  ASSERT_TRUE(countries.ok());
  auto km = [&](const Place& from, const Place& to) {
    EXPECT_EQ(least_km(pack_spot(from), pack_spot(to), countries.value()),
              least_km(pack_spot(to), pack_spot(from), countries.value()));
    return least_km(pack_spot(from), pack_spot(to), countries.value());
  };
  const Place berlin = at("DE", 52.52, 13.405, 20), munich = at("DE", 48.137, 11.575, 10);
  const Place tokyo = at("JP", 35.69, 139.69, 100), apia = at("WS", -13.83, -171.76, 0);
  EXPECT_NEAR(km(berlin, munich), 504 - 30, 2);
  EXPECT_NEAR(km(berlin, tokyo), 8'918 - 120, 10);
  EXPECT_NEAR(km(at("FJ", -18.14, 178.44, 0), apia), 1'150, 20);  // across the date line
  EXPECT_NEAR(km(at("", 90, 0, 0), at("", -90, 0, 0)), 20'015, 1);
  EXPECT_EQ(km(berlin, at("DE", 52.4, 13.06, 20)), 0);  // nearer than they may be wrong
  EXPECT_EQ(km(berlin, in("DE")), 0);
  EXPECT_EQ(km(berlin, in("JP")), 7'700);
  EXPECT_EQ(km(in("AU"), in("JP")), 3'900);
  EXPECT_EQ(km(apia, in("JP")), 0);  // not in the table
  EXPECT_EQ(km(in("EU27"), in("JP")), 0);
  EXPECT_EQ(pack_spot(Place()), 0u);
  EXPECT_EQ(pack_spot(in("EU27")), 0u);
}

TEST(Spot, AnyNumberIsSomewhereOrNowhere) {
  const std::string table = shipped();
  auto countries = CountryDistances::parse(table);
  ASSERT_TRUE(countries.ok());
  std::mt19937_64 random(3);
  for (int i = 0; i < 20'000; ++i) {
    double km = least_km(random(), i % 3 == 0 ? ~uint64_t{0} : random(), countries.value());
    EXPECT_TRUE(km >= 0 && km <= 20'100) << km;
  }
}

}  // namespace
}  // namespace cairn::geo
