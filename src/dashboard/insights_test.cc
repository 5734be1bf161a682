#include "dashboard/insights.h"

#include <gtest/gtest.h>

namespace cairn::dashboard {
namespace {

TEST(Insights, BecomeSql) {
  struct Row {
    const char* query;
    const char* sql;
  };
  const Row rows[] = {
      {"SOURCE 'g' | filter readOnly = 0 and not ispresent(errorCode) | stats count(*) as n by "
       "userIdentity.arn as who | sort n desc | limit 10",
       "SELECT \"useridentity\".\"arn\" AS \"who\", count(*) AS \"n\" FROM cloudtrail_logs WHERE "
       "(\"readonly\" = 'false' AND NOT (\"errorcode\" IS NOT NULL)) GROUP BY 1 ORDER BY \"n\" "
       "DESC, 1 LIMIT 10"},
      {"SOURCE 'a' | SOURCE 'b' | fields eventTime, requestParameters.bucketName\n| filter "
       "errorCode "
       "like /Denied|Unauth/ or eventName in ['A', \"B's\"]",
       "SELECT \"eventtime\" AS \"eventTime\", json_extract_scalar(requestparameters, "
       "'$.bucketName') "
       "AS "
       "\"requestParameters.bucketName\" FROM cloudtrail_logs WHERE (regexp_like(\"errorcode\", "
       "'Denied|Unauth') OR \"eventname\" IN ('A', 'B''s')) ORDER BY eventtime DESC, eventid "
       "LIMIT 1000"},
      {"filter eventName not like 'Get' | filter awsRegion != 'us-east-1' | stats "
       "count_distinct(sourceIPAddress) by eventName, awsRegion",
       "SELECT \"eventname\" AS \"eventName\", \"awsregion\" AS \"awsRegion\", count(DISTINCT "
       "\"sourceipaddress\") AS \"count_distinct\" FROM cloudtrail_logs WHERE (NOT "
       "strpos(\"eventname\", 'Get') > 0) AND (\"awsregion\" <> 'us-east-1') GROUP BY 1, 2 "
       "ORDER BY 1, 2 LIMIT 1000"},
      {"filter requestParameters.max > 100 and recipientAccountId in [1, 2] | stats "
       "sum(requestParameters.size), max(requestParameters.size) as most, max(eventTime) as last",
       "SELECT sum(TRY_CAST(json_extract_scalar(requestparameters, '$.size') AS DOUBLE)) AS "
       "\"sum\", max(TRY_CAST(json_extract_scalar(requestparameters, '$.size') AS DOUBLE)) AS "
       "\"most\", max(\"eventtime\") AS \"last\" FROM cloudtrail_logs WHERE "
       "(TRY_CAST(json_extract_scalar(requestparameters, '$.max') AS DOUBLE) > CAST('100' AS "
       "DOUBLE) AND TRY_CAST(\"recipientaccountid\" AS DOUBLE) IN (CAST('1' AS DOUBLE), CAST('2' "
       "AS DOUBLE))) LIMIT 1000"},
      {"fields requestParameters.n as n | filter n = 'x' | sort n desc, @timestamp | limit 5",
       "SELECT json_extract_scalar(requestparameters, '$.n') AS \"n\" FROM cloudtrail_logs WHERE "
       "(json_extract_scalar(requestparameters, '$.n') = 'x') ORDER BY "
       "TRY_CAST(json_extract_scalar(requestparameters, '$.n') AS DOUBLE) DESC, "
       "json_extract_scalar(requestparameters, '$.n') DESC, eventtime, eventtime DESC, "
       "eventid LIMIT 5"},
      {"fields `requestParameters.x-amz-acl` as acl, requestParameters.a.0.b'c, user",
       "a ' without its end"},
      {"fields `requestParameters.x-amz-acl` as acl, requestParameters.a.0.b, user",
       "SELECT json_extract_scalar(requestparameters, '$[\"x-amz-acl\"]') AS \"acl\", "
       "json_extract_scalar(requestparameters, '$.a[0].b') AS \"requestParameters.a.0.b\", "
       "\"user\" AS \"user\" FROM cloudtrail_logs ORDER BY eventtime DESC, eventid LIMIT 1000"},
      // One SELECT cannot say what these mean.
      {"stats count(*) as n by eventName | filter n > 5", "filter after stats is not done here"},
      {"stats count(*) as n by eventName | fields n", "fields after stats is not done here"},
      {"stats count(*) as n by eventName | stats max(n)", "stats after stats is not done here"},
      {"limit 5 | stats count(*)", "stats after limit is not done here"},
      {"stats count(*) as n | sort eventName",
       "sorting what stats found by \"eventName\" is not done here"},
      // Only names get into SQL.
      {"fields `a) FROM read_csv('/etc/passwd') --`",
       "the field \"a) FROM read_csv('/etc/passwd') --\" is not done here"},
      {"stats count('a) FROM x --')", "expected a field, not \"a) FROM x --\""},
      {"filter ispresent('1) OR (1')", "expected a field, not \"1) OR (1\""},
      {"fields @message", "the field \"@message\" is not done here"},
      {"fields eventName as 'x'", "expected a field, not \"x\""},
      {"filter a = 1.2.3.4", "\"1.2.3.4\" is no number"},
      {"stats sum(*)", "sum takes a field"},
      {"parse @message '*' as a", "the command \"parse\" is not done here"},
      {"stats count(*) by bin(5m)", "the function \"bin\" is not done here"},
      {"filter", "expected a field"},
      {"filter a = 'x", "a ' without its end"},
      {"filter (a = 1", "expected )"},
  };
  for (const Row& row : rows) {
    auto sql = insights_sql(row.query);
    EXPECT_EQ(sql.ok() ? sql.value() : sql.error().message, row.sql) << row.query;
  }
  EXPECT_FALSE(insights_sql("filter " + std::string(9'000, '(')).ok());
}

TEST(Insights, AskBetweenTwoTimes) {
  TimeRange range;
  range.from = parse_event_time("2024-03-01T10:00:00.500Z");
  range.to = parse_event_time("2024-03-01T11:00:00.500Z");
  auto sql = insights_sql("fields eventName | filter eventName = 'A' or eventName = 'B'", range);
  ASSERT_TRUE(sql.ok());
  EXPECT_EQ(sql.value(),
            "SELECT \"eventname\" AS \"eventName\" FROM cloudtrail_logs WHERE eventtime >= "
            "'2024-03-01T10:00:01Z' AND eventtime <= '2024-03-01T11:00:00Z' AND (\"eventname\" = "
            "'A' OR \"eventname\" = 'B') ORDER BY eventtime DESC, eventid LIMIT 1000");
}

}  // namespace
}  // namespace cairn::dashboard
