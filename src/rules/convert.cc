#include "rules/convert.h"

#include "base/text.h"
#include "rules/correlation_sql.h"
#include "rules/pattern_expression.h"
#include "rules/pattern_rule.h"
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
                    (info.id.empty() ? "" : "\nid: " + yaml_quoted(repair_utf8(info.id))) +
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

Result<Conversion> convert_plain(const RuleInfo& info, const Expression& expression,
                                 TargetLanguage to, const ConvertOptions& options) {
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

void assume_too(Conversion& conversion, const std::vector<std::string>& more) {
  std::vector<std::string>& all = conversion.assumptions;
  all.insert(all.end(), more.begin(), more.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
}

/// The pattern of a rule that is written in the language asked for and is narrowed by nothing else;
/// empty for all others. A benchmark wants its patterns to the letter.
std::string own_pattern(const Expression& expression, TargetLanguage to) {
  const bool is_and = expression.kind == Expression::Kind::kAnd && !expression.children.empty();
  const Predicate& pattern = (is_and ? expression.children.back() : expression).predicate;
  const bool is_own =
      (to == TargetLanguage::kCloudwatch && pattern.op == Operator::kFilterPattern) ||
      (to == TargetLanguage::kEventbridge && pattern.op == Operator::kEventPattern);
  if (!is_own || to_string(all_of({needed_by(pattern), leaf(pattern)})) != to_string(expression))
    return "";
  std::string text = pattern.operands[0];
  // In JSON a line end is a blank: strings hold none. So it stays on the rule's own line.
  if (pattern.op == Operator::kEventPattern) std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

Result<Conversion> convert_expression(const RuleInfo& info, const Expression& expression,
                                      TargetLanguage to, const ConvertOptions& options) {
  if (std::string own = own_pattern(expression, to); !own.empty())
    return Conversion{std::move(own), {}};
  TRY_ASSIGN(PatternExpression plain, without_patterns(expression, options.plain_fields));
  TRY_ASSIGN(Conversion conversion, convert_plain(info, plain.expression, to, options));
  assume_too(conversion, plain.assumptions);
  return conversion;
}

}  // namespace

const std::vector<std::string>& source_language_names() {
  static const std::vector<std::string> kNames = {"cloudwatch", "eventbridge"};
  return kNames;
}

std::optional<SourceLanguage> parse_source_language(std::string_view name) {
  const auto& names = source_language_names();
  auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<SourceLanguage>(found - names.begin());
}

Result<Conversion> convert_pattern(SourceLanguage from, std::string_view pattern, TargetLanguage to,
                                   const ConvertOptions& options) {
  const bool filter = from == SourceLanguage::kCloudwatch;
  TRY_ASSIGN(PatternExpression read,
             filter ? expression_of_filter(trim(pattern), options.plain_fields)
                    : expression_of_event_pattern(trim(pattern), options.plain_fields));
  RuleInfo info;
  info.title = filter ? "From a filter pattern" : "From an event pattern";
  TRY_ASSIGN(Conversion conversion, convert_plain(info, read.expression, to, options));
  assume_too(conversion, read.assumptions);
  return conversion;
}

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
