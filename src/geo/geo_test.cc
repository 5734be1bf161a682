#include "geo/geo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>
#include <thread>

namespace cairn::geo {
namespace {

std::string data(const std::string& name) {
  return std::string(CAIRN_SOURCE_DIR) + "/src/geo/testdata/" + name;
}
std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}
/// A file of the test, gone at its end.
class Scratch {
 public:
  explicit Scratch(const std::string& bytes) : path_(testing::TempDir() + "cairn-atlas-test.mmdb") {
    write(bytes);
  }
  ~Scratch() { std::remove(path_.c_str()); }
  void write(const std::string& bytes) {
    std::remove(path_.c_str());  // a mapped file must not shrink
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};
Atlas open(const std::vector<std::string>& names) {
  std::vector<std::string> paths;
  for (const std::string& name : names) paths.push_back(data(name));
  auto atlas = Atlas::open(paths);
  EXPECT_TRUE(atlas.ok());
  return std::move(atlas).value();
}

TEST(Atlas, TellsCountryCityAndNetwork) {
  struct Row {
    const char *address, *text;
  };
  const std::vector<Row> rows = {
      {"1.1.1.1", "AU, AS13335 Cloudflare, Inc."},
      {"::ffff:1.1.1.1", ""},  // not how these files write IPv4
      {"81.2.69.142", "GB London"},
      {"81.2.70.1", ""},
      {"2001:200::1", "JP, AS2500 WIDE Project"},
      {"2001:201::1", ""},
      {"10.0.0.1", ""},     // private, whatever the file says
      {"203.0.113.9", ""},  // for examples
      {"AWS Internal", ""},
      {"cloudtrail.amazonaws.com", ""},
      {"", ""},
      {"1.1.1.1.1", ""},
      {"01.1.1.1", ""},
  };
  Atlas atlas = open({"city.mmdb", "flat.mmdb", "asn.mmdb"});
  for (int again = 0; again < 2; ++again)
    for (const Row& row : rows)
      EXPECT_EQ(atlas.place_of(row.address).text(), row.text) << row.address;
  EXPECT_EQ(atlas.problem(), "");
  EXPECT_THAT(atlas.sources().front(), testing::StartsWith("city.mmdb, of 20"));
}

TEST(Atlas, BelievesTheFirstFileThatKnows) {
  EXPECT_EQ(open({"flat.mmdb", "city.mmdb"}).place_of("81.2.69.1").text(), "ZZ London");
  EXPECT_EQ(open({"city.mmdb", "flat.mmdb"}).place_of("81.2.69.1").text(), "GB London");
}

TEST(Atlas, TellsCoordinatesAndHowWrongTheyMayBe) {
  Atlas atlas = open({"travel.mmdb", "flat.mmdb"});
  struct Row {
    const char* address;
    double latitude, longitude, radius_km;
  };
  for (const Row& row : std::vector<Row>{{"81.2.69.142", 51.5142, -0.0931, 10},
                                         {"43.4.5.6", 35.69, 139.69, 100},  // a city's usual one
                                         {"9.9.9.9", 37.751, -97.822, 1'000}}) {
    auto at = atlas.place_of(row.address).coordinates;
    ASSERT_TRUE(at) << row.address;
    EXPECT_EQ(at->latitude, row.latitude);
    EXPECT_EQ(at->longitude, row.longitude);
    EXPECT_EQ(at->radius_km, row.radius_km);
  }
  EXPECT_EQ(atlas.place_of("24.1.0.1").country, "US");
  EXPECT_FALSE(atlas.place_of("24.1.0.1").coordinates);  // somewhere in the country
  EXPECT_FALSE(atlas.place_of("7.7.7.7").coordinates);   // none that are
  EXPECT_FALSE(atlas.place_of("1.1.1.1").coordinates);
  // The first file says ZZ, so the coordinates in GB are not for its answer.
  EXPECT_FALSE(open({"flat.mmdb", "travel.mmdb"}).place_of("81.2.69.142").coordinates);
}

TEST(Atlas, KnowsNothingWithoutFiles) {
  Atlas atlas;
  EXPECT_TRUE(atlas.empty());
  EXPECT_FALSE(atlas.place_of("1.1.1.1").known());
}

TEST(Address, SomeAreOfNobody) {
  for (const char* text : {"1.1.1.1", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2600::1",
                           "223.255.255.255", "198.51.100.7", "2001:db8::1"})
    EXPECT_TRUE(is_public_address(text)) << text;
  for (const char* text : {"0.1.2.3",
                           "10.1.1.1",
                           "100.64.0.1",
                           "127.0.0.1",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.1.1",
                           "198.18.0.1",
                           "224.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "fe80::1",
                           "fc00::1",
                           "fd12::1",
                           "ff02::1",
                           "::ffff:10.0.0.1",
                           "x",
                           "1.1.1"})
    EXPECT_FALSE(is_public_address(text)) << text;
}

TEST(Atlas, SaysWhatIsWrongWithAFile) {
  auto absent = Atlas::open({"/nowhere/x.mmdb"});
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(absent.error().message, "/nowhere/x.mmdb: cannot be opened");
  std::string whole = read(data("flat.mmdb"));
  for (const std::string& bytes :
       {std::string("no database"), whole.substr(0, whole.size() / 2), std::string(5000, '\0')}) {
    Scratch file(bytes);
    auto broken = Atlas::open({file.path()});
    ASSERT_FALSE(broken.ok());
    EXPECT_EQ(broken.error().code, ErrorCode::kInvalidInput);
    EXPECT_THAT(broken.error().message, testing::HasSubstr(": not a MaxMind DB: "));
  }
}

/// Bytes that were changed at random: an error, an answer or none, but nothing worse.
TEST(Atlas, SurvivesDamage) {
  std::mt19937 random(11);
  size_t opened = 0, complained = 0;
  Scratch file("");
  for (const char* name : {"flat.mmdb", "city.mmdb", "asn.mmdb", "travel.mmdb"}) {
    const std::string whole = read(data(name));
    // With damaged metadata libmaxminddb may lose memory; the other files show that it opens none.
    const bool all = std::string_view(name) != "travel.mmdb";
    const size_t reach = all ? whole.size() : whole.find("MaxMind.com");
    for (int round = 0; round < 400; ++round) {
      std::string bytes = whole;
      for (unsigned changes = 1 + random() % 8; changes > 0; --changes)
        bytes[random() % reach] = static_cast<char>(random());
      file.write(bytes);
      auto atlas = Atlas::open({file.path()});
      if (!atlas.ok()) continue;
      ++opened;
      for (const char* address : {"1.1.1.1", "81.2.69.142", "2001:200::1", "9.9.9.9"})
        atlas.value().place_of(address).text();
      if (!atlas.value().problem().empty()) ++complained;
    }
  }
  EXPECT_GT(opened, 100u);
  EXPECT_GT(complained, 10u);
}

TEST(Atlas, ManyThreadsMayAsk) {
  Atlas atlas = open({"flat.mmdb", "asn.mmdb"});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 2'000; ++j)
        EXPECT_EQ(atlas.place_of("1.1.1." + std::to_string(j % 256)).country, "AU");
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace cairn::geo
