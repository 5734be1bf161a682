#include "rules/convert.h"

#include "base/text.h"
#include "rules/correlation_sql.h"
#include "rules/predicate_event_pattern.h"
#include "rules/predicate_filter_pattern.h"
#include "rules/predicate_sigma.h"
#include "rules/predicate_sql.h"
#include "rules/rule_set.h"

#include <algorithm>

namespace cairn::rules {

namespace {

/// What a person wants to see of a match.
constexpr char kSqlColumns[] =
    "eventtime, eventid, recipientaccountid, awsregion, eventsource, eventname,\n"
    "  useridentity.arn, sourceipaddress, errorcode";

SqlDialect dialect_of(TargetLanguage language) {
  if (language == TargetLanguage::kDuckdb) return SqlDialect::kDuckdb;
  return language == TargetLanguage::kAthena ? SqlDialect::kAthena : SqlDialect::kClickhouse;
}

Result<Conversion> to_sql(const Expression& expression, SqlDialect dialect,
                          const ConvertOptions& options) {
  TRY_ASSIGN(SqlCondition condition, sql_condition(expression, dialect, options.plain_fields));
  return Conversion{
      std::string("SELECT ") + kSqlColumns + "\nFROM cloudtrail_logs\nWHERE " + condition.text,
      std::move(condition.assumptions)};
}

Result<Conversion> to_sigma(const RuleInfo& info, const Expression& expression) {
  TRY_ASSIGN(std::string detection, sigma_detection_of(expression));
  std::string out = "title: " + yaml_quoted(repair_utf8(info.title)) +
                    "\nid: " + yaml_quoted(repair_utf8(info.id)) +
                    "\nlevel: " + std::string(cairn::to_string(info.level)) + "\n";
  if (!info.tags.empty()) {
    std::vector<std::string> tags;
    for (const std::string& tag : info.tags) tags.push_back(yaml_quoted(repair_utf8(tag)));
    out += "tags: [" + join(tags, ", ") + "]\n";
  }
  out += "logsource: {product: aws, service: cloudtrail}\ndetection:\n" + detection;
  out.pop_back();
  return Conversion{std::move(out), {}};
}

Conversion from_pattern(PatternText pattern) {
  return {std::move(pattern.text), std::move(pattern.assumptions)};
}

bool holds_pattern(const Expression& expression) {
  if (expression.kind == Expression::Kind::kPredicate) {
    return expression.predicate.op == Operator::kFilterPattern ||
           expression.predicate.op == Operator::kEventPattern;
  }
  return std::any_of(expression.children.begin(), expression.children.end(), holds_pattern);
}

Result<Conversion> convert_expression(const RuleInfo& info, const Expression& expression,
                                      TargetLanguage to, const ConvertOptions& options) {
  if (holds_pattern(expression)) {
    return Error{
        ErrorCode::kUnsupported,
        "a pattern of AWS tells types, arrays and missing fields apart in its own way: write "
        "the rule in Sigma to have it in other languages"};
  }
  switch (to) {
    case TargetLanguage::kDuckdb:
    case TargetLanguage::kAthena:
    case TargetLanguage::kClickhouse:
      return to_sql(expression, dialect_of(to), options);
    case TargetLanguage::kCloudwatch: {
      TRY_ASSIGN(PatternText pattern, filter_pattern_of(expression, options.plain_fields));
      return from_pattern(std::move(pattern));
    }
    case TargetLanguage::kEventbridge: {
      TRY_ASSIGN(PatternText pattern, event_pattern_of(expression, options.plain_fields));
      return from_pattern(std::move(pattern));
    }
    case TargetLanguage::kSigma:
      return to_sigma(info, expression);
  }
  return Error{ErrorCode::kUnsupported, "no such language"};
}

}  // namespace

const std::vector<std::string>& target_language_names() {
  static const std::vector<std::string> kNames = {"duckdb",     "athena",      "clickhouse",
                                                  "cloudwatch", "eventbridge", "sigma"};
  return kNames;
}

std::string_view to_string(TargetLanguage language) {
  return target_language_names()[static_cast<size_t>(language)];
}

std::optional<TargetLanguage> parse_target_language(std::string_view name) {
  const auto& names = target_language_names();
  auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<TargetLanguage>(found - names.begin());
}

Result<Conversion> convert_rule(const RuleSet& rules, size_t rule, TargetLanguage to,
                                const ConvertOptions& options) {
  const RuleSet::Contents& contents = rules.contents();
  if (rule >= contents.expressions.size()) {
    const Correlation& correlation = contents.correlations[rule - contents.expressions.size()];
    if (to > TargetLanguage::kClickhouse)
      return Error{ErrorCode::kUnsupported, "a correlation is looked at over time: SQL can say it"};
    TRY_ASSIGN(SqlQuery query,
               correlation_sql(contents, correlation, dialect_of(to), options.plain_fields));
    return Conversion{std::move(query.text), std::move(query.assumptions)};
  }
  return convert_expression(contents.infos[rule], contents.expressions[rule], to, options);
}

}  // namespace cairn::rules
