#include "rules/predicate_sql.h"

#include "rules/expression_for_test.h"
#include "rules/portable_regex.h"

#include <gtest/gtest.h>

#include <string>

namespace cairn::rules {
namespace {

Expression lowered(const std::string& detection) {
  FieldTable fields;
  return expression_for_test(detection, fields);
}

std::string sql(const std::string& items, SqlDialect dialect, bool plain = false,
                const std::string& condition = "s") {
  auto text = sql_condition(lowered("  s:\n    " + items + "\n  condition: " + condition + "\n"),
                            dialect, plain);
  return text.ok() ? text.value().text : "refused: " + text.error().message;
}

const std::string kFolded =
    "translate(eventname, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')";

TEST(PredicateSqlTest, WritesEveryOperatorOnAColumn) {
  struct Row {
    std::string items, duckdb, athena, clickhouse;
  };
  const Row rows[] = {
      {"eventName: A", kFolded + " = 'a'", kFolded + " = 'a'", "lower(eventname) = 'a'"},
      {"eventName: ['1', '2']", "eventname IN ('1', '2')", "eventname IN ('1', '2')",
       "eventname IN ('1', '2')"},
      {"eventName|cased: \"O'Neil\\\\x\"", "eventname = 'O''Neil\\x'", "eventname = 'O''Neil\\x'",
       "eventname = 'O''Neil\\\\x'"},
      {"eventName|cased|startswith: '50%_!'", "eventname LIKE '50!%!_!!%' ESCAPE '!'",
       "eventname LIKE '50!%!_!!%' ESCAPE '!'", "eventname LIKE '50\\\\%\\\\_!%'"},
      {"eventName|cased: 'a*b?c'", "eventname LIKE 'a%b_c'", "eventname LIKE 'a%b_c'",
       "eventname LIKE 'a%b_c'"},
      {"eventName|re: '^a.*\\d$'", "regexp_matches(eventname, '^a.*\\d$')",
       "regexp_like(eventname, '\\Aa[^\\n]*[0-9]\\z')", "match(eventname, '(?-s)^a.*\\\\d$')"},
      {"sourceIPAddress|cidr: 10.16.0.0/15",
       "regexp_matches(sourceipaddress, '^10[.](16|17)[.](25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?"
       "[0-9])[.](25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])$')",
       "regexp_like(sourceipaddress, '\\A10[\\.](?:16|17)[\\.](?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|"
       "[1-9]?[0-9])[\\.](?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\z')",
       "match(sourceipaddress, '(?-s)^10[.](16|17)[.](25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?"
       "[0-9])[.](25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])$')"},
      {"errorCode: null", "errorcode IS NULL", "errorcode IS NULL", "errorcode IS NULL"},
      {"errorCode: '*'", "errorcode IS NOT NULL", "errorcode IS NOT NULL", "errorcode IS NOT NULL"},
      {"userIdentity.sessionContext.sessionIssuer.userName|cased: x",
       "useridentity.sessioncontext.sessionissuer.username = 'x'",
       "useridentity.sessioncontext.sessionissuer.username = 'x'",
       "useridentity.sessioncontext.sessionissuer.username = 'x'"},
      {"resources.ARN|cased: x",
       "EXISTS (SELECT 1 FROM unnest(resources) AS list_v1(v1) WHERE v1.arn = 'x')",
       "any_match(resources, v1 -> v1.arn = 'x')",
       "arrayExists(v1 -> coalesce(v1.arn = 'x', FALSE), resources)"},
      {"eventName|cased|fieldref|endswith: eventType", "ends_with(eventname, eventtype)",
       "starts_with(reverse(eventname), reverse(eventtype))", "endsWith(eventname, eventtype)"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(sql(row.items, SqlDialect::kDuckdb), row.duckdb) << row.items;
    EXPECT_EQ(sql(row.items, SqlDialect::kAthena), row.athena) << row.items;
    EXPECT_EQ(sql(row.items, SqlDialect::kClickhouse), row.clickhouse) << row.items;
  }
}

TEST(PredicateSqlTest, LettersBeyondAsciiAreTranslatedAsTheyAreFolded) {
  EXPECT_EQ(sql("eventName: '1É'", SqlDialect::kDuckdb), "translate(eventname, 'É', 'é') = '1é'");
  EXPECT_EQ(sql("eventName: '1É'", SqlDialect::kClickhouse),
            "translateUTF8(eventname, 'É', 'é') = '1é'");
}

TEST(PredicateSqlTest, TruthBelowNotHasTwoValues) {
  EXPECT_EQ(sql("errorCode|cased: x", SqlDialect::kDuckdb, false, "not s"),
            "NOT (coalesce(errorcode = 'x', FALSE))");
  EXPECT_EQ(sql("requestParameters.a|cased: x", SqlDialect::kAthena, true, "not s"),
            "NOT (coalesce(json_extract_scalar(requestparameters, '$[\"a\"]') = 'x', FALSE))");
}

TEST(PredicateSqlTest, JsonPaths) {
  EXPECT_EQ(sql("requestParameters.a.b-c|cased: x", SqlDialect::kDuckdb),
            "EXISTS (SELECT 1 FROM json_tree(CASE WHEN json_valid(requestparameters) THEN "
            "requestparameters END) AS v1 WHERE regexp_matches(v1.fullkey, "
            "'^\\$(\\[[0-9]+\\])*\\.a(\\[[0-9]+\\])*\\.b\\-c(\\[[0-9]+\\])*$') AND (v1.type NOT IN "
            "('OBJECT', 'ARRAY') OR v1.fullkey NOT LIKE '%]') AND (v1.value ->> '$') = 'x')");
  EXPECT_EQ(sql("requestParameters.a|cased: x", SqlDialect::kAthena),
            "refused: requestParameters.a = cased \"x\": requestParameters.a may be an array or "
            "lead through one; with plain fields (--plain-fields) it is taken for a single value");
  EXPECT_EQ(sql("requestParameters.a|cased: x", SqlDialect::kClickhouse, true),
            "(CASE toString(JSONType(requestparameters, 'a')) WHEN 'String' THEN "
            "JSONExtractString(requestparameters, 'a') WHEN 'Null' THEN NULL ELSE "
            "JSONExtractRaw(requestparameters, 'a') END) = 'x'");
}

TEST(PredicateSqlTest, SaysWhatItTakesForGranted) {
  struct Row {
    const char* items;
    size_t assumptions;
  };
  const Row rows[] = {
      {"requestParameters.a: word", 0},          {"requestParameters.a: 443", 0},
      {"requestParameters.a: '1.5'", 1},         {"requestParameters.a|startswith: arn", 0},
      {"requestParameters.a|contains: word", 1}, {"requestParameters.a|gt: 5", 0},
      {"requestParameters|contains: word", 0},
  };
  for (const Row& row : rows) {
    auto text = sql_condition(lowered(std::string("  s:\n    ") + row.items + "\n  condition: s\n"),
                              SqlDialect::kDuckdb, false);
    ASSERT_TRUE(text.ok()) << row.items;
    EXPECT_EQ(text.value().assumptions.size(), row.assumptions) << row.items;
  }
}

TEST(PredicateSqlTest, RefusesWhatIsNotExact) {
  struct Row {
    const char* items;
    SqlDialect dialect;
    const char* reason;
  };
  const Row rows[] = {
      {"'|contains': word", SqlDialect::kDuckdb, "a keyword is looked for"},
      {"userIdentity: '*x*'", SqlDialect::kAthena, "no column of the table holds userIdentity"},
      {"errorCode|exists: true", SqlDialect::kAthena, "does not tell null from a missing field"},
      {"sourceIPAddress|cidr: 2001:db8::/32", SqlDialect::kDuckdb, "IPv6"},
      {"eventTime|hour: 3", SqlDialect::kDuckdb, "parts of a time"},
      {"eventName|re: 'a\\b'", SqlDialect::kAthena, "the escape \\b"},
      {"requestParameters.a|gt: 9007199254740993", SqlDialect::kDuckdb, "2^53"},
  };
  for (const Row& row : rows) {
    std::string text = sql(row.items, row.dialect);
    EXPECT_TRUE(text.starts_with("refused: ")) << text;
    EXPECT_NE(text.find(row.reason), std::string::npos) << text;
  }
}

TEST(PortableRegexTest, WritesWhatAllReadAlike) {
  const std::pair<const char*, const char*> rows[] = {
      {"^a|b$", "\\Aa|b\\z"},
      {"(?i)ok", "[oO][kK\xE2\x84\xAA]"},
      {"(?is)a.[b-c]", "[aA][\\d\\D][b-cbBcC]"},
      {"a{2,3}?b{x}", "a{2,3}?b\\{x\\}"},
      {"(a|\\.)[^\\]&\\w]", "(?:a|\\.)[^\\]\\&0-9A-Za-z_]"},
      {"\\S\\x41", "[^\\t\\n\\f\\r ]A"},
      {"\\bx", "refused"},
      {"(?m)^x", "refused"},
      {"[[:alpha:]]", "refused"},
      {"\\pL", "refused"},
      {"(?P<name>x)", "refused"},
      {"a(?i)b", "refused"},
  };
  for (const auto& [written, expected] : rows) {
    auto text = portable_regex(written);
    EXPECT_EQ(text.ok() ? text.value() : "refused", expected) << written;
  }
}

}  // namespace
}  // namespace cairn::rules
