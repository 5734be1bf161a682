#include "monitor/metric_query.h"

#include "monitor/property_reader.h"

#include <algorithm>

namespace cairn::monitor {

namespace {

bool is_id(const std::string& text) {
  auto word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && text.size() <= 255 && text.front() >= 'a' && text.front() <= 'z' &&
         std::all_of(text.begin(), text.end(), word);
}

Result<std::vector<Dimension>> read_dimensions(const JsonTree& tree,
                                               const PropertyReader& properties) {
  std::vector<Dimension> dimensions;
  if (!properties.has("Dimensions")) return dimensions;
  TRY_ASSIGN(uint32_t list, properties.array("Dimensions"));
  for (uint32_t item = list + 1; item < tree[list].next; item = tree[item].next) {
    PropertyReader one(tree, item);
    TRY(one.check_object("a dimension"));
    Dimension dimension;
    TRY_ASSIGN(dimension.name, one.text("Name"));
    TRY_ASSIGN(dimension.value, one.text("Value"));
    dimensions.push_back(std::move(dimension));
  }
  if (dimensions.size() > MetricStore::kDimensionsLimit)
    return PropertyReader::wrong("Dimensions", "are more than 30");
  return dimensions;
}

Result<MetricId> read_metric(const JsonTree& tree, const PropertyReader& properties) {
  MetricId metric;
  TRY_ASSIGN(metric.space, properties.text("Namespace"));
  TRY_ASSIGN(metric.name, properties.text("MetricName"));
  for (const std::string* name : {&metric.space, &metric.name}) {
    if (name->empty() || name->size() > MetricStore::kNameBytesLimit)
      return PropertyReader::wrong(name == &metric.name ? "MetricName" : "Namespace",
                                   "has not 1 to 255 characters");
  }
  if (metric.space.front() == ':')
    return PropertyReader::wrong("Namespace", "must not begin with a colon");
  TRY_ASSIGN(metric.dimensions, read_dimensions(tree, properties));
  return metric;
}

Result<uint32_t> read_period(const PropertyReader& properties) {
  TRY_ASSIGN(uint32_t period, properties.whole("Period"));
  if (period != 10 && period != 20 && period != 30 && period % 60 != 0)
    return PropertyReader::wrong("Period", "is not 10, 20, 30 or a multiple of 60 seconds");
  return period;
}

Status read_unit(const PropertyReader& properties, MetricStat& stat) {
  if (!properties.has("Unit")) return {};
  TRY_ASSIGN(std::string text, properties.text("Unit"));
  stat.unit = Unit::parse(text);
  if (!stat.unit) return PropertyReader::wrong("Unit", "is no unit: " + text);
  return {};
}

Result<MetricStat> read_stat(const JsonTree& tree, uint32_t node) {
  PropertyReader properties(tree, node);
  MetricStat stat;
  TRY_ASSIGN(uint32_t metric, properties.object("Metric"));
  TRY_ASSIGN(stat.metric, read_metric(tree, PropertyReader(tree, metric)));
  TRY_ASSIGN(std::string statistic, properties.text("Stat"));
  auto parsed = Statistic::parse(statistic);
  if (!parsed.ok()) return std::move(parsed).error().with_context("Stat");
  stat.statistic = std::move(parsed).value();
  TRY_ASSIGN(stat.period_seconds, read_period(properties));
  TRY(read_unit(properties, stat));
  return stat;
}

Result<MetricQuery> read_query(const JsonTree& tree, uint32_t node) {
  PropertyReader properties(tree, node);
  TRY(properties.check_object("a query"));
  MetricQuery query;
  TRY_ASSIGN(query.id, properties.text("Id"));
  TRY_ASSIGN(query.label, properties.text_or("Label", ""));
  TRY_ASSIGN(query.return_data, properties.truth_or("ReturnData", true));
  bool has_stat = properties.has("MetricStat");
  if (has_stat == properties.has("Expression"))
    return PropertyReader::wrong("query " + query.id, "needs either MetricStat or Expression");
  if (has_stat) {
    TRY_ASSIGN(uint32_t stat, properties.object("MetricStat"));
    TRY_ASSIGN(query.stat, read_stat(tree, stat));
    return query;
  }
  TRY_ASSIGN(std::string text, properties.text("Expression"));
  auto math = MetricMath::parse(text);
  if (!math.ok()) return std::move(math).error().with_context("Expression " + query.id);
  query.expression = std::move(math).value();
  return query;
}

}  // namespace

Result<MetricQueries> MetricQueries::parse(const JsonTree& tree, uint32_t node) {
  MetricQueries queries;
  for (uint32_t item = node + 1; item < tree[node].next; item = tree[item].next) {
    TRY_ASSIGN(MetricQuery query, read_query(tree, item));
    TRY(queries.add(std::move(query)));
  }
  TRY(queries.check());
  return queries;
}

Result<MetricQueries> MetricQueries::parse_single(const JsonTree& tree, uint32_t node) {
  PropertyReader properties(tree, node);
  MetricQuery query;
  query.id = "m1";
  MetricStat& stat = query.stat.emplace();
  TRY_ASSIGN(stat.metric, read_metric(tree, properties));
  bool extended = properties.has("ExtendedStatistic");
  if (extended == properties.has("Statistic"))
    return PropertyReader::wrong("Statistic", extended ? "cannot stand beside ExtendedStatistic"
                                                       : "or ExtendedStatistic is missing");
  TRY_ASSIGN(std::string text, properties.text(extended ? "ExtendedStatistic" : "Statistic"));
  auto statistic = Statistic::parse(text);
  if (!statistic.ok()) return std::move(statistic).error();
  stat.statistic = std::move(statistic).value();
  if (extended != stat.statistic.needs_values())
    return PropertyReader::wrong(extended ? "ExtendedStatistic" : "Statistic",
                                 "does not take " + text);
  TRY_ASSIGN(stat.period_seconds, read_period(properties));
  TRY(read_unit(properties, stat));
  MetricQueries queries;
  TRY(queries.add(std::move(query)));
  return queries;
}

Status MetricQueries::add(MetricQuery query) {
  auto wrong = [&](const char* what) {
    return Error{ErrorCode::kInvalidInput, "the id \"" + query.id + "\" " + what};
  };
  if (!is_id(query.id))
    return wrong("must begin in lower case and have letters, digits and _ only");
  if (find(query.id) != nullptr) return wrong("stands twice");
  if (queries_.size() >= kLimit)
    return Error{ErrorCode::kInvalidInput, "more than " + std::to_string(kLimit) + " queries"};
  queries_.push_back(std::move(query));
  return {};
}

const MetricQuery* MetricQueries::find(const std::string& id) const {
  auto found = std::find_if(queries_.begin(), queries_.end(),
                            [&](const MetricQuery& query) { return query.id == id; });
  return found == queries_.end() ? nullptr : &*found;
}

Status MetricQueries::check() const {
  for (const MetricQuery& query : queries_) {
    if (!query.expression) continue;
    for (const std::string& id : query.expression->ids()) {
      if (find(id) == nullptr)
        return Error{ErrorCode::kInvalidInput,
                     "expression " + query.id + ": there is no metric " + id};
    }
  }
  std::vector<uint8_t> seen(queries_.size());
  for (size_t i = 0; i < queries_.size(); ++i) TRY(check_circles(i, seen));
  return {};
}

/// `seen`: 1 while a query is being looked into, 2 afterwards.
Status MetricQueries::check_circles(size_t query, std::vector<uint8_t>& seen) const {
  if (seen[query] == 2 || !queries_[query].expression) return {};
  if (seen[query] == 1)
    return Error{ErrorCode::kInvalidInput,
                 "expression " + queries_[query].id + " is made from itself"};
  seen[query] = 1;
  for (const std::string& id : queries_[query].expression->ids())
    TRY(check_circles(static_cast<size_t>(find(id) - queries_.data()), seen));
  seen[query] = 2;
  return {};
}

bool MetricQueries::looks_at_time() const {
  return std::any_of(queries_.begin(), queries_.end(), [](const MetricQuery& query) {
    return query.expression && query.expression->looks_at_time();
  });
}

const MetricStat* MetricQueries::banded(const std::string& id) const {
  const MetricQuery* query = find(id);
  if (query == nullptr || !query->expression) return nullptr;
  auto of = query->expression->band_of();
  const MetricQuery* metric = of ? find(*of) : nullptr;
  return metric != nullptr && metric->stat ? &*metric->stat : nullptr;
}

void MetricQueries::put_in_order(const MetricQuery& query, std::vector<uint8_t>& seen,
                                 std::vector<const MetricQuery*>& order) const {
  uint8_t& was_seen = seen[static_cast<size_t>(&query - queries_.data())];
  if (was_seen != 0) return;
  was_seen = 1;
  if (query.expression) {
    for (const std::string& id : query.expression->ids()) {
      const MetricQuery* part = find(id);
      if (part != nullptr) put_in_order(*part, seen, order);
    }
  }
  order.push_back(&query);
}

Result<MathValue> MetricQueries::evaluate(const std::string& id, const Periods& periods,
                                          const MetricStore& store, const Band& band) const {
  const MetricQuery* query = find(id);
  if (query == nullptr) return Error{ErrorCode::kInvalidInput, "there is no metric " + id};
  auto series = [&](const MetricQuery& one) {
    auto ref = store.find(one.stat->metric);
    MathSeries made{one.id, {}};
    made.values = ref ? store.read(*ref, one.stat->statistic, periods, one.stat->unit)
                      : Values(periods.count());
    return made;
  };
  if (query->stat) {
    MathValue value{MathValue::Kind::kSeries, {}, {}};
    value.series.push_back(series(*query));
    return value;
  }
  std::map<std::string, MathValue> known;
  MathContext context;
  context.periods = periods;
  context.resolve = [&](const std::string& inner) -> Result<MathValue> {
    auto found = known.find(inner);
    if (found == known.end()) return Error{ErrorCode::kInvalidInput, "there is no metric " + inner};
    return found->second;
  };
  context.metrics = [&]() -> Result<std::vector<MathSeries>> {
    std::vector<MathSeries> all;
    for (const MetricQuery& one : queries_) {
      if (one.stat) all.push_back(series(one));
    }
    return all;
  };
  if (band) {
    context.band = [&](const MathSeries& around,
                       double width) -> Result<std::pair<Values, Values>> {
      const MetricQuery* of = find(around.id);
      if (of == nullptr || !of->stat)
        return Error{ErrorCode::kUnsupported, "a band is drawn around a metric, not an expression"};
      return band(*of->stat, width);
    };
  }
  // What a query is made of comes first: neither time nor the stack grows with how often and how
  // deep queries use each other.
  std::vector<const MetricQuery*> order;
  std::vector<uint8_t> seen(queries_.size());
  put_in_order(*query, seen, order);
  for (const MetricQuery* one : order) {
    MathValue value{MathValue::Kind::kSeries, {}, {}};
    if (one->stat) {
      value.series.push_back(series(*one));
    } else {
      TRY_ASSIGN(value, one->expression->evaluate(context));
    }
    known[one->id] = std::move(value);
  }
  return std::move(known[id]);
}

}  // namespace cairn::monitor
