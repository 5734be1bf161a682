#!/usr/bin/env python3
"""Reads what `cairn scan --export` wrote as the tools do that it is for.

    tests/exports/check_exports.py --cairn PROGRAM [timesketch|navigator|ocsf|timeline|asff|markdown]...

timesketch  a reader after the rules of Timesketch's importer (mandatory fields, ISO 8601, microseconds, lists of tags)
navigator   the members that layer format 4.5 asks for
ocsf        ocsf_schema.py, the attributes of OCSF 1.3.0
timeline    profiles, columns, orders; records come back as the JSON they were
asff        botocore's own model of BatchImportFindings and the limits of the user guide; needs python3-botocore
markdown    rendered by cmark-gfm and by python3-markdown: hostile text stays text; needs one of them

Exits with 77 when a package that a check needs is not installed.
"""

import argparse
import csv
import json
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import made_logs  # noqa: E402
import ocsf_schema  # noqa: E402

SKIPPED = 77


class Skip(Exception):
    """A package is not installed; the text says which."""


def csv_rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def timesketch_row(row, where):
    for field in ("message", "datetime", "timestamp_desc"):
        assert row.get(field), f"{where}: {field} is mandatory"
    when = datetime.fromisoformat(row["datetime"])
    assert when.tzinfo is not None, f"{where}: no offset"
    assert int(row["timestamp"]) == round(when.timestamp() * 1e6), f"{where}: timestamp is not datetime in microseconds"
    tags = row["tag"] if isinstance(row["tag"], list) else json.loads(row["tag"])
    assert tags and all(isinstance(tag, str) and tag for tag in tags), f"{where}: {tags}"
    assert not {"_id", "_type", "_index", "_source", "__ts_timeline_id"} & set(row), f"{where}: a name that Timesketch removes"
    # A keyword of OpenSearch holds 32,766 bytes.
    assert all(len(str(value).encode()) <= 32766 for value in row.values()), f"{where}: too long"
    return tags


def check_timesketch(folder, *_):
    lines = made_logs.json_lines(folder / "timesketch.jsonl")
    rows = csv_rows(folder / "timesketch.csv")
    timeline = csv_rows(folder / "timeline.csv")
    timed = {(row["file"], row["offset"]) for row in timeline if row["time"]}
    assert any(not row["time"] for row in timeline), "an event without a time is in the logs"
    assert len(lines) == len(rows) == len(timed), "one row per event that has a time"
    for number, (line, row) in enumerate(zip(lines, rows), 1):
        tags = timesketch_row(line, f"timesketch.jsonl:{number}")
        assert timesketch_row(row, f"timesketch.csv:{number}") == tags
        assert all(isinstance(value, (str, int)) for name, value in line.items() if name != "tag")
        assert row["event_id"] == line.get("event_id", "")
    assert [row["timestamp"] for row in rows] == sorted(row["timestamp"] for row in rows)


def check_navigator(folder, findings, *_):
    layer = json.loads((folder / "navigator.json").read_text())
    assert isinstance(layer["name"], str) and layer["name"]
    assert layer["domain"] == "enterprise-attack"
    assert layer["versions"]["layer"] == "4.5" and layer["versions"]["navigator"] >= "4.9.0"
    gradient = layer["gradient"]
    assert len(gradient["colors"]) >= 2 and all(re.fullmatch("#[0-9a-f]{6}", color) for color in gradient["colors"])
    assert gradient["maxValue"] > gradient["minValue"]
    assert layer["layout"]["layout"] in ("side", "flat", "mini") and layer["layout"]["aggregateFunction"] in ("average", "min", "max", "sum")
    assert layer["layout"]["expandedSubtechniques"] in ("none", "all", "annotated") and layer["sorting"] in (0, 1, 2, 3)
    expected = {}
    for finding in findings:
        for tag in finding["rule"]["tags"]:
            if re.fullmatch(r"attack\.t\d{4}(\.\d{3})?", tag):
                technique = tag[len("attack.") :].upper()
                expected[technique] = expected.get(technique, 0) + 1
    assert expected and {t["techniqueID"]: t["score"] for t in layer["techniques"]} == expected
    known = {"techniqueID", "tactic", "comment", "enabled", "score", "color", "metadata", "links", "showSubtechniques"}
    for technique in layer["techniques"]:
        assert set(technique) <= known, technique
        assert gradient["minValue"] <= technique["score"] <= gradient["maxValue"] and technique["comment"]
    for entry in [*layer["metadata"], *(entry for technique in layer["techniques"] for entry in technique["metadata"])]:
        assert set(entry) == {"name", "value"} and entry["name"] and isinstance(entry["value"], str) and entry["value"], entry


def check_ocsf(folder, findings, *_):
    made = made_logs.json_lines(folder / "ocsf-findings.jsonl")
    assert [event["metadata"]["uid"] for event in made] == [finding["id"] for finding in findings]
    severities = {"informational": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
    for number, (event, finding) in enumerate(zip(made, findings), 1):
        ocsf_schema.check_event(event, f"ocsf-findings.jsonl:{number}")
        assert event["severity_id"] == severities[finding["level"]] and event["count"] == finding["count"]
    events = made_logs.json_lines(folder / "ocsf-events.jsonl")
    of_id = {}
    for number, event in enumerate(events, 1):
        ocsf_schema.check_event(event, f"ocsf-events.jsonl:{number}")
        of_id[event["metadata"].get("uid")] = event
        record = json.loads(event["raw_data"])
        assert (record.get("eventID") or None) == event["metadata"].get("uid"), "raw_data is the record of the event"
        assert json.loads(event["api"].get("request", {}).get("data", "null")) == (record.get("requestParameters") if record.get("requestID") else None)
        failed = bool(record.get("errorCode") or record.get("errorMessage"))
        assert event["status_id"] == (2 if failed else 1)
    assert {(e["unmapped"]["cairn"]["file"], str(e["unmapped"]["cairn"]["offset"])) for e in events} == {
        (row["file"], row["offset"]) for row in csv_rows(folder / "timeline.csv")}, "each matched event once"
    # A finding's events are found by their id, with the type that the finding says.
    related = [pointer for event in made for pointer in event["finding_info"]["related_events"]]
    assert related
    for pointer in related:
        assert pointer.get("type_uid", of_id[pointer["uid"]]["type_uid"]) == of_id[pointer["uid"]]["type_uid"], pointer


def check_asff(folder, findings, *_):
    try:
        import botocore.session
        from botocore.validate import ParamValidator
    except ImportError as error:
        raise Skip("python3-botocore is not installed") from error
    shape = botocore.session.get_session().get_service_model("securityhub").operation_model("BatchImportFindings").input_shape
    batches = made_logs.json_lines(folder / "asff.jsonl")
    ids = []
    labels = {"informational": "INFORMATIONAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH", "critical": "CRITICAL"}
    by_id = {finding["id"]: finding for finding in findings}
    for number, batch in enumerate(batches, 1):
        report = ParamValidator().validate(batch, shape)
        assert not report.has_errors(), f"asff.jsonl:{number}: {report.generate_report()}"
        assert set(batch) == {"Findings"} and 1 <= len(batch["Findings"]) <= 100
        assert len({finding["ProductArn"] for finding in batch["Findings"]}) == 1, "a call is to one account in one Region"
        for made in batch["Findings"]:
            check_asff_texts(made, shape.members["Findings"].member, f"asff.jsonl:{number}")
            account = made["AwsAccountId"]
            assert re.fullmatch(r"arn:aws[a-z-]*:securityhub:[a-z0-9-]+:\d{12}:product/\d{12}/default", made["ProductArn"])
            assert made["ProductArn"].split(":")[4] == account and f"/{account}/" in made["Id"]
            assert len(made["Id"]) <= 512 and len(made["Title"]) <= 256 and len(made["Description"]) <= 1024
            assert 1 <= len(made["Resources"]) <= 32 and len(made["ProductFields"]) <= 50 and 1 <= len(made["Types"]) <= 50
            assert all(len(name) <= 128 and len(value) <= 2048 for name, value in made["ProductFields"].items())
            assert len(json.dumps(made)) <= 240 * 1024
            for name in ("CreatedAt", "UpdatedAt"):
                datetime.fromisoformat(made[name].replace("Z", "+00:00"))
            assert all(type_.split("/")[0] in ("TTPs", "Effects", "Unusual Behaviors") for type_ in made["Types"])
            finding = by_id[made["ProductFields"]["cairn/finding"]]
            assert made["Severity"]["Label"] == labels[finding["level"]]
            ids.append(made["Id"])
    assert len(ids) == len(set(ids)) == len(findings)
    assert max(len(batch["Findings"]) for batch in batches) == 100, "the logs hold more than one batch can"


def check_asff_texts(value, shape, where):
    """Security Hub wants every text to hold something (NonEmptyString); ParamValidator does not look at patterns."""
    if shape.type_name == "structure":
        for name, item in value.items():
            check_asff_texts(item, shape.members[name], f"{where}.{name}")
    elif shape.type_name == "list":
        for item in value:
            check_asff_texts(item, shape.member, where)
    elif shape.type_name == "map":
        for name, item in value.items():
            check_asff_texts(item, shape.value, f"{where}.{name}")
    elif shape.name == "NonEmptyString":
        assert value.strip(), f"{where}: empty"


class Rendered(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.texts = set(), [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [name for name, _ in attrs if name not in ("align", "start", "style")]

    def handle_data(self, data):
        self.texts.append(data)

    def handle_comment(self, data):
        self.tags.add("a comment")


def renderers():
    found = {}
    if shutil.which("cmark-gfm"):
        command = ["cmark-gfm", "--unsafe", "--extension", "table", "--extension", "autolink", "--extension", "strikethrough"]
        found["cmark-gfm"] = lambda text: subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    try:
        import markdown

        found["python3-markdown"] = lambda text: markdown.markdown(text, extensions=["tables"])
    except ImportError:
        pass
    return found


def check_page(text, renderer, render):
    """Returns what a rendered summary says, after a look at what it is made of."""
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text), "a control character"
    allowed = {"h1", "h2", "h3", "p", "ul", "ol", "li", "code", "strong", "table", "thead", "tbody", "tr", "th", "td"}
    page = Rendered(render(text))
    assert page.tags <= allowed, f"{renderer}: {page.tags - allowed}"
    assert not page.attributes, f"{renderer}: {page.attributes}"
    return "".join(page.texts)


def check_markdown(folder, findings, logs, cairn):
    if not renderers():
        raise Skip("neither cmark-gfm nor python3-markdown is installed")
    for renderer, render in renderers().items():
        said = check_page((folder / "summary.md").read_text(), renderer, render)
        for code in {finding["rule"]["code"] for finding in findings}:
            assert code in said, f"{renderer}: {code} is not in the summary"
        for number, text in enumerate(made_logs.HOSTILE):
            (folder / "one.json").write_text(json.dumps(made_logs.record(number, text)))
            made_logs.scan(cairn, folder / "one.json", "--export", f"markdown={folder / 'one.md'}")
            said = check_page((folder / "one.md").read_text(), renderer, render)
            if text.strip() and text.isprintable() and len(text) < 200:
                assert f"failed ({text}): " in said, f"{renderer}: {text!r} is not said as it is: {said}"


def check_timeline(folder, _, logs, cairn):
    def timeline(*options):
        made_logs.scan(cairn, logs, "--csv", folder / "other.csv", *options)
        return csv_rows(folder / "other.csv")

    analyst, full, raw = timeline(), timeline("--profile", "full"), timeline("--profile", "raw")
    assert analyst == csv_rows(folder / "timeline.csv"), "analyst is the default"
    assert len(analyst) == len(full) == len(raw)
    for plain, row, record_row in zip(analyst, full, raw):
        assert {name: row[name] for name in plain} == plain, "full has what analyst has"
        record = json.loads(record_row["record"])
        assert record.get("eventID", "") == row["event_id"].removeprefix("'"), "the record of this row"
        wanted = record.get("requestParameters")
        assert json.loads(row["request_parameters"] or "null") == wanted
        assert row["identity_type"] == record.get("userIdentity", {}).get("type", "")
    levels = ["critical", "high", "medium", "low"]
    by_level, by_rule = timeline("--sort", "level"), timeline("--sort", "rule")
    assert by_level == sorted(analyst, key=lambda row: levels.index(row["level"])), "by level, then as before"
    assert by_rule == sorted(analyst, key=lambda row: (levels.index(row["level"]), row["rule"]))
    chosen = timeline("--columns", "who,time", "--columns", "rule")
    assert [list(row) for row in chosen[:1]] == [["who", "time", "rule"]]
    assert timeline("--profile", "timesketch") == csv_rows(folder / "timesketch.csv")


CHECKS = {"timesketch": check_timesketch, "navigator": check_navigator, "ocsf": check_ocsf, "timeline": check_timeline, "asff": check_asff,
          "markdown": check_markdown}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cairn", required=True, type=Path)
    parser.add_argument("checks", nargs="*", choices=[*CHECKS, []])
    arguments = parser.parse_args()
    cairn = str(arguments.cairn.resolve())
    skipped = False
    with tempfile.TemporaryDirectory(prefix="cairn-exports-") as name:
        logs = made_logs.make_logs(name, cairn)
        folder = Path(name) / "out"
        made_logs.scan(cairn, logs, "--out", folder, "--export", "all")
        findings = made_logs.json_lines(folder / "findings.jsonl")
        for check in arguments.checks or CHECKS:
            try:
                CHECKS[check](folder, findings, logs, cairn)
                print(f"{check}: good")
            except Skip as reason:
                print(f"{check}: skipped: {reason}")
                skipped = True
    return SKIPPED if skipped and len(arguments.checks) == 1 else 0


if __name__ == "__main__":
    sys.exit(main())
