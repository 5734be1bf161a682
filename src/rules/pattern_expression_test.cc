#include "rules/pattern_expression.h"

#include "rules/event_for_test.h"
#include "rules/event_pattern.h"
#include "rules/filter_pattern.h"
#include "rules/pattern_rule.h"
#include "rules/predicate_check.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace cairn::rules {
namespace {

std::string read(bool filter, const std::string& text, bool plain = false) {
  auto read = filter ? expression_of_filter(text, plain) : expression_of_event_pattern(text, plain);
  return read.ok() ? to_string(read.value().expression) : "refused: " + read.error().message;
}

TEST(PatternExpression, OfFilters) {
  const struct {
    const char *pattern, *expected;
  } kRows[] = {
      {"{ $.eventName = ConsoleLogin }", "eventName = \"ConsoleLogin\" (case)"},
      {"{ ($.a NOT EXISTS) }", "refused"},
      {"{ $.eventName = \"Delete*\" && $.errorCode NOT EXISTS }", "and"},
      {"ERROR", "refused"},
      {"{ $.resources[0].ARN = x }", "refused"},
      {"{ $.eventName > abc }", "refused"},
      {"{ $.eventName = }", "refused"},
  };
  for (const auto& row : kRows) {
    const bool refused = read(true, row.pattern).starts_with("refused");
    EXPECT_EQ(refused, std::string(row.expected) == "refused")
        << row.pattern << read(true, row.pattern);
  }
}

std::string record_of(std::mt19937& random) {
  auto pick = [&](std::vector<std::string> from) { return from[random() % from.size()]; };
  std::string out = "{\"eventID\":\"e\"";
  auto member = [&](const std::string& name, const std::vector<std::string>& values) {
    std::string value = pick(values);
    if (!value.empty()) out += ",\"" + name + "\":" + value;
  };
  member("readOnly", {"true", "false", ""});
  member("eventName", {"\"ConsoleLogin\"", "\"DeleteTrail\"", "\"deletetrail\"", "null", ""});
  member("eventSource", {"\"signin.amazonaws.com\"", "\"iam.amazonaws.com\"", "\"iam\"", ""});
  member("eventType", {"\"AwsApiCall\"", "\"AwsConsoleSignIn\"", "\"AwsServiceEvent\"", ""});
  member("errorCode", {"\"AccessDenied\"", "\"5\"", "\"\"", "null", ""});
  member("awsRegion", {"\"us-east-1\"", "\"eu-west-1\""});
  member("sourceIPAddress", {"\"10.1.2.3\"", "\"192.0.2.1\"", "\"AWS Internal\""});
  member("recipientAccountId", {"\"111122223333\"", "\"444455556666\"", ""});
  std::string request;
  std::string text = pick({"\"x\"", "\"X y\"", "null", ""}), number = pick({"5", "7.5", "-1", ""}),
              flag = pick({"true", "false", ""});
  for (auto [name, value] : {std::pair{"text", text}, {"number", number}, {"flag", flag}})
    if (!value.empty())
      request += std::string(request.empty() ? "" : ",") + "\"" + name + "\":" + value;
  return out + ",\"userIdentity\":{\"accountId\":\"111122223333\"},\"requestParameters\":{" +
         request + "}}";
}

/// What these patterns mean as conditions is what they mean as patterns, for records of which the
/// assumptions hold.
TEST(PatternExpression, SameTruth) {
  const char* const kFilters[] = {
      "{ $.eventName = ConsoleLogin }",
      "{ $.eventName != \"Delete*\" }",
      "{ ($.errorCode = \"*Denied\") || ($.errorCode = 5) }",
      "{ $.errorCode != 5 }",
      "{ $.errorCode NOT EXISTS && $.eventName IS NULL }",
      "{ ($.eventName = %^Delete% || $.eventSource = \"iam*\") && $.awsRegion != us-east-1 }",
      "{ $.requestParameters.number > 5 }",
      "{ $.requestParameters.number != 7.5 }",
      "{ $.requestParameters.number <= 5 || $.requestParameters.flag IS TRUE }",
      "{ $.requestParameters.flag IS FALSE && $.requestParameters.text NOT EXISTS }",
      "{ $.requestParameters.text = \"X*\" || $.requestParameters.text IS NULL }",
      "{ $.requestParameters.text != x }",
      "{ $.readOnly IS FALSE }",
      "{ $.readOnly IS TRUE || $.eventName = ConsoleLogin }",
      "{ $.readOnly = \"false\" || $.readOnly NOT EXISTS }",
  };
  const char* const kEventPatterns[] = {
      R"({"detail":{"eventName":["ConsoleLogin","DeleteTrail"]}})",
      R"({"detail":{"eventName":[{"anything-but":"DeleteTrail"}]}})",
      R"({"detail":{"eventName":[{"anything-but":{"prefix":"Delete"}},{"exists":false}]}})",
      R"({"detail":{"eventName":[{"equals-ignore-case":"DELETETRAIL"}],"errorCode":[{"exists":false},null]}})",
      R"({"detail":{"eventName":[{"wildcard":"*e*Trail"}]}})",
      R"({"detail":{"sourceIPAddress":[{"cidr":"10.0.0.0/8"}]}})",
      R"({"source":["aws.iam"]})",
      R"({"source":[{"prefix":"aws."}],"region":[{"suffix":"-1"}]})",
      R"({"source":[{"anything-but":["aws.iam"]}]})",
      R"({"detail-type":["AWS API Call via CloudTrail"]})",
      R"({"detail-type":["AWS Console Signin via CloudTrail","AWS Service Event via CloudTrail"]})",
      R"({"detail-type":[{"anything-but":"AWS Console Signin via CloudTrail"}]})",
      R"({"detail-type":[{"prefix":"AWS Console"}]})",
      R"({"account":["111122223333"],"detail":{"$or":[{"eventName":["ConsoleLogin"]},{"errorCode":[{"prefix":"Acc"}]}]}})",
      R"({"detail":{"requestParameters":{"number":[{"numeric":[">",-2,"<=",5]}]}}})",
      R"({"detail":{"requestParameters":{"number":[7.5],"flag":[true]}}})",
      R"({"detail":{"requestParameters":{"text":[{"anything-but":["x"]}]}}})",
      R"({"detail":{"requestParameters":{"text":[null,{"suffix":"y"}]}}})",
      R"({"detail":{"readOnly":[false]}})",
      R"({"detail":{"readOnly":["false",{"exists":false}]}})",
      R"({"replay-name":[{"exists":false}],"detail":{"eventName":["DeleteTrail"]}})",
      R"({"replay-name":[{"exists":false}, "mine"],"detail":{"eventName":["DeleteTrail"]}})",
      R"({"region":["us-east-1",{"exists":false}]})",
      R"({"resources":[{"exists":false}],"id":[{"exists":true}]})",
  };
  std::mt19937 random(3);
  std::vector<std::string> records;
  for (int i = 0; i < 400; ++i) records.push_back(record_of(random));
  auto compare = [&](const std::string& text, Operator op) {
    auto read = op == Operator::kFilterPattern ? expression_of_filter(text, true)
                                               : expression_of_event_pattern(text, true);
    ASSERT_TRUE(read.ok()) << text << ": " << read.error().message;
    Predicate predicate;
    predicate.op = op;
    predicate.operands = {text};
    Expression pattern = leaf(predicate), condition = read.value().expression;
    FieldTable fields;
    bind(pattern, fields);
    bind(condition, fields);
    fields.freeze();
    size_t held = 0;
    for (const std::string& record : records) {
      EventForTest event(fields, record);
      CheckScratch scratch;
      const bool truth = holds(pattern, event.event(), scratch);
      held += truth ? 1u : 0u;
      ASSERT_EQ(holds(condition, event.event(), scratch), truth) << text << "\n"
                                                                 << to_string(condition) << "\n"
                                                                 << record;
    }
    EXPECT_GT(held, 0u) << text;
  };
  for (const char* text : kFilters) compare(text, Operator::kFilterPattern);
  for (const char* text : kEventPatterns) compare(text, Operator::kEventPattern);
}

TEST(PatternExpression, RefusesWhatMayBeAnArray) {
  EXPECT_TRUE(read(true, "{ $.requestParameters.a = x }").starts_with("refused"));
  EXPECT_FALSE(read(true, "{ $.requestParameters.a = x }", true).starts_with("refused"));
  EXPECT_TRUE(
      read(false, R"({"detail":{"requestParameters":{"a":["x"]}}})").starts_with("refused"));
  EXPECT_TRUE(read(false, R"({"resources":["x"]})", true).starts_with("refused"));
  EXPECT_TRUE(read(false, R"({"detail":{"eventName":[5]}})").starts_with("refused"));
}

}  // namespace
}  // namespace cairn::rules
