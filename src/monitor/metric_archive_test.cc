#include "monitor/metric_archive.h"

#include "base/pack.h"
#include "monitor/metric_input.h"

#include <gtest/gtest.h>

namespace cairn::monitor {
namespace {

constexpr std::string_view kRequest = R"({"Namespace": "App", "MetricData": [
  {"MetricName": "Latency", "Dimensions": [{"Name": "Host", "Value": "a"}], "Timestamp": 1709287260,
   "Values": [1, 12, 0.5], "Counts": [5, 1, 2], "Unit": "Seconds"},
  {"MetricName": "Latency", "Dimensions": [{"Name": "Host", "Value": "a"}], "Timestamp": 1709287260,
   "Value": 7},
  {"MetricName": "Latency", "Timestamp": "2024-03-01T10:02:00Z", "StorageResolution": 1,
   "StatisticValues": {"SampleCount": 2, "Sum": 4, "Minimum": 1, "Maximum": 3}}]})";

Timestamp at(int64_t seconds) { return Timestamp(std::chrono::seconds(seconds)); }

void fill(MetricStore& store) {
  auto data = parse_metric_data(kRequest, at(1709290000));
  ASSERT_TRUE(data.ok()) << data.error().message;
  ASSERT_EQ(data.value().size(), 3u);
  for (const MetricDatum& datum : data.value()) {
    auto metric = store.metric(datum.metric);
    ASSERT_TRUE(metric.ok());
    ASSERT_TRUE(
        store.add(metric.value(), datum.time, datum.samples, datum.unit, datum.high_resolution)
            .ok());
  }
}

TEST(MetricArchive, GivesBackWhatWasSaved) {
  MetricStore before({}), after({});
  fill(before);
  std::string bytes, again;
  MetricArchive::save(before, bytes);
  PackReader reader(bytes);
  ASSERT_TRUE(MetricArchive::restore(reader, after).ok());
  EXPECT_TRUE(reader.at_end());
  MetricArchive::save(after, again);
  EXPECT_EQ(bytes, again);
  EXPECT_EQ(after.metrics(), 2u);
  MetricRef metric = *after.find({"App", "Latency", {{"Host", "a"}}});
  Periods minute{at(1709287260), at(1709287320), 60};
  EXPECT_EQ(after.read(metric, Statistic::parse("Sum").value(), minute)[0], 25.0);
  EXPECT_EQ(after.read(metric, Statistic::parse("Sum").value(), minute, Unit::parse("None"))[0],
            7.0);
  EXPECT_EQ(after.read(metric, Statistic::parse("p99").value(), minute)[0], 12.0);
}

}  // namespace
}  // namespace cairn::monitor
