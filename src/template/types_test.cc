#include "template/types.h"

#include <gtest/gtest.h>

namespace cairn::templates {
namespace {

std::string first_remark(const std::string& resource) {
  std::string text = "Resources:\n  R: " + resource + "\n";
  Diagnostics diagnostics;
  Template stack = read_template(text, "t.yaml", {}, diagnostics);
  check_properties(stack, text, diagnostics);
  if (diagnostics.empty()) return "";
  const Diagnostic& first = diagnostics.items().front();
  return std::string(to_string(first.severity)) + " " + std::to_string(first.line) + ":" +
         std::to_string(first.column) + " " + first.message +
         (first.hint.empty() ? "" : "; " + first.hint);
}

TEST(Types, HoldPropertiesAgainstTheTable) {
  const std::string filter =
      "LogGroupName: g, FilterPattern: '', MetricTransformations: [{MetricName: m, "
      "MetricNamespace: n, MetricValue: 1}]";
  struct Row {
    std::string resource, expected;
  };
  const Row rows[] = {
      {"{Type: AWS::Logs::MetricFilter, Properties: {" + filter + "}}", ""},
      {"{Type: AWS::Logs::MetricFilter, Properties: {LogGroupName: g, FilterPattern: ''}}",
       "error 2:3 AWS::Logs::MetricFilter needs MetricTransformations"},
      {"{Type: AWS::Logs::MetricFilter, Properties: {" + filter + ", LogGroup: g}}",
       "error 2:165 AWS::Logs::MetricFilter has no \"LogGroup\""},
      {"{Type: AWS::Logs::MetricFilter, Properties: {LogGroupName: g, FilterPattern: '', "
       "MetricTransformations: {MetricName: m}}}",
       "error 2:110 AWS::Logs::MetricFilter.MetricTransformations must be a list, not a map"},
      {"{Type: AWS::Logs::MetricFilter, Properties: {LogGroupName: g, FilterPattern: '', "
       "MetricTransformations: [{MetricName: m, MetricNamespace: n, MetricValue: 1, Unit: "
       "Counts}]}}",
       "error 2:169 AWS::Logs::MetricFilter.MetricTransformations[0].Unit is none of its 27 words; "
       "did you mean \"Count\"?"},
      {"{Type: AWS::CloudWatch::Alarm, Properties: {ComparisonOperator: GreaterThanThreshold, "
       "EvaluationPeriods: many}}",
       "error 2:111 AWS::CloudWatch::Alarm.EvaluationPeriods must be a whole number, not \"many\""},
      {"{Type: AWS::CloudTrail::Trail, Properties: {IsLogging: yes, S3BucketName: b}}",
       "error 2:61 AWS::CloudTrail::Trail.IsLogging must be true or false, not \"yes\""},
      {"{Type: AWS::CloudTrail::Trail, Properties: {IsLogging: true, S3BucketName: b, New: 1}}",
       "warning 2:84 AWS::CloudTrail::Trail has no \"New\""},
      {"{Type: AWS::KMS::Key, Properties: {KeyPolicy: {Version: 2012-10-17}}}", ""},
      {"{Type: AWS::CloudWatch::Alarms}",
       "warning 2:3 Cairn does not know the type \"AWS::CloudWatch::Alarms\"; did you mean "
       "\"AWS::CloudWatch::Alarm\"?"},
      {"{Type: Custom::Anything, Properties: {A: [1]}}", ""},
  };
  for (const Row& row : rows) EXPECT_EQ(first_remark(row.resource), row.expected) << row.resource;
}

TEST(Types, SayWhatBecomesOfThem) {
  EXPECT_EQ(verdict_of("AWS::CloudWatch::Alarm"), Verdict::kRuns);
  EXPECT_EQ(verdict_of("AWS::Glue::Table"), Verdict::kChecked);
  EXPECT_EQ(verdict_of("AWS::EC2::Instance"), Verdict::kIgnored);
}

}  // namespace
}  // namespace cairn::templates
