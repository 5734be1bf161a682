#include "monitor/metric_filter.h"

#include <gtest/gtest.h>

#include <cmath>

namespace cairn::monitor {
namespace {

const Timestamp kStart = *parse_event_time("2024-03-01T10:00:00Z");
Timestamp at(int64_t seconds) { return kStart + std::chrono::seconds(seconds); }

Result<MetricFilter> parse(const std::string& properties) {
  JsonTree tree;
  TRY(tree.parse(properties));
  return MetricFilter::parse(tree, 0);
}

std::string properties(const std::string& pattern, const std::string& more) {
  return R"({"FilterPattern":")" + pattern +
         R"(","MetricTransformations":[{"MetricNamespace":"N","MetricName":"M",)" + more + "}]}";
}

/// The events go through the filter as they come; what the metric has then.
struct Emission {
  MetricStore store{{}};
  std::vector<MetricFilter> filters;
  MinuteLog minutes{1};
  rules::LogEvent event;

  void take(int64_t second, const std::string& text) {
    event.set(text);
    minutes.saw(at(second));
    if (!filters[0].matches(event)) return;
    minutes.matched(0, at(second));
    auto sample = filters[0].sample(event);
    if (!sample) return;
    MetricId id = filters[0].metric();
    id.dimensions = sample->dimensions;
    EXPECT_TRUE(
        store.add(store.metric(id).value(), at(second), sample->value, 1, filters[0].unit()).ok());
  }
  std::string read(const char* statistic, std::vector<Dimension> dimensions = {}) {
    auto ref = store.find({"N", "M", std::move(dimensions)});
    if (!ref) return "none";
    std::string text;
    for (auto value : store.read(*ref, Statistic::parse(statistic).value(), {at(0), at(240), 60})) {
      if (!text.empty()) text += ' ';
      text += value ? std::to_string(static_cast<int>(std::lround(*value))) : "-";
    }
    return text;
  }
};

TEST(MetricFilter, EmitsAsTheGuideSays) {
  struct Row {
    const char* name;
    std::string properties;
    const char *sum, *count;
  };
  // Events: minute 0: two errors and another; minute 1: another only; minute 2: none; minute 3: one
  // error that has no number.
  const std::string json = "{ $.kind = error }";
  const Row rows[] = {
      {"each match counts, no default", properties(json, R"("MetricValue":"1")"), "2 - - 1",
       "2 - - 1"},
      {"default for minutes with events but no match, none for silent ones",
       properties(json, R"("MetricValue":"1","DefaultValue":0)"), "2 0 - 1", "2 1 - 1"},
      {"a default that is not 0 comes once",
       properties(json, R"("MetricValue":"1","DefaultValue":"5")"), "2 5 - 1", "2 1 - 1"},
      {"a value of the event; without a number, no sample and no default",
       properties(json, R"("MetricValue":"$.size","DefaultValue":0)"), "30 0 - -", "2 1 - -"},
      {"a number text may have an exponent", properties(json, R"("MetricValue":"1e1")"),
       "20 - - 10", "2 - - 1"},
      {"nothing matches", properties("{ $.kind = none }", R"("MetricValue":"1","DefaultValue":0)"),
       "0 0 - 0", "1 1 - 1"},
      {"everything matches", properties("", R"("MetricValue":1,"DefaultValue":0)"), "3 1 - 1",
       "3 1 - 1"},
  };
  for (const Row& row : rows) {
    Emission emission;
    auto filter = parse(row.properties);
    ASSERT_TRUE(filter.ok()) << row.name << ": " << filter.error().message;
    emission.filters.push_back(std::move(filter).value());
    emission.take(5, R"({"kind":"error","size":10})");
    emission.take(6, R"({"kind":"other","size":7})");
    emission.take(7, R"({"kind":"error","size":"20"})");
    emission.take(65, R"({"kind":"other"})");
    emission.take(185, R"({"kind":"error","size":"many"})");
    ASSERT_TRUE(emission.minutes.add_defaults(emission.filters, at(240), emission.store).ok());
    EXPECT_EQ(emission.read("Sum"), row.sum) << row.name;
    EXPECT_EQ(emission.read("SampleCount"), row.count) << row.name;
  }
}

TEST(MetricFilter, DimensionsMakeMetricsOfTheirOwn) {
  Emission emission;
  emission.filters.push_back(
      parse(properties("{ $.kind = error }",
                       R"("MetricValue":"1","Dimensions":[{"Key":"Who","Value":"$.who"}])"))
          .value());
  emission.take(0, R"({"kind":"error","who":"a"})");
  emission.take(61, R"({"kind":"error","who":"b"})");
  emission.take(62, R"({"kind":"error","who":"b"})");
  emission.take(63, R"({"kind":"error"})");                     // publishes nothing
  emission.take(64, R"({"kind":"error","who":{"name":"b"}})");  // nor does this
  emission.take(65, R"({"kind":"error","who":"caf\u00e9"})");   // nor what no dimension may be
  emission.take(66, R"({"kind":"error","who":"b\u0000c"})");
  EXPECT_EQ(emission.read("Sum", {{"Who", "a"}}), "1 - - -");
  EXPECT_EQ(emission.read("Sum", {{"Who", "b"}}), "- 2 - -");
  EXPECT_EQ(emission.read("Sum"), "none");
}

TEST(MetricFilter, FieldsOfLines) {
  Emission emission;
  emission.filters.push_back(
      parse(
          properties(
              "[host, , status = 5*, bytes]",
              R"("MetricValue":"$bytes","Unit":"Bytes","Dimensions":[{"Key":"H","Value":"$host"},{"Key":"T","Value":"$2"}])"))
          .value());
  emission.take(0, "a x 503 100");
  emission.take(1, "a x 200 100");
  emission.take(2, "a x 500 -");
  EXPECT_EQ(emission.read("Sum", {{"H", "a"}, {"T", "x"}}), "100 - - -");
}

TEST(MetricFilter, RefusesWhatAwsRefuses) {
  const std::string json = "{ $.a = 1 }";
  const std::pair<std::string, const char*> rows[] = {
      {R"([])", "a metric filter is an object"},
      {R"({"MetricTransformations":[]})", "FilterPattern is missing"},
      {R"({"FilterPattern":"x","MetricTransformations":[]})", "exactly one"},
      {R"({"FilterPattern":"x","MetricTransformations":[{},{}]})", "exactly one"},
      {R"({"FilterPattern":"{ $.a }","MetricTransformations":[{}]})", "FilterPattern column"},
      {R"({"FilterPattern":"x","FilterName":"a:b","MetricTransformations":[{}]})", "FilterName"},
      {R"({"FilterPattern":"x","MetricTransformations":[{"MetricName":"M","MetricValue":"1"}]})",
       "MetricNamespace is missing"},
      {R"({"FilterPattern":"x","MetricTransformations":[{"MetricName":"M*","MetricNamespace":"N","MetricValue":"1"}]})",
       "MetricName must not have"},
      {properties(json, R"("Unit":"None")"), "MetricValue is missing"},
      {properties(json, R"("MetricValue":"many")"), "neither a number nor a field"},
      {properties(json, R"("MetricValue":"nan")"), "neither a number nor a field"},
      {properties(json, R"("MetricValue":"$x")"), "names a field of a line"},
      {properties("x", R"("MetricValue":"$.x")"), "names a field of JSON"},
      {properties(json, R"("MetricValue":"1","Unit":"Pounds")"), "Unit is no unit"},
      {properties(json, R"("MetricValue":"1","DefaultValue":"x")"), "DefaultValue is no number"},
      {properties(json, R"("MetricValue":"1","DefaultValue":1e300)"), "DefaultValue is beyond"},
      {properties(
           json,
           R"("MetricValue":"1","Dimensions":[{"Key":"a","Value":"$.a"},{"Key":"a","Value":"$.b"}])"),
       "Dimensions have a twice"},
      {properties(json,
                  R"("MetricValue":"1","DefaultValue":0,"Dimensions":[{"Key":"a","Value":"$.a"}])"),
       "DefaultValue cannot stand beside Dimensions"},
      {properties(
           json,
           R"("MetricValue":"1","Dimensions":[{"Key":"a","Value":"$.a"},{"Key":"b","Value":"$.b"},{"Key":"c","Value":"$.c"},{"Key":"d","Value":"$.d"}])"),
       "more than 3"},
      {R"({"FilterPattern":"x","EmitSystemFieldDimensions":["@aws.account"],"MetricTransformations":[{}]})",
       "is not done here"},
  };
  for (const auto& [text, part] : rows) {
    auto filter = parse(text);
    ASSERT_FALSE(filter.ok()) << text;
    EXPECT_NE(filter.error().message.find(part), std::string::npos) << filter.error().message;
  }
}

}  // namespace
}  // namespace cairn::monitor
