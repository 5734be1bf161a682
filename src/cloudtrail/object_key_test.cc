#include "cloudtrail/object_key.h"

#include "cloudtrail/cloudtrail.h"

#include <gtest/gtest.h>

namespace cairn::cloudtrail {
namespace {

std::string dump(const std::optional<ObjectKey>& key) {
  if (!key) return "none";
  return key->organization + "|" + key->account + "|" + key->kind + "|" + key->region + "|" +
         format_time(key->delivered);
}

TEST(ObjectKey, ReadsLayoutsAndFileNames) {
  struct Row {
    const char* path;
    const char* expected;
  } rows[] = {
      {"AWSLogs/o-abcdefghij/111122223333/CloudTrail/us-gov-west-1/2026/01/02/"
       "111122223333_CloudTrail_us-gov-west-1_20260102T0005Z_Mu0KsOhtH1ar15ZZ.json.gz",
       "o-abcdefghij|111122223333|CloudTrail|us-gov-west-1|2026-01-02T00:05:00Z"},
      // An old documentation example: no "_" after the time.
      {"AWSLogs/111122223333/CloudTrail/us-east-1/2014/06/20/"
       "111122223333_CloudTrail_us-east-1_20140620T1255ZHdkvFTXOA3Vnhbc.json.gz",
       "|111122223333|CloudTrail|us-east-1|2014-06-20T12:55:00Z"},
      {"/cases/7/AWSLogs/old/AWSLogs/111122223333/CloudTrail-Insight/eu-west-1/2024/02/29/"
       "111122223333_CloudTrail-Insight_eu-west-1_20240229T2355Z_abcdefghijklmnop.json.gz",
       "|111122223333|CloudTrail-Insight|eu-west-1|2024-02-29T23:55:00Z"},
      {"o-abcdefghij/AWSLogs/o-abcdefghij/123456789012/CloudTrail/us-east-1/2025/12/31/"
       "renamed.json",
       "o-abcdefghij|123456789012|CloudTrail|us-east-1|2025-12-31T00:00:00Z"},
      {"112280397275_CloudTrail-Digest_us-east-1_my_trail-1KU5_us-east-1_20191108T164911Z.json.gz",
       "|112280397275|CloudTrail-Digest|us-east-1|2019-11-08T16:49:11Z"},
      {"653711331788_CloudTrail_us-east-1_20181128T2235Z_cR9ra7OH1rytWyXY.json",
       "|653711331788|CloudTrail|us-east-1|2018-11-28T22:35:00Z"},
      {"AWSLogs/111122223333/CloudTrail/us-east-1/2024/13/45/x.json.gz", "none"},
      {"AWSLogs/1111/CloudTrail/us-east-1/2024/01/01/x.json.gz", "none"},
      {"AWSLogs/111122223333/Config/us-east-1/2024/1/1/ConfigHistory/x.json.gz", "none"},
      {"111122223333_CloudTrail_useast_20240101T0000Z_x.json.gz", "none"},
      {"111122223333_CloudTrail_us-east-1_2024010AT0000Z_x.json.gz", "none"},
      {"events.json", "none"},
      {"", "none"},
      {"/", "none"},
      {"AWSLogs", "none"},
      {"\xff\xfe/AWSLogs/\xff", "none"},
  };
  for (const Row& row : rows) EXPECT_EQ(dump(parse_object_key(row.path)), row.expected) << row.path;
}

TEST(ObjectKey, NamesOtherServices) {
  EXPECT_EQ(
      other_service_of("b/AWSLogs/111122223333/Config/us-east-1/2024/1/1/ConfigHistory/x.json.gz"),
      "AWS Config");
  EXPECT_EQ(other_service_of(
                "AWSLogs/o-abcdefghij/111122223333/vpcflowlogs/us-east-1/2024/01/01/x.log.gz"),
            "VPC flow log");
  EXPECT_EQ(
      other_service_of("AWSLogs/111122223333/elasticloadbalancing/us-east-1/2024/01/01/x.log.gz"),
      "ELB access log");
  EXPECT_EQ(other_service_of("AWSLogs/111122223333/CloudTrail/us-east-1/2024/01/01/x.json.gz"), "");
  EXPECT_EQ(other_service_of("Config/x.json"), "");
  EXPECT_EQ(other_service_of("AWSLogs/111122223333"), "");
}

}  // namespace
}  // namespace cairn::cloudtrail
