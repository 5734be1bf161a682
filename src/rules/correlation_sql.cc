#include "rules/correlation_sql.h"

#include "base/text.h"
#include "rules/pattern_writing.h"
#include "rules/predicate_sql.h"

#include <algorithm>
#include <set>

namespace cairn::rules {

namespace {

using Kind = Correlation::Kind;

/// What a person wants to see of an event: names in the table, and in the query.
constexpr std::pair<const char*, const char*> kShown[] = {
    {"eventtime", "eventtime"},
    {"eventid", "eventid"},
    {"recipientaccountid", "recipientaccountid"},
    {"awsregion", "awsregion"},
    {"eventsource", "eventsource"},
    {"eventname", "eventname"},
    {"useridentity.arn", "arn"},
    {"sourceipaddress", "sourceipaddress"},
    {"errorcode", "errorcode"}};

constexpr char kEarlier[] = "ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING";
constexpr char kNumberForm[] = "^-?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$";

std::string number_text(double number) {
  std::string text = std::to_string(number);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string bound_text(const Correlation::Bound& bound) {
  constexpr const char* kSigns[] = {" = ", " <> ", " < ", " <= ", " > ", " >= "};
  return kSigns[static_cast<size_t>(bound.test)] + number_text(bound.value);
}

bool has_not(const CorrelationTree& tree) {
  return tree.kind == CorrelationTree::Kind::kNot ||
         std::any_of(tree.children.begin(), tree.children.end(), has_not);
}

class CorrelationWriter {
 public:
  CorrelationWriter(const RuleSet::Contents& rules, const Correlation& correlation,
                    SqlDialect dialect, bool plain_fields)
      : rules_(rules),
        correlation_(correlation),
        dialect_(dialect),
        plain_(plain_fields),
        span_(std::to_string(correlation.timespan.count())) {}

  Result<SqlQuery> write() {
    TRY(check());
    assume("an eventID stands for one event, and eventTime is written as CloudTrail does");
    TRY_ASSIGN(std::string candidates, candidates_sql());
    std::string text = "WITH candidates AS (\n" + candidates + "\n)";
    TRY_ASSIGN(std::string rest,
               correlation_.kind == Kind::kTemporalOrdered ? order_sql() : window_sql());
    return SqlQuery{text + rest, {assumptions_.begin(), assumptions_.end()}};
  }

 private:
  Status check() {
    const bool on_instant = correlation_.kind < Kind::kFirstSeen;
    const bool only_rising =
        std::all_of(correlation_.bounds.begin(), correlation_.bounds.end(), [](const auto& bound) {
          return bound.test == Correlation::Test::kGreater ||
                 bound.test == Correlation::Test::kGreaterOrEqual;
        });
    if ((on_instant && !only_rising) ||
        (!correlation_.condition.empty() && has_not(correlation_.condition[0]))) {
      return refusal(
          "less than, equal and \"not\" are judged when a window closes, and the next begins with "
          "the event after it; SQL has no such windows");
    }
    if (correlation_.kind == Kind::kTemporalOrdered &&
        (!correlation_.bounds.empty() || !correlation_.condition.empty()))
      return refusal("an order with a count or a condition");
    if (correlation_.asks_places()) return refusal("SQL does not know where an address is");
    if (correlation_.network_bits > 0) return refusal("addresses are compared by their networks");
    if (correlation_.kind == Kind::kValuePercentile && dialect_ == SqlDialect::kAthena)
      return refusal("Athena has only approximate percentiles");
    for (const Correlation::Source& source : correlation_.sources) {
      if (source.rule >= rules_.expressions.size())
        return refusal("it looks at what another correlation finds");
      if (!rules_.infos[source.rule].allow.empty())
        assume("no event is expected by the allow-list of " + rules_.infos[source.rule].code);
    }
    if (!rules_.infos[correlation_.rule].allow.empty())
      assume("no event is expected by the allow-list of " + rules_.infos[correlation_.rule].code);
    return {};
  }

  bool takes_numbers() const {
    return correlation_.kind >= Kind::kValueSum && correlation_.kind <= Kind::kValuePercentile;
  }

  // ---- Candidates

  /// The moment of an event in milliseconds, NULL when it is unreadable.
  std::string moment() const {
    switch (dialect_) {
      case SqlDialect::kDuckdb:
        return "epoch_ms(TRY_CAST(eventtime AS TIMESTAMP))";
      case SqlDialect::kAthena:
        return "CAST(to_unixtime(TRY(from_iso8601_timestamp(eventtime))) * 1000 AS BIGINT)";
      case SqlDialect::kClickhouse:
        return "toUnixTimestamp64Milli(parseDateTime64BestEffortOrNull(eventtime, 3))";
    }
    return "";
  }

  Result<std::string> value_of(std::string_view field) {
    TRY_ASSIGN(SqlCondition value, sql_value(field, dialect_, plain_));
    assumptions_.insert(value.assumptions.begin(), value.assumptions.end());
    return std::move(value.text);
  }

  /// The values that are counted, as one: of several each with its length before it.
  Result<std::string> counted(const Correlation::Source& source) {
    if (source.fields.empty()) return std::string("''");
    std::vector<std::string> parts;
    for (const std::string& field : source.fields) {
      TRY_ASSIGN(std::string value, value_of(field));
      if (takes_numbers()) return value;
      if (source.fields.size() == 1) return value;
      const char* as_text =
          dialect_ == SqlDialect::kClickhouse ? "toString(lengthUTF8(" : "CAST(length(";
      parts.push_back(as_text + value +
                      (dialect_ == SqlDialect::kClickhouse ? "))" : ") AS VARCHAR)"));
      parts.push_back("':'");
      parts.push_back(std::move(value));
    }
    return "(" + join(parts, " || ") + ")";
  }

  Result<std::string> candidates_sql() {
    std::string out;
    for (size_t i = 0; i < correlation_.sources.size(); ++i) {
      const Correlation::Source& source = correlation_.sources[i];
      TRY_ASSIGN(SqlCondition condition,
                 sql_condition(rules_.expressions[source.rule], dialect_, plain_));
      assumptions_.insert(condition.assumptions.begin(), condition.assumptions.end());
      out += i == 0 ? "  SELECT DISTINCT " : "\n  UNION ALL\n  SELECT DISTINCT ";
      out += std::to_string(i) + " AS source, " + moment() + " AS moment,\n    eventtime";
      for (const auto& [column, name] : kShown) {
        if (column == kShown[0].first) continue;  // stands there already
        out += std::string(", ") + column;
        if (column != std::string_view(name)) out += std::string(" AS ") + name;
      }
      out += ",\n    ";
      for (size_t g = 0; g < source.group_by.size(); ++g) {
        TRY_ASSIGN(std::string value, value_of(source.group_by[g]));
        out += value + " AS group" + std::to_string(g + 1) + ", ";
      }
      TRY_ASSIGN(std::string value, counted(source));
      out += value + " AS counted\n  FROM cloudtrail_logs\n  WHERE " + condition.text;
    }
    return out;
  }

  /// Events without what is asked for take no part.
  std::string taking_part() const {
    std::string out = "moment IS NOT NULL AND counted IS NOT NULL";
    for (size_t g = 0; g < correlation_.group_by.size(); ++g)
      out += " AND group" + std::to_string(g + 1) + " IS NOT NULL";
    return out;
  }

  std::string groups(std::string_view prefix = "") const {
    std::vector<std::string> names;
    for (size_t g = 0; g < correlation_.group_by.size(); ++g)
      names.push_back(std::string(prefix) + "group" + std::to_string(g + 1));
    return join(names, ", ");
  }
  std::string partition(const std::string& more = "") const {
    std::string names = groups();
    if (!more.empty()) names += (names.empty() ? "" : ", ") + more;
    return names.empty() ? "" : "PARTITION BY " + names + " ";
  }

  /// OVER the events of the group from the timespan before an event to the event.
  std::string before() const {
    return " OVER (" + partition() + "ORDER BY moment RANGE BETWEEN " + span_ +
           " PRECEDING AND CURRENT ROW)";
  }
  std::string after() const {
    return " OVER (" + partition() + "ORDER BY moment RANGE BETWEEN CURRENT ROW AND " + span_ +
           " FOLLOWING)";
  }

  // ---- Windows

  std::string flag(const std::string& condition) const {
    return "CASE WHEN " + condition + " THEN 1 ELSE 0 END";
  }
  std::string seen(size_t source) const {
    return "max(" + flag("source = " + std::to_string(source)) + ")" + before();
  }

  std::string tree_sql(const CorrelationTree& tree) const {
    if (tree.kind == CorrelationTree::Kind::kSource) return seen(tree.source) + " = 1";
    std::vector<std::string> parts;
    for (const CorrelationTree& child : tree.children) parts.push_back(tree_sql(child));
    return "(" + join(parts, tree.kind == CorrelationTree::Kind::kAnd ? " AND " : " OR ") + ")";
  }

  std::string sources_seen() const {
    std::vector<std::string> parts;
    for (size_t i = 0; i < correlation_.sources.size(); ++i) parts.push_back(seen(i));
    return join(parts, " + ");
  }

  std::string different_values() const {
    switch (dialect_) {
      case SqlDialect::kDuckdb:
        return "count(DISTINCT counted)" + before();
      case SqlDialect::kAthena:  // no DISTINCT in windows there
        return "cardinality(array_distinct(array_agg(counted)" + before() + "))";
      case SqlDialect::kClickhouse:
        return "uniqExact(counted)" + before();
    }
    return "";
  }

  std::string percentile() const {
    std::string share = number_text(correlation_.percentile / 100);
    return dialect_ == SqlDialect::kClickhouse
               ? "quantileExactInclusive(" + share + ")(number)" + before()
               : "quantile_cont(number, " + share + ")" + before();
  }

  std::string measure() {
    switch (correlation_.kind) {
      case Kind::kEventCount:
        return "count(*)" + before();
      case Kind::kValueCount:
        return different_values();
      case Kind::kValueSum:
        assume("no number that is summed up is negative");
        return "sum(number)" + before();
      case Kind::kValueAvg:
        assume_order();
        return "avg(number)" + before();
      case Kind::kValuePercentile:
        assume_order();
        return percentile();
      default:
        return sources_seen();
    }
  }

  void assume_order() {
    assume("what happens in one second counts together; Cairn goes by one event after another");
  }
  void assume_first() {
    assume("of several such events in one second all are named; Cairn names one");
  }

  /// What must hold of the window that ends with an event.
  std::string holds() {
    if (!correlation_.condition.empty()) return tree_sql(correlation_.condition[0]);
    std::vector<std::string> parts;
    if (correlation_.kind == Kind::kRatio) {
      assume_order();
      std::string part = "sum(" + flag("source = 0") + ")" + before();
      std::string all = "sum(" + flag("source > 0") + ")" + before();
      parts = {all + " > 0", part + " >= " + number_text(correlation_.ratio) + " * " + all};
      for (const auto& bound : correlation_.bounds) parts.push_back(all + bound_text(bound));
    } else if (correlation_.bounds.empty()) {
      parts.push_back(sources_seen() + " = " + std::to_string(correlation_.sources.size()));
    } else {
      std::string value = measure();
      for (const auto& bound : correlation_.bounds) parts.push_back(value + bound_text(bound));
    }
    return join(parts, " AND ");
  }

  std::string shown(std::string_view prefix = "") const {
    std::vector<std::string> names;
    for (const auto& [column, name] : kShown) names.push_back(std::string(prefix) + name);
    std::string more = groups(prefix);
    return join(names, ", ") + (more.empty() ? "" : ", " + more);
  }

  /// The text of `counted` as a number, NULL when it is none.
  std::string number_sql() const {
    std::string form = std::string("'") + kNumberForm + "'";
    switch (dialect_) {
      case SqlDialect::kDuckdb:
        return "CASE WHEN regexp_matches(counted, " + form +
               ") THEN TRY_CAST(counted AS DOUBLE) END";
      case SqlDialect::kAthena:
        return "CASE WHEN regexp_like(counted, " + form + ") THEN TRY_CAST(counted AS DOUBLE) END";
      case SqlDialect::kClickhouse:
        return "CASE WHEN match(counted, " + form + ") THEN toFloat64OrNull(counted) END";
    }
    return "";
  }

  /// The events that are named for themselves, whatever comes after them.
  std::string is_told_alone() {
    if (correlation_.kind == Kind::kAbsence)
      return "source = 0 AND max(" + flag("source > 0") + ")" + after() + " = 0";
    assume_first();
    if (correlation_.kind == Kind::kIdle) {
      return "moment - max(moment) OVER (" + partition() + kEarlier + ") >= " + span_;
    }
    std::string last = "max(moment) OVER (" + partition("counted") + kEarlier + ")";
    std::string first = "max(begun) OVER (" + partition() +
                        "ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)";
    return "(" + last + " IS NULL OR moment - " + last + " > " + span_ + ") AND moment > " + first +
           " AND moment - " + first + " >= " + std::to_string(correlation_.learn.count());
  }

  Result<std::string> window_sql() {
    const bool alone = correlation_.kind == Kind::kFirstSeen || correlation_.kind == Kind::kIdle ||
                       correlation_.kind == Kind::kAbsence;
    std::string out = ", taking_part AS (\n  SELECT *";
    if (takes_numbers()) out += ", " + number_sql() + " AS number";
    out += " FROM candidates WHERE " + taking_part() + "\n)";
    std::string from = "taking_part";
    if (takes_numbers()) {
      out += ", numbers AS (\n  SELECT * FROM taking_part WHERE number IS NOT NULL\n)";
      from = "numbers";
    }
    if (correlation_.kind == Kind::kFirstSeen) {
      // A group that was quiet for more than twice the timespan is learned anew.
      out += ", watched AS (\n  SELECT *, CASE WHEN moment - max(moment) OVER (" + partition() +
             kEarlier + ") <= " + std::to_string(2 * correlation_.timespan.count()) +
             " THEN NULL ELSE moment END AS begun FROM " + from + "\n)";
      from = "watched";
    }
    if (alone) {
      out += ", told AS (\n  SELECT *, " + flag(is_told_alone()) + " AS told FROM " + from + "\n)";
    } else {
      out += ", judged AS (\n  SELECT *, " + flag(holds()) + " AS holds FROM " + from +
             "\n), told AS (\n  SELECT *, max(holds)" + after() + " AS told FROM judged\n)";
    }
    return out + "\nSELECT DISTINCT " + shown() +
           "\nFROM told\nWHERE told = 1\nORDER BY eventtime, eventid";
  }

  // ---- Orders

  /// Seconds of a group, with the events of each step in them; then, step by step, the latest
  /// moment at which a chain that goes so far began.
  Result<std::string> order_sql() {
    const size_t steps = correlation_.sources.size();
    const std::string group = groups();
    std::string out = ", taking_part AS (\n  SELECT * FROM candidates WHERE " + taking_part() +
                      "\n), steps AS (\n  SELECT " + (group.empty() ? "" : group + ", ") + "moment";
    for (size_t i = 0; i < steps; ++i) {
      std::string event = "CASE WHEN source = " + std::to_string(i) + " THEN eventid END";
      std::string n = std::to_string(i);
      out += ", count(DISTINCT " + event + ") AS events" + n + ", min(" + event + ") AS event" + n;
    }
    out += " FROM taking_part GROUP BY " + (group.empty() ? "" : group + ", ") + "moment\n)";
    for (size_t i = 0; i < steps; ++i) {
      std::string n = std::to_string(i), p = i == 0 ? "" : std::to_string(i - 1);
      if (i == 0) {
        out +=
            ", chain0 AS (\n  SELECT *, CASE WHEN events0 > 0 THEN moment END AS begun0 FROM "
            "steps\n)";
        continue;
      }
      auto begun = [&](const char* until) {
        return "max(begun" + p + ") OVER (" + partition() +
               "ORDER BY moment ROWS BETWEEN UNBOUNDED PRECEDING AND " + until + ")";
      };
      // One event is one step.
      out += ", reach" + n + " AS (\n  SELECT *, CASE WHEN events" + n +
             " = 0 THEN NULL WHEN events" + n + " = 1 AND events" + p + " = 1 AND event" + n +
             " = event" + p + " THEN " + begun("1 PRECEDING") + " ELSE " + begun("CURRENT ROW") +
             " END AS reached" + n + " FROM chain" + p + "\n), chain" + n +
             " AS (\n  SELECT *, CASE WHEN moment - reached" + n + " <= " + span_ +
             " THEN reached" + n + " END AS begun" + n + " FROM reach" + n + "\n)";
    }
    const std::string last = std::to_string(steps - 1);
    out += "\nSELECT DISTINCT " + shown("c.") + "\nFROM taking_part c JOIN chain" + last +
           " s ON c.moment = s.moment";
    for (size_t g = 0; g < correlation_.group_by.size(); ++g) {
      std::string name = "group" + std::to_string(g + 1);
      out += " AND c." + name + " = s." + name;
    }
    return out + "\nWHERE c.source = " + last + " AND s.begun" + last +
           " IS NOT NULL\nORDER BY c.eventtime, c.eventid";
  }

  void assume(std::string text) { assumptions_.insert(std::move(text)); }

  const RuleSet::Contents& rules_;
  const Correlation& correlation_;
  const SqlDialect dialect_;
  const bool plain_;
  const std::string span_;
  std::set<std::string> assumptions_;
};

}  // namespace

Result<SqlQuery> correlation_sql(const RuleSet::Contents& rules, const Correlation& correlation,
                                 SqlDialect dialect, bool plain_fields) {
  return CorrelationWriter(rules, correlation, dialect, plain_fields).write();
}

}  // namespace cairn::rules
