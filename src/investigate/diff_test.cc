#include "investigate/diff.h"

#include "investigate/test_events.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

namespace cairn::investigate {
namespace {

using Rows = std::vector<std::string>;

/// Rows of a part as "new VALUE before after".
Rows rows_of(const Sheet& sheet, const std::string& part) {
  Rows rows;
  for (const SheetPart& one : sheet.parts) {
    if (one.name != part) continue;
    for (const auto& row : one.rows)
      rows.push_back(row[0] + " " + row[1] + " " + row[2] + " " + row[3]);
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

DiffResult diff_of(const std::vector<TestRecord>& before, const std::vector<TestRecord>& after,
                   size_t memory_bytes = 1u << 20) {
  TestEvents events;
  FakeFiles files;
  geo::Atlas atlas;
  DiffCounter counter(events.standard, atlas, files, memory_bytes);
  events.feed(before, [&](const Event& event, size_t) { counter.add(event, Side::kBefore); });
  events.feed(after, [&](const Event& event, size_t) { counter.add(event, Side::kAfter); });
  auto result = diff({&counter});
  EXPECT_TRUE(result.ok());
  return std::move(result).value();
}

std::vector<TestRecord> times(size_t count, const TestRecord& record) {
  return std::vector<TestRecord>(count, record);
}
std::vector<TestRecord> operator+(std::vector<TestRecord> a, const std::vector<TestRecord>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(Diff, TellsWhatIsNewGoneAndChanged) {
  const TestRecord list = user_call("dora", "AKIADORA", "s3", "ListBuckets", "10:00:00");
  const TestRecord run = user_call("dora", "AKIADORA", "ec2", "RunInstances", "10:00:00");
  TestRecord global = user_call("dora", "AKIADORA", "iam", "ListUsers", "10:00:00");
  global["awsRegion"] = "us-east-1";
  TestRecord moved = list;
  moved["awsRegion"] = "sa-east-1";
  TestRecord refused = list;
  refused["errorCode"] = "AccessDenied";
  TestRecord eve = user_call("eve", "AKIAEVE", "s3", "ListBuckets", "10:00:00");
  TestRecord namesake = list;
  namesake["userIdentity.arn"] = "arn:aws:iam::444455556666:user/dora";
  struct Row {
    const char* what;
    std::vector<TestRecord> before, after;
    const char* part;
    Rows rows;
  };
  const std::string dora = "arn:aws:iam::111122223333:user/dora";
  const std::string other = "arn:aws:iam::444455556666:user/dora";
  const Row rows[] = {
      {"nothing", times(3, list), times(3, list), "principals", {}},
      {"a principal",
       times(2, list),
       times(2, eve),
       "principals",
       {"gone " + dora + " 2 0", "new arn:aws:iam::111122223333:user/eve 0 2"}},
      {"a call",
       times(2, list),
       times(2, list) + times(1, run),
       "calls",
       {"new ec2:RunInstances 0 1"}},
      {"a region",
       times(2, list),
       times(2, moved),
       "regions",
       {"gone eu-west-1 2 0", "new sa-east-1 0 2"}},
      {"no region: the service has none",
       times(2, list),
       times(2, list) + times(2, global),
       "regions",
       {}},
      {"an error",
       times(2, list),
       times(2, refused),
       "errors",
       {"new s3:ListBuckets AccessDenied 0 2"}},
      {"much more of a call",
       times(200, list) + times(2, run),
       times(100, list) + times(100, run),
       "calls",
       {"more ec2:RunInstances 2 100"}},
      {"a little more is no news",
       times(20, list) + times(20, run),
       times(20, list) + times(25, run),
       "calls",
       {}},
      {"a habit of somebody",
       times(2, list) + times(2, eve) + times(1, run),
       times(2, list) + times(2, eve) + times(1, run) +
           times(1, user_call("eve", "AKIAEVE", "ec2", "RunInstances", "10:00:00")),
       "habits",
       {"new user/eve ec2:RunInstances 0 1"}},
      {"a namesake in another account",
       times(2, list) + times(2, namesake) + times(1, run),
       times(2, list) + times(2, namesake) + times(1, run) +
           [&] {
             TestRecord record = namesake;
             record["eventSource"] = "ec2.amazonaws.com";
             record["eventName"] = "RunInstances";
             return times(1, record);
           }(),
       "habits",
       {"new user/dora (444455556666) ec2:RunInstances 0 1"}},
  };
  for (const Row& row : rows) {
    DiffResult whole = diff_of(row.before, row.after);
    ASSERT_TRUE(whole.found) << row.what;
    EXPECT_EQ(rows_of(whole.sheet, row.part), row.rows) << row.what;
    DiffResult spilled = diff_of(row.before, row.after, 1'000);
    EXPECT_EQ(rows_of(spilled.sheet, row.part), row.rows) << row.what << ", spilled";
  }
}

TEST(Diff, NeedsTwoSides) {
  const TestRecord list = user_call("dora", "AKIADORA", "s3", "ListBuckets", "10:00:00");
  EXPECT_FALSE(diff_of({list}, {}).found);
  EXPECT_FALSE(diff_of({}, {list}).found);
  EXPECT_TRUE(diff_of({list}, {list}).found);
}

}  // namespace
}  // namespace cairn::investigate
