#include "template/template.h"

#include <gtest/gtest.h>

#include <chrono>

namespace cairn::templates {
namespace {

// The properties of resource R, or the first error as "code line: message".
std::string value_of(const std::string& text, const Settings& settings = {}) {
  Diagnostics diagnostics;
  Template read = read_template(text, "t.yaml", settings, diagnostics);
  for (const Diagnostic& remark : diagnostics.items()) {
    if (remark.severity == DiagnosticSeverity::kError)
      return remark.code + " " + std::to_string(remark.line) + ": " + remark.message;
  }
  const Resource* resource = read.find("R");
  if (resource == nullptr) return "no R";
  const YamlNode* value = resource->properties.find("V");
  return value == nullptr ? to_json(resource->properties) : to_json(*value);
}

TEST(Template, WorksFunctionsOut) {
  const std::string head = R"(
Parameters:
  Name: {Type: String, Default: alice}
  Empty: {Type: String, Default: ''}
  Count: {Type: Number, Default: 3}
  Zones: {Type: CommaDelimitedList, Default: 'a, b,c'}
Mappings:
  Sizes: {eu: {small: 1, zones: [x, y]}}
Conditions:
  IsAlice: !Equals [!Ref Name, alice]
  IsBob: !Equals [!Ref Name, bob]
  Both: !And [!Condition IsAlice, !Condition IsBob]
  Either: !Or [{Condition: IsAlice}, {Condition: IsBob}]
  Neither: !Not [!Condition Either]
Resources:
  Topic: {Type: 'AWS::SNS::Topic', Properties: {TopicName: !Sub '${Name}-topic'}}
  Unnamed: {Type: 'AWS::SNS::Topic'}
  Alarm: {Type: 'AWS::CloudWatch::Alarm', Properties: {AlarmName: Root}}
  Queue: {Type: 'AWS::SQS::Queue'}
  Bucket: {Type: 'AWS::S3::Bucket'}
  R: {Type: 'Custom::R', Properties: {V: )";
  struct Row {
    const char* value;
    const char* expected;
  };
  const Row rows[] = {
      {"!Ref Name", R"("alice")"},
      {"{Ref: Name}", R"("alice")"},
      {"!Ref Count", R"("3")"},
      {"!Ref Zones", R"(["a","b","c"])"},
      {"!Ref AWS::Region", R"("us-east-1")"},
      {"!Sub '${AWS::Partition} ${AWS::AccountId} ${AWS::URLSuffix} ${AWS::StackName}'",
       R"("aws 123456789012 amazonaws.com cairn")"},
      {"!Ref AWS::NotificationARNs", "[]"},
      {"!Ref Topic", R"("arn:aws:sns:us-east-1:123456789012:alice-topic")"},
      {"!GetAtt Topic.TopicName", R"("alice-topic")"},
      {"{'Fn::GetAtt': Topic.TopicArn}", R"("arn:aws:sns:us-east-1:123456789012:alice-topic")"},
      {"{'Fn::GetAtt': [Topic, TopicArn]}", R"("arn:aws:sns:us-east-1:123456789012:alice-topic")"},
      {"!Ref Unnamed", R"("arn:aws:sns:us-east-1:123456789012:cairn-Unnamed")"},
      {"!Ref Alarm", R"("Root")"},
      {"!GetAtt Alarm.Arn", R"("arn:aws:cloudwatch:us-east-1:123456789012:alarm:Root")"},
      {"!Ref Queue", R"("https://sqs.us-east-1.amazonaws.com/123456789012/cairn-Queue")"},
      {"!Sub '${Bucket.Arn}/*'", R"("arn:aws:s3:::cairn-bucket/*")"},
      {"!Sub 'a${!Literal}b${Name}'", R"("a${Literal}balice")"},
      {"!Sub ['${X}-${Name}', {X: !Ref Count}]", R"("3-alice")"},
      {"!Join ['-', [a, !Ref Name, 1]]", R"("a-alice-1")"},
      {"!Join ['', !Ref Zones]", R"("abc")"},
      {"!Split ['-', 'a-b-']", R"(["a","b",""])"},
      {"!Select [1, !Split ['-', 'a-b']]", R"("b")"},
      {"!Select ['0', !Ref Zones]", R"("a")"},
      {"!FindInMap [Sizes, eu, small]", "1"},
      {"!FindInMap [Sizes, eu, zones]", R"(["x","y"])"},
      {"!FindInMap [Sizes, us, small, {DefaultValue: 9}]", "9"},
      {"!If [IsAlice, yes-it-is, no]", R"("yes-it-is")"},
      {"!If [Both, a, b]", R"("b")"},
      {"!If [Either, a, b]", R"("a")"},
      {"!If [Neither, a, !If [IsAlice, c, d]]", R"("c")"},
      {"!Base64 hello", R"("aGVsbG8=")"},
      {"{'Fn::Base64': !Sub 'ab'}", R"("YWI=")"},
      {"!Cidr [10.0.0.0/16, 2, 8]", R"(["10.0.0.0/24","10.0.1.0/24"])"},
      {"!Select [1, !GetAZs '']", R"("us-east-1b")"},
      {"!Length [1, 2]", "2"},
      {"!ToJsonString {a: [1, !Ref Name]}", R"("{\"a\":[1,\"alice\"]}")"},
      {"[1, 2.5, '3', true, null, 012345678901, -1e3, ab]",
       R"([1,2.5,"3",true,null,"012345678901",-1e3,"ab"])"},
      {"[a, !Ref AWS::NoValue, b]", R"(["a","b"])"},
      {"{a: !Ref AWS::NoValue, b: 1}", R"({"b":1})"},
      {"!If [IsBob, x, !Ref AWS::NoValue]", "{}"},
      {"!ImportValue shared-topic", R"("arn:imported")"},
      {"!Ref Empty", R"("")"},
  };
  Settings settings;
  settings.parameters = {{"shared-topic", "arn:imported"}};
  for (const Row& row : rows)
    EXPECT_EQ(value_of(head + row.value + "}}\n", settings), row.expected) << row.value;
  settings.parameters = {{"AWS::Partition", "aws-cn"}, {"AWS::NotificationARNs", "a, b"}};
  EXPECT_EQ(value_of(head + "!Sub '${AWS::Partition}'}}\n", settings), R"("aws-cn")");
  EXPECT_EQ(value_of(head + "!Ref AWS::NotificationARNs}}\n", settings), R"(["a","b"])");
}

TEST(Template, TellsWhatIsWrong) {
  struct Row {
    const char* text;
    const char* expected;
  };
  const Row rows[] = {
      {"",
       "template-syntax 0: this is no CloudFormation template: a map with Resources is expected"},
      {"- a",
       "template-syntax 1: this is no CloudFormation template: a map with Resources is expected"},
      {"a: [", "yaml-syntax 2: while parsing a flow node: did not find expected node content"},
      {"{\"Resources\": {\"R\": ", "template-syntax 1: not JSON"},
      {"Resource: {}", "template-section 1: templates have no section \"Resource\""},
      {"Resources: {R: {Type: A, Propertis: {}}}",
       "template-resource 1: resources have no \"Propertis\""},
      {"Resources: {R: {}}", "template-resource 1: resource \"R\" has no Type"},
      {"Resources: {a-b: {Type: A}}",
       "template-resource 1: logical ids are letters and digits, not \"a-b\""},
      {"Resources: {R: {Type: A, Properties: {V: !Ref X}}}",
       "template-reference 1: there is no parameter or resource \"X\""},
      {"Resources:\n  R:\n    Type: A\n    Properties:\n      V: !Sub 'a${R2.Arn}'",
       "template-reference 5: there is no parameter or resource \"R2\""},
      {"Resources: {R: {Type: A, Properties: {V: !Nope X}}}",
       "template-function 1: there is no function \"Fn::Nope\""},
      {"Resources: {R: {Type: A, Properties: {V: !Ref R}}}",
       "template-cycle 1: resources depend on each other in a circle: R → R"},
      {"Resources:\n  R: {Type: A, Properties: {V: !Ref B}}\n  B: {Type: A, DependsOn: R}",
       "template-cycle 3: resources depend on each other in a circle: R → B → R"},
      {"Resources:\n"
       "  R: {Type: 'AWS::SNS::Topic', Properties: {TopicName: !GetAtt B.TopicName}}\n"
       "  B: {Type: 'AWS::SNS::Topic', Properties: {TopicName: !GetAtt R.TopicName}}",
       "template-cycle 3: resources depend on each other in a circle: R → B → R"},
      {"Conditions: {A: !Not [!Condition A]}\nResources: {R: {Type: A}}",
       "template-cycle 1: condition \"A\" depends on itself"},
      {"Conditions: {A: !Not [!Condition B]}\nResources: {R: {Type: A}}",
       "template-reference 1: there is no condition \"B\""},
      {"Conditions: {A: yes}\nResources: {R: {Type: A}}",
       "template-function 1: a condition is one of Fn::And, Fn::Or, Fn::Not, Fn::Equals and "
       "Condition"},
      {"Conditions: {No: !Equals [a, b]}\nResources:\n  Q: {Type: A, Condition: No}\n"
       "  R: {Type: A, Properties: {V: !Ref Q}}",
       "template-reference 4: \"Q\" is not created: its condition \"No\" is false"},
      {"Parameters: {P: {Type: String}}\nResources: {R: {Type: A, Properties: {V: !Ref P}}}",
       "template-parameter 1: parameter \"P\" has no value and no Default"},
      {"Parameters: {P: {Type: Strin, Default: a}}\nResources: {R: {Type: A}}",
       "template-parameter 1: parameter \"P\" has the unknown type \"Strin\""},
      {"Parameters: {P: {Type: Number, Default: a}}\nResources: {R: {Type: A}}",
       "template-parameter 1: parameter \"P\": \"a\" is no number"},
      {"Parameters: {P: {Type: Number, Default: 5, MaxValue: 4}}\nResources: {R: {Type: A}}",
       "template-parameter 1: parameter \"P\": \"5\" is above MaxValue 4"},
      {"Parameters: {P: {Type: String, Default: ab, MinLength: 3}}\nResources: {R: {Type: A}}",
       "template-parameter 1: parameter \"P\": \"ab\" is shorter than MinLength 3"},
      {"Parameters: {P: {Type: String, Default: c, AllowedValues: [a, b]}}\nResources: {R: {Type: "
       "A}}",
       "template-parameter 1: parameter \"P\": \"c\" is none of AllowedValues: a, b"},
      {"Parameters: {P: {Type: String, Default: c1, AllowedPattern: '[a-z]+'}}\nResources: {R: "
       "{Type: A}}",
       "template-parameter 1: parameter \"P\": \"c1\" does not match AllowedPattern [a-z]+"},
      {"Parameters: {P: {Type: String, NoEcho: true, Default: s, MinLength: 8}}\nResources: {R: "
       "{Type: A}}",
       "template-parameter 1: parameter \"P\": its value is shorter than MinLength 8"},
      {"Resources: {R: {Type: A, Properties: {V: !ImportValue x}}}",
       "template-import 1: no value is given for the export \"x\""},
      {"Resources: {R: {Type: A, Properties: {V: !FindInMap [A, b, c]}}}",
       "template-mapping 1: Mappings have no A → b → c"},
      {"Mappings: {A: {b: {c: !FindInMap [A, b, c]}}}\n"
       "Resources: {R: {Type: A, Properties: {V: !FindInMap [A, b, c]}}}",
       "template-mapping 1: Mappings hold values only, not \"Fn::FindInMap\""},
      {"Mappings: {A: {b: {c: [x, {Ref: AWS::Region}]}}}\nResources: {R: {Type: A}}",
       "template-mapping 1: Mappings hold values only, not \"Ref\""},
      {"Resources: {R: {Type: A, Properties: {V: !Select [2, [a]]}}}",
       "template-function 1: Fn::Select: there is no item 2 in 1 item"},
      {"Resources: {R: {Type: A, Properties: {V: !Sub 'a${b'}}}",
       "template-function 1: Fn::Sub: \"${\" without \"}\""},
      {"Resources: {R: {Type: A, Properties: {V: !Equals [a, b]}}}",
       "template-function 1: Fn::Equals belongs into Conditions"},
      {"Resources: {R: {Type: A, Properties: {V: {'Fn::Sub': a, B: c}}}}",
       "template-function 1: \"Fn::Sub\" must stand alone in its map"},
      {"Resources: {R: {Type: A}}\nOutputs: {O: {Description: x}}",
       "template-output 2: output \"O\" has no Value"},
  };
  for (const Row& row : rows) EXPECT_EQ(value_of(row.text), row.expected) << row.text;
}

TEST(Template, ReadsJsonAsYaml) {
  const char* json = R"({
	"Parameters": {"Topic": {"Type": "String"}},
	"Resources": {
	  "R": {"Type": "AWS::CloudWatch::Alarm", "Properties": {
	    "V": [1, "1", true, {"Fn::Join": [":", ["a", {"Ref": "Topic"}]]}]}}}})";
  Settings settings;
  settings.parameters["Topic"] = "t";
  EXPECT_EQ(value_of(json, settings), R"([1,"1",true,"a:t"])");
  Diagnostics diagnostics;
  Template read = read_template(json, "t.json", settings, diagnostics);
  ASSERT_EQ(read.resources.size(), 1U);
  EXPECT_EQ(read.resources[0].line, 4U);
}

TEST(Template, KnowsWhatIsNotCreated) {
  Diagnostics diagnostics;
  Template read = read_template(
      "Parameters: {Mail: {Type: String, Default: ''}}\n"
      "Conditions: {HasMail: !Not [!Equals [!Ref Mail, '']]}\n"
      "Resources:\n"
      "  Topic: {Type: AWS::SNS::Topic}\n"
      "  Subscription: {Type: AWS::SNS::Subscription, Condition: HasMail, Properties: {TopicArn: "
      "!Ref Topic}}\n"
      "Outputs: {T: {Value: !Ref Topic, Export: {Name: !Sub '${AWS::StackName}-t'}},"
      " S: {Condition: HasMail, Value: !Ref Subscription}}\n",
      "t.yaml", {}, diagnostics);
  EXPECT_FALSE(diagnostics.has_errors());
  ASSERT_EQ(read.resources.size(), 2U);
  EXPECT_TRUE(read.resources[0].created);
  EXPECT_FALSE(read.resources[1].created);
  EXPECT_EQ(read.resources[1].depends_on, std::vector<std::string>{"Topic"});
  ASSERT_EQ(read.outputs.size(), 1U);
  EXPECT_EQ(read.outputs[0].export_name, "cairn-t");
  ASSERT_EQ(read.parameters.size(), 1U);
  EXPECT_TRUE(read.parameters[0].is_default);
}

TEST(Template, NotesValuesThatNobodyAsksFor) {
  Diagnostics diagnostics;
  Settings settings;
  settings.parameters = {{"Topik", "x"}};
  read_template("Parameters: {Topic: {Type: String, Default: a}}\nResources: {R: {Type: A}}",
                "t.yaml", settings, diagnostics);
  ASSERT_EQ(diagnostics.items().size(), 1U);
  EXPECT_EQ(diagnostics.items()[0].code, "template-unused");
  EXPECT_EQ(diagnostics.items()[0].hint, "did you mean \"Topic\"?");
}

// A megabyte of brackets, of functions in functions, and of names made of names.
TEST(Template, IsBounded) {
  std::string deep = "Resources: {R: {Type: A, Properties: {V: ";
  EXPECT_EQ(value_of(deep + std::string(1 << 20, '[')).substr(0, 12), "yaml-nesting");
  EXPECT_EQ(value_of("{\"Resources\": " + std::string(1 << 20, '[')).substr(0, 15),
            "template-syntax");
  std::string functions = deep;
  for (int i = 0; i < 95; ++i) functions += "!Base64 {'Fn::Join': ['', [";
  EXPECT_EQ(value_of(functions).substr(0, 5), "yaml-");

  std::string chain = "Resources:\n";
  for (int i = 0; i < 400; ++i) {
    std::string next = "${R" + std::to_string(i + 1) + ".TopicName}";
    chain += "  R" + std::to_string(i) +
             ": {Type: 'AWS::SNS::Topic', Properties: {TopicName: !Sub '" + next + next + "'}}\n";
  }
  chain += "  R400: {Type: 'AWS::SNS::Topic', Properties: {TopicName: abc}}\n";
  EXPECT_EQ(value_of(chain).substr(0, 9), "template-");

  std::string twice = "Resources:\n";  // 2^40 characters
  for (int i = 40; i > 0; --i) {
    std::string next = "${R" + std::to_string(i - 1) + ".TopicName}";
    twice += "  R" + std::to_string(i) +
             ": {Type: 'AWS::SNS::Topic', Properties: {TopicName: !Sub '" + next + next + "'}}\n";
  }
  twice += "  R0: {Type: 'AWS::SNS::Topic', Properties: {TopicName: abc}}\n";
  EXPECT_EQ(value_of(twice).substr(0, 13), "template-size");

  // Each name is made of the next inside twenty functions, 60 collections: 2,400 inside each other.
  std::string long_names = "Resources:\n";
  for (int i = 0; i < 40; ++i) {
    std::string name = "!GetAtt R" + std::to_string(i + 1) + ".TopicName";
    for (int k = 0; k < 20; ++k) name = "{'Fn::Join': ['', [" + name + "]]}";
    long_names += "  R" + std::to_string(i) +
                  ": {Type: 'AWS::SNS::Topic', Properties: {TopicName: " + name + "}}\n";
  }
  long_names += "  R40: {Type: 'AWS::SNS::Topic', Properties: {TopicName: abc}}\n";
  EXPECT_EQ(value_of(long_names).substr(0, 16), "template-nesting");

  std::string wrong = "Resources:\n";
  for (int i = 0; i < 400; ++i)
    wrong +=
        "  R" + std::to_string(i) + ": {Type: A, Properties: {A: !Ref X, B: !Ref Y, C: !Ref Z}}\n";
  Diagnostics diagnostics;
  read_template(wrong, "t.yaml", {}, diagnostics);
  EXPECT_EQ(diagnostics.items().size(), 1001U);
}

}  // namespace
}  // namespace cairn::templates
