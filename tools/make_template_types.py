#!/usr/bin/env python3
"""Writes content/templates/types.txt: what CloudFormation takes for the types of resources that Cairn knows.

    npm pack @aws-cdk/cfnspec@2 && tar xzf aws-cdk-cfnspec-*.tgz package/spec/specification.json
    tools/make_template_types.py package/spec/specification.json > content/templates/types.txt

The specification comes from AWS; additions below are of its newer API models. The format is told at the top of the output.
"""

import json
import sys

RUNS = ["AWS::Logs::MetricFilter", "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm",
        "AWS::CloudWatch::AlarmMuteRule", "AWS::CloudWatch::Dashboard"]
CHECKED = [
    "AWS::CloudWatch::AnomalyDetector", "AWS::Logs::LogGroup", "AWS::Logs::LogStream", "AWS::Logs::SubscriptionFilter",
    "AWS::Logs::ResourcePolicy", "AWS::Logs::QueryDefinition", "AWS::SNS::Topic", "AWS::SNS::Subscription", "AWS::SNS::TopicPolicy",
    "AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "AWS::Events::Rule", "AWS::Lambda::Function", "AWS::Lambda::Permission",
    "AWS::CloudTrail::Trail", "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key", "AWS::KMS::Alias", "AWS::IAM::Role",
    "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::Athena::DataCatalog", "AWS::Athena::NamedQuery",
    "AWS::Athena::PreparedStatement", "AWS::Athena::WorkGroup", "AWS::Glue::Database", "AWS::Glue::Table", "AWS::Glue::Partition",
    "AWS::Glue::Crawler", "AWS::Glue::SecurityConfiguration", "AWS::Glue::DataCatalogEncryptionSettings", "AWS::SSM::Document"]
PRIMITIVES = {"String": "text", "Integer": "integer", "Long": "integer", "Double": "number", "Boolean": "bool", "Json": "any",
              "Timestamp": "text"}
ENUMERATIONS = {
    "AWS::CloudWatch::Alarm ComparisonOperator": "GreaterThanOrEqualToThreshold|GreaterThanThreshold|LessThanThreshold|"
    "LessThanOrEqualToThreshold|LessThanLowerOrGreaterThanUpperThreshold|LessThanLowerThreshold|GreaterThanUpperThreshold",
    "AWS::CloudWatch::Alarm Statistic": "SampleCount|Average|Sum|Minimum|Maximum",
    "AWS::CloudWatch::Alarm TreatMissingData": "breaching|notBreaching|ignore|missing",
    "AWS::CloudWatch::Alarm EvaluateLowSampleCountPercentile": "evaluate|ignore",
    "AWS::Logs::MetricFilter.MetricTransformation Unit": "Seconds|Microseconds|Milliseconds|Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|"
    "Bits|Kilobits|Megabits|Gigabits|Terabits|Percent|Count|Bytes/Second|Kilobytes/Second|Megabytes/Second|Gigabytes/Second|"
    "Terabytes/Second|Bits/Second|Kilobits/Second|Megabits/Second|Gigabits/Second|Terabits/Second|Count/Second|None",
    "AWS::SNS::Subscription Protocol": "http|https|email|email-json|sms|sqs|application|lambda|firehose",
    "AWS::Events::Rule State": "ENABLED|DISABLED|ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
    "AWS::CloudTrail::Trail.EventSelector ReadWriteType": "All|ReadOnly|WriteOnly",
    "AWS::SSM::Document DocumentFormat": "YAML|JSON|TEXT",
    "AWS::Glue::Table.TableInput TableType": "EXTERNAL_TABLE|VIRTUAL_VIEW|GOVERNED",
    "AWS::Athena::WorkGroup State": "ENABLED|DISABLED",
}
# What the specification does not have yet: properties, by type, in this file's own words.
ADDITIONS = {
    "AWS::CloudWatch::Alarm": ["EvaluationCriteria any", "EvaluationInterval integer", "EvaluationWindow any"],
    "AWS::CloudWatch::CompositeAlarm": ["Tags [any]"],
    "AWS::CloudWatch::Dashboard": ["Tags [any]"],
    "AWS::Logs::MetricFilter": ["ApplyOnTransformedLogs bool", "FieldSelectionCriteria text", "EmitSystemFieldDimensions [text]"],
    "AWS::Logs::SubscriptionFilter": ["ApplyOnTransformedLogs bool", "FieldSelectionCriteria text", "EmitSystemFields [text]"],
    "AWS::Logs::LogGroup": ["LogGroupClass text", "FieldIndexPolicies [any]", "DeletionProtectionEnabled bool"],
    "AWS::Lambda::Function": ["LoggingConfig any", "RecursiveLoop text"],
    "AWS::CloudTrail::Trail": ["AggregationConfigurations [any]"],
    "AWS::SNS::Topic": ["FifoThroughputScope text"],
}
# Types that the specification does not have yet, as they are written.
NEW_TYPES = {
    "AWS::CloudWatch::AlarmMuteRule": """ Description text
 ExpireDate text
 MuteTargets! MuteTargets
 Name! text
 Rule! Rule
 StartDate text
 Tags [any]
.MuteTargets
 AlarmNames! [text]
.Rule
 Schedule! Schedule
.Schedule
 Duration! text
 Expression! text
 Timezone text""",
}


def value_type(property_, scope, wanted):
    if "PrimitiveType" in property_:
        return PRIMITIVES[property_["PrimitiveType"]]
    kind = property_["Type"]
    if kind in ("List", "Map"):
        if "PrimitiveItemType" in property_:
            item = PRIMITIVES[property_["PrimitiveItemType"]]
        else:
            item = property_.get("ItemType", "any")
            if item in ("List", "Map") or item == "Json":
                item = "any"
            elif item != "any":
                wanted.append(item)
        return f"[{item}]" if kind == "List" else "{" + item + "}"
    if kind == "Json":
        return "any"
    wanted.append(kind)
    return kind


def members(name, specification, properties, wanted):
    lines = []
    for key in sorted(properties):
        property_ = properties[key]
        kind = ENUMERATIONS.get(f"{name} {key}") or value_type(property_, name, wanted)
        lines.append(f" {key}{'!' if property_.get('Required') else ''} {kind}")
    known = {line.split()[0].rstrip("!") for line in lines}
    lines += [f" {line}" for line in ADDITIONS.get(name, []) if line.split()[0] not in known]
    return sorted(lines)


def write(type_, verdict, specification):
    print(f"{type_} {verdict}")
    if type_ in NEW_TYPES:
        print(NEW_TYPES[type_])
        return
    wanted, done = [], set()
    lines = members(type_, specification, specification["ResourceTypes"][type_]["Properties"], wanted)
    print("\n".join(lines))
    while wanted:
        name = wanted.pop(0)
        if name in done or name == "any":
            continue
        done.add(name)
        full = "Tag" if name == "Tag" else f"{type_}.{name}"
        definition = specification["PropertyTypes"][full]
        if "Properties" not in definition:  # a list or a text under a name of its own
            print(f".{name} = {value_type(definition, full, wanted)}")
            continue
        print(f".{name}")
        print("\n".join(members(full, specification, definition["Properties"], wanted)))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        specification = json.load(file)
    print("# Made by tools/make_template_types.py. `TYPE runs|checked`, then its properties: ` NAME[!] KIND`, where ! is required.\n"
          "# KIND: text, integer, number, bool, any, A|B (one of these words), [KIND] a list, {KIND} a map, or a name: that of a\n"
          "# structure, which follows as `.NAME` with its members, or as `.NAME = KIND`.")
    for type_ in RUNS:
        write(type_, "runs", specification)
    for type_ in CHECKED:
        write(type_, "checked", specification)


main()
