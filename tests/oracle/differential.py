#!/usr/bin/env python3
"""Compares `cairn scan --matches` with the oracle, line by line, over random rules and records; a difference is made small and printed.

    tests/oracle/differential.py --cairn PROGRAM [--seed N] [--rules N] [--events N] [--seeds COUNT] [--filters N]
    tests/oracle/differential.py --cairn PROGRAM --real      the pack of content/rules over the real logs beside the project

Exit code: 0 no difference, 1 differences, 77 skipped.
"""

import argparse
import gzip
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
try:
    import rule_generator
    import sigma_oracle
except ModuleNotFoundError as missing:
    print(f"skipped: the Python module {missing.name} is not installed", file=sys.stderr)
    sys.exit(SKIPPED)

ROOT = Path(__file__).resolve().parent.parent.parent
REAL_LOGS = ROOT.parent / "shared" / "data" / "cloudtrail"
TIME_LIMIT_SECONDS = 600
SHRINKING_ROUNDS = 60
CANDIDATES_A_ROUND = 150
ALL_EVENTS = "f0000000-0000-4000-8000-999999999999"  # the id of a rule that every record satisfies: did the program read it at all?


def all_events_rule():
    return rule_generator.rule_document(999999999999, {"selection": {"eventID": "*"}, "condition": "selection"})


class Program:
    def __init__(self, path):
        self.path = str(Path(path).resolve())

    def run(self, *arguments):
        done = subprocess.run([self.path, *map(str, arguments)], capture_output=True, text=True, timeout=TIME_LIMIT_SECONDS)
        if done.returncode < 0 or "Sanitizer" in done.stderr or "runtime error" in done.stderr:
            raise RuntimeError(f"cairn {arguments[0]} ended with {done.returncode}:\n{done.stderr[-4000:]}")
        return done

    def scan(self, rules, lines):
        """Returns (matches, loaded ids): matches are pairs of a rule's id and an event's id."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "rules").mkdir()
            for number, text in enumerate(rules):
                (folder / "rules" / f"{number:05}.yml").write_text(text, encoding="utf-8")
            (folder / "events.jsonl").write_text("".join(line + "\n" for line in lines), encoding="utf-8")
            done = self.run("scan", folder / "events.jsonl", "--rules", folder / "rules", "--no-builtin", "--quiet", "--matches", folder / "matches")
            if not (folder / "matches").exists():
                raise RuntimeError(f"cairn scan wrote no matches ({done.returncode}):\n{done.stderr[-4000:]}")
            found = [tuple(line.split("\t")) for line in (folder / "matches").read_text(encoding="utf-8").splitlines()]
            if len(found) != len(set(found)):
                raise RuntimeError("cairn scan wrote a match twice")
            listed = self.run("rules", "list", "--no-builtin", "--rules", folder / "rules").stdout
            loaded = {f"f0000000-0000-4000-8000-{int(number):012}" for number in re.findall(r"Rule (\d+)$", listed, re.MULTILINE)}
            return set(found), loaded


def judge(rules, lines):
    """The oracle's counterpart of Program.scan()."""
    loaded, rejected = sigma_oracle.load(rules)
    events = [sigma_oracle.Event(line) for line in lines]
    found = {(rule.id, event.identity()) for event in events for rule in loaded if rule.matches(event)}
    return found, {rule.id for rule in loaded}, dict(rejected)


def rule_text(rule):
    return rule_generator.write_yaml(rule).lstrip("\n") + "\n"


# --- making a difference small ---------------------------------------------------------------------------------------------------


def smaller(value):
    """Values a step smaller than this one: without a member, an item, a stretch of the text."""
    if isinstance(value, dict):
        for key in value:
            yield {other: item for other, item in value.items() if other != key}
        for key in value:
            for item in smaller(value[key]):
                yield {other: item if other == key else old for other, old in value.items()}
    elif isinstance(value, list):
        for at in range(len(value)):
            yield value[:at] + value[at + 1 :]
        if len(value) == 1:
            yield value[0]
        for at in range(len(value)):
            for item in smaller(value[at]):
                yield value[:at] + [item] + value[at + 1 :]
    elif type(value) is str:
        for size in (len(value) // 2, len(value) // 4, 1):
            for begin in range(0, len(value), size) if size else ():
                yield value[:begin] + value[begin + size :]


def smaller_rules(detection):
    selections = [name for name in detection if name != "condition"]
    for name in selections:
        for condition in (name, f"not {name}"):
            if detection["condition"] != condition or len(selections) > 1:
                yield {name: detection[name], "condition": condition}
    if isinstance(detection["condition"], list):
        yield from (detection | {"condition": condition} for condition in detection["condition"])
    else:
        words = detection["condition"].split()
        for at in range(len(words)):
            yield detection | {"condition": " ".join(words[:at] + words[at + 1 :])}
    for name in selections:
        if len(selections) > 1:
            yield {other: value for other, value in detection.items() if other != name}
        for value in smaller(detection[name]):
            yield detection | {name: value}
        maps = detection[name] if isinstance(detection[name], list) else [detection[name]]
        for at, members in enumerate(maps):
            for key in members if isinstance(members, dict) else ():
                words = key.split("|")
                for left_out in range(1, len(words)):
                    renamed = {"|".join(words[:left_out] + words[left_out + 1 :]) if old == key else old: item for old, item in members.items()}
                    yield detection | {name: renamed if isinstance(detection[name], dict) else maps[:at] + [renamed] + maps[at + 1 :]}


KEPT_KEYS = ("eventVersion", "eventSource", "eventName", "eventID", "eventTime")


def smaller_records(record):
    for candidate in smaller({key: value for key, value in record.items() if key not in KEPT_KEYS}):
        yield {key: record[key] for key in KEPT_KEYS if key in record} | candidate


class Shrinker:
    """Keeps (detection, record) while program and oracle still disagree in the same way; tries all candidates of a round in one scan."""

    def __init__(self, program, wrongly_matched, about_loading, style):
        self.program, self.wrongly_matched, self.about_loading, self.style = program, wrongly_matched, about_loading, style

    def disagreements(self, detections, records):
        """Numbers of the candidates that still show it; either list has one member."""
        rules = [rule_text(rule_generator.rule_document(number, detection)) for number, detection in enumerate(detections)]
        lines = [rule_generator.write_json(record | {"eventID": f"e{number}"}, **self.style) for number, record in enumerate(records)]
        found, loaded = self.program.scan([*rules, rule_text(all_events_rule())], lines)
        expected, expected_loaded, _ = judge(rules, lines)
        for number in range(max(len(detections), len(records))):
            identity = f"f0000000-0000-4000-8000-{number if len(detections) > 1 else 0:012}"
            if self.about_loading:
                if (identity in loaded, identity in expected_loaded) == (self.wrongly_matched, not self.wrongly_matched):
                    yield number
                continue
            if identity not in loaded or identity not in expected_loaded:
                continue
            event = f"e{number if len(records) > 1 else 0}"
            if (ALL_EVENTS, event) in found and ((identity, event) in found, (identity, event) in expected) == (self.wrongly_matched, not self.wrongly_matched):
                yield number

    def first(self, detections, records):
        """Number of the first candidate that shows it, also without the others in the same scan; nothing when none does."""
        for number in self.disagreements(detections, records) if detections and records else ():
            alone = [detections[number if len(detections) > 1 else 0]], [records[number if len(records) > 1 else 0]]
            if any(True for _ in self.disagreements(*alone)):
                return number
        return None

    def shrink(self, detection, record):
        for _ in range(SHRINKING_ROUNDS):
            before = (detection, record)
            candidates = list(smaller_rules(detection))[:CANDIDATES_A_ROUND]
            number = self.first(candidates, [record])
            detection = candidates[number] if number is not None else detection
            candidates = list(smaller_records(record))[:CANDIDATES_A_ROUND] if not self.about_loading else []
            number = self.first([detection], candidates)
            record = candidates[number] if number is not None else record
            if before == (detection, record):
                break
        return detection, record


def surroundings(program, rules, lines, rule, event, wrongly_matched):
    """For a difference that needs others: the fewest rules and records, by leaving out ever smaller stretches, among which it still shows."""

    def shows(some_rules, some_lines):
        found, _ = program.scan(some_rules.values(), some_lines.values())
        return ((rule, event) in found) == wrongly_matched

    def fewest(members, kept, test):
        size = len(members) // 2
        while size >= 1:
            for names in [list(members)[begin : begin + size] for begin in range(0, len(members), size)]:
                rest = {name: text for name, text in members.items() if name not in names or name == kept}
                if len(rest) < len(members) and test(rest):
                    members = rest
            size //= 2
        return members

    lines = fewest(lines, event, lambda some: shows(rules, some))
    rules = fewest(rules, rule, lambda some: shows(some, lines))
    lines = fewest(lines, event, lambda some: shows(rules, some))
    return "\n".join([*rules.values(), "---", *lines.values()])


def explain(program, detection):
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "rule.yml")
        path.write_text(rule_text(rule_generator.rule_document(0, detection)), encoding="utf-8")
        check = program.run("rules", "check", path)
        told = program.run("rules", "explain", "--no-builtin", "--rules", path, "f0000000-0000-4000-8000-000000000000")
        matches = [line for line in told.stdout.splitlines() if line.startswith("  matches")]
        return "\n".join([check.stdout.rstrip(), *matches])


def report(program, title, detection, line):
    print(f"\n=== {title}")
    print(rule_generator.write_yaml(detection).lstrip("\n"))
    if line:
        print("---", line, sep="\n")
    print("--- the program's view")
    print(explain(program, detection))


# --- the two ways to compare -----------------------------------------------------------------------------------------------------


def compare_random(program, seed, rule_count, event_count, filter_count, shown):
    """Returns how many pairs of rule and record, and rules, the two judge differently; prints the first few, made small."""
    generator = rule_generator.Generator(random.Random(seed))
    records = [generator.record(number) for number in range(event_count)]
    rules = [generator.rule(number) for number in range(rule_count)]
    texts = [rule_text(rule) for rule in rules]
    for _ in range(filter_count):
        texts[generator.random.randrange(rule_count)] += "---\n" + rule_text(generator.filter_for(rules))
    styles = {record["eventID"]: generator.style() for record in records}
    lines = [rule_generator.write_json(record, **styles[record["eventID"]]) for record in records]

    found, loaded = program.scan(texts, lines)
    read, _ = program.scan([rule_text(all_events_rule())], lines)  # alone: filters for all rules would be for it, too
    expected, expected_loaded, reasons = judge(texts, lines)
    by_rule, by_event = {rule["id"]: rule for rule in rules}, {record["eventID"]: record for record in records}
    unread = [event for event in by_event if (ALL_EVENTS, event) not in read]
    load_differences = sorted(loaded ^ expected_loaded)
    differences = sorted(pair for pair in found ^ expected if pair[0] in loaded and pair[0] in expected_loaded and pair[1] not in unread)

    print(
        f"seed {seed}: {len(texts)} rules ({len(expected_loaded)} good) x {len(lines)} records, {len(expected)} matches: "
        f"{len(differences)} differences, {len(load_differences)} rules loaded differently, {len(unread)} records not read",
        flush=True,
    )
    for event in unread[:shown]:
        print(f"\n=== seed {seed}: not read as an event\n{rule_generator.write_json(by_event[event])}")
    for identity in load_differences[:shown]:
        too_much = identity in loaded
        detection, _ = Shrinker(program, too_much, True, {}).shrink(by_rule[identity]["detection"], records[0])
        title = f"the program loads what the oracle rejects ({reasons.get(identity)})" if too_much else "the program rejects what the oracle loads"
        report(program, f"seed {seed}: {title}", detection, "")
    one_each = {}
    for pair in differences:
        one_each.setdefault(pair[0], pair)
    for identity, event in list(one_each.values())[:shown]:
        too_much = (identity, event) in found
        detection, record = by_rule[identity]["detection"], by_event[event]
        title = "matches, the oracle does not" if too_much else "does not match, the oracle does"
        shrinker = Shrinker(program, too_much, False, styles[event])
        if any(True for _ in shrinker.disagreements([detection], [record])):
            detection, record = shrinker.shrink(detection, record)
            report(program, f"seed {seed}: the program {title}", detection, rule_generator.write_json(record, **styles[event]))
        else:
            print(f"\n=== seed {seed}: for rule {identity} and event {event} the program {title}, but only among others:")
            print(surroundings(program, dict(zip(by_rule, texts)), dict(zip(by_event, lines)), identity, event, too_much))
    return len(differences) + len(load_differences) + len(unread)


def records_of(value):
    """The records in whatever JSON a log file holds."""
    if isinstance(value, list):
        for item in value:
            yield from records_of(item)
    elif isinstance(value, dict):
        if "eventName" in value and "eventSource" in value:
            yield value
        else:
            for item in value.values():
                yield from records_of(item) if isinstance(item, (list, dict)) else ()


def real_records():
    for path in sorted(path for path in REAL_LOGS.rglob("*") if path.is_file()):
        data = path.read_bytes()
        try:
            text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8-sig")
        except (OSError, EOFError, UnicodeDecodeError):
            continue
        try:
            yield from records_of(json.loads(text))
        except ValueError:
            for line in text.split("\n"):
                try:
                    yield from records_of(json.loads(line))
                except ValueError:
                    continue


def compare_real(program, shown):
    if not REAL_LOGS.is_dir():
        print(f"skipped: there are no real logs at {REAL_LOGS}", file=sys.stderr)
        sys.exit(SKIPPED)
    lines = {}
    for record in real_records():
        identity = record.get("eventID")
        record["eventID"] = identity if isinstance(identity, str) and identity and "\t" not in identity else f"without-id-{len(lines)}"
        lines.setdefault(record["eventID"], json.dumps(record, ensure_ascii=False, separators=(",", ":")))
    rules = [*sigma_oracle.rule_texts([ROOT / "content" / "rules"]), rule_text(all_events_rule())]
    found, _ = program.scan(rules, lines.values())
    expected, loaded, rejected = judge(rules, lines.values())
    unread = {event for rule, event in expected - found if rule == ALL_EVENTS}
    differences = sorted(pair for pair in found ^ expected if pair[1] not in unread)
    print(
        f"{len(loaded) - 1} rules x {len(lines)} real events, {len(expected) - len(lines)} matches: "
        f"{len(differences)} differences, {len(rejected)} rules rejected by the oracle, {len(unread)} records not read"
    )
    for event in sorted(unread)[:shown]:
        print(f"not read as an event: {lines[event][:300]}")
    for name, reason in rejected.items():
        print(f"rejected {name}: {reason}")
    for rule, event in differences[:shown]:
        print(f"{'only the program' if (rule, event) in found else 'only the oracle'}: rule {rule}\n{lines[event]}")
    return len(differences) + len(rejected)


def main():
    parser = argparse.ArgumentParser(description="Compares cairn with the oracle of Sigma's meaning.")
    parser.add_argument("--cairn", required=True, help="the program")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, one after another")
    parser.add_argument("--rules", type=int, default=300, help="rules for each seed")
    parser.add_argument("--events", type=int, default=200, help="records for each seed")
    parser.add_argument("--filters", type=int, default=0, help="filter documents for each seed")
    parser.add_argument("--show", type=int, default=5, help="differences to make small and print for each seed")
    parser.add_argument("--real", action="store_true", help="the pack over the real logs instead")
    arguments = parser.parse_args()
    program = Program(arguments.cairn)
    if arguments.real:
        wrong = compare_real(program, arguments.show)
    else:
        seeds = range(arguments.seed, arguments.seed + arguments.seeds)
        wrong = sum(compare_random(program, seed, arguments.rules, arguments.events, arguments.filters, arguments.show) for seed in seeds)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
