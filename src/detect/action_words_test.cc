#include "base/hash.h"
#include "detect/detect.h"
#include "detect/test_events.h"

#include <gtest/gtest.h>

namespace cairn::detect {
namespace {

constexpr std::string_view kTable =
    "# comment\n"
    "\n"
    "iam.amazonaws.com\tAttachUserPolicy\tuser {requestParameters.userName}\t"
    "attached policy {requestParameters.policyArn|last} to user {requestParameters.userName}\r\n"
    "iam.amazonaws.com\tCreateAccessKey\t\t"
    "created an access key[ {responseElements.accessKey.accessKeyId}][ for user "
    "{requestParameters.userName}]\n"
    "ec2\tRunInstances\t{responseElements.ids|list}\tstarted "
    "{responseElements.ids|list}\n"
    "ec2\tOpen\t\topened[ to {requestParameters.cidr;requestParameters.cidr6|all}][ on "
    "{requestParameters.protocol|list} port {requestParameters.from..requestParameters.to}]\n"
    "lambda.amazonaws.com\tUpdateFunctionCode*\t{requestParameters.functionName|last}\tchanged "
    "code\n"
    "lambda.amazonaws.com\tUpdate*\t\tchanged something\n"
    "*\tDeleteTrail\t{requestParameters.name;requestParameters.trailName|last}\tdeleted a trail\n";

TEST(ActionWords, DescribesEvents) {
  struct Row {
    TestRecord record;
    std::string target, words;
  };
  const std::string iam = "iam.amazonaws.com", lambda = "lambda.amazonaws.com";
  const Row rows[] = {
      {{{"eventSource", iam},
        {"eventName", "AttachUserPolicy"},
        {"requestParameters.userName", "bob"},
        {"requestParameters.policyArn", "arn:aws:iam::aws:policy/AdministratorAccess"}},
       "user bob",
       "attached policy AdministratorAccess to user bob"},
      // Denied calls often carry no parameters: no half sentence.
      {{{"eventSource", iam}, {"eventName", "AttachUserPolicy"}}, "", "called AttachUserPolicy"},
      {{{"eventSource", iam},
        {"eventName", "AttachUserPolicy"},
        {"resources.ARN", "arn:aws:iam::1:user/bob"}},
       "arn:aws:iam::1:user/bob",
       "called AttachUserPolicy"},
      {{{"eventSource", iam}, {"eventName", "CreateAccessKey"}}, "", "created an access key"},
      {{{"eventSource", iam},
        {"eventName", "createaccesskey"},
        {"requestParameters.userName", "bob"}},
       "",
       "created an access key for user bob"},
      {{{"eventSource", "ec2.amazonaws.com"},
        {"eventName", "RunInstances"},
        {"responseElements.ids", "i-1"},
        {"responseElements.ids", "i-2"}},
       "i-1, i-2",
       "started i-1, i-2"},
      {{{"eventSource", "ec2.amazonaws.com"},
        {"eventName", "RunInstances"},
        {"responseElements.ids", "[\"i-1\"]"},
        {"responseElements.ids", "i-1"}},
       "i-1",
       "started i-1"},
      {{{"eventSource", "ec2.amazonaws.com"},
        {"eventName", "RunInstances"},
        {"responseElements.ids", "[]"}},
       "",
       "called RunInstances"},
      {{{"eventSource", "ec2.amazonaws.com"},
        {"eventName", "RunInstances"},
        {"responseElements.ids", "1"},
        {"responseElements.ids", "2"},
        {"responseElements.ids", "3"},
        {"responseElements.ids", "4"},
        {"responseElements.ids", "5"},
        {"responseElements.ids", "6"},
        {"responseElements.ids", "7"}},
       "1, 2, 3, 4, 5 and 2 more",
       "started 1, 2, 3, 4, 5 and 2 more"},
      // All rules of a call are said, those that repeat once.
      {{{"eventSource", "ec2.amazonaws.com"},
        {"eventName", "Open"},
        {"requestParameters.cidr", "192.0.2.0/24"},
        {"requestParameters.cidr", "0.0.0.0/0"},
        {"requestParameters.cidr6", "::/0"},
        {"requestParameters.protocol", "tcp"},
        {"requestParameters.protocol", "tcp"},
        {"requestParameters.protocol", "tcp"},
        {"requestParameters.from", "80"},
        {"requestParameters.from", "22"},
        {"requestParameters.from", "80"},
        {"requestParameters.to", "80"},
        {"requestParameters.to", "1024"},
        {"requestParameters.to", "80"}},
       "",
       "opened to 192.0.2.0/24, 0.0.0.0/0, ::/0 on tcp port 80, 22-1024"},
      {{{"eventSource", "ec2.amazonaws.com"},
        {"eventName", "Open"},
        {"requestParameters.protocol", "icmp"},
        {"requestParameters.from", "-1"},
        {"requestParameters.to", "-1"}},
       "",
       "opened on icmp port any"},
      // Values that do not pair say nothing.
      {{{"eventSource", "ec2.amazonaws.com"},
        {"eventName", "Open"},
        {"requestParameters.protocol", "tcp"},
        {"requestParameters.from", "22"},
        {"requestParameters.from", "80"},
        {"requestParameters.to", "80"}},
       "",
       "opened"},
      {{{"eventSource", lambda},
        {"eventName", "UpdateFunctionCode20150331v2"},
        {"requestParameters.functionName", "arn:aws:lambda:eu-west-1:1:function:pay"}},
       "pay",
       "changed code"},
      {{{"eventSource", lambda}, {"eventName", "UpdateAlias"}}, "", "changed something"},
      {{{"eventSource", "cloudtrail.amazonaws.com"},
        {"eventName", "DeleteTrail"},
        {"requestParameters.trailName", "a/b/"}},
       "b",
       "deleted a trail"},
      {{{"eventName", "DescribeFoo"}}, "", "called DescribeFoo"},
      {{{"eventName", "RotateKey"}, {"eventType", "AwsServiceEvent"}},
       "",
       "service event RotateKey"},
      {{{"insightDetails.eventName", "RunInstances"}}, "", "called RunInstances"},
      {{}, "", "an event without a name"},
  };
  TestFields fields;
  auto words = ActionWords::parse(kTable, fields.table);
  ASSERT_TRUE(words.ok()) << words.error().message;
  TestEvent event(fields.table);
  ActionWords::Memory memory;
  ActionWords::Phrase phrase;
  for (const Row& row : rows) {
    const Event& made = event.set(row.record);
    uint64_t type = hash64(made.text(fields.standard.event_name),
                           hash64(made.text(fields.standard.event_source)));
    words.value().describe(made, fields.standard, type, memory, phrase);
    EXPECT_EQ(phrase.target, row.target) << row.words;
    EXPECT_EQ(phrase.words, row.words);
  }
}

TEST(ActionWords, CutsLongValuesBetweenCharacters) {
  TestFields fields;
  auto words = ActionWords::parse("s\tN\t\twrote {requestParameters.x}\n", fields.table);
  ASSERT_TRUE(words.ok());
  TestEvent event(fields.table);
  std::string long_text(299, 'a');
  long_text += "\xC3\xBC and more";
  const Event& e =
      event.set({{"eventSource", "s"}, {"eventName", "N"}, {"requestParameters.x", long_text}});
  ActionWords::Memory memory;
  ActionWords::Phrase phrase;
  words.value().describe(e, fields.standard, 1, memory, phrase);
  EXPECT_EQ(phrase.words, "wrote " + std::string(299, 'a'));
}

TEST(ActionWords, LocatesBadRows) {
  const std::pair<std::string, std::string> rows[] = {
      {"a\tb\tc\n", "line 1: expected 4 columns (source, name, target, words), got 3"},
      {"\n#\na\tb\t\t{x\n", "line 3: { without } in template \"{x\""},
      {"a\tb\t\tx}\n", "line 1: } without { in template \"x}\""},
      {"a\tb\t[x\t\n", "line 1: [ without ] in template \"[x\""},
      {"a\tb\tx]\t\n", "line 1: ] without [ in template \"x]\""},
      {"a\tb\t[[x]]\t\n", "line 1: brackets do not nest in template \"[[x]]\""},
      {"a\tb\t{x|first}\t\n", "line 1: expected |last, |list or |all in template \"{x|first}\""},
      {"a\tb\t{}\t\n", "line 1: expected a field path in template \"{}\""},
      {"a\tb\t{x;}\t\n", "line 1: expected a field path in template \"{x;}\""},
      {"a\tb\t{x..}\t\n", "line 1: expected a field path in template \"{x..}\""},
      {"a\tb\t{x;y..z}\t\n",
       "line 1: expected as many paths after .. as before in template \"{x;y..z}\""},
      {"a\tb\t{x..y|list}\t\n", "line 1: a range has no |form in template \"{x..y|list}\""},
      {"\tb\tx\ty\n", "line 1: source and name must not be empty"},
      {"a\tb\tx\ty\nA\tB\tx\ty\n", "line 2: a second row for the same call"},
      {"a\tb*\tx\ty\na\tb*\tx\ty\n", "line 2: a second row for the same call"},
  };
  for (const auto& [text, message] : rows) {
    TestFields fields;
    auto words = ActionWords::parse(text, fields.table);
    ASSERT_FALSE(words.ok()) << text;
    EXPECT_EQ(words.error().message, message);
  }
}

}  // namespace
}  // namespace cairn::detect
