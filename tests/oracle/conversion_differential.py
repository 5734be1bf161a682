#!/usr/bin/env python3
"""Compares what rules match with what they match as SQL (`cairn rules convert --to duckdb` and `athena`), event by event.

    tests/oracle/conversion_differential.py --cairn PROGRAM [--seed N] [--seeds COUNT] [--rules N] [--events N]   random rules, odd records
    tests/oracle/conversion_differential.py --cairn PROGRAM --pack        the pack over simulated attacks, and over real logs where there are any

    tests/oracle/conversion_differential.py --cairn PROGRAM --correlations [--seed N] [--seeds COUNT] [--events N]   every kind over random events

Correlations are held against the events and groups of a scan's findings. Of an order SQL tells the last steps only, and of several first events in one second it tells all
(docs/reference/convert.md).

Random records are brought into the form that a table of CloudTrail events has (docs/reference/convert.md): texts where its columns are
texts, objects in its JSON columns, no flattened keys, JSON written the shortest way.

Exit code: 0 no difference, 1 differences, 77 skipped.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
try:
    import differential
    import rule_generator
except ModuleNotFoundError as missing:
    print(f"skipped: the Python module {missing.name} is not installed", file=sys.stderr)
    sys.exit(SKIPPED)

TIME_LIMIT_SECONDS = 600
JSON_COLUMNS = ("requestParameters", "responseElements", "additionalEventData", "serviceEventDetails", "edgeDeviceDetails")
STRUCTS = ("userIdentity", "addendum", "tlsDetails")
MAPS = ("attributes",)  # of webIdFederationData
RULES_A_QUESTION = 40


class Program(differential.Program):
    def convert(self, language, *arguments):
        done = self.run("rules", "convert", "--to", language, "--json", *arguments)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def ask(self, dialect, logs, statement):
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(statement)
            file.flush()
            done = subprocess.run(
                [self.path, "sql", "--dialect", dialect, "--logs", str(logs), "--format", "csv", "-q", "-f", file.name],
                capture_output=True, text=True, timeout=TIME_LIMIT_SECONDS,
            )
        if done.returncode != 0:
            raise RuntimeError(f"cairn sql ended with {done.returncode}:\n{done.stderr[-2000:]}\n{statement[:4000]}")
        return [tuple(line.split(",", 1)) for line in done.stdout.splitlines()[1:]]

    def found_by_correlation(self, logs, conversion):
        """Returns (event ids, groups as findings have them)."""
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(conversion["text"])
            file.flush()
            done = self.run("sql", "--dialect", "duckdb", "--logs", logs, "--format", "jsonl", "-q", "-f", file.name)
        if done.returncode != 0:
            raise RuntimeError(f"cairn sql ended with {done.returncode}:\n{done.stderr[-2000:]}\n{conversion['text'][:4000]}")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        groups = {" / ".join(value for name, value in row.items() if name.startswith("group")) or "all" for row in rows}
        return {row["eventid"] for row in rows}, groups

    def found_by_sql(self, dialect, logs, conversions):
        found = set()
        for begin in range(0, len(conversions), RULES_A_QUESTION):
            parts = []
            for conversion in conversions[begin : begin + RULES_A_QUESTION]:
                condition = conversion["text"].split("\nWHERE ", 1)[1]
                identity = conversion["id"].replace("'", "''")
                parts.append(f"SELECT DISTINCT '{identity}' AS rule, eventid FROM cloudtrail_logs WHERE {condition}")
            found.update(self.ask(dialect, logs, "\nUNION ALL\n".join(parts)))
        return found


def as_text(value):
    return value if value is None or isinstance(value, (str, bool, int, float)) else json.dumps(value, separators=(",", ":")).strip("[{")


def tame(record):
    """The record as a table of CloudTrail events can hold it."""
    out = {}
    for key, value in record.items():
        if "." in key:
            continue
        if key in JSON_COLUMNS:
            if isinstance(value, dict) or value is None:
                out[key] = value
        elif key in STRUCTS:
            if isinstance(value, dict):
                out[key] = tame_struct(value)
        elif key == "resources":
            if isinstance(value, list):
                out[key] = [{name: as_text(item) for name, item in entry.items()} for entry in value if isinstance(entry, dict)]
        elif key[:1].islower() and isinstance(value, (dict, list)):
            out[key] = as_text(value)
        else:
            out[key] = value
    return out


def tame_struct(value):
    out = {}
    for key, item in value.items():
        if "." in key:
            continue
        out[key] = tame_struct(item) if isinstance(item, dict) and key not in MAPS else as_text(item)
    return out


def compare(program, title, rules, lines, arguments, shown):
    """Returns the number of differences. `arguments`: what names the rules to the program."""
    with tempfile.TemporaryDirectory() as name:
        logs, matches = Path(name) / "events.jsonl", Path(name) / "matches"
        logs.write_text("".join(line + "\n" for line in lines.values()), encoding="utf-8")
        findings = Path(name) / "findings"
        done = program.run("scan", logs, *arguments, "--quiet", "--level", "informational", "--matches", matches, "--jsonl", findings)
        if not matches.exists():
            raise RuntimeError(f"cairn scan wrote no matches ({done.returncode}):\n{done.stderr[-4000:]}")
        native = {tuple(line.split("\t")) for line in matches.read_text(encoding="utf-8").splitlines()}
        wrong = sum(compare_language(program, title, language, rules, lines, native, logs, arguments, shown) for language in ("duckdb", "athena"))
        return wrong + compare_correlations(program, title, lines, native, findings, logs, arguments)


def compare_correlations(program, title, lines, native, findings, logs, arguments):
    groups = {}
    for line in findings.read_text(encoding="utf-8").splitlines():
        finding = json.loads(line)
        groups.setdefault(finding["rule"]["id"], set()).add(finding["key"])
    conversions = [conversion for conversion in program.convert("duckdb", *arguments) if conversion.get("text", "").startswith("WITH ")]
    wrong = fired = 0
    for conversion in conversions:
        expected = {event for rule, event in native if rule == conversion["id"]}
        found, found_groups = program.found_by_correlation(logs, conversion)
        fired += bool(expected)
        good = found_groups == groups.get(conversion["id"], set())
        if ", steps AS" in conversion["text"]:
            good = good and found <= expected
        elif any("Cairn names one" in assumption for assumption in conversion["assumptions"]):
            good = good and found >= expected and seconds_of(found, lines) == seconds_of(expected, lines)
        else:
            good = good and found == expected
        if not good:
            wrong += 1
            print(f"\n=== correlation {conversion['code']}: only natively {sorted(expected - found)[:5]}, only as SQL {sorted(found - expected)[:5]}")
            print(f"groups {sorted(groups.get(conversion['id'], set()) ^ found_groups)[:5]}")
    print(f"{title}, duckdb: {len(conversions)} correlations x {len(lines)} events, {fired} of them found something: {wrong} differences", flush=True)
    return wrong


def seconds_of(events, lines):
    return {json.loads(lines[event])["eventTime"] for event in events}


def compare_language(program, title, language, rules, lines, native, logs, arguments, shown):
    conversions = program.convert(language, *arguments)
    good = [conversion for conversion in conversions if "text" in conversion and not conversion["text"].startswith("WITH ")]
    found = program.found_by_sql(language, logs, good)
    ids = {conversion["id"] for conversion in good}
    expected = {pair for pair in native if pair[0] in ids}
    differences = sorted(expected ^ found)
    print(
        f"{title}, {language}: {len(good)} of {len(conversions)} rules x {len(lines)} events, {len(expected)} matches: {len(differences)} differences",
        flush=True,
    )
    texts = {conversion["id"]: conversion for conversion in good}
    for rule, event in list({pair[0]: pair for pair in differences}.values())[:shown]:
        print(f"\n=== {'only natively' if (rule, event) in native else 'only as SQL'}: rule {rule}, event {event}")
        print(rules.get(rule, ""), lines.get(event, ""), texts[rule]["text"], sep="\n")
    return len(differences)


def random_rules(program, seed, rule_count, event_count, shown):
    generator = rule_generator.Generator(random.Random(seed))
    records = [tame(generator.record(number)) for number in range(event_count)]
    rules = [generator.rule(number) for number in range(rule_count)]
    lines = {record["eventID"]: json.dumps(record, ensure_ascii=False, separators=(",", ":")) for record in records}
    texts = {rule["id"]: differential.rule_text(rule) for rule in rules}
    with tempfile.TemporaryDirectory() as name:
        for number, text in enumerate(texts.values()):
            (Path(name) / f"{number:05}.yml").write_text(text, encoding="utf-8")
        return compare(program, f"seed {seed}", texts, lines, ("--no-builtin", "--rules", name), shown)


# What each correlation says below `correlation:`; beside it what Cairn's own kinds need.
CORRELATIONS = [
    ("event_count", "condition: {gte: 3}", ""),
    ("event_count", "rules: [a, b]\n  condition: {gt: 4}", ""),
    ("value_count", "condition: {field: sourceIPAddress, gte: 3}", ""),
    ("value_count", "condition: {field: [sourceIPAddress, awsRegion], gte: 4}", ""),
    ("temporal", "rules: [a, b, c]", ""),
    ("temporal", "rules: [a, b, c]\n  condition: a and (b or c)", ""),
    ("temporal", "rules: [a, b, c]\n  condition: {gte: 2}", ""),
    ("temporal_ordered", "rules: [a, b]", ""),
    ("temporal_ordered", "rules: [a, b, c]", ""),
    ("temporal_ordered", "rules: [a, either, c]", ""),
    ("value_sum", "condition: {field: requestParameters.n, gte: 20}", ""),
    ("event_count", "condition: {gte: 1}", "cairn: {state: {kind: idle}}"),
    ("value_count", "condition: {field: sourceIPAddress, gte: 1}", "cairn: {state: {kind: first_seen, learn: 30s}}"),
    ("temporal", "rules: [a, b]", "cairn: {state: {kind: absence, of: a}}"),
]


def random_correlations(program, seed, event_count, shown):
    """Few users, addresses and seconds: windows that begin and end with events, and several events in one second."""
    choose = random.Random(seed)
    parts = [
        f"title: {name}\nid: c0000000-0000-4000-8000-00000000000{number}\nname: {name}\nlogsource: {{product: aws, service: cloudtrail}}\n"
        f"detection:\n  s: {{eventName: {names}}}\n  condition: s\ncairn: {{part: true}}\n"
        for number, (name, names) in enumerate({"a": "A", "b": "B", "c": "C", "either": "[A, B]"}.items())
    ]
    for number, (kind, more, own) in enumerate(CORRELATIONS):
        for variant, (group, seconds) in enumerate([("userIdentity.userName", 20), ("userIdentity.userName, awsRegion", 60), ("", 10)]):
            written = more if "rules:" in more else "rules: [either]\n  " + more
            grouped = f"  group-by: [{group}]\n" if group else ""
            parts.append(
                f"title: {kind} {number} {variant}\nid: d0000000-0000-4000-8000-{number:06}{variant:06}\ncorrelation:\n  type: {kind}\n{grouped}"
                f"  timespan: {seconds}s\n  {written}\nlevel: high\n{own}\n"
            )
    lines, moment = {}, 0
    for number in range(event_count):
        moment += choose.choice([0, 0, 1, 2, 5, 9, 10, 11, 20, 45])
        record = {
            "eventVersion": "1.08",
            "eventTime": f"2024-01-01T{moment // 3600:02}:{moment // 60 % 60:02}:{moment % 60:02}Z",
            "eventID": f"e-{number}",
            "eventSource": "s3.amazonaws.com",
            "eventName": choose.choice("AABBCD"),
            "awsRegion": choose.choice(["us-east-1", "eu-west-1"]),
            "sourceIPAddress": f"192.0.2.{choose.randrange(6)}",
            "userIdentity": {"type": "IAMUser", "userName": choose.choice(["u", "v"])} if choose.randrange(20) else {"type": "IAMUser"},
            "requestParameters": choose.choice([{"n": choose.randrange(12)}, {"n": "5"}, {"n": "five"}, None]),
        }
        lines[record["eventID"]] = json.dumps(record, separators=(",", ":"))
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "rules.yml").write_text("---\n".join(parts), encoding="utf-8")
        return compare(program, f"correlations, seed {seed}", {}, lines, ("--no-builtin", "--rules", name), shown)


def simulated_lines(program, seed):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "sim"
        done = program.run("simulate", folder, "--seed", str(seed), "--length", "6h", "--events", "4000", "--attack", "all", "-q")
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        lines = {}
        for path in sorted(folder.rglob("*.json.gz")):
            for record in differential.records_of(json.loads(differential.gzip.decompress(path.read_bytes()))):
                lines.setdefault(record.get("eventID"), json.dumps(record, ensure_ascii=False, separators=(",", ":")))
        lines.pop(None, None)
        return lines


def real_lines():
    """Real records in the table's form; those that are no CloudTrail records (text for an object and the like) cannot be rows of it."""
    lines = {}
    for record in differential.real_records():
        identity = record.get("eventID")
        if not isinstance(identity, str) or not identity or "\t" in identity or "," in identity or '"' in identity:
            identity = f"without-id-{len(lines)}"
        lines.setdefault(identity, json.dumps(record | {"eventID": identity}, ensure_ascii=False, separators=(",", ":")))
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cairn", required=True, help="the program")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--rules", type=int, default=120)
    parser.add_argument("--events", type=int, default=120)
    parser.add_argument("--show", type=int, default=5)
    parser.add_argument("--pack", action="store_true")
    parser.add_argument("--correlations", action="store_true")
    arguments = parser.parse_args()
    program = Program(arguments.cairn)
    wrong = 0
    if arguments.correlations:
        for seed in range(arguments.seed, arguments.seed + arguments.seeds):
            wrong += random_correlations(program, seed, arguments.events, arguments.show)
    elif arguments.pack:
        wrong += compare(program, "simulated attacks", {}, simulated_lines(program, arguments.seed), (), arguments.show)
        if differential.REAL_LOGS.is_dir():
            wrong += compare(program, "real logs", {}, real_lines(), (), arguments.show)
    else:
        for seed in range(arguments.seed, arguments.seed + arguments.seeds):
            wrong += random_rules(program, seed, arguments.rules, arguments.events, arguments.show)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
