#include "monitor/metric_math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <sstream>

namespace cairn::monitor {
namespace {

const Timestamp kStart = *parse_event_time("2024-03-01T10:58:00Z");  // a Friday

Values read_values(const std::string& text) {
  Values values;
  std::istringstream in(text);
  for (std::string word; in >> word;)
    values.push_back(word == "-" ? std::nullopt : std::optional<double>(std::stod(word)));
  return values;
}

std::string text(std::optional<double> point) {
  if (!point) return "-";
  std::ostringstream out;
  out << *point;
  return out.str();
}

std::string text(const MathValue& value) {
  if (value.kind == MathValue::Kind::kScalar) return "S " + text(value.scalar);
  std::string all;
  for (const MathSeries& series : value.series) {
    if (!all.empty()) all += " | ";
    for (size_t i = 0; i < series.values.size(); ++i)
      all += (i > 0 ? " " : "") + text(series.values[i]);
  }
  return value.kind == MathValue::Kind::kArray ? "[" + all + "]" : all;
}

std::string evaluate(const std::string& expression,
                     const std::map<std::string, std::string>& given) {
  auto math = MetricMath::parse(expression);
  if (!math.ok()) return math.error().message;
  MathContext context;
  context.periods = {kStart, kStart + std::chrono::minutes(5), 60};
  size_t periods = given.empty() ? 5 : read_values(given.begin()->second).size();
  context.periods.to = kStart + std::chrono::minutes(static_cast<int64_t>(periods));
  context.resolve = [&](const std::string& id) -> Result<MathValue> {
    auto found = given.find(id);
    if (found == given.end()) return Error{ErrorCode::kInvalidInput, "there is no " + id};
    MathValue value{MathValue::Kind::kSeries, {}, {}};
    value.series.push_back({id, read_values(found->second)});
    return value;
  };
  context.metrics = [&]() -> Result<std::vector<MathSeries>> {
    std::vector<MathSeries> all;
    for (const auto& [id, values] : given) all.push_back({id, read_values(values)});
    return all;
  };
  context.band = [&](const MathSeries& series, double width) -> Result<std::pair<Values, Values>> {
    return std::pair(Values(series.values.size(), 10 + width),
                     Values(series.values.size(), 10 - width));
  };
  auto value = math.value().evaluate(context);
  return value.ok() ? text(value.value()) : value.error().message;
}

TEST(MetricMath, TheWorkedExamplesOfTheGuide) {
  const std::map<std::string, std::string> two = {{"metric1", "30 20 0 0"},
                                                  {"metric2", "20 - 20 -"}};
  EXPECT_EQ(evaluate("(metric1 < metric2)", two), "0 0 1 0");
  EXPECT_EQ(evaluate("(metric1 >= 30)", two), "1 0 0 0");
  EXPECT_EQ(evaluate("(metric1 > 15 AND metric2 > 15)", two), "1 0 0 0");
  const std::map<std::string, std::string> three = {
      {"m1", "1 1 0 0 -"}, {"m2", "30 - 0 0 30"}, {"m3", "0 0 20 - 20"}};
  EXPECT_EQ(evaluate("IF(m1,m2,m3)", three), "30 0 20 - -");
  EXPECT_EQ(evaluate("IF(m1,5,m3)", three), "5 5 20 - -");
  EXPECT_EQ(evaluate("IF(m1,m2,5)", three), "30 0 5 5 -");
}

TEST(MetricMath, EachFunction) {
  const std::map<std::string, std::string> given = {
      {"a", "1 2 - 4 -"}, {"b", "10 - - 40 0"}, {"c", "-1.5 2.5 0 100 7"}, {"empty", "- - - - -"}};
  const std::pair<const char*, const char*> rows[] = {
      {"1 + 2 * 3", "S 7"},
      {"(1 + 2) * 3", "S 9"},
      {"2 ^ 3 ^ 2", "S 512"},
      {"-2 ^ 2", "S -4"},
      {"2 - -1", "S 3"},
      {"1 / 0", "S -"},
      {"1 < 2 AND 3 != 3 OR 1", "S 1"},
      {"1 == 1 && 0 || 0", "S 0"},
      {"a + b", "11 2 - 44 0"},
      {"a - b", "-9 2 - -36 0"},
      {"a * 2", "2 4 - 8 -"},
      {"2 * a", "2 4 - 8 -"},
      {"10 - a", "9 8 - 6 -"},
      {"b / a", "10 0 - 10 -"},
      {"a / b", "0.1 - - 0.1 -"},
      {"-a", "-1 -2 - -4 -"},
      {"a OR b", "1 1 - 1 0"},
      {"a AND b", "1 0 - 1 0"},
      {"a <= 2", "1 1 - 0 -"},
      {"[a, b] + 1", "[2 3 - 5 - | 11 - - 41 1]"},
      {"[a, b] * a", "[1 4 - 16 - | 10 0 - 160 0]"},
      {"[a, b] + [b, a]", "[11 2 - 44 0 | 11 2 - 44 0]"},
      {"ABS(c)", "1.5 2.5 0 100 7"},
      {"CEIL(c)", "-1 3 0 100 7"},
      {"FLOOR(c)", "-2 2 0 100 7"},
      {"LOG10(c)", "- 0.39794 - 2 0.845098"},
      {"LOG(1)", "S 0"},
      {"AVG(a)", "S 2.33333"},
      {"SUM(a)", "S 7"},
      {"MIN(c)", "S -1.5"},
      {"MAX(c)", "S 100"},
      {"STDDEV(a)", "S 1.24722"},
      {"DATAPOINT_COUNT(a)", "S 3"},
      {"AVG(empty)", "S -"},
      {"DATAPOINT_COUNT(empty)", "S 0"},
      {"a / AVG(empty)", "- - - - -"},
      {"AVG([a, b])", "5.5 2 - 22 0"},
      {"SUM([a, b, c])", "9.5 4.5 0 144 7"},
      {"MAX([a, b])", "10 2 - 40 0"},
      {"DATAPOINT_COUNT([a, b])", "2 1 - 2 1"},
      {"METRIC_COUNT(METRICS())", "S 4"},
      {"METRICS(\"mpt\")", "[- - - - -]"},
      {"METRIC_COUNT(REMOVE_EMPTY(METRICS()))", "S 3"},
      {"FIRST([a, b])", "1 2 - 4 -"},
      {"LAST([a, b])", "10 - - 40 0"},
      {"SLICE([a, b, c], 1)", "10 - - 40 0"},
      {"SLICE([a, b, c], 0, 2)", "[1 2 - 4 - | 10 - - 40 0]"},
      {"SORT([a, b, c], SUM, DESC, 1)", "[-1.5 2.5 0 100 7]"},
      {"SORT([c, a, empty, b], MIN, ASC, 2)", "[-1.5 2.5 0 100 7 | 10 - - 40 0]"},
      {"DIFF(a)", "- 1 - 2 -"},
      {"DIFF_TIME(a)", "- 60 - 120 -"},
      {"RATE(a) * 60", "- 1 - 1 -"},
      {"RUNNING_SUM(a)", "1 3 - 7 -"},
      {"PERIOD(a)", "S 60"},
      {"MINUTE(c)", "58 59 0 1 2"},
      {"HOUR(a)", "10 10 - 11 -"},
      {"DAY(a)", "5 5 - 5 -"},
      {"DATE(a)", "1 1 - 1 -"},
      {"MONTH(a)", "3 3 - 3 -"},
      {"YEAR(a) - 2000", "24 24 - 24 -"},
      {"EPOCH(a) - 1709290680", "0 60 - 180 -"},
      {"FILL(a, 0)", "1 2 0 4 0"},
      {"FILL(a, REPEAT)", "1 2 2 4 4"},
      {"FILL(a, LINEAR)", "1 2 3 4 4"},
      {"FILL(b, LINEAR)", "10 20 30 40 0"},
      {"FILL(a, b)", "1 2 - 4 0"},
      {"FILL(empty, REPEAT)", "- - - - -"},
      {"FILL(empty, LINEAR)", "- - - - -"},
      {"FILL([a, b], 7)", "[1 2 7 4 7 | 10 7 7 40 0]"},
      {"TIME_SERIES(3)", "3 3 3 3 3"},
      {"IF(1, a, b)", "1 2 0 4 0"},
      {"IF(a > 1, c)", "- 2.5 - 100 -"},
      {"IF(0, 1, 2)", "S 2"},
      {"ANOMALY_DETECTION_BAND(a)", "[12 12 12 12 12 | 8 8 8 8 8]"},
      {"FIRST(ANOMALY_DETECTION_BAND(a, 3))", "13 13 13 13 13"},
      {"LAST(ANOMALY_DETECTION_BAND(a))", "8 8 8 8 8"},
  };
  for (auto [expression, expected] : rows)
    EXPECT_EQ(evaluate(expression, given), expected) << expression;
}

TEST(MetricMath, TellsWhereAnExpressionIsWrong) {
  const std::map<std::string, std::string> given = {{"a", "1 2"}};
  const std::pair<std::string, const char*> rows[] = {
      {"", "character 1: expected a value"},
      {"a +", "character 4: expected a value"},
      {"a b", "character 3: expected an operator or the end"},
      {"(a", "character 3: expected \")\""},
      {"[a", "character 3: expected \",\""},
      {"[]", "character 1: an array holds at least one"},
      {"a $ b", "character 3: expected an operator"},
      {"$", "character 1: did not expect"},
      {"NOSUCH(a)", "character 1: there is no function NOSUCH"},
      {"Upper", "character 1: Upper is neither an id"},
      {"AVG()", "character 1: AVG takes 1 argument"},
      {"IF(a)", "character 1: IF takes 2 or 3 arguments"},
      {"METRICS('x", "the text has no end"},
      {"1e999", "character 1: no number"},
      {std::string(200, '(') + "a", "nested too deep"},
      {std::string(200, '-') + "a", "nested too deep"},
      {std::string(3000, ' ') + "a", "longer than 2048"},
      {"AVG(1)", "character 1: AVG takes series"},
      {"SLICE(a, a)", "character 10: expected a number"},
      {"SORT(a, ASC, ASC)", "SORT goes by"},
      {"SORT(a, AVG, MAX)", "SORT goes ASC or DESC"},
      {"[a, 1]", "character 5: an array holds series"},
      {"[a, a] + [a]", "different length"},
      {"IF([a], 1)", "the condition of IF is a list"},
      {"METRICS(a)", "METRICS takes a text"},
      {"AVG + 1", "no value"},
      {"'x' + 1", "no value"},
      {"SEARCH('{x}', 'Sum')", "works in dashboards"},
      {"SERVICE_QUOTA(a)", "needs AWS"},
      {"other", "there is no other"},
      {"ANOMALY_DETECTION_BAND(a, 0)", "not above 0"},
  };
  for (const auto& [expression, part] : rows)
    EXPECT_NE(evaluate(expression, given).find(part), std::string::npos)
        << expression << ": " << evaluate(expression, given);
}

TEST(MetricMath, KnowsItsIds) {
  auto math = MetricMath::parse("a + AVG([b, a]) * c2").value();
  EXPECT_EQ(math.ids(), (std::vector<std::string>{"a", "b", "c2"}));
  EXPECT_FALSE(math.looks_at_time());
  EXPECT_FALSE(math.band_of().has_value());
  auto band = MetricMath::parse("ANOMALY_DETECTION_BAND(m1, 2)").value();
  EXPECT_EQ(band.band_of(), "m1");
  EXPECT_TRUE(MetricMath::parse("IF(HOUR(a) < 6, a)").value().looks_at_time());
}

}  // namespace
}  // namespace cairn::monitor
