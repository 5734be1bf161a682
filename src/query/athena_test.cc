#include "query/athena.h"

#include "duck/test_answers.h"
#include "model/cloudtrail_table.h"
#include "query/query.h"
#include "query/tokens.h"

#include <gtest/gtest.h>

namespace cairn::query {
namespace {

/// A session over three made-up events.
std::unique_ptr<Session> open_session(Dialect dialect = Dialect::kAthena) {
  SessionOptions options;
  options.dialect = dialect;
  options.memory_bytes = 256u << 20;
  options.threads = 2;
  auto session = Session::open(options);
  EXPECT_TRUE(session.ok()) << (session.ok() ? "" : session.error().message);
  std::string columns;
  for (const TableColumn& column : cloudtrail_table_columns())
    columns += (columns.empty() ? "" : ", ") + column.name + " " + to_sql(column.type);
  duck::Connection& connection = session.value()->connection();
  EXPECT_TRUE(connection.execute("CREATE TABLE stored (" + columns + ")").ok());
  Status status = connection.execute(
      "INSERT INTO stored (eventtime, eventname, eventsource, awsregion, errormessage, "
      "recipientaccountid, requestparameters, resources, useridentity, eventtime_ts) SELECT t, n, "
      "'iam.amazonaws.com', 'us-east-1', m, '111111111111', p, r, {'type': 'IAMUser', "
      "'principalid': NULL, 'arn': a, 'accountid': '111111111111', 'invokedby': NULL, "
      "'accesskeyid': NULL, 'username': 'alice', 'onbehalfof': NULL, 'sessioncontext': NULL}, "
      "CAST(t AS TIMESTAMP) FROM (VALUES "
      "('2026-01-02T03:04:05Z', 'ConsoleLogin', 'Failed authentication', NULL, NULL, "
      "'arn:aws:iam::111111111111:user/alice'), "
      "('2026-01-02T04:00:00Z', 'AttachUserPolicy', NULL, "
      "'{\"userName\":\"bob\",\"ipPermissions\":{\"items\":[{\"cidrIp\":\"0.0.0.0/0\"}]}}', "
      "[{'arn': 'arn:aws:s3:::b', 'accountid': NULL, 'type': 'AWS::S3::Bucket'}], "
      "'arn:aws:iam::111111111111:user/alice'), "
      "('2026-02-01T00:00:00Z', 'ConsoleLogin', NULL, '{\"n\":1.50}', [], "
      "'arn:aws:iam::111111111111:user/bob')) v(t, n, m, p, r, a)");
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
  status = connection.execute("CREATE VIEW cloudtrail_logs AS " + cloudtrail_view_sql("stored"));
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
  EXPECT_TRUE(session.value()->start({"cloudtrail_logs"}).ok());
  return std::move(session).value();
}

struct Row {
  const char *expression, *expected;
};

void expect_rows(std::span<const Row> rows) {
  auto session = open_session();
  for (const Row& row : rows) {
    EXPECT_EQ(rows_of(session->ask(std::string("SELECT ") + row.expression)), row.expected)
        << row.expression << "\n  as "
        << session->translate(std::string("SELECT ") + row.expression).value_or("?");
  }
}

TEST(Athena, MapsListsAndLambdasOfTwo) {
  const Row rows[] = {
      {"map_filter(map(ARRAY['a','b'], ARRAY[1,2]), (k, v) -> v > 1 AND k <> 'a')", R"({"b":2})"},
      {"transform_values(map(ARRAY['a'], ARRAY[1]), (k, v) -> k || CAST(v AS VARCHAR))",
       R"({"a":"a1"})"},
      {"transform_keys(map(ARRAY['a'], ARRAY[1]), (k, v) -> upper(k))", R"({"A":1})"},
      {"zip_with(ARRAY[1,2], ARRAY[3,4], (x, y) -> x * y)", "[3,8]"},
      {"zip_with(ARRAY[1], ARRAY[2], (x, y) -> any_match(ARRAY[x], z -> z < y))", "[true]"},
      {"remove_nulls(ARRAY[1,NULL])", "[1]"},
      {"trim_array(ARRAY[1,2,3], 2)", "[1]"},
      {"array_first(ARRAY[4,5]) + array_last(ARRAY[4,5])", "9"},
      {"k || CAST(v AS VARCHAR) FROM UNNEST(map(ARRAY['a','b'], ARRAY[1,2])) AS t(k, v)", "a1\nb2"},
      {"count(*) FROM cloudtrail_logs CROSS JOIN UNNEST(map(ARRAY['a'], ARRAY[1])) AS t(k, v)",
       "3"},
      {"x * 10 + coalesce(y, 0) FROM UNNEST(ARRAY[1,2], ARRAY[3]) AS t(x, y)", "13\n20"},
      {"arn || type FROM cloudtrail_logs CROSS JOIN UNNEST(resources) AS t(arn, account, type)",
       "arn:aws:s3:::bAWS::S3::Bucket"},
      {"r.arn FROM cloudtrail_logs CROSS JOIN UNNEST(resources) AS t(r)", "arn:aws:s3:::b"},
      {"listagg(x, '-') WITHIN GROUP (ORDER BY x DESC) FROM UNNEST(ARRAY[1,2]) AS t(x)", "2-1"},
  };
  expect_rows(rows);
}

TEST(Athena, FunctionsOfTheWild) {
  const Row rows[] = {
      {"strpos('abcbab', 'b')", "2"},
      {"strpos('abcbab', 'b', 2)", "4"},
      {"strpos('abcbab', 'b', -1)", "6"},
      {"strpos('abcbab', 'b', 4)", "0"},
      {"strpos(NULL, 'b', 1)", "NULL"},
      {"json_value('{\"a\":{\"b\":\"c\"}}', 'lax $.a.b')", "c"},
      {"json_value('{\"a\":{}}', 'strict $.a')", "NULL"},
      {"json_query('{\"a\":{\"b\":1}}', 'lax $.a')", R"({"b":1})"},
      {"json_exists('{\"a\":1}', 'lax $.a'), json_exists('{\"a\":1}', 'lax $.b')", "true|false"},
      {"truncate(1.259, 2)", "1.25"},
      {"width_bucket(5.0, 0, 10, 5), width_bucket(-1, 0, 10, 5), width_bucket(10, 0, 10, 5)",
       "3|0|6"},
      {"bitwise_left_shift(1, 3), bitwise_right_shift(8, 2), bit_count(9, 64)", "8|2|2"},
      {"random(1), random(5, 6)", "0|5"},
      {"current_timezone(), to_milliseconds(INTERVAL '2' SECOND)", "UTC|2000"},
      {"is_subnet_of('10.0.0.0/8', '10.1.2.3')", "true"},
      {"infinity() > 1, is_nan(nan())", "true|true"},
  };
  expect_rows(rows);
}

// The rows of the specification, section 4, in its order.
TEST(Athena, ExpressionsGiveTrinosResults) {
  const Row rows[] = {
      {R"(json_extract_scalar('{"a":{"b c":7}}','$.a["b c"]'))", "7"},
      {R"(json_extract_scalar('{"a":[1,{"e":true}]}','$.a[1].e'))", "true"},
      {R"(json_extract_scalar('{"a":{}}','$.a'))", "NULL"},
      {R"(json_extract_scalar('bad','$.a'))", "NULL"},
      {R"(json_extract_scalar('{"a":null}','$.a'))", "NULL"},
      {R"(json_extract_scalar(NULL,'$.a'))", "NULL"},
      {"from_iso8601_timestamp('2026-01-02T03:04:05Z')", "2026-01-02 03:04:05+00"},
      {"date_add('hour',-48,timestamp '2026-01-03 00:00:00')", "2026-01-01 00:00:00"},
      {"date_diff('hour',timestamp '2026-01-01 00:59:00',timestamp '2026-01-01 01:01:00')", "0"},
      {"at_timezone(from_iso8601_timestamp('2026-01-02T03:04:05Z'),'Asia/Tokyo')",
       "2026-01-02 12:04:05"},
      {"regexp_replace('aaa','a','b')", "bbb"},
      {"split_part('a,b',',',5)", "NULL"},
      {"element_at(map{'a':1},'a')", "1"},
      {"regexp_like('ListBuckets','^(List|Get)')", "true"},
      {"array_join(['a','b'],',')", "a,b"},
      {"7/2", "3"},
      {"to_iso8601(timestamptz '2026-01-02 03:04:05.123Z')", "2026-01-02T03:04:05.123Z"},
      {"date_parse('2026-01-02T03:04:05Z','%Y-%m-%dT%H:%i:%sZ')", "2026-01-02 03:04:05"},
      {"date_format(timestamp '2026-01-02 03:04:05','%Y/%m/%d')", "2026/01/02"},
      {"any_match(ARRAY[1,2], x -> x > 1)", "true"},
  };
  expect_rows(rows);
}

TEST(Athena, JsonFunctions) {
  const Row rows[] = {
      {R"(json_extract_scalar('{"a":1.50}', '$.a'))", "1.50"},
      {R"(json_extract_scalar('{"a":"x\u00e9\ud83d\ude00\n\"y\""}', '$.a'))", "xé😀\n\"y\""},
      {R"(json_extract_scalar('{"a.b":{"c":"d"}}', '$["a.b"].c'))", "d"},
      {R"(json_extract_scalar('{"a":{"k":1}}', '$.a[''k'']'))", "1"},
      {R"(json_extract_scalar('[{"a":5}]', '$[0].a'))", "5"},
      {R"(json_extract_scalar('"x"', '$'))", "x"},
      {R"(json_extract_scalar('{"a":1}', '$.A'))", "NULL"},
      {R"(json_extract_scalar('{"a":1}', '$['))", "error invalid-input: Invalid JSON path: '$['"},
      {R"(json_extract('{"a": {"b": [1, 2]}}', '$.a'))", R"({"b":[1,2]})"},
      {R"(json_extract('{"a":"x"}', '$.a'))", "\"x\""},
      {R"(json_extract('bad', '$.a'))", "NULL"},
      {R"(CAST(json_extract('{"a":"x"}', '$.a') AS VARCHAR))", "x"},
      {R"(CAST(json_extract('{"a":7}', '$.a') AS BIGINT) + 1)", "8"},
      {R"(TRY_CAST(json_extract('{"a":{}}', '$.a') AS VARCHAR))", "NULL"},
      {R"(CAST(json_extract('{"a":["x","y"]}', '$.a') AS ARRAY(VARCHAR)))", R"(["x","y"])"},
      {R"(CAST(json_parse('{"a":"x"}') AS MAP(VARCHAR, VARCHAR))['a'])", "x"},
      {R"(json_format(json_parse('{"a": 1}')))", R"({"a": 1})"},
      {"json_array_length('[1,2,3]')", "3"},
      {"json_array_length('{}')", "NULL"},
      {"json_array_length('bad')", "NULL"},
      {R"(json_array_length(json_extract('{"a":[1]}', '$.a')))", "1"},
      {R"(json_size('{"x":{"a":1,"b":2}}', '$.x'))", "2"},
      {R"(json_size('{"x":1}', '$.x'))", "0"},
      {R"(json_array_get('["a","b"]', -1))", "\"b\""},
      {"json_array_contains('[1,2]', 2)", "true"},
      {R"(json_array_contains('["a"]', 'a'))", "true"},
      {"json_array_contains('[1]', 'a')", "false"},
      {"json_array_contains('[true]', true)", "true"},
      {"is_json_scalar('1')", "true"},
      {"is_json_scalar('[1]')", "false"},
  };
  expect_rows(rows);
}

TEST(Athena, Dates) {
  const Row rows[] = {
      {"date_parse('05 Jan 2026 03:04 PM','%d %b %Y %h:%i %p')", "2026-01-05 15:04:00"},
      {"date_parse('2026-01-02','%Y-%m-%d %H')",
       "error invalid-input: Invalid format: \"2026-01-02\" does not fit \"%Y-%m-%d %H\""},
      {"date_parse('20260102','%Y%m%d')", "2026-01-02 00:00:00"},
      {"date_format(date '2026-01-02','%W, %M %e %Y %T %f')",
       "Friday, January 2 2026 00:00:00 000000"},
      {"date_format(from_iso8601_timestamp('2026-01-02T15:04:05Z'),'%h:%i %p %j')", "03:04 PM 002"},
      {"date_format(now(), '%D')", "error not-implemented"},
      {"parse_datetime('2026/01/02 03:04:05 +02:00','yyyy/MM/dd HH:mm:ss ZZ')",
       "2026-01-02 01:04:05+00"},
      {"format_datetime(timestamp '2026-01-02 03:04:05.678','yyyy-MM-dd''T''HH:mm:ss.SSSZZ')",
       "2026-01-02T03:04:05.678+00:00"},
      {"date_add('day', 1, date '2026-01-31')", "2026-02-01"},
      {"date_add('month', 1, date '2026-01-31')", "2026-02-28"},
      {"date_add('day', -7, from_iso8601_timestamp('2026-01-08T00:00:00Z'))",
       "2026-01-01 00:00:00+00"},
      {"date_add('parsec', 1, date '2026-01-31')",
       "error invalid-input: 'parsec' is not a valid unit of time"},
      {"date_diff('day', date '2026-01-01', date '2026-01-03')", "2"},
      {"date_diff('month', timestamp '2026-01-31 00:00:00', timestamp '2026-02-28 00:00:00')", "1"},
      {"date_diff('month', timestamp '2026-01-30 00:00:01', timestamp '2026-02-28 00:00:00')", "0"},
      {"date_trunc('hour', timestamp '2026-01-02 03:04:05')", "2026-01-02 03:00:00"},
      {"to_iso8601(timestamp '2026-01-02 03:04:05')", "2026-01-02T03:04:05.000"},
      {"to_iso8601(date '2026-01-02')", "2026-01-02"},
      {"to_unixtime(from_unixtime(1700000000))", "1700000000.0"},
      {"day_of_week(date '2026-01-04'), dow(date '2026-01-04')", "7|7"},
      {"extract(dow FROM date '2026-01-04'), extract(year FROM date '2026-01-04')", "7|2026"},
      {"timestamp '2026-01-02 03:04:05 UTC'", "2026-01-02 03:04:05+00"},
      {"timestamp '2026-01-02 03:04:05 Asia/Tokyo'", "2026-01-01 18:04:05+00"},
      {"current_date - interval '7' day < current_date", "true"},
      {"last_day_of_month(date '2026-02-03')", "2026-02-28"},
  };
  auto session = open_session();
  for (const Row& row : rows) {
    std::string result = rows_of(session->ask(std::string("SELECT ") + row.expression));
    if (std::string_view(row.expected) == "error not-implemented") {
      EXPECT_TRUE(result.starts_with("error")) << row.expression;
    } else {
      EXPECT_EQ(result, row.expected) << row.expression;
    }
  }
}

TEST(Athena, TextsAndRegularExpressions) {
  const Row rows[] = {
      {"concat('a', NULL, 'b')", "NULL"},
      {"concat('a', 'b', 'c', 'd')", "abcd"},
      {"'a' || NULL", "NULL"},
      {"regexp_extract('abc', 'x(y)', 1)", "NULL"},
      {"regexp_extract('abc', 'b(c)', 1)", "c"},
      {"regexp_replace('a1b2', '([0-9])', '<$1>')", "a<1>b<2>"},
      {"regexp_replace('a1b2', '[0-9]')", "ab"},
      {"regexp_split('a1b', '[0-9]')", R"(["a","b"])"},
      {"regexp_count('a1b2', '[0-9]')", "2"},
      {"regexp_position('a1b2', '[0-9]'), regexp_position('ab', '[0-9]')", "2|-1"},
      {"split_part('a,b', ',', 2)", "b"},
      {"split('a,b,c', ',', 2)", R"(["a","b,c"])"},
      {"split_to_map('a=1;b=2', ';', '=')['b']", "2"},
      {"replace('abc', 'b')", "ac"},
      {"strpos('abc', 'c'), position('b' IN 'abc')", "3|2"},
      {"substr('abc', 2), substr('abc', 0), substr('abc', -1), substring('abc', 2, 1)", "bc||c|b"},
      {"greatest(1, NULL), greatest(1, 3, 2), least(2, 1)", "NULL|3|1"},
      {"format('%s has %d', 'a', 3)", "a has 3"},
      {"CAST('abcdef' AS VARCHAR(3))", "abc"},
      {"CAST(count(*) AS VARCHAR)", "1"},
      {"if(1 > 2, 'a', 'b'), if(1 > 2, 'a')", "b|NULL"},
      {"typeof('a')", "varchar"},
      {"to_hex(md5(to_utf8('a')))", "0CC175B9C0F1B6A831C399E269772661"},
      {"url_extract_host('https://u@a.b:8080/c/d?e=f&g=h#i')", "a.b"},
      {"url_extract_path('https://a.b/c/d?e=f'), url_extract_port('https://a.b:8080/')",
       "/c/d|8080"},
      {"url_extract_parameter('https://a.b/c?e=f&g=h', 'g')", "h"},
      {"url_extract_host('no url')", "NULL"},
      {"'a%b' LIKE 'a#%b' ESCAPE '#'", "true"},
      {"try_cast('x' AS INTEGER), try(CAST('x' AS INTEGER))", "NULL|NULL"},
  };
  expect_rows(rows);
}

TEST(Athena, ListsMapsLambdasAndAddresses) {
  const Row rows[] = {
      {"all_match(ARRAY[1,2], x -> x > 0), none_match(ARRAY[1,2], x -> x > 2)", "true|true"},
      {"any_match(ARRAY['ab','c'], x -> any_match(ARRAY['b'], y -> strpos(x, y) > 0))", "true"},
      {"any_match(CAST(NULL AS ARRAY(INTEGER)), x -> x > 0)", "NULL"},
      {"filter(ARRAY[1,2,3], x -> x > 1)", "[2,3]"},
      {"transform(ARRAY['a'], x -> upper(x))", R"(["A"])"},
      {"reduce(ARRAY[1,2,3], 0, (s, x) -> s + x, s -> s * 10)", "60"},
      {"reduce(CAST(ARRAY[] AS ARRAY(INTEGER)), 5, (s, x) -> s + x, s -> s)", "5"},
      {"cardinality(ARRAY[1,2]), cardinality(MAP(ARRAY['a'],ARRAY[1]))", "2|1"},
      {"element_at(ARRAY[1,2], -1), element_at(ARRAY[1,2], 5)", "2|NULL"},
      {"element_at(MAP(ARRAY['a'],ARRAY[1]), 'b')", "NULL"},
      {"contains(ARRAY['a','b'], 'a')", "true"},
      {"contains('10.0.0.0/8', CAST('10.1.2.3' AS IPADDRESS))", "true"},
      {"contains('2001:db8::/32', IPADDRESS '2001:db8::5')", "true"},
      {"contains('10.0.0.0/8', TRY_CAST('cloudtrail.amazonaws.com' AS IPADDRESS))", "NULL"},
      {"CAST('nonsense' AS IPADDRESS)",
       "error invalid-input: Cannot cast value to IPADDRESS: nonsense (TRY_CAST gives NULL "
       "instead)"},
      {"CAST('2001:0DB8::0001' AS IPADDRESS)", "2001:db8::1"},
      {"cidr_contains('192.0.2.0/25', '192.0.2.127'), cidr_contains('192.0.2.0/25', "
       "'192.0.2.128')",
       "true|false"},
      {"array_join(ARRAY['a',NULL,'b'], '-', '?')", "a-?-b"},
      {"array_max(ARRAY[1,3,2]), array_max(ARRAY[1,NULL])", "3|NULL"},
      {"array_position(ARRAY['a'], 'z')", "0"},
      {"array_except(ARRAY[1,1,2], ARRAY[2])", "[1]"},
      {"arrays_overlap(ARRAY[1,2], ARRAY[2,3])", "true"},
      {"sequence(1, 3), slice(ARRAY[1,2,3,4], 2, 2), slice(ARRAY[1,2,3,4], -2, 1)",
       "[1,2,3]|[2,3]|[3]"},
      {"CAST(ROW(1, 'x') AS ROW(a BIGINT, b VARCHAR)).b", "x"},
      {"repeat('x', 2)", R"(["x","x"])"},
      {"zip(ARRAY[1], ARRAY['a'])", R"([[1,"a"]])"},
      {"bitwise_and(5, 3), bitwise_or(5, 3), bitwise_xor(5, 3), truncate(2.7)", "1|7|6|2"},
      {"7.0 / 2, 7 / 2e0, 10 / 4.0, -7 / 2, 7 % 3", "3.5|3.5|2.5|-3|1"},
  };
  expect_rows(rows);
}

TEST(Athena, RewritesGrammarAndLeavesTheRest) {
  const Row rows[] = {
      {"SELECT 1", "SELECT 1"},
      {"SELECT * FROM default.cloudtrail_logs_pp WHERE x = 1",
       "SELECT * FROM cloudtrail_logs AS \"cloudtrail_logs_pp\" WHERE x = 1"},
      {"SELECT t.a FROM \"awsdatacatalog\".\"db\".\"cloudtrail_logs_b\" AS t",
       "SELECT t.a FROM cloudtrail_logs AS t"},
      {"SELECT a FROM CloudTrail_Logs t, db.cloudtrail_x u",
       "SELECT a FROM CloudTrail_Logs t, cloudtrail_logs u"},
      {"WITH cloudtrail_x AS (SELECT 1) SELECT * FROM cloudtrail_x",
       "WITH cloudtrail_x AS (SELECT 1) SELECT * FROM cloudtrail_x"},
      {"SELECT a IS DISTINCT FROM cloudtrail_b FROM t",
       "SELECT a IS DISTINCT FROM cloudtrail_b FROM t"},
      {"SELECT requestParameters.bucketName",
       "SELECT athena_json_member(requestParameters, '$[\"bucketName\"]')"},
      {"SELECT a, requestparameters.b FROM t WHERE requestparameters.c IN (1, requestparameters.d)",
       "SELECT a, athena_json_member(requestparameters, '$[\"b\"]') AS \"b\" FROM t WHERE "
       "athena_json_member(requestparameters, '$[\"c\"]') IN (1, "
       "athena_json_member(requestparameters, '$[\"d\"]'))"},
      {"SELECT t.requestparameters.a.b[0].c",
       "SELECT athena_json_member(t.requestparameters, '$[\"a\"][\"b\"][0][\"c\"]')"},
      {"SELECT requestparameters, useridentity.arn", "SELECT requestparameters, useridentity.arn"},
      {"SELECT 'requestparameters.x' -- requestparameters.x",
       "SELECT 'requestparameters.x' -- requestparameters.x"},
      {"SELECT \"$path\"", "SELECT source_object"},
      {"SELECT filter(a, x -> x.b > 1)", "SELECT filter(a, lambda x: x.b > 1)"},
      {"SHOW COLUMNS FROM cloudtrail_logs", "DESCRIBE cloudtrail_logs"},
      {"SELECT CAST(a AS ARRAY(ROW(b VARCHAR, c ARRAY(BIGINT))))",
       "SELECT CAST(a AS STRUCT(b VARCHAR, c BIGINT[])[])"},
      {"SELECT a.\"if\"(1)", "SELECT a.\"if\"(1)"},
  };
  for (const Row& row : rows) {
    auto sql = rewrite_athena(row.expression);
    EXPECT_EQ(sql.ok() ? sql.value() : sql.error().message, row.expected);
  }
}

TEST(Statements, AreCutAtSemicolonsOutsideTexts) {
  auto statements = split_statements("SELECT ';' -- ;\n; /* ; */ ;\n SELECT 2;");
  ASSERT_TRUE(statements.ok());
  EXPECT_EQ(statements.value(), (std::vector<std::string>{"SELECT ';'", "SELECT 2"}));
}

TEST(Athena, RefusesTextsThatDoNotEnd) {
  const Row rows[] = {
      {"SELECT 'a", "the text in quotes that begins at character 8 does not end"},
      {"SELECT \"a", "the quoted name that begins at character 8 does not end"},
      {"SELECT /* a", "the comment that begins at character 8 does not end"},
  };
  for (const Row& row : rows) {
    auto sql = rewrite_athena(row.expression);
    ASSERT_FALSE(sql.ok()) << row.expression;
    EXPECT_EQ(sql.error().message, row.expected);
  }
  EXPECT_FALSE(rewrite_athena(std::string(2u << 20, 'x')).ok());
}

// Each once took minutes: brackets and commas must not be looked for again and again.
TEST(Athena, RewritesLongStatementsSoon) {
  std::string brackets = "SELECT " + std::string(200000, '(') + "1" + std::string(200000, ')');
  EXPECT_FALSE(rewrite_athena(brackets).ok());
  std::string list = "SELECT 1 FROM t WHERE a IN (1", columns = "SELECT requestparameters.a";
  for (int i = 0; i < 40000; ++i) {
    list += ", 1";
    columns += ", requestparameters.a";
  }
  for (const std::string& sql : {list + ")", columns + " FROM cloudtrail_x"})
    EXPECT_TRUE(rewrite_athena(sql).ok());
  std::string nested = "1";
  for (int i = 0; i < 300; ++i) nested = "any_match(a, x -> " + nested + ")";
  EXPECT_FALSE(rewrite_athena("SELECT " + nested).ok());
}

TEST(Athena, AnswersWholeQueries) {
  const Row rows[] = {
      // The two of the project's beginning, exactly as they were written.
      {"SELECT eventTime, userIdentity.arn, errorMessage FROM cloudtrail_logs WHERE eventName = "
       "'ConsoleLogin' AND errorMessage IS NOT NULL;",
       "2026-01-02T03:04:05Z|arn:aws:iam::111111111111:user/alice|Failed authentication"},
      {"SELECT eventTime, userIdentity.arn, eventName, requestParameters FROM cloudtrail_logs "
       "WHERE eventName LIKE '%Policy%' OR eventName LIKE '%Role%';",
       "2026-01-02T04:00:00Z|arn:aws:iam::111111111111:user/alice|AttachUserPolicy|{\"userName\":"
       "\"bob\",\"ipPermissions\":{\"items\":[{\"cidrIp\":\"0.0.0.0/0\"}]}}"},
      // Every style of partition column.
      {"SELECT count(*) FROM cloudtrail_logs WHERE year = '2026' AND month = '01' AND day = '02' "
       "AND region = 'us-east-1' AND account = '111111111111'",
       "2"},
      {"SELECT count(*) FROM \"default\".\"cloudtrail_logs_pp\" WHERE \"timestamp\" >= "
       "'2026/01/01' AND \"timestamp\" < '2026/02/01'",
       "2"},
      {"SELECT count(*) FROM cloudtrail WHERE date_partition = '2026/02/01' AND region_partition = "
       "'us-east-1' AND account_partition = '111111111111' AND dt = '2026-02-01'",
       "1"},
      {"SELECT requestParameters.userName, requestparameters.ipPermissions.items[0].cidrIp FROM "
       "cloudtrail_logs WHERE requestParameters.userName = 'bob'",
       "bob|0.0.0.0/0"},
      {"SELECT r.arn FROM cloudtrail_logs t CROSS JOIN UNNEST(t.resources) unnested (r)",
       "arn:aws:s3:::b"},
      {"SELECT eventname FROM cloudtrail_logs WHERE any_match(resources, r -> r.type = "
       "'AWS::S3::Bucket')",
       "AttachUserPolicy"},
      {"SELECT useridentity.username, count(*) AS n, array_agg(DISTINCT eventname ORDER BY "
       "eventname) FROM cloudtrail_logs GROUP BY 1 HAVING count(*) > 1",
       "alice|3|[\"AttachUserPolicy\",\"ConsoleLogin\"]"},
      {"SELECT count(*) FROM cloudtrail_logs WHERE from_iso8601_timestamp(eventtime) > "
       "from_iso8601_timestamp('2026-01-02T03:30:00Z') + interval '1' day",
       "1"},
      {"SELECT eventname FROM cloudtrail_logs ORDER BY errormessage DESC, eventname OFFSET 1 LIMIT "
       "1",
       "AttachUserPolicy"},
      {"SELECT count(*) FROM cloudtrail_logs c WHERE c.eventname IN (SELECT eventname FROM "
       "cloudtrail_logs WHERE errormessage IS NOT NULL)",
       "2"},
      {"WITH logins AS (SELECT * FROM cloudtrail_logs WHERE eventname = 'ConsoleLogin') SELECT "
       "count(*) FILTER (WHERE errormessage IS NULL) FROM logins",
       "1"},
      {"SELECT json_extract_scalar(requestparameters, '$.n') FROM cloudtrail_logs WHERE eventtime "
       ">= '2026-02'",
       "1.50"},
      {"SELECT cloudtrail_logs_pp.eventname FROM db.cloudtrail_logs_pp WHERE errormessage IS NOT "
       "NULL",
       "ConsoleLogin"},
      {"SELECT 1 / 0", "NULL"},
  };
  auto session = open_session();
  for (const Row& row : rows) EXPECT_EQ(rows_of(session->ask(row.expression)), row.expected);
}

TEST(Athena, IsOffInDuckdbsDialect) {
  auto session = open_session(Dialect::kDuckdb);
  EXPECT_EQ(
      rows_of(session->ask("SELECT 7 / 2, regexp_replace('aaa', 'a', 'b'), concat('a', NULL)")),
      "3.5|baa|a");
  EXPECT_TRUE(rows_of(session->ask("SELECT date_format(now(), '%Y')")).starts_with("error"));
}

TEST(Session, RefusesEverythingButQuestions) {
  auto session = open_session();
  const Row rows[] = {
      {"DROP VIEW cloudtrail_logs", "error permission: only SELECT is allowed here, this is DROP"},
      {"SELECT 1; SELECT 2", "error permission: one statement at a time; this has 2"},
      {"SELECT * FROM read_csv('/etc/passwd')",
       "error permission: the table function read_csv() is not allowed here"},
      {"SELECT * FROM enable_logging('QueryLog', storage='file', storage_path='/tmp/x')",
       "error permission: the table function enable_logging() is not allowed here"},
      {"SELECT * FROM stored",
       "error permission: there is no table \"stored\"; the tables are: cloudtrail_logs"},
  };
  for (const Row& row : rows) EXPECT_EQ(rows_of(session->ask(row.expression)), row.expected);
}

}  // namespace
}  // namespace cairn::query
