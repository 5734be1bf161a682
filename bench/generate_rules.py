#!/usr/bin/env python3
"""Writes N Sigma rules for CloudTrail, as varied as public rule sets: the benchmark's rules.

    bench/generate_rules.py N FOLDER [--seed 1] [--noisy]

Most rules name one API; some add request parameters, error codes, user agents, address ranges, regular expressions or exceptions. A tenth
name APIs that are common in any account, and like rules that people keep, these ask for more than the API: a parameter, a program, an address
range. With --noisy they do not, and fire all day. The same N and seed give the same files, and the first 100 of 1,000 rules are the 100 rules
of N = 100: what is compared is the number of rules, not their kind.
"""

import argparse
import random
import shutil
from pathlib import Path

SERVICES = ("iam sts s3 ec2 kms lambda rds cloudtrail config guardduty organizations secretsmanager ssm ecr ecs eks dynamodb sns sqs "
            "cloudformation cloudfront route53 elasticloadbalancing autoscaling glue athena redshift sagemaker bedrock codebuild "
            "codepipeline cognito-idp apigateway waf securityhub macie2 inspector2 backup efs fsx transfer workmail ses batch").split()
VERBS = "Create Delete Update Put Get List Describe Attach Detach Modify Enable Disable Start Stop Associate Tag Import Export".split()
NOUNS = ("Role User Group Policy AccessKey LoginProfile Bucket Object Instance Snapshot Image Volume Vpc Subnet SecurityGroup RouteTable Key Alias "
         "Grant Function Layer Trail Detector Rule Secret Parameter Document Repository Cluster Service Task Table Topic Queue Stack "
         "Distribution HostedZone LoadBalancer Certificate Crawler Workgroup Endpoint Notebook Model Project Pipeline Pool Stage Account "
         "Organization Domain Session Connection Gateway Permission Configuration Filter Member Invitation").split()
COMMON = (("sts", "AssumeRole"), ("s3", "GetObject"), ("s3", "PutObject"), ("s3", "ListObjects"), ("kms", "Decrypt"), ("kms", "GenerateDataKey"),
          ("ec2", "DescribeInstances"), ("iam", "GetUser"), ("iam", "ListUsers"), ("signin", "ConsoleLogin"), ("sts", "GetCallerIdentity"),
          ("ec2", "RunInstances"), ("iam", "CreateAccessKey"), ("iam", "AttachUserPolicy"), ("secretsmanager", "GetSecretValue"))
PARAMETERS = "userName roleName policyArn bucketName instanceType keyId functionName groupId imageId name tableName principal".split()
WORDS = "admin backdoor prod billing root public export copy test shadow vault payroll ci deploy external".split()
AGENTS = "Boto3 aws-cli python-requests kali parrot pacu terraform curl Go-http-client S3Browser".split()
LEVELS = ("low", "medium", "high", "critical")


def selection(source, name):
    return [f"    eventSource: {source}.amazonaws.com", f"    eventName: {name}"]


def detection(choose, noisy):
    """Returns the lines below `detection:` of one rule; the shares follow what public CloudTrail rules look like."""
    common = choose.random() < 0.1
    source, name = choose.choice(COMMON) if common else (choose.choice(SERVICES), choose.choice(VERBS) + choose.choice(NOUNS))
    lines, kind = ["  selection:", *selection(source, name)], choose.random()
    if common and not noisy:
        kind = choose.choice((0.65, 0.88, 0.92, 0.95))
    if kind < 0.50:
        return [*lines, "  condition: selection"]
    if kind < 0.60:
        names = [f"      - {choose.choice(VERBS)}{choose.choice(NOUNS)}" for _ in range(choose.randint(2, 8))]
        return ["  selection:", lines[1], "    eventName:", *names, "  condition: selection"]
    if kind < 0.72:
        words = [f"      - '{word}'" for word in choose.sample(WORDS, choose.randint(1, 4))]
        return [*lines, f"    requestParameters.{choose.choice(PARAMETERS)}|contains:", *words, "  condition: selection"]
    if kind < 0.80:
        return [*lines, "    errorCode:", "      - AccessDenied", "      - Client.UnauthorizedOperation", "  condition: selection"]
    if kind < 0.86:
        return [*lines, "  filter_service:", "    userIdentity.type: AWSService", "  filter_role:",
                f"    userIdentity.arn|endswith: '/{choose.choice(WORDS)}'", "  condition: selection and not 1 of filter_*"]
    if kind < 0.91:
        return [*lines, f"    userAgent|startswith: '{choose.choice(AGENTS)}'", "  condition: selection"]
    if kind < 0.94:
        return [*lines, f"    sourceIPAddress|cidr: '{choose.randint(11, 223)}.{choose.randint(0, 255)}.0.0/16'", "  condition: selection"]
    if kind < 0.97:
        word = choose.choice(WORDS)
        return [*lines, f"    requestParameters.{choose.choice(PARAMETERS)}|re: '(^|[-_/]){word}[-_]?[0-9]{{1,4}}($|[-_/])'", "  condition: selection"]
    # No API at all: these must be looked for in every event.
    return ["  selection:", f"    userAgent|contains: '{choose.choice(AGENTS)}-{choose.randint(1, 99)}.'", "  condition: selection"]


def rule(number, seed, noisy):
    choose = random.Random(f"{seed}/{number}")
    identity = f"{choose.getrandbits(32):08x}-{number:04x}-4{choose.getrandbits(12):03x}-8{choose.getrandbits(12):03x}-{choose.getrandbits(48):012x}"
    head = [f"title: Benchmark rule {number}", f"id: {identity}", "status: test", f"level: {choose.choice(LEVELS)}",
            "logsource:", "  product: aws", "  service: cloudtrail", "detection:"]
    return "\n".join(head + detection(choose, noisy)) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--noisy", action="store_true")
    arguments = parser.parse_args()
    shutil.rmtree(arguments.folder, ignore_errors=True)
    arguments.folder.mkdir(parents=True)
    for number in range(arguments.count):
        (arguments.folder / f"rule-{number:05}.yml").write_text(rule(number, arguments.seed, arguments.noisy))


if __name__ == "__main__":
    main()
