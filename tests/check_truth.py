#!/usr/bin/env python3
"""Holds the pack against labelled real attacks: every event of the truth tables marked core must be named at medium or higher.

    tests/check_truth.py --cairn PROGRAM [--data FOLDER]

The data lies beside the repository and is not part of it; without it the check is skipped (exit code 77). Printed: for each labelled set how many core
events were named, and for each set of ordinary logs how many findings there are at medium or higher.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = 77
NAMING_LEVELS = ("medium", "high", "critical")

# Truth table → folder of its logs. A row is judged when one event alone can decide it: those that need a sequence are not marked core.
LABELLED = {"flaws2.tsv": "flaws2-cloud", "invictus.tsv": "invictus", "stratus.tsv": "stratus-detonation"}
ORDINARY = ("grycap", "sec504", "opensearch-catalog")


def scan(program, logs, folder):
    """Returns (levels that name each eventID, findings per level)."""
    done = subprocess.run([program, "scan", logs, "--quiet", "--out", folder], check=False)
    if done.returncode not in (0, 3, 10):
        sys.exit(f"cairn scan {logs}: exit code {done.returncode}")
    named = {}
    with open(Path(folder, "timeline.csv"), newline="", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            named.setdefault(row["event_id"], set()).add(row["level"])
    findings = Counter()
    with open(Path(folder, "findings.jsonl"), encoding="utf-8") as lines:
        for line in lines:
            findings[json.loads(line)["level"]] += 1
    return named, findings


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cairn", required=True, type=Path)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    arguments = parser.parse_args()
    if not (arguments.data / "truth").is_dir():
        print(f"skipped: no labelled logs in {arguments.data}")
        return SKIPPED

    missed = []
    for table, logs in LABELLED.items():
        with open(arguments.data / "truth" / table, newline="", encoding="utf-8") as rows:
            core = [row for row in csv.DictReader(rows, delimiter="\t") if row["core"] == "y"]
        with tempfile.TemporaryDirectory() as folder:
            named, _ = scan(arguments.cairn, arguments.data / "cloudtrail" / logs, folder)
        unnamed = [row for row in core if not named.get(row["eventID"], set()) & set(NAMING_LEVELS)]
        techniques = {row["technique"] for row in core}
        print(f"{logs}: {len(core) - len(unnamed)} of {len(core)} core events named, "
              f"{len(techniques - {row['technique'] for row in unnamed})} of {len(techniques)} techniques in full")
        missed += unnamed
    for logs in ORDINARY:
        with tempfile.TemporaryDirectory() as folder:
            _, findings = scan(arguments.cairn, arguments.data / "cloudtrail" / logs, folder)
        print(f"{logs}: " + (", ".join(f"{findings[level]} {level}" for level in reversed(NAMING_LEVELS)) + " findings"))
    for row in missed:
        print(f"not named: {row['technique']}: {row['eventSource']} {row['eventName']} {row['errorCode']} {row['eventID']} {row['principal']}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
