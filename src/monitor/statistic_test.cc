#include "monitor/statistic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace cairn::monitor {
namespace {

std::string text(std::optional<double> value) {
  if (!value) return "none";
  std::string text = std::to_string(*value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string value(const Samples& samples, const char* name) {
  auto statistic = Statistic::parse(name);
  return statistic.ok() ? text(samples.value(statistic.value())) : statistic.error().message;
}

Samples samples(std::initializer_list<double> values) {
  Samples samples;
  for (double value : values) samples.add(value, 1);
  return samples;
}

TEST(Statistic, ComputesEachOne) {
  struct Row {
    const char* statistic;
    const char* ten;    // of 1 … 10
    const char* one;    // of 7
    const char* alike;  // of 2, 2, 2, 2
  };
  const Row rows[] = {
      {"SampleCount", "10", "1", "4"},
      {"Sum", "55", "7", "8"},
      {"Average", "5.5", "7", "2"},
      {"Minimum", "1", "7", "2"},
      {"Maximum", "10", "7", "2"},
      {"p50", "5", "7", "2"},
      {"p99", "10", "7", "2"},
      {"p0", "1", "7", "2"},
      {"p100", "10", "7", "2"},
      {"p10", "1", "7", "2"},
      {"p10.1", "2", "7", "2"},
      {"tm90", "5", "7", "2"},
      {"tm80", "4.5", "7", "2"},
      {"TM(20%:80%)", "5.5", "7", "2"},
      {"TM(2:4)", "3.5", "none", "none"},
      {"TM(:2)", "1.5", "none", "2"},
      {"TM(8:)", "9.5", "none", "none"},
      {"IQM", "5.5", "7", "2"},
      {"wm80", "5.2", "7", "2"},
      {"WM(20%:80%)", "5.5", "7", "2"},
      {"WM(3:6)", "4.8", "6", "3"},
      {"tc80", "8", "1", "4"},
      {"TC(2:4)", "2", "0", "0"},
      {"ts80", "36", "7", "8"},
      {"TS(2:4)", "7", "0", "0"},
      {"PR(:3)", "30", "0", "100"},
      {"PR(3:)", "70", "100", "0"},
      {"PR(3:5)", "20", "0", "0"},
  };
  Samples ten = samples({10, 9, 8, 7, 6, 5, 4, 3, 2, 1}), one = samples({7});
  Samples alike = samples({2, 2, 2, 2});
  for (const Row& row : rows) {
    EXPECT_EQ(value(ten, row.statistic), row.ten) << row.statistic;
    EXPECT_EQ(value(one, row.statistic), row.one) << row.statistic;
    EXPECT_EQ(value(alike, row.statistic), row.alike) << row.statistic;
    EXPECT_EQ(value(Samples(), row.statistic), "none") << row.statistic;
  }
}

TEST(Statistic, RefusesOtherNames) {
  for (const char* name : {"",        "sum",     "Mean",           "p",           "p101",
                           "p-1",     "p1e1",    "p1.12345678901", "tm",          "TM",
                           "TM()",    "TM(:)",   "TM(5)",          "TM(10%:90)",  "TM(90%:10%)",
                           "TM(3:3)", "TM(a:b)", "TM(1:2",         "PR(10%:90%)", "P99",
                           "pr(:3)",  "p 99",    "TM(:101%)",      "IQM "})
    EXPECT_NE(value(samples({1}), name).find("is no statistic"), std::string::npos) << name;
}

TEST(Statistic, SetsGivePercentilesOnlyWhenAllAreAlike) {
  Samples one;
  one.add(StatisticSet{1, 5, 5, 5});
  EXPECT_EQ(value(one, "p50"), "5");
  Samples alike;
  alike.add(StatisticSet{3, 15, 5, 5});
  EXPECT_EQ(value(alike, "p50"), "5");
  Samples mixed;
  mixed.add(StatisticSet{2, 10, 4, 6});
  EXPECT_EQ(value(mixed, "p50"), "none");
  EXPECT_EQ(value(mixed, "Average"), "5");
  mixed.add(7, 1);
  EXPECT_EQ(value(mixed, "p50"), "none");
  alike.merge(mixed);
  EXPECT_EQ(value(alike, "p50"), "none");
  EXPECT_EQ(value(alike, "Maximum"), "7");
  Samples later = samples({1, 2});
  later.merge(mixed);
  EXPECT_EQ(value(later, "tc99"), "none");
}

TEST(Statistic, ANegativeValueTakesPercentilesAway) {
  Samples some = samples({1, 2, -3});
  EXPECT_EQ(value(some, "p50"), "none");
  EXPECT_EQ(value(some, "Sum"), "0");
  Samples more = samples({5, 6});
  more.merge(some);
  EXPECT_EQ(value(more, "p50"), "none");
  EXPECT_EQ(value(more, "Minimum"), "-3");
}

TEST(Statistic, MergingIsAddingAll) {
  const std::vector<double> values = {3, 3, 1, 8, 0, 2.5, 8, 8, 0.25};
  for (size_t cut = 0; cut <= values.size(); ++cut) {
    Samples all, left, right;
    for (size_t i = 0; i < values.size(); ++i) {
      all.add(values[i], 1);
      (i < cut ? left : right).add(values[i], 1);
    }
    left.merge(right);
    for (const char* name :
         {"Sum", "SampleCount", "Minimum", "p50", "p90", "TM(10%:90%)", "PR(:3)"})
      EXPECT_EQ(value(left, name), value(all, name)) << name << " cut at " << cut;
  }
}

TEST(Statistic, ManyDifferentValuesAreRounded) {
  Samples many;
  for (int i = 1; i <= 100'000; ++i) many.add(i, 1);
  EXPECT_EQ(value(many, "Sum"), "5000050000");
  for (double percent : {1.0, 10.0, 50.0, 90.0, 99.0, 99.9}) {
    auto statistic = Statistic::parse("p" + std::to_string(percent)).value();
    double got = many.value(statistic).value(), exact = percent * 1000;
    EXPECT_NEAR(got / exact, 1, 0.03) << percent;
  }
  EXPECT_EQ(value(many, "p100"), "100000");
}

}  // namespace
}  // namespace cairn::monitor
