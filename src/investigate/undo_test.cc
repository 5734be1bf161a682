#include "investigate/undo.h"

#include "investigate/test_events.h"

#include <gtest/gtest.h>

namespace cairn::investigate {
namespace {

constexpr std::string_view kTable =
    "iam\tCreateUser\tcreated\tuser {requestParameters.userName}\taws iam delete-user --user-name "
    "{requestParameters.userName}\tgone\n"
    "iam\tDeleteUser\tdeleted\tuser {requestParameters.userName}\t-\tcannot come back\n"
    "s3\tPutBucketPolicy\tshared\tbucket {requestParameters.bucketName}\taws s3api "
    "put-bucket-policy "
    "--bucket {requestParameters.bucketName} --policy "
    "{PutBucketPolicy:requestParameters.bucketPolicy} || aws s3api delete-bucket-policy --bucket "
    "{requestParameters.bucketName}\tthe last earlier || none before\n";

struct World {
  InverseTable table = std::move(InverseTable::parse(kTable)).value();
  TestEvents events;
  FakeFiles files;
  Gatherer gatherer{events.standard, events.own, nullptr, files, 4u << 20, wanted_for_reach(table)};

  UndoResult undo(const UndoChoice& choice, const std::vector<TestRecord>& records) {
    gather(events, records, gatherer);
    auto result = investigate::undo(choice, table, {&gatherer});
    EXPECT_TRUE(result.ok());
    return std::move(result).value();
  }
};

TestRecord user(const std::string& name, const std::string& call, const std::string& time) {
  return user_call("eve", "AKIAEVE", "iam", call, time, {{"requestParameters.userName", name}});
}

TestRecord policy(const std::string& bucket, const std::string& text, const std::string& time) {
  return user_call(
      "eve", "AKIAEVE", "s3", "PutBucketPolicy", time,
      {{"requestParameters.bucketName", bucket}, {"requestParameters.bucketPolicy", text}});
}

/// "event commands remark" of each call, as the script has them.
std::vector<std::string> undone(const UndoResult& result) {
  std::vector<std::string> rows;
  for (const SheetPart& part : result.sheet.parts)
    for (const auto& row : part.rows) rows.push_back(row[8] + ": " + row[6] + " (" + row[7] + ")");
  return rows;
}

TEST(Undo, TakesBack) {
  const std::string zone = " --region eu-west-1";
  struct Row {
    const char* what;
    std::vector<TestRecord> records;
    std::unordered_set<std::string> asked;
    std::vector<std::string> calls;
  };
  const Row rows[] = {
      {"the newest first",
       {user("a", "CreateUser", "10:00:00"), user("b", "CreateUser", "10:01:00"),
        user("c", "CreateUser", "10:02:00")},
       {"a", "c"},
       {"c: aws iam delete-user --user-name c (gone)",
        "a: aws iam delete-user --user-name a (gone)"}},
      {"what was there before, of the same thing",
       {policy("data", "old", "10:00:00"), policy("data", "older than asked", "10:01:00"),
        policy("other", "another", "10:02:00"), policy("data", "open", "10:03:00")},
       {"d"},
       {"d: aws s3api put-bucket-policy --bucket data --policy 'older than asked'" + zone +
        " (the last earlier)"}},
      {"nothing before",
       {policy("other", "another", "10:00:00"), policy("data", "open", "10:01:00"),
        policy("data", "later", "10:02:00")},
       {"b"},
       {"b: aws s3api delete-bucket-policy --bucket data" + zone + " (none before)"}},
      {"made and deleted, both asked",
       {user("a", "CreateUser", "10:00:00"), user("a", "DeleteUser", "10:01:00")},
       {"a", "b"},
       {"b:  (nothing to put back: calls that are taken back, too, had made it)",
        "a:  (nothing to do: what it is about was deleted later (b))"}},
      {"deleted later by another, then made again",
       {user("a", "CreateUser", "10:00:00"), user("a", "DeleteUser", "10:01:00"),
        user("a", "CreateUser", "10:02:00")},
       {"a"},
       {"a: aws iam delete-user --user-name a (gone)"}},
      {"what no call takes back",
       {user("a", "DeleteUser", "10:00:00")},
       {"a"},
       {"a:  (cannot come back)"}},
      {"a call that the table lacks",
       {user_call("eve", "AKIAEVE", "odd", "CreateOdd", "10:00:00")},
       {"a"},
       {"a:  (no inverse of this call is known: judge it by its record)"}},
      {"a call that failed, one that only looked, and one that is not there",
       {user_call("eve", "AKIAEVE", "iam", "CreateUser", "10:00:00",
                  {{"requestParameters.userName", "a"}, {"errorCode", "AccessDenied"}}),
        user_call("eve", "AKIAEVE", "iam", "ListUsers", "10:01:00", {{"readOnly", "true"}})},
       {"a", "b", "z"},
       {}},
  };
  for (const Row& row : rows) {
    UndoChoice choice;
    choice.event_ids = row.asked;
    World world;
    EXPECT_EQ(undone(world.undo(choice, row.records)), row.calls) << row.what;
  }
}

TEST(Undo, TakesBackWhatACredentialDidInATime) {
  UndoChoice choice;
  UndoChoice::Stretch stretch;
  stretch.handle = identity::handle_of("AKIAEVE", "", "");
  stretch.first_ms = parse_event_time("2024-06-03T10:01:00Z")->time_since_epoch().count();
  stretch.last_ms = parse_event_time("2024-06-03T10:02:00Z")->time_since_epoch().count();
  choice.stretches = {stretch};
  World world;
  UndoResult result =
      world.undo(choice, {user("a", "CreateUser", "10:00:00"), user("b", "CreateUser", "10:01:00"),
                          user_call("eve", "AKIAEVE", "sts", "AssumeRole", "10:01:30",
                                    {{"responseElements.credentials.accessKeyId", "ASIAOPS"}}),
                          user("c", "CreateUser", "10:02:00"), user("d", "CreateUser", "10:03:00"),
                          user_call("eve", "AKIAOTHER", "iam", "CreateUser", "10:01:00",
                                    {{"requestParameters.userName", "e"}})});
  EXPECT_EQ(result.calls, 2u);
  EXPECT_EQ(result.taken_back, 2u);
  EXPECT_EQ(undone(result),
            (std::vector<std::string>{"d: aws iam delete-user --user-name c (gone)",
                                      "b: aws iam delete-user --user-name b (gone)"}));
}

TEST(Undo, FollowsASubject) {
  auto subject = Subject::parse("user/dora");
  UndoChoice choice;
  choice.subject = &subject.value();
  World world;
  UndoResult result = world.undo(
      choice, {user_call("dora", "AKIADORA", "iam", "CreateUser", "10:00:00",
                         {{"requestParameters.userName", "eve"},
                          {"responseElements.user.arn", "arn:aws:iam::111122223333:user/eve"}}),
               user("a", "CreateUser", "10:01:00"),
               user_call("ops", "AKIAOPS", "iam", "CreateUser", "10:02:00",
                         {{"requestParameters.userName", "b"}})});
  EXPECT_EQ(undone(result),
            (std::vector<std::string>{"b: aws iam delete-user --user-name a (gone)",
                                      "a: aws iam delete-user --user-name eve (gone)"}));
}

TEST(Undo, LeavesOutTheEarliestOfTooMany) {
  std::vector<TestRecord> records;
  UndoChoice choice;
  for (size_t i = 0; i <= kUndoCalls; ++i) {
    std::string id = std::to_string(i);
    TestRecord record = user("u" + id, "CreateUser", "10:00:00");
    char time[32];
    std::snprintf(time, sizeof time, "2024-06-03T%02zu:%02zu:%02zuZ", i / 3600, i / 60 % 60,
                  i % 60);
    record["eventTime"] = time;
    record["eventID"] = id;
    records.push_back(std::move(record));
    choice.event_ids.insert(id);
  }
  World world;
  UndoResult result = world.undo(choice, records);
  EXPECT_EQ(result.calls, kUndoCalls);
  EXPECT_NE(result.script.find("# 1 earlier call were left out"), std::string::npos)
      << result.script.substr(0, 300);
  EXPECT_EQ(result.script.find("--user-name u0\n"), std::string::npos);
  EXPECT_NE(result.script.find("--user-name u1\n"), std::string::npos);
}

TEST(Undo, KeepsHostileTextsInTheirPlace) {
  UndoChoice choice;
  choice.event_ids = {"x$(id)"};
  TestRecord record = user("a\\nrm -rf /", "CreateUser", "10:00:00");
  record["eventID"] = "x$(id)";
  World world;
  std::string script = world.undo(choice, {record}).script;
  EXPECT_NE(script.find("--user-name $'a\\x0arm -rf /'\n"), std::string::npos) << script;
  EXPECT_EQ(script.find("\nrm -rf"), std::string::npos);
  EXPECT_NE(script.find("#   "), std::string::npos);
}

}  // namespace
}  // namespace cairn::investigate
