#include "investigate/policy.h"

#include "investigate/test_events.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace cairn::investigate {
namespace {

std::string shipped_table() {
  std::ifstream file(std::string(CAIRN_SOURCE_DIR) + "/content/iam-actions.tsv");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ActionTable, NamesActions) {
  FieldTable fields;
  auto table = ActionTable::parse(shipped_table(), fields);
  ASSERT_TRUE(table.ok()) << table.error().message;
  struct Row {
    std::string source, name, actions;
  };
  const Row rows[] = {
      {"iam.amazonaws.com", "CreateUser", "iam:CreateUser"},
      {"s3.amazonaws.com", "ListBuckets", "s3:ListAllMyBuckets"},
      {"s3.amazonaws.com", "HeadObject", "s3:GetObject"},
      {"s3.amazonaws.com", "CopyObject", "s3:PutObject,s3:GetObject"},
      {"s3.amazonaws.com", "GetBucketEncryption", "s3:GetEncryptionConfiguration"},
      {"s3.amazonaws.com", "PutBucketTagging", "s3:PutBucketTagging"},
      {"lambda.amazonaws.com", "CreateFunction20150331", "lambda:CreateFunction"},
      {"lambda.amazonaws.com", "UpdateFunctionCode20150331v2", "lambda:UpdateFunctionCode"},
      {"lambda.amazonaws.com", "Invoke", "lambda:InvokeFunction"},
      {"monitoring.amazonaws.com", "PutMetricAlarm", "cloudwatch:PutMetricAlarm"},
      {"cloudfront.amazonaws.com", "ListDistributions2016_01_28", "cloudfront:ListDistributions"},
      {"apigateway.amazonaws.com", "GetRestApis", "apigateway:GET"},
      {"apigateway.amazonaws.com", "UntagResource", "apigateway:DELETE"},
      {"sqs.amazonaws.com", "SendMessageBatch", "sqs:SendMessage"},
      {"kms.amazonaws.com", "ReEncrypt", "kms:ReEncryptFrom,kms:ReEncryptTo"},
      {"sts.amazonaws.com", "GetCallerIdentity", ""},
      {"signin.amazonaws.com", "ConsoleLogin", ""},
      {"", "Odd", ""},
      {"odd.amazonaws.com", "", ""},
  };
  for (const Row& row : rows)
    EXPECT_EQ(join(table.value().actions_of(row.source, row.name), ","), row.actions)
        << row.source << " " << row.name;
}

TEST(ActionTable, SaysWhatIsWrongWithARow) {
  struct Row {
    std::string table, error;
  };
  const Row rows[] = {
      {"s3\tGetObject\ts3:GetObject\n", "line 1: expected 4 columns"},
      {"# c\n\ns3\tGetObject\ts3:GetObject\tarn:{x\n", "line 3: { without }"},
      {"s3\tA\ts3:A\t\ns3\tA\ts3:B\t\n", "line 2: a second row for the same call"},
      {"s3\tA\ts3:A,s3:B,s3:C\tarn:a|arn:b\n", "line 1: one resource, or as many as actions"},
  };
  for (const Row& row : rows) {
    FieldTable fields;
    auto table = ActionTable::parse(row.table, fields);
    ASSERT_FALSE(table.ok()) << row.table;
    EXPECT_EQ(table.error().message, row.error);
  }
}

TEST(LiteralResource, LeavesNoWildcard) {
  struct Row {
    std::string arn, literal;
  };
  const Row rows[] = {{"arn:aws:s3:::b/a", "arn:aws:s3:::b/a"},
                      {"arn:aws:s3:::b/*", "arn:aws:s3:::b/${*}"},
                      {"a?${x}", "a${?}${$}{x}"},
                      {"", ""}};
  for (const Row& row : rows) EXPECT_EQ(literal_resource(row.arn), row.literal);
}

/// Asks for a policy as the engine does: uses of the subject, grants by anybody.
Sheet policy_of(const std::string& asked, const std::vector<TestRecord>& records) {
  auto subject = Subject::parse(asked);
  EXPECT_TRUE(subject.ok());
  TestEvents events;
  auto table = ActionTable::parse(shipped_table(), events.fields);
  EXPECT_TRUE(table.ok());
  FakeFiles files;
  Wanted uses_wanted, grants_wanted;
  uses_wanted.uses = uses_wanted.use_resources = true;
  uses_wanted.about = [&](const Event& event) {
    return event.text(events.standard.identity_user_name) == asked;
  };
  uses_wanted.resource_of = [&](const Event& event) {
    return table.value().resource_of(event, event.text(events.standard.event_source),
                                     event.text(events.standard.event_name));
  };
  uses_wanted.spell_resource = literal_resource;
  grants_wanted.acts = true;
  grants_wanted.with_record = [](std::string_view, std::string_view name) {
    return is_policy_call(name);
  };
  Gatherer uses(events.standard, events.own, nullptr, files, 1u << 20, uses_wanted);
  Gatherer grants(events.standard, events.own, nullptr, files, 1u << 20, grants_wanted);
  events.feed(records, [&](const Event& event, size_t i) {
    uses.add(event, i);
    grants.add(event, i);
  });
  auto result = policy(subject.value(), table.value(), {&uses}, {&grants});
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.value().found, !result.value().sheet.parts.empty());
  return std::move(result.value().sheet);
}

TestRecord app(const std::string& service, const std::string& name, TestRecord more = {}) {
  return user_call("app", "AKIAAPP", service, name, "10:00:00", std::move(more));
}

TestRecord object(const std::string& name, const std::string& key) {
  return app("s3", name,
             {{"requestParameters.bucketName", "data"}, {"requestParameters.key", key}});
}

std::string statement(const std::string& actions, const std::string& resources) {
  return R"({"Effect":"Allow","Action":[)" + actions + R"(],"Resource":[)" + resources + "]}";
}

TEST(Policy, GrantsWhatWasUsed) {
  std::vector<TestRecord> many;
  for (char c = 'a'; c < 'k'; ++c) many.push_back(object("GetObject", std::string("in/") + c));
  struct Row {
    const char* what;
    std::vector<TestRecord> records;
    std::string statements;
  };
  const Row rows[] = {
      {"a resource by the table",
       {object("GetObject", "a")},
       statement(R"("s3:GetObject")", R"("arn:aws:s3:::data/a")")},
      {"actions on the same resources together",
       {object("GetObject", "a"), object("PutObject", "a")},
       statement(R"("s3:GetObject","s3:PutObject")", R"("arn:aws:s3:::data/a")")},
      {"a resource of the record",
       {app("kms", "Decrypt", {{"resources.ARN", "arn:aws:kms:eu-west-1:1:key/k"}})},
       statement(R"("kms:Decrypt")", R"("arn:aws:kms:eu-west-1:1:key/k")")},
      {"a copy reads one object and writes another",
       {app("s3", "CopyObject",
            {{"requestParameters.bucketName", "data"},
             {"requestParameters.key", "b"},
             {"requestParameters.x-amz-copy-source", "/from/a?versionId=3"}})},
       statement(R"("s3:PutObject")", R"("arn:aws:s3:::data/b")") + "," +
           statement(R"("s3:GetObject")", R"("arn:aws:s3:::from/a")")},
      {"a copy whose source is not told",
       {app("s3", "CopyObject",
            {{"requestParameters.bucketName", "data"}, {"requestParameters.key", "b"}})},
       statement(R"("s3:GetObject")", R"("*")") + "," +
           statement(R"("s3:PutObject")", R"("arn:aws:s3:::data/b")")},
      {"more than eight objects are a folder", many,
       statement(R"("s3:GetObject")", R"("arn:aws:s3:::data/in/*")")},
      {"a name with wildcards grants only itself",
       {object("PutObject", "*")},
       statement(R"("s3:PutObject")", R"("arn:aws:s3:::data/${*}")")},
      {"no resource known",
       {app("ec2", "DescribeInstances")},
       statement(R"("ec2:DescribeInstances")", R"("*")")},
      {"refused calls are not granted, other errors show a right",
       {app("iam", "CreateUser", {{"errorCode", "AccessDenied"}}),
        app("iam", "DeleteUser", {{"errorCode", "NoSuchEntity"}})},
       statement(R"("iam:DeleteUser")", R"("*")")},
  };
  for (const Row& row : rows)
    EXPECT_EQ(part_of(policy_of("app", row.records), "policies"),
              (std::vector<std::string>{R"({"Version":"2012-10-17","Statement":[)" +
                                        row.statements + "]}"}))
        << row.what;
  EXPECT_TRUE(policy_of("app", {user_call("eve", "AKIAEVE", "s3", "ListBuckets", "10:00:00")})
                  .parts.empty());
}

TEST(Policy, CountsAnEventOnce) {
  Sheet sheet = policy_of("app", {app("sts", "GetCallerIdentity"), object("GetObject", "a"),
                                  app("iam", "CreateUser", {{"errorCode", "AccessDenied"}})});
  EXPECT_EQ(part_of(sheet, "used"),
            (std::vector<std::string>{"1 action in 3 events, 2024-06-03 10:00:00 to 2024-06-03 "
                                      "10:00:00; 1 event needed no right"}));
  EXPECT_EQ(part_of(sheet, "denied"), (std::vector<std::string>{"iam:CreateUser|AccessDenied|1|"}));
}

TEST(Policy, IsCutWhereIamWould) {
  std::vector<TestRecord> records;
  for (int i = 0; i < 400; ++i)
    records.push_back(app("svc", "DoSomethingWithANameOfSomeLength" + std::to_string(i)));
  std::vector<std::string> policies = part_of(policy_of("app", records), "policies");
  ASSERT_GE(policies.size(), 3u);
  size_t actions = 0;
  for (const std::string& policy : policies) {
    EXPECT_LE(policy.size(), kPolicyCharacters);
    for (size_t at = policy.find("svc:"); at != std::string::npos; at = policy.find("svc:", at + 1))
      ++actions;
  }
  EXPECT_EQ(actions, 400u);
}

TEST(Policy, TellsWhatWasGrantedAndNotUsed) {
  auto admin = [](const std::string& name, const std::string& id, TestRecord more) {
    more["eventID"] = id;
    return user_call("admin", "AKIAADMIN", "iam", name, "09:00:00", std::move(more));
  };
  const std::string document =
      R"({\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:Get*\",\"sqs:*\"]},)"
      R"({\"Effect\":\"Deny\",\"Action\":\"ec2:*\"}]})";
  const std::string mine = "arn:aws:iam::111122223333:policy/mine",
                    theirs = "arn:aws:iam::aws:policy/ReadOnlyAccess";
  Sheet sheet = policy_of(
      "app", {object("GetObject", "a"),
              admin("PutUserPolicy", "1",
                    {{"requestParameters.userName", "app"},
                     {"requestParameters.policyName", "inline"},
                     {"requestParameters.policyDocument",
                      R"({\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"sns:Publish\"}})"}}),
              admin("PutUserPolicy", "2",
                    {{"requestParameters.userName", "other"},
                     {"requestParameters.policyName", "inline"},
                     {"requestParameters.policyDocument",
                      R"({\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"kms:*\"}})"}}),
              admin("CreatePolicy", "3",
                    {{"requestParameters.policyDocument", document},
                     {"responseElements.policy.arn", mine}}),
              user_call("admin", "AKIAADMIN", "iam", "AttachUserPolicy", "09:01:00",
                        {{"requestParameters.userName", "app"},
                         {"requestParameters.policyArn", mine},
                         {"eventID", "4"}}),
              user_call("admin", "AKIAADMIN", "iam", "AttachUserPolicy", "09:02:00",
                        {{"requestParameters.userName", "app"},
                         {"requestParameters.policyArn", theirs},
                         {"eventID", "5"}})});
  EXPECT_EQ(
      part_of(sheet, "granted_not_used"),
      (std::vector<std::string>{"sns:Publish|inline policy inline|1", "sqs:*|" + mine + "|4"}));
  EXPECT_EQ(part_of(sheet, "unknown_policies"), (std::vector<std::string>{theirs + "|5"}));
}

}  // namespace
}  // namespace cairn::investigate
