#include "integrity/object_name.h"

#include <gtest/gtest.h>

namespace cairn::integrity {
namespace {

TEST(ObjectName, SplitsTheLayoutAndNothingElse) {
  struct Row {
    std::string key, parts;
  };
  const Row rows[] = {
      {"AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/02/f",
       "||111122223333|CloudTrail|us-east-1|2026/01/02|f"},
      {"p/q/AWSLogs/o-abcdefghij/111122223333/CloudTrail-Digest/us-gov-west-1/2026/01/02/f",
       "p/q/|o-abcdefghij|111122223333|CloudTrail-Digest|us-gov-west-1|2026/01/02|f"},
      {"AWSLogs/AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/02/f",
       "AWSLogs/||111122223333|CloudTrail|us-east-1|2026/01/02|f"},
      {"", ""},
      {"AWSLogs", ""},
      {"AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/f", ""},
      {"AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/02/x/f", ""},
      {"AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/02/", ""},
      {"AWSLogs/111122223333/CloudTrail/../2026/01/02/f", ""},
      {"AWSLogs/../CloudTrail/us-east-1/2026/01/02/f", ""},
      {"AWSLogs/111122223333/CloudTrail/us-east-1/../../../f", ""},
      {"AWSLogs/111122223333/CloudTrail/us-east-1/20\xc2\xb2/01/02/f", ""},
      {"AWSLogs/111122223333/Config/us-east-1/2026/01/02/f", ""},
  };
  for (const Row& row : rows) {
    auto name = split_object_name(row.key);
    std::string parts;
    if (name) {
      parts = std::string(name->prefix);
      for (std::string_view part :
           {name->organization, name->account, name->kind, name->region, name->day, name->file})
        (parts += '|') += part;
    }
    EXPECT_EQ(parts, row.parts) << row.key;
  }
}

TEST(ObjectName, ReadsDigestNames) {
  struct Row {
    std::string file, parts;
  };
  const Row rows[] = {
      {"111122223333_CloudTrail-Digest_us-east-1_t1_us-east-2_20260102T030405Z.json.gz",
       "t1 us-east-2 2026-01-02T03:04:05Z 0"},
      {"111122223333_CloudTrail-Digest_us-east-1_a_b.c-d_us-east-2_20260102T030405Z_backfill.json."
       "gz",
       "a_b.c-d us-east-2 2026-01-02T03:04:05Z 1"},
      {"111122223333_CloudTrail-Digest_us-east-1_t1_us-east-2_20260102T030405Z.json",
       "t1 us-east-2 2026-01-02T03:04:05Z 0"},
      {"111122223333_CloudTrail-Digest_us-east-1_t1_us-east-2_20260102T030405Z.json.gz.metadata."
       "json",
       ""},
      {"111122223333_CloudTrail-Digest_us-east-1_us-east-2_20260102T030405Z.json.gz", ""},
      {"111122223333_CloudTrail-Digest_us-east-1_t1_home_20260102T030405Z.json.gz", ""},
      {"111122223333_CloudTrail-Digest_us-east-1_t1_us-east-2_20261302T030405Z.json.gz", ""},
      {"111122223333_CloudTrail-Digest_us-west-1_t1_us-east-2_20260102T030405Z.json.gz", ""},
      {"111122223333_CloudTrail_us-east-1_20260102T0304Z_x.json.gz", ""},
      {"", ""},
  };
  for (const Row& row : rows) {
    auto name = parse_digest_name(row.file, "111122223333", "us-east-1");
    std::string parts;
    if (name) {
      parts = std::string(name->trail) + " " + std::string(name->home_region) + " " +
              format_time(name->end) + (name->backfill ? " 1" : " 0");
      if (!name->backfill && row.file.ends_with(".gz")) {
        EXPECT_EQ(digest_file_name("111122223333", "us-east-1", name->trail, name->home_region,
                                   name->end),
                  row.file);
      }
    }
    EXPECT_EQ(parts, row.parts) << row.file;
  }
}

TEST(ObjectName, ReadsLogNames) {
  auto time = log_file_time("111122223333_CloudTrail_us-east-1_20260102T0304Z_abc.json.gz",
                            "111122223333", kLogKind, "us-east-1");
  ASSERT_TRUE(time.has_value());
  EXPECT_EQ(format_time(*time), "2026-01-02T03:04:00Z");
  EXPECT_EQ(day_folder(*time), "2026/01/02");
  for (const char* bad : {"", "x", "111122223333_CloudTrail_us-east-1_20260102T0304_abc.json.gz",
                          "111122223333_CloudTrail_us-east-1_abc.json.gz"})
    EXPECT_FALSE(log_file_time(bad, "111122223333", kLogKind, "us-east-1").has_value()) << bad;
}

}  // namespace
}  // namespace cairn::integrity
