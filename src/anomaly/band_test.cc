#include "anomaly/band.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <random>

namespace cairn::anomaly {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kMonday{Duration(1'704'067'200'000)};  // 2024-01-01T00:00:00Z

/// A week's life: busy days, quiet nights and quieter weekends, with noise.
double usual_value(Timestamp time, std::mt19937_64& random, double noise, double trend_an_hour) {
  double hours = static_cast<double>((time - kMonday).count()) / 3'600'000;
  double day = std::sin(2 * std::numbers::pi * (hours - 8) / 24) * 30;
  bool weekend = static_cast<int64_t>(hours / 24) % 7 >= 5;
  return 100 + (weekend ? -20 : day) + hours * trend_an_hour +
         noise * std::normal_distribution<double>(0, 1)(random);
}

struct Course {
  const char* name;
  Duration period;
  double noise, trend_an_hour;
  double least_inside, most_inside;  // of the values of the fourth week, at a width of 3
};

TEST(Band, HoldsWhatIsUsual) {
  const Course courses[] = {
      {"every minute", 1min, 4, 0, 0.97, 1},
      {"every five minutes", 5min, 4, 0, 0.97, 1},
      {"every hour", 1h, 4, 0, 0.93, 1},
      {"with a trend", 5min, 4, 0.5, 0.97, 1},
      {"almost without noise", 5min, 0.5, 0, 0.85, 1},
  };
  for (const Course& course : courses) {
    std::mt19937_64 random(7);
    Band band;
    uint64_t inside = 0, judged = 0;
    double widest = 0;
    for (Timestamp time = kMonday; time < kMonday + 28 * 24h; time += course.period) {
      double value = usual_value(time, random, course.noise, course.trend_an_hour);
      if (time >= kMonday + 21 * 24h) {
        BandPoint usual = band.at(time);
        ASSERT_TRUE(usual.known);
        ++judged;
        inside += value >= usual.lower(3) && value <= usual.upper(3) ? 1u : 0u;
        widest = std::max(widest, usual.deviation);
      }
      band.learn(time, value);
    }
    double share = static_cast<double>(inside) / static_cast<double>(judged);
    EXPECT_GE(share, course.least_inside) << course.name;
    EXPECT_LE(share, course.most_inside) << course.name;
    // Narrow enough to be of use: the day alone goes 30 up and down.
    EXPECT_LT(widest, 5 * course.noise + 6) << course.name;
  }
}

TEST(Band, IsKnownOnlyAfterItsLeastTime) {
  Band band;
  EXPECT_FALSE(band.at(kMonday).known);
  for (int minute = 0; minute < 15; ++minute) {
    EXPECT_FALSE(band.at(kMonday + minute * 1min).known) << minute;
    band.learn(kMonday + minute * 1min, 5);
  }
  band.learn(kMonday + 15min, 5);
  BandPoint usual = band.at(kMonday + 16min);
  EXPECT_TRUE(usual.known);
  EXPECT_NEAR(usual.expected, 5, 0.01);
  EXPECT_GT(usual.deviation, 0);
}

Band learned(Timestamp until, Duration period = 5min) {
  std::mt19937_64 random(11);
  Band band;
  for (Timestamp time = kMonday; time < until; time += period)
    band.learn(time, usual_value(time, random, 4, 0));
  return band;
}

TEST(Band, SpikesStandOutAndAreNotLearned) {
  Timestamp noon = kMonday + 21 * 24h + 12h;
  Band band = learned(noon);
  BandPoint before = band.at(noon);
  EXPECT_GT(before.expected + 60, before.upper(3));
  EXPECT_LT(before.expected - 60, before.lower(3));
  for (int i = 0; i < 6; ++i) band.learn(noon + i * 5min, 100'000);  // half an hour of nonsense
  BandPoint after = band.at(noon + 30min);
  EXPECT_NEAR(after.expected, before.expected, 15);
  EXPECT_LT(after.deviation, 2 * before.deviation);
}

TEST(Band, FollowsANewLevelWithinADayOrTwo) {
  Timestamp change = kMonday + 21 * 24h;
  Band band = learned(change);
  std::mt19937_64 random(3);
  for (Timestamp time = change; time < change + 48h; time += 5min)
    band.learn(time, usual_value(time, random, 4, 0) + 200);
  BandPoint usual = band.at(change + 48h);
  double now = usual_value(change + 48h, random, 0, 0) + 200;
  EXPECT_LT(usual.lower(3), now);
  EXPECT_GT(usual.upper(3), now);
}

TEST(Band, KnowsWeekends) {
  Timestamp saturday = kMonday + 33 * 24h + 14h;  // busy on other days
  Band band = learned(saturday);
  BandPoint usual = band.at(saturday);
  EXPECT_NEAR(usual.expected, 80, 12);
  EXPECT_NE(band.explain(saturday).find("Saturdays at 14:00"), std::string::npos)
      << band.explain(saturday);
}

TEST(Band, SurvivesBadValuesAndClocks) {
  Timestamp now = kMonday + 10 * 24h;
  Band band = learned(now);
  Band sound = band;
  for (double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity()})
    band.learn(now, bad);
  EXPECT_EQ(band.save(), sound.save());

  Timestamp far = now + 24h * 365 * 100, past = kMonday - 24h * 365 * 10;
  for (Timestamp time : {far, past, Timestamp{Duration(-62'000'000'000'000)}, far, now}) {
    band.learn(time, 1e308);
    BandPoint usual = band.at(time);
    EXPECT_TRUE(std::isfinite(usual.expected) && std::isfinite(usual.deviation));
  }
  std::mt19937_64 random(5);
  for (Timestamp time = now; time < now + 24h * 7; time += 5min)
    band.learn(time, usual_value(time, random, 4, 0));
  EXPECT_NEAR(band.at(now + 24h * 7).expected, sound.at(now + 24h * 7).expected, 40);
}

TEST(Band, IsTheSameAfterSaving) {
  Band band = learned(kMonday + 9 * 24h);
  std::string bytes = band.save();
  auto copy = Band::restore(bytes);
  ASSERT_TRUE(copy.ok()) << copy.error().message;
  band.learn(kMonday + 9 * 24h, 42);
  copy.value().learn(kMonday + 9 * 24h, 42);
  EXPECT_EQ(copy.value().save(), band.save());

  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x40);
    EXPECT_FALSE(Band::restore(damaged).ok()) << i;
    EXPECT_FALSE(Band::restore(std::string_view(bytes).substr(0, i)).ok()) << i;
  }
}

}  // namespace
}  // namespace cairn::anomaly
