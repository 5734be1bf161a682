#include "monitor/metric_archive.h"

#include "base/stored_reader.h"
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

std::string saved(const MetricStore& store, size_t piece_bytes = MetricArchive::kPieceBytes) {
  std::string bytes;
  EXPECT_TRUE(MetricArchive::save(
                  store,
                  [&](std::string_view piece) {
                    bytes += piece;
                    return Status();
                  },
                  piece_bytes)
                  .ok());
  return bytes;
}

TEST(MetricArchive, GivesBackWhatWasSaved) {
  MetricStore before({}), after({});
  fill(before);
  ASSERT_TRUE(before.metric({"App", "Never", {}}).ok());  // without a point: not worth keeping
  std::string bytes = saved(before);
  EXPECT_EQ(bytes, saved(before, 1));
  StoredReader reader(bytes);
  ASSERT_TRUE(MetricArchive::restore(reader, after).ok());
  EXPECT_TRUE(reader.done()) << reader.fault();
  EXPECT_EQ(bytes, saved(after));
  EXPECT_EQ(after.metrics(), 2u);
  MetricRef metric = *after.find({"App", "Latency", {{"Host", "a"}}});
  Periods minute{at(1709287260), at(1709287320), 60};
  EXPECT_EQ(after.read(metric, Statistic::parse("Sum").value(), minute)[0], 25.0);
  EXPECT_EQ(after.read(metric, Statistic::parse("Sum").value(), minute, Unit::parse("None"))[0],
            7.0);
  EXPECT_EQ(after.read(metric, Statistic::parse("p99").value(), minute)[0], 12.0);
}

TEST(MetricArchive, PassesOnThatItCannotBeWritten) {
  MetricStore store({});
  fill(store);
  Status done = MetricArchive::save(
      store,
      [](std::string_view) -> Status {
        return Error{ErrorCode::kUnavailable, "full"};
      },
      1);
  EXPECT_EQ(done.error().code, ErrorCode::kUnavailable);
}

TEST(MetricArchive, LaterSamplesJoinWhatCameBack) {
  MetricStore before({}), after({}), at_once({});
  fill(before);
  std::string bytes = saved(before);
  StoredReader reader(bytes);
  ASSERT_TRUE(MetricArchive::restore(reader, after).ok());
  fill(after);
  fill(at_once);
  fill(at_once);
  EXPECT_EQ(saved(after), saved(at_once));
}

TEST(MetricArchive, ForgedBytesAreRestoredOrRefused) {
  MetricStore store({});
  fill(store);
  const std::string bytes = saved(store);
  size_t restored = 0, refused = 0;
  auto restore = [&](std::string_view forged) {
    MetricStore other({});
    StoredReader reader(forged);
    Status done = MetricArchive::restore(reader, other);
    bool whole = done.ok() && reader.done();
    ++(whole ? restored : refused);
    if (!whole) return;
    EXPECT_EQ(saved(other).size(), forged.size());  // nothing of it was passed over
    for (MetricRef metric : other.list())
      other.read(metric, Statistic::parse("p99").value(), {at(1709287200), at(1709287500), 60});
    fill(other);
    other.expire(at(1709290000));
  };
  for (size_t size = 0; size < bytes.size(); ++size)
    restore(std::string_view(bytes).substr(0, size));
  EXPECT_EQ(restored, 0u);
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int change = 1; change < 256; change += 7) {
      std::string other = bytes;
      other[at] = static_cast<char>(other[at] ^ change);
      restore(other);
    }
  }
  EXPECT_GT(restored, 100u);
  EXPECT_GT(refused, 1000u);
}

}  // namespace
}  // namespace cairn::monitor
