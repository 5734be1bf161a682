#!/usr/bin/env python3
"""Holds incidents against labelled real attacks: every attack of the truth tables lies inside exactly one incident.

    tests/check_incidents.py --cairn PROGRAM [--data FOLDER]

The data lies beside the repository and is not part of it; without it the check is skipped (exit code 77). An event is inside an incident when it was made with one of the
incident's sessions, between the incident's first and last reported event. Printed: for each set the number of incidents; for labelled ones how many attacks are inside one, and
which other events are inside, too.
"""

import argparse
import csv
import gzip
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = 77
LABELLED = {"flaws2.tsv": "flaws2-cloud", "invictus.tsv": "invictus", "stratus.tsv": "stratus-detonation"}
ORDINARY = ("grycap", "sec504", "opensearch-catalog")


def incidents_of(program, logs):
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([program, "scan", logs, "--quiet", "--out", folder], check=False)
        if done.returncode not in (0, 3, 10):
            sys.exit(f"cairn scan {logs}: exit code {done.returncode}")
        with open(Path(folder, "incidents.jsonl"), encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]


def records_of(logs):
    """eventID → (access key, session name, time)."""
    found = {}
    for path in sorted(logs.rglob("*.json*")):
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        document = json.loads(data)
        for record in document["Records"] if isinstance(document, dict) else document:
            identity = record.get("userIdentity") or {}
            session = (identity.get("principalId") or "").partition(":")[2]
            found[record.get("eventID")] = (identity.get("accessKeyId") or "", session, record.get("eventTime") or "")
    return found


def places_of(event, incidents):
    key, session, time = event
    return [
        incident["id"]
        for incident in incidents
        if incident["first"] <= time <= incident["last"]
        and any(key == one["access_key"] if key else session == one["session"] for one in incident["sessions"])
    ]


def levels_of(incidents):
    levels = Counter(incident["level"] for incident in incidents)
    return ", ".join(f"{levels[level]} {level}" for level in ("critical", "high", "medium") if levels[level]) or "none"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cairn", required=True, type=Path)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    arguments = parser.parse_args()
    if not (arguments.data / "truth").is_dir():
        print(f"skipped: no labelled logs in {arguments.data}")
        return SKIPPED

    failed = False
    for table, logs in LABELLED.items():
        incidents = incidents_of(arguments.cairn, arguments.data / "cloudtrail" / logs)
        records = records_of(arguments.data / "cloudtrail" / logs)
        with open(arguments.data / "truth" / table, newline="", encoding="utf-8") as rows:
            rows = list(csv.DictReader(rows, delimiter="\t"))
        core, attack_events, others = defaultdict(Counter), Counter(), Counter()
        for row in rows:
            places = places_of(records[row["eventID"]], incidents)
            if row["label"] == "attack":
                attack_events["inside" if places else "outside"] += 1
                if row["core"] == "y":
                    core[row["technique"]].update(places or ["none"])
            elif places:
                others[row["label"]] += 1
        whole = [name for name, places in core.items() if len(places) == 1 and "none" not in places]
        total = sum(attack_events.values())
        print(f"{logs}: {len(incidents)} incidents ({levels_of(incidents)}); {len(whole)} of {len(core)} attacks are inside one, "
              f"{attack_events['inside']} of {total} attack events; other events inside: "
              + (", ".join(f"{count} {label}" for label, count in others.most_common()) or "none"))
        for name, places in sorted(core.items()):
            if name not in whole:
                print(f"  not inside one: {name}: {dict(places)}")
                failed = True
    for logs in ORDINARY:
        incidents = incidents_of(arguments.cairn, arguments.data / "cloudtrail" / logs)
        print(f"{logs} (nobody attacked): {len(incidents)} incidents ({levels_of(incidents)})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
