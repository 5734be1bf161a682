#include "anomaly/rates.h"

#include "anomaly/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <limits>
#include <random>

namespace cairn::anomaly {
namespace {

using namespace std::chrono_literals;

TEST(Chance, IsPoissonsTail) {
  struct Row {
    double a_minute;
    int minutes;
    uint64_t calls;
    double chance;
  };
  // Exact values.
  const Row rows[] = {
      {0.0442, 5, 15, 9.108e-23}, {0.0017, 1, 18, 2.193e-66}, {9.82222e-5, 1, 5, 7.618e-23},
      {0.0017, 5, 2, 3.592e-5},   {0.0442, 5, 3, 1.526e-3},   {1, 5, 12, 5.453e-3},
      {10, 5, 80, 5.665e-5},
  };
  for (const Row& row : rows) {
    double log = log10_at_least(row.calls, row.a_minute * row.minutes, 1);
    EXPECT_NEAR(std::pow(10, log) / row.chance, 1, 1e-3) << row.calls;
  }
  EXPECT_NEAR(std::pow(10, log10_at_most(0, 100, 1)) / 3.72e-44, 1, 1e-2);
}

TEST(Chance, IsTheSumOfItsParts) {
  for (double dispersion : {1.0, 1.5, 4.0, 50.0}) {
    for (double mean : {0.01, 0.7, 5.0, 80.0}) {
      for (uint64_t k : {1u, 2u, 5u, 30u, 200u}) {
        double above = std::pow(10, log10_at_least(k, mean, dispersion));
        double below = std::pow(10, log10_at_most(k - 1, mean, dispersion));
        EXPECT_NEAR(above + below, 1, 1e-9) << k << " of " << mean << ", " << dispersion;
        EXPECT_GE(log10_at_least(k, mean, dispersion), log10_at_least(k + 1, mean, dispersion));
      }
    }
  }
  EXPECT_TRUE(std::isfinite(log10_at_least(UINT64_MAX, 1e-6, 1)));
  EXPECT_GT(log10_at_least(60, 5, 20), log10_at_least(60, 5, 1));  // bursts are expected of it
}

constexpr Timestamp kStart{Duration(1'704'067'200'000)};  // a Monday

/// Calls of one account in the order of time, and what a watch says to them.
struct Scene {
  std::vector<std::pair<Timestamp, Call>> calls;

  Call& add(Timestamp time, std::string_view name, std::string_view error = "") {
    Call call;
    call.time = time;
    call.account = "111122223333";
    call.region = "us-east-1";
    call.source = "ec2.amazonaws.com";
    call.name = name;
    call.error = error;
    call.principal = "arn:aws:iam::111122223333:role/deploy";
    call.agent = "Boto3/1.26";
    call.write = true;
    return calls.emplace_back(time, call).second;
  }
  /// Another call every 10 minutes: an account that lives.
  void live(Timestamp until) {
    for (Timestamp time = kStart; time < until; time += 10min) add(time, "TagResource");
  }
  std::vector<RateInsight> watch(RateOptions options = {}, RateTotals* totals = nullptr) {
    std::stable_sort(calls.begin(), calls.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<RateInsight> said;
    RateWatch watch(options, [&](const RateInsight& insight) -> Status {
      said.push_back(insight);
      return {};
    });
    for (const auto& [time, call] : calls) EXPECT_TRUE(watch.add(call).ok());
    EXPECT_TRUE(watch.finish().ok());
    if (totals != nullptr) *totals = watch.totals();
    return said;
  }
};

constexpr Timestamp kNow = kStart + 8 * 24h + 15h;

TEST(RateWatch, SeesWhatAwsDocuments) {
  struct Row {
    const char* name;
    int week_calls;  // in the week before
    int calls;
    Duration within;
    const char* error;
    int insights;
  };
  const Row rows[] = {
      {"0.0442 a minute, then 15 in 5 minutes", 445, 15, 4min, "", 1},
      {"0.0017 errors a minute, then 18 in one", 17, 18, 50s, "AccessDenied", 1},
      {"one in a week, then 5 in a minute", 1, 5, 50s, "", 1},
      {"the same rate goes on", 445, 1, 4min, "", 0},
      {"two where 0.0017 a minute came", 17, 2, 4min, "", 0},
      {"four that never were", 0, 4, 1min, "", 0},
      {"five that never were", 0, 5, 1min, "", 1},
  };
  for (const Row& row : rows) {
    Scene scene;
    scene.live(kNow + 1h);
    for (int i = 0; i < row.week_calls; ++i)
      scene.add(kNow - 7 * 24h + Duration(i * (7 * 24 * 3'600'000LL / row.week_calls)),
                "SendCommand", row.error);
    for (int i = 0; i < row.calls; ++i)
      scene.add(kNow + row.within * i / std::max(1, row.calls - 1), "SendCommand", row.error);
    std::vector<RateInsight> said = scene.watch();
    // A write that fails counts for both rates.
    size_t kinds = *row.error != 0 ? 2 : 1;
    ASSERT_EQ(said.size(), kinds * 2 * static_cast<size_t>(row.insights)) << row.name;
    if (said.empty()) continue;
    const RateInsight& start = said[0];
    EXPECT_FALSE(start.end);
    EXPECT_EQ(start.start, kNow) << row.name;
    EXPECT_EQ(start.duration_minutes, 5u);
    EXPECT_DOUBLE_EQ(start.insight_average, static_cast<double>(start.calls) / 5);
    EXPECT_GE(start.calls, 5u);  // told as soon as it is sure
    EXPECT_LE(start.calls, static_cast<uint64_t>(row.calls));
    EXPECT_NEAR(start.baseline_average, row.week_calls / 10080.0, 2e-4);
    EXPECT_EQ(start.baseline_minutes, 10080u);
    const RateInsight& end = said.back();
    EXPECT_TRUE(end.end);
    EXPECT_EQ(end.calls, static_cast<uint64_t>(row.calls));
    EXPECT_EQ(end.duration_minutes,
              std::chrono::floor<std::chrono::minutes>(row.within).count() + 1);
    EXPECT_EQ(end.time, end.start + std::chrono::minutes(end.duration_minutes));
  }
}

TEST(RateWatch, SaysWhoWasBehindIt) {
  Scene scene;
  scene.live(kNow + 1h);
  for (int i = 0; i < 20; ++i) scene.add(kNow - (i + 1) * 8h, "RunInstances");
  for (int i = 0; i < 58; ++i) {
    Call& call = scene.add(kNow + i * 1s, "RunInstances", i % 2 == 0 ? "" : "Throttling");
    call.principal = "arn:aws:iam::111122223333:user/mallory";
    call.agent = "aws-cli/2.15";
  }
  for (int i = 0; i < 3; ++i) scene.add(kNow + i * 1s, "RunInstances");
  auto said = scene.watch();
  ASSERT_EQ(said.size(), 4u);  // the calls, and the errors
  const RateInsight& start = said[0];
  EXPECT_EQ(start.shared_id, said[2].shared_id);
  ASSERT_EQ(start.attributes.size(), 3u);
  EXPECT_EQ(start.attributes[0].insight[0].value, "arn:aws:iam::111122223333:user/mallory");
  EXPECT_DOUBLE_EQ(start.attributes[0].insight[0].average, 58 / 5.0);
  EXPECT_EQ(start.attributes[0].baseline[0].value, "arn:aws:iam::111122223333:role/deploy");
  EXPECT_EQ(start.attributes[2].insight[0].value, "null");
  EXPECT_EQ(said[2].sentence(),
            "RunInstances in us-east-1: usually 0.12 an hour, now 61 a minute for 1 min; 58 of 61 "
            "by user/mallory");
  EXPECT_EQ(said[1].error_code, "Throttling");
  EXPECT_EQ(said[1].attributes.size(), 2u);
  std::string json;
  append_insight_json(json, said[1]);
  EXPECT_THAT(json, testing::HasSubstr("\"insightType\":\"ApiErrorRateInsight\""));
  EXPECT_THAT(json, testing::HasSubstr("\"errorCode\":\"Throttling\""));
  EXPECT_THAT(json, testing::HasSubstr("\"state\":\"Start\""));
}

TEST(RateWatch, SeesDrops) {
  for (bool others : {true, false}) {
    Scene scene;
    Timestamp back = kNow + 45min;
    for (Timestamp time = kStart; time < back + 1h; time += 3s) {
      if (time < kNow || time >= back) scene.add(time, "PutObject").management = false;
    }
    if (others)
      for (Timestamp time = kStart; time < back + 1h; time += 50s) scene.add(time, "TagResource");
    auto said = scene.watch();
    if (!others) {
      EXPECT_TRUE(said.empty()) << said[0].sentence();  // the logs stop: nothing can be said
      continue;
    }
    ASSERT_EQ(said.size(), 2u);
    EXPECT_TRUE(said[0].drop);
    EXPECT_NEAR(said[0].baseline_average, 20, 0.2);
    EXPECT_LE(said[1].start - kNow, 2min);
    EXPECT_GE(said[1].start - kNow, -2min);
    EXPECT_NEAR(said[1].duration_minutes, 45, 3);
    EXPECT_LT(said[1].insight_average, 2);
  }
}

TEST(RateWatch, IsSilentAboutWhatIsUsual) {
  Scene scene;
  std::mt19937_64 random(3);
  std::poisson_distribution<int> noise(2);
  for (Timestamp time = kStart; time < kStart + 14 * 24h; time += 1min) {
    for (int i = noise(random); i > 0; --i) scene.add(time, "PutMetricData");
    // Every night for an hour, and every Sunday noon, far more.
    bool night = (time - kStart) % 24h < 1h && time > kStart + 7 * 24h;
    bool early_night = (time - kStart) % 24h < 1h;
    if (early_night)
      for (int i = 0; i < 15; ++i) scene.add(time, "CreateSnapshot");
    if (night) scene.add(time, "TagResource");
  }
  int late = 0;
  for (const RateInsight& insight : scene.watch())
    if (insight.start > kStart + 3 * 24h && insight.name != "TagResource") ++late;
  EXPECT_EQ(late, 0);
}

TEST(RateWatch, LearnsForADay) {
  Scene scene;
  scene.live(kStart + 30h);
  for (int i = 0; i < 100; ++i) scene.add(kStart + 23h, "RunInstances");
  for (int i = 0; i < 100; ++i) scene.add(kStart + 26h, "DeleteVolume");
  auto said = scene.watch();
  ASSERT_EQ(said.size(), 2u);
  EXPECT_EQ(said[0].name, "DeleteVolume");
  EXPECT_LT(said[0].baseline_minutes, 27u * 60);  // told as it is
}

TEST(RateWatch, ReadsCountOnlyAsErrors) {
  Scene scene;
  scene.live(kNow + 1h);
  for (int i = 0; i < 100; ++i) scene.add(kNow + i * 1s, "DescribeInstances").write = false;
  EXPECT_TRUE(scene.watch().empty());
  for (int i = 0; i < 100; ++i)
    scene.add(kNow + i * 1s, "DescribeVpcs", "AccessDenied").write = false;
  EXPECT_EQ(scene.watch().size(), 2u);
}

TEST(RateWatch, SurvivesClocksAndFloods) {
  Scene scene;
  for (Timestamp time :
       {Timestamp{Duration(-62'135'596'800'000)}, Timestamp{Duration(-1)},
        Timestamp{Duration(1'400'000'000'000)}, Timestamp{Duration(4'070'908'800'000)},
        Timestamp{Duration(253'402'300'799'999)}})
    for (int i = 0; i < 10; ++i) scene.add(time + i * 1s, "RunInstances");
  scene.live(kNow);
  std::vector<std::string> names;
  names.reserve(5000);
  for (int i = 0; i < 5000; ++i) {
    names.push_back("Made" + std::to_string(i) + "Up");
    scene.add(kStart + i * 1min, names.back());
  }
  RateOptions options;
  options.max_series = 100;
  options.latest = kNow;
  RateTotals totals;
  auto said = scene.watch(options, &totals);
  EXPECT_TRUE(said.empty());
  EXPECT_EQ(totals.from_the_future, 20u);
  EXPECT_GT(totals.forgotten, 4000u);
  EXPECT_LE(totals.series - totals.forgotten, 101u);
}

TEST(Rates, MoreSeriesThanFitInOneMinuteArePassedOver) {
  Scene scene;
  std::deque<std::string> names;
  for (int i = 0; i < 3000; ++i) {
    names.push_back("Made" + std::to_string(i) + "Up");
    scene.add(kStart, names.back());
  }
  scene.add(kStart + 1min, "Later");
  RateOptions options;
  options.max_series = 100;
  RateTotals totals;
  scene.watch(options, &totals);
  EXPECT_EQ(totals.passed_over, 2900u);
  EXPECT_EQ(totals.series, 101u);  // the next minute has room again
}

TEST(Rates, SayHowOftenInWords) {
  struct Row {
    double a_minute;
    const char* text;
  };
  for (const Row& row :
       {Row{61.4, "61 a minute"}, Row{99.6, "100 a minute"}, Row{0.02, "0.02 a minute"},
        Row{0.01, "0.6 an hour"}, Row{9.9e-5, "0.14 a day"}, Row{0, "0 a minute"}})
    EXPECT_EQ(rate_text(row.a_minute), row.text);
}

}  // namespace
}  // namespace cairn::anomaly
