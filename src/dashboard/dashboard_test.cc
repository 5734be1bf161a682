#include "dashboard/dashboard.h"

#include "formats/json_tree.h"

#include <gtest/gtest.h>

namespace cairn::dashboard {
namespace {

using std::chrono::seconds;

constexpr Timestamp kStart{seconds(1'700'000'400)};  // a multiple of 300

// The store has N/M: 1 in the first minute, 2 in the second …; N/M with D=x: 10 in each.
class Page {
 public:
  Page() : store_({}) {
    for (int i = 0; i < 20; ++i) {
      add({"N", "M", {}}, i, i + 1);
      add({"N", "M", {{"D", "x"}}}, i, 10);
    }
    sources_.store = &store_;
    sources_.band =
        [](const monitor::MetricStat&, double width,
           const monitor::Periods& periods) -> Result<std::pair<monitor::Values, monitor::Values>> {
      return std::pair(monitor::Values(periods.count(), 5 + width),
                       monitor::Values(periods.count(), 5 - width));
    };
    sources_.alarm = [](const std::string& name) -> std::optional<AlarmView> {
      if (name != "A") return std::nullopt;
      AlarmView view;
      view.name = name;
      view.state = "ALARM";
      view.since = kStart;
      return view;
    };
    sources_.table = [](const std::string& query) -> Result<Table> {
      return Table{{"q"}, {{query}}};
    };
    sources_.first = kStart;
    sources_.last = kStart + seconds(20 * 60);
  }

  // The widget's data, from `key` on; or what parse() says.
  std::string of(const std::string& widget, const std::string& key) {
    auto dashboard = Dashboard::parse(R"({"start":"-PT15M","widgets":[)" + widget + "]}");
    if (!dashboard.ok()) return dashboard.error().message;
    std::string json = dashboard.value().data(sources_);
    JsonTree tree;
    EXPECT_TRUE(tree.parse(json).ok()) << json;
    // Not among the properties, which are there as written.
    size_t begin = key == "properties" ? 0 : json.find("\"properties\":") + widget.size() - 25;
    size_t found = json.find("\"" + key + "\":", begin);
    return found == std::string::npos ? "no " + key : json.substr(found, json.size() - found - 3);
  }

 private:
  void add(monitor::MetricId id, int minute, double value) {
    auto metric = store_.metric(std::move(id));
    ASSERT_TRUE(metric.ok());
    ASSERT_TRUE(store_.add(metric.value(), kStart + seconds(60 * minute), value).ok());
  }

  monitor::MetricStore store_;
  Sources sources_;
};

TEST(Dashboard, DrawsWidgets) {
  Page page;
  struct Row {
    std::string properties, key, data;
  };
  const Row rows[] = {
      {R"("metrics":[["N","M"]],"stat":"Sum")", "series",
       R"("series":[{"label":"M","color":"","statistic":"Sum","right":false,"visible":true,)"
       R"("values":[40,65,90],"whole":195}])"},
      {R"("metrics":["N","M"],"stat":"Maximum")", "values", R"("values":[10,15,20]}])"},
      {R"("metrics":[["N","M",{"visible":false,"id":"a"}],[".",".","D","x",{"stat":"Sum","label":"l",)"
       R"("yAxis":"right","color":"#ff0000"}]])",
       "label",
       R"("label":"M","color":"","statistic":"Average","right":false,"visible":false,)"
       R"("values":[8,13,18]},{"label":"l","color":"#ff0000","statistic":"Sum",)"
       R"("right":true,"visible":true,"values":[50,50,50],"whole":150}])"},
      {R"("metrics":[["N","M","D","x"],["...","y"]])", "series",
       R"("series":[{"label":"M","color":"","statistic":"Average","right":false,"visible":true,)"
       R"("values":[10,10,10]},{"label":"M","color":"","statistic":"Average",)"
       R"("right":false,"visible":true,"values":[null,null,null]}])"},
      {R"("stat":"Sum","metrics":[["N","M",{"id":"m"}],[{"expression":"m*2","label":"twice"}],)"
       R"x([{"expression":"ANOMALY_DETECTION_BAND(m, 3)"}]])x",
       "whole",
       R"("whole":195},{"label":"twice","color":"","statistic":"","right":false,"visible":true,)"
       R"x("values":[80,130,180]},{"label":"ANOMALY_DETECTION_BAND(m, 3)","color":"",)x"
       R"("statistic":"","right":false,"visible":true,"upper":[8,8,8],"lower":[2,2,2]}])"},
      {R"("metrics":[[{"expression":"m9"}]])", "problem",
       R"("problem":"expression cairn0: there is no metric m9")"},
      {R"("metrics":[[".","M"]])", "problem", R"("problem":"\".\" without a metric before")"},
      {R"("metrics":[["N","M","D"]])", "problem",
       R"("problem":"a metric is a namespace, a name, and pairs of dimension and value")"},
      {R"("title":"x")", "problem",
       R"("problem":"a metric widget has metrics, or annotations.alarms")"},
      {R"("annotations":{"alarms":["arn:aws:cloudwatch:r:1:alarm:A"]})", "alarms",
       R"("alarms":[{"name":"A","state":"ALARM","reason":"","description":"","since":1700000400,)"
       R"("raised":0,"changes":[],"evidence":[]}])"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(page.of(R"({"type":"metric","properties":{)" + row.properties + "}}", row.key),
              row.data)
        << row.properties;
  }
  EXPECT_EQ(page.of(R"({"type":"log","properties":{"query":"SOURCE 'x' | limit 1"}})", "columns"),
            R"("columns":["q"],"rows":[["SOURCE 'x' | limit 1"]])");
  EXPECT_EQ(
      page.of(R"({"type":"alarm","properties":{"alarms":["arn:a:b:c:d:alarm:Gone"]}})", "alarms"),
      R"("alarms":[{"name":"Gone"}])");
  EXPECT_EQ(page.of(R"({"type":"text","properties":{"markdown":"</script><b>"}})", "properties"),
            R"("properties":{"markdown":"\u003c/script>\u003cb>"})");
  EXPECT_EQ(page.of(R"({"type":"explorer","properties":{}})", "problem"),
            R"("problem":"explorer widgets need AWS")");
}

TEST(Dashboard, RefusesWhatAwsRefuses) {
  for (const char* body : {"", "{}", R"({"widgets":1})", R"({"widgets":[1]})",
                           R"({"widgets":[{"type":"x"}]})", R"({"widgets":[{"type":"text"}]})",
                           R"({"widgets":[{"type":"text","x":24,"properties":{}}]})",
                           R"({"widgets":[{"type":"text","width":0,"properties":{}}]})"})
    EXPECT_FALSE(Dashboard::parse(body).ok()) << body;
  EXPECT_FALSE(Dashboard::parse(std::string(1 << 20, '[')).ok());
}

TEST(Dashboard, ShowsItsStretchOfTheData) {
  auto range = [](const char* top) {
    auto dashboard = Dashboard::parse("{" + std::string(top) + R"("widgets":[]})");
    auto [from, to] = dashboard.value().range(kStart, kStart + std::chrono::hours(48));
    return std::pair((from - kStart) / seconds(60), (to - kStart) / seconds(60));
  };
  using Pair = std::pair<int64_t, int64_t>;
  EXPECT_EQ(range(""), (Pair{45 * 60, 48 * 60}));
  EXPECT_EQ(range(R"("start":"-P1D",)"), (Pair{24 * 60, 48 * 60}));
  EXPECT_EQ(range(R"("start":"-PT30M",)"), (Pair{48 * 60 - 30, 48 * 60}));
  EXPECT_EQ(range(R"("start":"-P3M",)"), (Pair{0, 48 * 60}));
  EXPECT_EQ(range(R"("start":"-P1X",)"), (Pair{45 * 60, 48 * 60}));
}

}  // namespace
}  // namespace cairn::dashboard
