#!/usr/bin/env python3
"""Lets the AWS CLI judge the commands that cairn writes for it, without a call.

    tests/check_commands.py

Every command of content/inverses.tsv (`cairn undo`), its fields filled with plausible values, and every command in the recorded outputs of `cairn blast`, `story` and `undo`
goes through the AWS CLI's own parser and checks of parameters, with an endpoint on this machine that nobody answers. Skipped (77) where the AWS CLI is not installed (Debian: awscli).
"""

import contextlib
import io
import os
import re
import shlex
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = 77
NOBODY = "http://127.0.0.1:9"
RECORDED = ("blast", "incidents", "undo")
# Younger than the AWS CLI of Debian 12 (2.9).
YOUNGER = ("ec2 enable-snapshot-block-public-access", "ec2 enable-image-block-public-access", "eks delete-access-entry")

JSON = {
    "eventSelectors": '[{"ReadWriteType":"All"}]',
    "insightSelectors": '[{"InsightType":"ApiCallRateInsight"}]',
    "PublicAccessBlockConfiguration": '{"BlockPublicAcls":true}',
    "BucketLoggingStatus": '{"LoggingEnabled":{"TargetBucket":"b","TargetPrefix":""}}',
    "metricTransformations": '[{"metricName":"a","metricNamespace":"b","metricValue":"1"}]',
}
VALUES = (
    (r"maxSessionDuration$", "3600"),
    (r"(InDays|ruleNumber|Port|versionNumber|version)$", "30"),
    (r"ipProtocol$", "tcp"),
    (r"(cidrIp|CidrBlock)$", "10.0.0.0/16"),
    (r"accessKeyId$", "AKIAIOSFODNN7EXAMPLE"),
    (r"[aA]ccountIds?(To\w+)?$", "111122223333"),
    (r"queueUrl$", "https://sqs.eu-west-1.amazonaws.com/111122223333/q"),
    (r"Arn$", "arn:aws:iam::111122223333:policy/some-name"),
    (r"\.type$", "ACCOUNT"),
    (r"permissionType$", "Share"),
    (r"\.principal$", "s3.amazonaws.com"),
    (r"\.action$", "lambda:InvokeFunction"),
)


def use_the_clis_python():
    """The AWS CLI is a package of the Python that its program names."""
    program = shutil.which("aws")
    if program is None:
        print("skipped: the AWS CLI is not installed (Debian: awscli)")
        sys.exit(SKIPPED)
    first = Path(program).read_bytes().split(b"\n", 1)[0].decode("utf-8", "replace")
    python = first[2:].split()[0] if first.startswith("#!") else ""
    try:
        import awscli.clidriver  # noqa: F401
    except ImportError:
        if "python" not in python or os.environ.get("CAIRN_COMMANDS_PYTHON") == python:
            print(f"skipped: {program} is no Python program whose parser could be asked")
            sys.exit(SKIPPED)
        os.environ["CAIRN_COMMANDS_PYTHON"] = python
        os.execv(python, [python, __file__])


def value_of(path, form):
    name = path.rpartition(".")[2]
    if form in ("json", "members"):
        return JSON.get(name, '{"Version":"2012-10-17","Statement":[]}')
    return next((value for pattern, value in VALUES if re.search(pattern, path)), "aaaa-0123456789abcdef0123")


def filled(command, with_optional):
    def fill(match):
        path, _, form = match.group(1).partition("|")
        return shlex.quote(value_of(re.sub(r"^[A-Z]\w+:", "", path), form))

    command = re.sub(r"\[([^\]]*)\]", r"\1" if with_optional else "", command)
    return re.sub(r"\{([^}]*)\}", fill, command)


def commands():
    found = {}
    for line in (ROOT / "content/inverses.tsv").read_text(encoding="utf-8").splitlines():
        columns = line.split("\t")
        if line.startswith("#") or len(columns) != 6 or columns[4] == "-":
            continue
        for alternative in columns[4].split(" || "):
            for command in re.sub(r"^\s*\?\S+ ", "", alternative).split(" ;; "):
                for with_optional in (True, False):
                    found.setdefault(filled(command.strip(), with_optional), f"{columns[0]} {columns[1]}")
    for name in RECORDED:
        text = (ROOT / f"tests/golden/{name}.test").read_text(encoding="utf-8")
        for match in re.finditer(r"^(?:run \S+ |\s*)(aws [a-z0-9-]+ [a-z-]+ .*)$", text, re.MULTILINE):
            command = re.sub(r"'\"\$\(date[^)]*\)\"'", "2024-01-01T00:00:00Z", match.group(1))
            command = re.sub(r"\bAKIA[A-Z]{1,11}\b", "AKIAIOSFODNN7EXAMPLE", command)  # recorded ones are short
            if not re.search(r"\$|\\n", command):
                found.setdefault(command, f"{name}.test")
    return found


def complaint_about(driver, command):
    """What the AWS CLI says of a command; "" when it would have called."""
    errors = io.StringIO()
    try:
        with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
            driver().main(shlex.split(command)[1:] + ["--endpoint-url", NOBODY])
    except SystemExit:
        pass
    text = errors.getvalue().strip()
    return "" if "Could not connect to the endpoint" in text else text.splitlines()[-1] if text else "nothing was called"


def main():
    use_the_clis_python()
    os.environ.update(AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY="none", AWS_DEFAULT_REGION="eu-west-1", AWS_MAX_ATTEMPTS="1", AWS_PAGER="",
                      AWS_EC2_METADATA_DISABLED="true", AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
    from awscli.clidriver import create_clidriver

    asked = {command: source for command, source in commands().items() if not command.startswith(tuple("aws " + young for young in YOUNGER))}
    if len(asked) < 200:
        sys.exit(f"only {len(asked)} commands were found")
    bad = 0
    for command, source in asked.items():
        complaint = complaint_about(create_clidriver, command)
        if complaint:
            bad += 1
            print(f"{source}: {command}\n    {complaint}")
    print(f"{len(asked)} commands, {bad} that the AWS CLI would not take")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
