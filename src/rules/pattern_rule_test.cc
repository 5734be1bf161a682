#include "rules/pattern_rule.h"

#include "rules/event_for_test.h"
#include "rules/rules.h"

#include <gtest/gtest.h>

namespace cairn::rules {
namespace {

/// "match", "no match", or the first remark's code.
std::string verdict(const std::string& document, const std::string& event_text) {
  FieldTable fields;
  Diagnostics diagnostics;
  RuleFile file{"t.yml", "title: t\nid: t\n" + document + "\n", {}};
  RuleSet rules = RuleSet::load_sigma({&file, 1}, {}, fields, diagnostics);
  if (!diagnostics.empty()) return diagnostics.items().front().code;
  fields.freeze();
  EventForTest event(fields, event_text);
  Matcher matcher(rules);
  std::vector<uint32_t> fast, slow;
  matcher.match(event.event(), fast);
  matcher.match_slowly(event.event(), slow);
  EXPECT_EQ(fast, slow) << document;
  return fast.empty() ? "no match" : "match";
}

struct Row {
  const char *pattern, *event, *expected;
};

TEST(PatternRule, FilterPatterns) {
  const Row rows[] = {
      {R"({ $.eventName = "A" })", R"({"eventName":"A"})", "match"},
      {R"({ $.eventName = "A" })", R"({"eventName":"a"})", "no match"},
      {R"({ ($.eventName = A) || ($.eventName = B*) })", R"({"eventName":"Bc"})", "match"},
      {R"({ ($.eventName = A) && ($.n != "x") })", R"({"eventName":"A","n":"y"})", "match"},
      {R"({ ($.eventName = A) && ($.n != "x") })", R"({"eventName":"A"})", "no match"},
      {R"({ $.n NOT EXISTS })", R"({"eventName":"A"})", "match"},
      {R"({ $.a[0].b = 3 })", R"({"a":[{"b":3}]})", "match"},
      {R"({ $.u.type = "Root" && $.u.by NOT EXISTS && $.t != "S" })",
       R"({"u":{"type":"Root"},"t":"C"})", "match"},
      {"Denied", R"({"errorCode":"AccessDenied"})", "match"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(
        verdict("language: cloudwatch\npattern: '" + std::string(row.pattern) + "'", row.event),
        row.expected)
        << row.pattern;
}

TEST(PatternRule, EventPatterns) {
  const Row rows[] = {
      {R"({"source":["aws.ec2"],"detail":{"eventName":["A","B"]}})",
       R"({"eventSource":"ec2.amazonaws.com","eventName":"B"})", "match"},
      {R"({"source":["aws.s3"],"detail":{"eventName":["A"]}})",
       R"({"eventSource":"ec2.amazonaws.com","eventName":"A"})", "no match"},
      {R"({"detail-type":["AWS Console Sign In via CloudTrail"]})",
       R"({"eventType":"AwsConsoleSignIn","eventName":"ConsoleLogin"})", "match"},
      {R"({"detail-type":["AWS Console Signin via CloudTrail"]})",
       R"({"eventType":"AwsConsoleSignIn","eventName":"ConsoleLogin"})", "match"},
      {R"({"detail-type":[{"anything-but":"AWS Console Signin via CloudTrail"}]})",
       R"({"eventType":"AwsConsoleSignIn","eventName":"ConsoleLogin"})", "no match"},
      {R"({"detail-type":[{"anything-but":["AWS Console Sign In via CloudTrail"]}]})",
       R"({"eventType":"AwsConsoleSignIn","eventName":"ConsoleLogin"})", "no match"},
      {R"({"detail-type":[{"anything-but":{"equals-ignore-case":"aws console signin via cloudtrail"}}]})",
       R"({"eventType":"AwsConsoleSignIn","eventName":"ConsoleLogin"})", "no match"},
      {R"({"detail-type":[{"anything-but":"AWS Console Signin via CloudTrail"}]})",
       R"({"eventType":"AwsApiCall","eventName":"A"})", "match"},
      {R"({"detail-type":["AWS API Call via CloudTrail"]})",
       R"({"eventType":"AwsConsoleSignIn","eventName":"ConsoleLogin"})", "no match"},
      {R"({"detail-type":["AWS Console Action via CloudTrail"]})",
       R"({"eventType":"AwsConsoleAction","eventName":"A"})", "match"},
      {R"({"detail-type":["AWS Network Activity Event via CloudTrail"]})",
       R"({"eventType":"AwsVpceEvent","eventName":"A"})", "match"},
      {R"({"detail-type":["AWS API Call via CloudTrail"],"detail":{"errorCode":[{"exists":false}]}})",
       R"({"eventType":"AwsApiCall","eventName":"A"})", "match"},
      {R"({"account":["111122223333"],"region":["us-east-1"],"detail":{"n":[{"numeric":[">",3]}]}})",
       R"({"recipientAccountId":"111122223333","awsRegion":"us-east-1","n":4})", "match"},
      {R"({"detail":{"$or":[{"eventName":["A"]},{"x":["y"]}]}})", R"({"x":"y"})", "match"},
      {R"({"detail":{"eventName":["a"]}})", R"({"eventName":"A"})", "no match"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(
        verdict("language: eventbridge\npattern: '" + std::string(row.pattern) + "'", row.event),
        row.expected)
        << row.pattern;
}

TEST(PatternRule, Refused) {
  const std::pair<const char*, const char*> rows[] = {
      {"pattern: '{ $.a = 1 }'", "pattern-language"},
      {"language: sql\npattern: '{ $.a = 1 }'", "pattern-language"},
      {"language: cloudwatch\npattern: [a]", "pattern-language"},
      {"language: cloudwatch\npattern: '{ $.a = }'", "filter-pattern-"},
      {"language: eventbridge\npattern: '{\"a\": 1}'", "event-pattern-"},
  };
  for (const auto& [document, code] : rows)
    EXPECT_TRUE(verdict(document, "{}").starts_with(code)) << document << verdict(document, "{}");
}

TEST(PatternRule, AsksFirstWhatIsCheap) {
  FieldTable fields;
  Diagnostics diagnostics;
  RuleFile file{"t.yml",
                "title: t\nid: t\nlanguage: cloudwatch\npattern: '{ ($.eventSource = "
                "s3.amazonaws.com) && (($.eventName = A) || ($.eventName = B)) }'\n",
                {}};
  RuleSet rules = RuleSet::load_sigma({&file, 1}, {}, fields, diagnostics);
  ASSERT_EQ(rules.size(), 1u);
  EXPECT_EQ(rules.info(0).needed_event_names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(rules.info(0).needed_event_sources, (std::vector<std::string>{"s3.amazonaws.com"}));
}

}  // namespace
}  // namespace cairn::rules
