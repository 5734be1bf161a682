#include "dashboard/dashboard.h"

#include "base/text.h"
#include "dashboard/insights.h"
#include "formats/json_tree.h"
#include "formats/json_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>

namespace cairn::dashboard {

namespace {

using Kind = JsonTree::Kind;
using monitor::MathValue;
using monitor::MetricQuery;
using monitor::Periods;

constexpr std::array<std::string_view, 6> kTypes = {"metric", "text",     "log",
                                                    "alarm",  "explorer", "custom"};

Error invalid(std::string message) { return {ErrorCode::kInvalidInput, std::move(message)}; }

std::optional<double> number(std::string_view text) {
  double value = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

// Reads members of one object.
class Members {
 public:
  Members(const JsonTree& tree, uint32_t node) : tree_(tree), node_(node) {}

  uint32_t node(std::string_view name) const {
    return tree_[node_].kind == Kind::kObject ? tree_.find(node_, name) : 0;
  }
  std::string text(std::string_view name, std::string_view otherwise = "") const {
    uint32_t found = node(name);
    return std::string(found != 0 && tree_[found].is_string() ? tree_[found].text : otherwise);
  }
  bool truth(std::string_view name, bool otherwise = false) const {
    uint32_t found = node(name);
    return found == 0 ? otherwise : tree_[found].kind == Kind::kTrue;
  }
  std::optional<double> amount(std::string_view name) const {
    uint32_t found = node(name);
    return found == 0 || !tree_[found].is_number() ? std::nullopt : number(tree_[found].text);
  }

 private:
  const JsonTree& tree_;
  uint32_t node_;
};

uint32_t period_of(std::optional<double> wanted, uint32_t otherwise) {
  if (!wanted || *wanted < 1 || *wanted > 86'400 * 30) return otherwise;
  return static_cast<uint32_t>(*wanted);
}

std::string alarm_name(std::string_view arn) {
  size_t mark = arn.find(":alarm:");
  return std::string(mark == std::string_view::npos ? arn : arn.substr(mark + 7));
}

/// Reads `metrics` of a metric widget: rows in CloudWatch's shorthand.
class RowReader {
 public:
  RowReader(const JsonTree& tree, const Members& properties, Widget& widget)
      : tree_(tree), widget_(widget), statistic_(properties.text("stat", "Average")) {}

  Status read(uint32_t list) {
    // Some exports hold one metric without its own brackets.
    if (tree_[list].next > list + 1 && tree_[list + 1].is_string()) return row(list);
    for (uint32_t i = list + 1; i < tree_[list].next; i = tree_[i].next) {
      if (widget_.series.size() == Dashboard::kMetricsLimit)
        return invalid("more than 500 metrics in one widget");
      if (tree_[i].kind != Kind::kArray) return invalid("a metric must be a list");
      TRY(row(i));
    }
    return widget_.queries.check();
  }

 private:
  Status row(uint32_t list) {
    std::vector<std::string> tokens;
    uint32_t options = list;  // no object: no members
    for (uint32_t i = list + 1; i < tree_[list].next; i = tree_[i].next) {
      if (tree_[i].kind == Kind::kObject) {
        options = i;
      } else if (tree_[i].is_string() || tree_[i].is_number()) {
        tokens.emplace_back(tree_[i].text);
      } else {
        return invalid("a metric holds texts, and an object at its end");
      }
    }
    Members members(tree_, options);
    MetricQuery query;
    WidgetSeries series;
    query.id = members.text("id", "cairn" + std::to_string(widget_.series.size()));
    std::string expression = members.text("expression");
    series.label = members.text("label");
    if (!expression.empty()) {
      TRY_ASSIGN(query.expression, monitor::MetricMath::parse(expression));
      if (series.label.empty()) series.label = expression;
    } else {
      TRY(expand(tokens));
      TRY_ASSIGN(query.stat, stat_of(members));
      if (series.label.empty()) series.label = last_[1];
      series.statistic = query.stat->statistic.text();
    }
    series.id = query.id;
    series.colour = members.text("color");
    series.right = members.text("yAxis") == "right";
    series.visible = members.truth("visible", true);
    TRY(widget_.queries.add(std::move(query)));
    widget_.series.push_back(std::move(series));
    return {};
  }

  // "." is what stood here in the row before, "..." all of it up to what follows.
  Status expand(std::vector<std::string>& tokens) {
    if (!tokens.empty() && tokens[0] == "...") {
      size_t own = tokens.size() - 1;
      if (own > last_.size()) return invalid("\"...\" without a longer metric before");
      std::vector<std::string> whole(last_.begin(), last_.end() - static_cast<ptrdiff_t>(own));
      whole.insert(whole.end(), tokens.begin() + 1, tokens.end());
      tokens = std::move(whole);
    }
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i] != ".") continue;
      if (i >= last_.size()) return invalid("\".\" without a metric before");
      tokens[i] = last_[i];
    }
    if (tokens.size() < 2 || tokens.size() % 2 != 0)
      return invalid("a metric is a namespace, a name, and pairs of dimension and value");
    last_ = std::move(tokens);
    return {};
  }

  Result<monitor::MetricStat> stat_of(const Members& members) const {
    monitor::MetricStat stat;
    stat.metric.space = last_[0];
    stat.metric.name = last_[1];
    for (size_t i = 2; i + 1 < last_.size(); i += 2)
      stat.metric.dimensions.push_back({last_[i], last_[i + 1]});
    TRY_ASSIGN(stat.statistic, monitor::Statistic::parse(members.text("stat", statistic_)));
    stat.period_seconds = period_of(members.amount("period"), widget_.period_seconds);
    return stat;
  }

  const JsonTree& tree_;
  Widget& widget_;
  std::string statistic_;
  std::vector<std::string> last_;
};

Status read_alarms(const JsonTree& tree, uint32_t list, Widget& widget) {
  if (list == 0 || tree[list].kind != Kind::kArray) return invalid("alarms must be a list of ARNs");
  for (uint32_t i = list + 1; i < tree[list].next; i = tree[i].next)
    widget.alarms.push_back(alarm_name(tree[i].text));
  return {};
}

Status read_metric(const JsonTree& tree, const Members& properties, Widget& widget) {
  widget.period_seconds = period_of(properties.amount("period"), 300);
  widget.whole_range = properties.truth("setPeriodToTimeRange");
  uint32_t metrics = properties.node("metrics");
  if (metrics != 0 && tree[metrics].kind == Kind::kArray)
    return RowReader(tree, properties, widget).read(metrics);
  uint32_t annotations = properties.node("annotations");
  uint32_t alarms = annotations == 0 ? 0 : tree.find(annotations, "alarms");
  if (alarms == 0) return invalid("a metric widget has metrics, or annotations.alarms");
  return read_alarms(tree, alarms, widget);
}

std::string text_at(std::string_view body, const JsonTree& tree, uint32_t node) {
  // A value ends before the comma or bracket behind it: cut at what closes it.
  size_t begin = tree[node].offset, depth = 0;
  bool inside = false;
  for (size_t i = begin; i < body.size(); ++i) {
    char c = body[i];
    if (inside) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        inside = false;
      }
      continue;
    }
    if (c == '"') inside = true;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0)
      return std::string(body.substr(begin, i + 1 - begin));
  }
  return "{}";
}

/// "PT3H", "P7D": what a dashboard's start takes off.
std::optional<Duration> relative(std::string_view text) {
  if (!text.starts_with("-P")) return std::nullopt;
  text.remove_prefix(2);
  bool time = false;
  Duration sum{};
  std::string digits;
  for (char c : text) {
    if (is_digit(c)) {
      digits += c;
      continue;
    }
    if (c == 'T') {
      time = true;
      continue;
    }
    auto amount = number(digits);
    if (!amount || *amount > 100'000) return std::nullopt;
    digits.clear();
    int64_t seconds = c == 'D'   ? 86'400
                      : c == 'W' ? 7 * 86'400
                      : c == 'H' ? 3'600
                      : c == 'M' ? (time ? 60 : 30 * 86'400)
                      : c == 'S' ? 1
                                 : 0;
    if (seconds == 0) return std::nullopt;
    sum += std::chrono::seconds(seconds * static_cast<int64_t>(*amount));
  }
  return sum;
}

double seconds_of(Timestamp time) {
  return static_cast<double>(time.time_since_epoch().count()) / 1000;
}

void write_values(JsonWriter& json, const monitor::Values& values) {
  json.begin_array();
  for (const auto& value : values) {
    if (value && std::isfinite(*value)) {
      json.value(*value);
    } else {
      json.null();
    }
  }
  json.end_array();
}

monitor::Values values_of(const MathValue& value, size_t periods, size_t which = 0) {
  if (value.kind == MathValue::Kind::kScalar) return monitor::Values(periods, value.scalar);
  return which < value.series.size() ? value.series[which].values : monitor::Values(periods);
}

/// Writes one widget.
class WidgetWriter {
 public:
  WidgetWriter(const Sources& sources, Timestamp from, Timestamp to, JsonWriter& json)
      : sources_(sources), from_(from), to_(to), json_(json) {}

  void write(const Widget& widget) {
    json_.begin_object()
        .member("type", widget.type)
        .member("title", widget.title)
        .member("x", widget.x)
        .member("y", widget.y)
        .member("width", widget.width)
        .member("height", widget.height);
    json_.key("properties").raw(widget.properties);
    std::string problem = widget.problem;
    if (problem.empty() && widget.type == "metric") metric(widget);
    if (problem.empty() && widget.type == "log") problem = log(widget);
    if (!widget.alarms.empty() || widget.type == "alarm") alarms(widget);
    if (!problem.empty()) json_.member("problem", problem);
    json_.end_object();
  }

 private:
  Periods periods_of(uint32_t seconds) const {
    Periods periods{from_, to_, seconds};
    periods = periods.align();
    // The period that the newest data is in belongs to the picture.
    if (periods.to < to_) periods.to += std::chrono::seconds(seconds);
    return periods;
  }

  void metric(const Widget& widget) {
    uint32_t period = widget.period_seconds;
    for (const MetricQuery& query : widget.queries.queries()) {
      if (query.stat) period = std::max(period, query.stat->period_seconds);
    }
    Periods periods = periods_of(period);
    while (periods.count() > Dashboard::kPointsLimit) periods = periods_of(period *= 2);
    json_.member("start", seconds_of(periods.from))
        .member("period", static_cast<uint64_t>(period))
        .member("count", static_cast<uint64_t>(periods.count()))
        .member("wholeRange", widget.whole_range);
    auto span = std::chrono::duration_cast<std::chrono::seconds>(periods.to - periods.from).count();
    Periods whole{periods.from, periods.to, static_cast<uint32_t>(std::max<int64_t>(span, 1))};
    json_.key("series").begin_array();
    for (const WidgetSeries& series : widget.series) one(widget, series, periods, whole);
    json_.end_array();
  }

  void one(const Widget& widget, const WidgetSeries& series, const Periods& periods,
           const Periods& whole) {
    auto evaluate = [&](const Periods& over) {
      return widget.queries.evaluate(series.id, over, *sources_.store,
                                     [&](const monitor::MetricStat& stat, double width) {
                                       return sources_.band(stat, width, over);
                                     });
    };
    json_.begin_object()
        .member("label", series.label)
        .member("color", series.colour)
        .member("statistic", series.statistic)
        .member("right", series.right)
        .member("visible", series.visible);
    auto value = evaluate(periods);
    if (!value.ok()) {
      json_.member("problem", value.error().message).end_object();
      return;
    }
    const MetricQuery* query = widget.queries.find(series.id);
    bool band = query != nullptr && query->expression && query->expression->band_of();
    if (band && value.value().series.size() == 2) {
      json_.key("upper");
      write_values(json_, values_of(value.value(), periods.count(), 0));
      json_.key("lower");
      write_values(json_, values_of(value.value(), periods.count(), 1));
      json_.end_object();
      return;
    }
    json_.key("values");
    write_values(json_, values_of(value.value(), periods.count()));
    if (!widget.whole_range && series.statistic != "Sum") {  // the page shows its newest value
      json_.end_object();
      return;
    }
    auto total = evaluate(whole);
    json_.key("whole");
    monitor::Values all = total.ok() ? values_of(total.value(), 1) : monitor::Values(1);
    all.empty() || !all[0] ? json_.null() : json_.value(*all[0]);
    json_.end_object();
  }

  std::string log(const Widget& widget) {
    auto table = sources_.table(widget.query);
    if (!table.ok()) return table.error().message;
    json_.key("columns").begin_array();
    for (const std::string& column : table.value().columns) json_.value(column);
    json_.end_array().key("rows").begin_array();
    for (const auto& row : table.value().rows) {
      json_.begin_array();
      for (const std::string& cell : row) json_.value(cell);
      json_.end_array();
    }
    json_.end_array();
    return "";
  }

  void alarms(const Widget& widget) {
    json_.key("alarms").begin_array();
    for (const std::string& name : widget.alarms) {
      auto view = sources_.alarm(name);
      json_.begin_object().member("name", name);
      if (view) {
        json_.member("state", view->state)
            .member("reason", view->reason)
            .member("description", view->description)
            .member("since", seconds_of(view->since))
            .member("raised", view->raised);
        json_.key("changes").begin_array();
        for (const AlarmViewChange& change : view->changes) {
          json_.begin_array().value(seconds_of(change.time)).value(change.state);
          if (!change.who.empty()) json_.value(change.who);
          json_.end_array();
        }
        json_.end_array().key("evidence").begin_array();
        for (const std::string& sentence : view->evidence) json_.value(sentence);
        json_.end_array();
      }
      json_.end_object();
    }
    json_.end_array();
  }

  const Sources& sources_;
  Timestamp from_, to_;
  JsonWriter& json_;
};

}  // namespace

namespace {

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// What PutDashboard does not take of a metric widget's looks, though the page can do without.
void check_looks(const JsonTree& tree, const Members& properties, Widget& widget) {
  auto refuse = [&](std::string what) { widget.refused.push_back(std::move(what)); };
  std::string view = properties.text("view", "timeSeries");
  if (!is_one_of(view, {"timeSeries", "singleValue", "gauge", "bar", "pie", "table"}))
    refuse("view is timeSeries, singleValue, gauge, bar, pie or table, not \"" + printable(view) +
           "\"");
  if (auto period = properties.amount("period")) {
    bool whole = *period >= 1 && *period == std::floor(*period);
    if (!whole ||
        (*period < 60 &&
         !(*period == 1 || *period == 5 || *period == 10 || *period == 20 || *period == 30)) ||
        (*period > 60 && std::fmod(*period, 60) != 0))
      refuse("period is 1, 5, 10, 20, 30 or a multiple of 60 seconds");
  }
  uint32_t axes = properties.node("yAxis");
  Members left(tree, axes == 0 ? 0 : Members(tree, axes).node("left"));
  bool limits = axes != 0 && left.amount("min") && left.amount("max");
  if (view == "gauge" && !limits) refuse("a gauge needs yAxis.left with min and max");
  uint32_t annotations = properties.node("annotations");
  uint32_t lines = annotations == 0 ? 0 : Members(tree, annotations).node("horizontal");
  if (lines == 0 || tree[lines].kind != Kind::kArray) return;
  for (uint32_t i = lines + 1; i < tree[lines].next; i = tree[i].next) {
    if (tree[i].kind == Kind::kObject && !Members(tree, i).amount("value"))
      refuse("a horizontal annotation needs a value that is a number");
  }
}

}  // namespace

Result<Dashboard> Dashboard::parse(std::string_view body) {
  JsonTree tree;
  if (Status parsed = tree.parse(body); !parsed.ok())
    return invalid("DashboardBody at character " + std::to_string(tree.offset() + 1) + ": " +
                   parsed.error().message);
  Members top(tree, 0);
  uint32_t list = top.node("widgets");
  if (list == 0 || tree[list].kind != Kind::kArray)
    return invalid("DashboardBody has no list of widgets");
  Dashboard dashboard;
  dashboard.start_ = top.text("start");
  dashboard.end_ = top.text("end");
  if (uint32_t start = top.node("start");
      start != 0 && !relative(dashboard.start_) && !parse_event_time(dashboard.start_))
    dashboard.refused_.push_back(
        {"start is neither a stretch such as -PT3H nor a time: the last 3 hours are shown",
         tree[start].offset});
  for (uint32_t i = list + 1; i < tree[list].next; i = tree[i].next) {
    std::string which = "widget " + std::to_string(dashboard.widgets_.size() + 1);
    if (dashboard.widgets_.size() == kWidgetsLimit) return invalid("more than 500 widgets");
    Members members(tree, i);
    Widget widget;
    widget.type = members.text("type");
    if (std::find(kTypes.begin(), kTypes.end(), widget.type) == kTypes.end())
      return invalid(which + ": the type \"" + printable(widget.type) + "\" is none of widgets");
    auto whole = [&](std::string_view name, int64_t otherwise) {
      return static_cast<int64_t>(
          std::clamp(members.amount(name).value_or(static_cast<double>(otherwise)), -1.0, 1e6));
    };
    widget.x = whole("x", 0);
    widget.y = whole("y", 0);
    widget.width = whole("width", 6);
    widget.height = whole("height", 6);
    if (widget.x < 0 || widget.x > 23 || widget.y < 0 || widget.width < 1 || widget.width > 24 ||
        widget.height < 1 || widget.height > 1000)
      return invalid(which + ": x is 0 to 23, y from 0, width 1 to 24, height 1 to 1000");
    uint32_t properties = members.node("properties");
    if (properties == 0 || tree[properties].kind != Kind::kObject)
      return invalid(which + " has no properties");
    widget.properties = text_at(body, tree, properties);
    widget.offset = tree[i].offset;
    Members inner(tree, properties);
    widget.title = inner.text("title");
    Status read;
    if (widget.type == "metric") {
      read = read_metric(tree, inner, widget);
      check_looks(tree, inner, widget);
    } else if (widget.type == "alarm") {
      read = read_alarms(tree, inner.node("alarms"), widget);
    } else if (widget.type == "log") {
      widget.query = inner.text("query");
      auto sql = insights_sql(widget.query);
      if (widget.query.empty()) {
        read = invalid("a log widget has a query");
      } else if (!sql.ok()) {
        read = std::move(sql).error();
      }
    } else if (widget.type == "text") {
      if (inner.node("markdown") == 0) widget.refused.push_back("a text widget needs markdown");
    } else {
      read = Error{ErrorCode::kUnsupported, widget.type + " widgets need AWS"};
    }
    if (!read.ok()) widget.problem = read.error().message;
    dashboard.widgets_.push_back(std::move(widget));
  }
  return dashboard;
}

std::vector<Problem> Dashboard::problems() const {
  std::vector<Problem> result = refused_;
  for (size_t i = 0; i < widgets_.size(); ++i) {
    const Widget& widget = widgets_[i];
    std::string which = "widget " + std::to_string(i + 1);
    if (!widget.problem.empty())
      result.push_back({which + " is not drawn: " + widget.problem, widget.offset});
    for (const std::string& what : widget.refused)
      result.push_back({which + ": " + what, widget.offset});
  }
  return result;
}

std::vector<std::pair<std::string, size_t>> Dashboard::alarms() const {
  std::map<std::string, size_t> first;
  for (const Widget& widget : widgets_) {
    for (const std::string& name : widget.alarms) first.emplace(name, widget.offset);
  }
  return {first.begin(), first.end()};
}

std::pair<Timestamp, Timestamp> Dashboard::range(Timestamp first, Timestamp last) const {
  Timestamp from = last - std::chrono::hours(3), to = last;  // CloudWatch's own default
  if (auto before = relative(start_)) {
    from = last - *before;
  } else if (auto time = parse_event_time(start_)) {
    from = *time;
    to = parse_event_time(end_).value_or(last);
  }
  from = std::max(from, first);
  if (to <= from) to = from + std::chrono::minutes(1);
  return {from, to};
}

std::string Dashboard::data(const Sources& sources) const {
  auto [from, to] = range(sources.first, sources.last);
  JsonWriter json;
  json.begin_object()
      .member("name", sources.name)
      .member("origin", sources.origin)
      .member("from", seconds_of(from))
      .member("to", seconds_of(to));
  json.key("widgets").begin_array();
  WidgetWriter writer(sources, from, to, json);
  for (const Widget& widget : widgets_) writer.write(widget);
  json.end_array().end_object();
  std::string text = std::move(json).take(), safe;
  safe.reserve(text.size());
  for (char c : text) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

}  // namespace cairn::dashboard
