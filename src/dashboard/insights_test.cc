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
       "SELECT useridentity.arn AS \"who\", count(*) AS \"n\" FROM cloudtrail_logs WHERE (readonly "
       "= "
       "'false' AND NOT (errorcode IS NOT NULL)) GROUP BY 1 ORDER BY \"n\" DESC LIMIT 10"},
      {"SOURCE 'a' | SOURCE 'b' | fields eventTime, requestParameters.bucketName\n| filter "
       "errorCode "
       "like /Denied|Unauth/ or eventName in ['A', \"B's\"]",
       "SELECT eventtime AS \"eventTime\", json_extract_scalar(requestparameters, '$.bucketName') "
       "AS "
       "\"requestParameters.bucketName\" FROM cloudtrail_logs WHERE (regexp_like(errorcode, "
       "'Denied|Unauth') OR eventname IN ('A', 'B''s')) LIMIT 1000"},
      {"filter eventName not like 'Get' | filter awsRegion != 'us-east-1' | stats "
       "count_distinct(sourceIPAddress) by eventName, awsRegion",
       "SELECT eventname AS \"eventName\", awsregion AS \"awsRegion\", count(DISTINCT "
       "sourceipaddress) AS \"count_distinct\" FROM cloudtrail_logs WHERE (NOT strpos(eventname, "
       "'Get') > 0) AND (awsregion <> 'us-east-1') GROUP BY 1, 2 LIMIT 1000"},
      {"parse @message '*' as a", "the command \"parse\" is not done here"},
      {"stats count(*) by bin(5m)", "the function \"bin\" is not done here"},
      {"filter", "expected a field in filter"},
      {"filter a = 'x", "a ' without its end"},
      {"filter (a = 1", "expected )"},
  };
  for (const Row& row : rows) {
    auto sql = insights_sql(row.query);
    EXPECT_EQ(sql.ok() ? sql.value() : sql.error().message, row.sql) << row.query;
  }
  EXPECT_FALSE(insights_sql("filter " + std::string(9'000, '(')).ok());
}

}  // namespace
}  // namespace cairn::dashboard
