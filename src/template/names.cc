#include "template/names.h"

#include "base/text.h"

#include <algorithm>
#include <iterator>

namespace cairn::templates {

namespace {

// From the "Return values" of each type's page. In ARNs: $P partition, $R region, $A account, $N
// name. References: "" is the name, "arn" the ARN, else a text with the same placeholders.
struct TypeNames {
  std::string_view type, property, arn, reference;
};
constexpr TypeNames kTypes[] = {
    {"AWS::Athena::DataCatalog", "Name", "arn:$P:athena:$R:$A:datacatalog/$N", ""},
    {"AWS::Athena::NamedQuery", "Name", "", ""},
    {"AWS::Athena::PreparedStatement", "StatementName", "", ""},
    {"AWS::Athena::WorkGroup", "Name", "arn:$P:athena:$R:$A:workgroup/$N", ""},
    {"AWS::CloudTrail::Trail", "TrailName", "arn:$P:cloudtrail:$R:$A:trail/$N", ""},
    {"AWS::CloudWatch::Alarm", "AlarmName", "arn:$P:cloudwatch:$R:$A:alarm:$N", ""},
    {"AWS::CloudWatch::AlarmMuteRule", "Name", "arn:$P:cloudwatch:$R:$A:alarm-mute-rule:$N", ""},
    {"AWS::CloudWatch::CompositeAlarm", "AlarmName", "arn:$P:cloudwatch:$R:$A:alarm:$N", ""},
    {"AWS::CloudWatch::Dashboard", "DashboardName", "arn:$P:cloudwatch::$A:dashboard/$N", ""},
    {"AWS::DynamoDB::Table", "TableName", "arn:$P:dynamodb:$R:$A:table/$N", ""},
    {"AWS::Events::EventBus", "Name", "arn:$P:events:$R:$A:event-bus/$N", ""},
    {"AWS::Events::Rule", "Name", "arn:$P:events:$R:$A:rule/$N", ""},
    {"AWS::Glue::Database", "", "arn:$P:glue:$R:$A:database/$N", ""},
    {"AWS::Glue::Table", "", "", ""},
    {"AWS::IAM::Group", "GroupName", "arn:$P:iam::$A:group/$N", ""},
    {"AWS::IAM::ManagedPolicy", "ManagedPolicyName", "arn:$P:iam::$A:policy/$N", "arn"},
    {"AWS::IAM::Role", "RoleName", "arn:$P:iam::$A:role/$N", ""},
    {"AWS::IAM::User", "UserName", "arn:$P:iam::$A:user/$N", ""},
    {"AWS::KMS::Alias", "AliasName", "arn:$P:kms:$R:$A:$N", ""},
    {"AWS::KMS::Key", "", "arn:$P:kms:$R:$A:key/$N", ""},
    {"AWS::Kinesis::Stream", "Name", "arn:$P:kinesis:$R:$A:stream/$N", ""},
    {"AWS::KinesisFirehose::DeliveryStream", "DeliveryStreamName",
     "arn:$P:firehose:$R:$A:deliverystream/$N", ""},
    {"AWS::Lambda::Function", "FunctionName", "arn:$P:lambda:$R:$A:function:$N", ""},
    {"AWS::Logs::LogGroup", "LogGroupName", "arn:$P:logs:$R:$A:log-group:$N:*", ""},
    {"AWS::Logs::MetricFilter", "FilterName", "", ""},
    {"AWS::S3::Bucket", "BucketName", "arn:$P:s3:::$N", ""},
    {"AWS::SNS::Subscription", "", "arn:$P:sns:$R:$A:$N", "arn"},
    {"AWS::SNS::Topic", "TopicName", "arn:$P:sns:$R:$A:$N", "arn"},
    {"AWS::SQS::Queue", "QueueName", "arn:$P:sqs:$R:$A:$N", "https://sqs.$R.$S/$A/$N"},
    {"AWS::SSM::Document", "Name", "arn:$P:ssm:$R:$A:document/$N", ""},
    {"AWS::SSM::Parameter", "Name", "arn:$P:ssm:$R:$A:parameter/$N", ""},
    {"AWS::StepFunctions::StateMachine", "StateMachineName", "arn:$P:states:$R:$A:stateMachine:$N",
     "arn"},
};

const TypeNames* find_type(std::string_view type) {
  const auto* found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                   [&](const TypeNames& row) { return row.type == type; });
  return found == std::end(kTypes) ? nullptr : found;
}

std::string_view url_suffix(std::string_view region) {
  return region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}

std::string fill(std::string_view text, const std::string& name, const Settings& settings) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') {
      result += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'P':
        result += partition_of(settings.region);
        break;
      case 'R':
        result += settings.region;
        break;
      case 'A':
        result += settings.account;
        break;
      case 'S':
        result += url_suffix(settings.region);
        break;
      default:
        result += name;
    }
  }
  return result;
}

}  // namespace

std::string_view name_property(std::string_view type) {
  const TypeNames* known = find_type(type);
  return known == nullptr ? "" : known->property;
}

void name_resource(Resource& resource, const std::string& given, const Settings& settings) {
  resource.name = given;
  if (given.empty()) {
    resource.name = settings.stack_name + "-" + resource.logical_id;
    // Bucket names have no capitals.
    if (resource.type == "AWS::S3::Bucket") resource.name = to_lower(resource.name);
  }
  const TypeNames* known = find_type(resource.type);
  resource.arn = known == nullptr ? "" : fill(known->arn, resource.name, settings);
  resource.reference = resource.name;
  if (known == nullptr || known->reference.empty()) return;
  resource.reference =
      known->reference == "arn" ? resource.arn : fill(known->reference, resource.name, settings);
}

std::string attribute_of(const Resource& resource, std::string_view attribute,
                         const Settings& settings) {
  auto filled = [&](std::string_view text) { return fill(text, resource.name, settings); };
  if (attribute.ends_with("Arn")) {
    bool own = attribute == "Arn" || attribute == "TopicArn" || attribute == "AlarmArn" ||
               attribute == "PolicyArn" || attribute == "StateMachineArn";
    if (own) {
      return resource.arn.empty() ? filled("arn:$P:cloudformation:$R:$A:resource/$N")
                                  : resource.arn;
    }
  }
  if (attribute == "TopicName" || attribute == "QueueName" || attribute == "KeyId" ||
      attribute == "Name")
    return resource.name;
  if (attribute == "QueueUrl") return resource.reference;
  if (resource.type == "AWS::S3::Bucket") {
    if (attribute == "DomainName") return filled("$N.s3.$S");
    if (attribute == "RegionalDomainName") return filled("$N.s3.$R.$S");
    if (attribute == "WebsiteURL") return filled("http://$N.s3-website-$R.$S");
  }
  return resource.name + "." + std::string(attribute);
}

std::string_view partition_of(std::string_view region) {
  if (region.starts_with("cn-")) return "aws-cn";
  return region.starts_with("us-gov-") ? "aws-us-gov" : "aws";
}

std::optional<std::string> pseudo_parameter(std::string_view name, const Settings& settings) {
  if (!name.starts_with("AWS::")) return std::nullopt;
  if (auto given = settings.parameters.find(std::string(name));
      given != settings.parameters.end() && is_pseudo_parameter(name))
    return given->second;
  if (name == "AWS::AccountId") return settings.account;
  if (name == "AWS::Region") return settings.region;
  if (name == "AWS::StackName") return settings.stack_name;
  if (name == "AWS::Partition") return std::string(partition_of(settings.region));
  if (name == "AWS::URLSuffix") return std::string(url_suffix(settings.region));
  if (name == "AWS::StackId")
    return fill("arn:$P:cloudformation:$R:$A:stack/$N/cairn", settings.stack_name, settings);
  return std::nullopt;
}

bool is_pseudo_parameter(std::string_view name) {
  constexpr std::string_view kNames[] = {"AWS::AccountId",       "AWS::Region",    "AWS::StackName",
                                         "AWS::Partition",       "AWS::URLSuffix", "AWS::StackId",
                                         "AWS::NotificationARNs"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

}  // namespace cairn::templates
