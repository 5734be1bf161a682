#include "investigate/blast.h"

#include "investigate/test_events.h"

#include <gtest/gtest.h>

namespace cairn::investigate {
namespace {

constexpr std::string_view kTable =
    "iam\tCreateAccessKey\tcreated\taccess key {responseElements.accessKey.accessKeyId}\t-\tr\n"
    "iam\tDeleteAccessKey\tdeleted\taccess key {requestParameters.accessKeyId}\t-\tr\n"
    "iam\tCreateUser\tcreated\tuser {requestParameters.userName}\t-\tr\n"
    "iam\tDeleteUser\tdeleted\tuser {requestParameters.userName}\t-\tr\n"
    "iam\tCreateRole\tcreated\trole {requestParameters.roleName}\t-\tr\n"
    "iam\tCreateLoginProfile\tcreated\tconsole password of user "
    "{requestParameters.userName}\t-\tr\n"
    "iam\tDeleteLoginProfile\tdeleted\tconsole password of user "
    "{requestParameters.userName}\t-\tr\n"
    "s3\tPutBucketPolicy\tshared\tbucket {requestParameters.bucketName}\t-\tr\n"
    "ec2\tRunInstances\tcreated\tinstance {responseElements.instancesSet.items.instanceId}\t-\tr\n"
    "ec2\tTerminateInstances\tdeleted\tinstance {requestParameters.instanceId}\t-\tr\n";
const std::string kAccount = "arn:aws:iam::111122223333:";
const std::string kKey = "AKIADORAEXAMPLE00001";

BlastResult blast_of(const std::string& asked, const std::vector<TestRecord>& records) {
  auto table = InverseTable::parse(kTable);
  auto subject = Subject::parse(asked);
  EXPECT_TRUE(table.ok() && subject.ok());
  TestEvents events;
  FakeFiles files;
  Gatherer gatherer(events.standard, events.own, nullptr, files, 1u << 20,
                    wanted_for_reach(table.value()));
  gather(events, records, gatherer);
  auto result = blast(subject.value(), table.value(), {&gatherer});
  EXPECT_TRUE(result.ok());
  return std::move(result).value();
}

/// The commands for containment without their comments and documents.
std::vector<std::string> commands_of(const std::string& asked,
                                     const std::vector<TestRecord>& records) {
  std::vector<std::string> commands;
  for (const std::string& line : part_of(blast_of(asked, records).sheet, "contain"))
    if (!line.starts_with("#")) commands.push_back(line.substr(0, line.find(" --policy-document")));
  return commands;
}

TestRecord dora(const std::string& service, const std::string& name, const std::string& time,
                TestRecord more = {}) {
  return user_call("dora", kKey, service, name, time, std::move(more));
}

TEST(Blast, Contains) {
  const std::string stop_dora =
      "aws iam update-access-key --user-name dora --access-key-id " + kKey + " --status Inactive";
  const std::string end_dora =
      "aws iam put-user-policy --user-name dora --policy-name cairn-revoke-sessions";
  TestRecord make_key = dora("iam", "CreateAccessKey", "10:00:00",
                             {{"requestParameters.userName", "eve"},
                              {"responseElements.accessKey.accessKeyId", "AKIAEVEEXAMPLE000001"}});
  TestRecord make_user = dora("iam", "CreateUser", "10:01:00",
                              {{"requestParameters.userName", "mallory"},
                               {"responseElements.user.arn", kAccount + "user/team/mallory"}});
  TestRecord launch = dora("ec2", "RunInstances", "10:02:00",
                           {{"responseElements.instancesSet.items.instanceId", "i-0abc"}});
  struct Row {
    const char* what;
    std::string asked;
    std::vector<TestRecord> records;
    std::vector<std::string> commands;
  };
  const Row rows[] = {
      {"its own key, and the sessions that the key opened",
       kKey,
       {dora("s3", "DeleteBucket", "10:00:00")},
       {stop_dora, end_dora}},
      {"a key that it made",
       kKey,
       {make_key},
       {stop_dora,
        "aws iam update-access-key --user-name eve --access-key-id AKIAEVEEXAMPLE000001 --status "
        "Inactive",
        end_dora}},
      {"a key that somebody else deleted since",
       kKey,
       {make_key, user_call("ops", "AKIAOPS", "iam", "DeleteAccessKey", "11:00:00",
                            {{"requestParameters.accessKeyId", "AKIAEVEEXAMPLE000001"}})},
       {stop_dora, end_dora}},
      {"its own key, deleted since",
       kKey,
       {dora("s3", "DeleteBucket", "10:00:00"),
        user_call("ops", "AKIAOPS", "iam", "DeleteAccessKey", "11:00:00",
                  {{"requestParameters.accessKeyId", kKey}})},
       {end_dora}},
      {"a user that it made",
       kKey,
       {make_user},
       {stop_dora, "aws iam put-user-policy --user-name mallory --policy-name cairn-containment",
        end_dora}},
      {"a user that was deleted, and one of that name made again",
       kKey,
       {make_user,
        user_call("ops", "AKIAOPS", "iam", "DeleteUser", "11:00:00",
                  {{"requestParameters.userName", "mallory"}}),
        user_call("ops", "AKIAOPS", "iam", "CreateUser", "12:00:00",
                  {{"requestParameters.userName", "mallory"}})},
       {stop_dora, "aws iam put-user-policy --user-name mallory --policy-name cairn-containment",
        end_dora}},
      {"a role that it made",
       kKey,
       {dora("iam", "CreateRole", "10:00:00",
             {{"requestParameters.roleName", "back"},
              {"responseElements.role.arn", kAccount + "role/back"}}),
        role_call("back", "s", "ASIABACK", "s3", "DeleteBucket", "10:05:00")},
       {stop_dora, "aws iam put-role-policy --role-name back --policy-name cairn-containment",
        end_dora}},
      {"a password",
       kKey,
       {dora("iam", "CreateLoginProfile", "10:00:00", {{"requestParameters.userName", "max"}})},
       {stop_dora, "aws iam delete-login-profile --user-name max", end_dora}},
      {"a password that was taken back",
       kKey,
       {dora("iam", "CreateLoginProfile", "10:00:00", {{"requestParameters.userName", "max"}}),
        dora("iam", "DeleteLoginProfile", "10:09:00", {{"requestParameters.userName", "max"}})},
       {stop_dora, end_dora}},
      {"instances",
       kKey,
       {launch},
       {stop_dora, end_dora, "aws ec2 stop-instances --instance-ids i-0abc --region eu-west-1"}},
      {"instances that ended",
       kKey,
       {launch, dora("ec2", "TerminateInstances", "10:30:00",
                     {{"requestParameters.instanceId", "i-0abc"}})},
       {stop_dora, end_dora}},
      {"a role that only looked",
       "role/level1",
       {role_call("level1", "s", "ASIALEVEL1", "s3", "ListBuckets", "10:00:00",
                  {{"readOnly", "true"}})},
       {"aws iam put-role-policy --role-name level1 --policy-name cairn-revoke-sessions"}},
      {"a role of AWS",
       "AWSServiceRoleForX",
       {role_call("aws-service-role/x.amazonaws.com/AWSServiceRoleForX", "s", "ASIAX", "s3",
                  "DeleteBucket", "10:00:00")},
       {}},
      {"a key of root: no command stops it",
       "root",
       {[] {
         TestRecord record = user_call("", "AKIAROOT", "s3", "DeleteBucket", "10:00:00");
         record["userIdentity.type"] = "Root";
         record["userIdentity.arn"] = kAccount + "root";
         record.erase("userIdentity.userName");
         return record;
       }()},
       {}},
      {"a hostile name",
       kKey,
       {dora("iam", "CreateLoginProfile", "10:00:00",
             {{"requestParameters.userName", "x'; reboot #"}})},
       {stop_dora, "aws iam delete-login-profile --user-name 'x'\\''; reboot #'", end_dora}},
  };
  for (const Row& row : rows)
    EXPECT_EQ(commands_of(row.asked, row.records), row.commands) << row.what;
}

TEST(Blast, SaysWhoseKeyOnlyRootCanDelete) {
  TestRecord make = user_call("", "ASIAROOT", "iam", "CreateAccessKey", "10:00:00",
                              {{"responseElements.accessKey.accessKeyId", "AKIAROOTEXAMPLE00001"}});
  make["userIdentity.type"] = "Root";
  make["userIdentity.arn"] = kAccount + "root";
  make.erase("userIdentity.userName");
  EXPECT_EQ(part_of(blast_of("root", {make}).sheet, "contain"),
            (std::vector<std::string>{
                "# key AKIAROOTEXAMPLE00001 is root's: root has to sign in and delete it"}));
}

TEST(Blast, SortsWhatWasDone) {
  std::vector<TestRecord> records = {
      dora("iam", "CreateUser", "10:00:00", {{"requestParameters.userName", "a"}}),
      dora("iam", "CreateUser", "10:01:00", {{"requestParameters.userName", "b"}}),
      dora("iam", "DeleteUser", "10:02:00", {{"requestParameters.userName", "b"}}),
      dora("s3", "PutBucketPolicy", "10:03:00", {{"requestParameters.bucketName", "data"}}),
      dora("kms", "DeleteThing", "10:04:00"),
      dora("kms", "UpdateThing", "10:05:00"),
      dora("kms", "UpdateOther", "10:06:00", {{"errorCode", "AccessDenied"}}),
      user_call("ops", "AKIAOPS", "iam", "CreateUser", "10:07:00",
                {{"requestParameters.userName", "c"}}),
  };
  Sheet sheet = blast_of("dora", records).sheet;
  auto events_of = [&](const std::string& part) {
    std::string events;
    for (const std::string& row : part_of(sheet, part)) events += row.back();
    return events;
  };
  EXPECT_EQ(part_of(sheet, "reach"),
            (std::vector<std::string>{"6 acts of it and of what it made, 2024-06-03 10:00:00 to "
                                      "2024-06-03 10:05:00, account 111122223333"}));
  EXPECT_EQ(
      part_of(sheet, "still_there"),
      (std::vector<std::string>{"2024-06-03T10:00:00Z|user a|eu-west-1|111122223333|user/dora|a"}));
  EXPECT_EQ(events_of("created_and_deleted"), "b");
  EXPECT_EQ(events_of("shared"), "d");
  EXPECT_EQ(events_of("deleted"), "ce");
  EXPECT_EQ(events_of("changed"), "f");
}

TEST(Blast, NamesWhatIsNear) {
  BlastResult result = blast_of("dorra", {dora("s3", "ListBuckets", "10:00:00")});
  EXPECT_FALSE(result.found);
  ASSERT_FALSE(result.near.empty());
  EXPECT_EQ(result.near.front(), "user/dora");
}

}  // namespace
}  // namespace cairn::investigate
