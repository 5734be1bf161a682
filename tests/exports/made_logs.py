"""Logs for the tests of exports: a simulated organisation under every attack, and records that try to break out of whatever format they are
written to. Also runs the scan."""

import json
import subprocess
from pathlib import Path

HOSTILE = [
    "=HYPERLINK(\"http://evil.example\",\"click\")",
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "**bold** _it_ [link](http://evil.example) ![i](http://evil.example/i.png) `code` | pipe",
    "line\r\nend\ttab \x1b[31mred\x1b[0m \x00nul \u202eright to left\u202c",
    "# heading\n\n- item\n\n1. one\n\n> quote\n\n```\nfence\n```\n<!-- comment",
    "@team #12 www.evil.example mailto:a@evil.example https://evil.example/x",
    "``` `` ` ends with a tick`",
    "\"},{\"x\":\"y\" \\\" ',;",
    "",
    " ",
    "x" * 5000,
]


def record(number, text, **members):
    """One StopLogging by a user, from a client, with an error, all named by `text`."""
    made = {
        "eventVersion": "1.08",
        "userIdentity": {"type": "IAMUser", "principalId": "AIDAEXAMPLE" + text, "arn": "arn:aws:iam::111122223333:user/" + text,
                         "accountId": "111122223333", "accessKeyId": "AKIAEXAMPLE" + text, "userName": text},
        "eventTime": f"2024-03-01T10:{number:02}:00Z", "eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging", "awsRegion": "eu-west-1",
        "sourceIPAddress": "198.51.100.7", "userAgent": text, "errorMessage": text, "requestParameters": {"name": text, text: [text]},
        "responseElements": None, "requestID": f"a0000000-0000-4000-8000-{number:012}", "eventID": f"e0000000-0000-4000-8000-{number:012}",
        "readOnly": False, "eventType": "AwsApiCall", "managementEvent": True, "recipientAccountId": "111122223333", "eventCategory": "Management"}
    made.update(members)
    return made


def hostile_records():
    records = [record(number, text) for number, text in enumerate(HOSTILE)]
    number = len(records)
    records += [
        record(number, "no-time", eventTime="whenever"),
        record(number + 1, "no-ids", eventID="", requestID=None, userIdentity={}, recipientAccountId=None, sourceIPAddress=None, userAgent=None, awsRegion=""),
        record(number + 2, "odd-place", awsRegion="us-gov-west-1", sourceIPAddress="cloudformation.amazonaws.com"),
        record(number + 3, "address-6", sourceIPAddress="2001:db8::7"),
        record(number + 4, HOSTILE[1], eventName=HOSTILE[1], eventSource="iam.amazonaws.com", userAgent="kali " + HOSTILE[2]),
        record(number + 5, "other-account", recipientAccountId="444455556666"),
    ]
    # More findings of one account and region than a batch for Security Hub may hold.
    records += [record(30 + i % 20, f"user-{i:03}", eventID=f"f0000000-0000-4000-8000-{i:012}") for i in range(130)]
    return records


def make_logs(folder, cairn):
    """Writes logs below `folder` and returns their path."""
    logs = Path(folder) / "logs"
    logs.mkdir()
    (logs / "hostile <b>.json").write_text(json.dumps({"Records": hostile_records()}))
    # The same records once more, as a second trail delivers them: pretty-printed, in another order.
    (logs / "second.json").write_text(json.dumps({"Records": hostile_records()[::-1]}, indent=2))
    subprocess.run([cairn, "simulate", str(logs / "simulated"), "--attack", "all", "--quiet", "--events", "4000"], check=True)
    return logs


def scan(cairn, logs, *options):
    """Runs a scan; findings are expected."""
    done = subprocess.run([cairn, "scan", str(logs), "--quiet", *map(str, options)], check=False)
    assert done.returncode == 10, f"cairn scan ended with {done.returncode}"


def json_lines(path):
    with open(path, encoding="utf-8") as file:
        lines = file.read()
    assert "\r" not in lines and lines.endswith("\n"), f"{path}: lines end with one line feed"
    return [json.loads(line) for line in lines.split("\n")[:-1]]
