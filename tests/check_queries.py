#!/usr/bin/env python3
"""Asks every question of the library (content/queries) over simulated logs with every attack.

    tests/check_queries.py --cairn PROGRAM [--keep FOLDER]

Each must run without a word of complaint over a lake, and give rows, unless it is listed below as one whose subject the simulator does not
plant. A few are asked of the raw files too: both must give the same rows.
"""

import argparse
import csv
import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTHING_PLANTED = {"anonymous-access", "duplicates", "hours-without-events", "new-roles", "old-tls"}
ALSO_RAW = ("root-signins", "opened-ports", "services", "denied-calls", "bucket-policies")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def rows_of(text):
    return list(csv.reader(io.StringIO(text)))[1:]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cairn", required=True)
    parser.add_argument("--keep", help="use and keep this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        return check(options.cairn, Path(options.keep or temporary))


def check(cairn, folder):
    logs, lake = folder / "sim" / "AWSLogs", folder / "lake"
    if not logs.exists():
        code, _, words = run(cairn, "simulate", str(folder / "sim"), "--seed", "7", "--length", "1d", "--attack", "all", "-q")
        assert code == 0, words
        code, _, words = run(cairn, "load", "--plain", "--lake", str(lake), str(logs), "-q")
        assert code == 0, words

    def first(column, condition):
        statement = f"SELECT {column} AS one FROM cloudtrail_logs WHERE {condition} ORDER BY 1 LIMIT 1"
        _, out, words = run(cairn, "sql", "-q", "--lake", str(lake), "--format", "csv", statement)
        assert out, words
        return rows_of(out)[0][0]

    values = {"key": first("useridentity.accesskeyid", "useridentity.accesskeyid LIKE 'AKIA%'"),
              "who": first("useridentity.username", "useridentity.type = 'IAMUser'"),
              "address": first("sourceipaddress", "eventname = 'ConsoleLogin'"),
              "network": first("regexp_extract(sourceipaddress, '^[0-9]+') || '.0.0.0/8'", "eventname = 'ConsoleLogin'"),
              "id": first("eventid", "eventname = 'ConsoleLogin'"),
              "time": "2024-06-03T10:00", "text": first("requestparameters.bucketName", "requestparameters.bucketName <> ''"),
              "since": "2024-06-03T06:00"}
    failures = []
    names = 0
    for source in sorted((ROOT / "content" / "queries").glob("*.sql")):
        for part in re.split(r"^-- name: ", source.read_text(), flags=re.MULTILINE)[1:]:
            name = part.split("\n", 1)[0].strip()
            names += 1
            needed = re.findall(r"^-- parameter: (\w+) \w+ (\S+)", part, flags=re.MULTILINE)
            given = [word for parameter, default in needed if default == "*" or parameter == "since"
                     for word in ("--param", f"{parameter}={values[parameter]}")]
            ask = [cairn, "ask", name, *given, "-q", "--format", "csv"]
            code, out, words = run(*ask, "--lake", str(lake))
            if code != 0 or words:
                failures.append(f"{name}: exit {code}: {words.strip()}")
                continue
            rows = rows_of(out)
            if bool(rows) == (name in NOTHING_PLANTED):
                failures.append(f"{name}: {len(rows)} rows")
            if name in ALSO_RAW:
                _, raw, words = run(*ask, "--logs", str(logs))
                if sorted(rows_of(raw)) != sorted(rows):
                    failures.append(f"{name}: raw logs give {len(rows_of(raw))} rows, the lake {len(rows)} {words}")
    for failure in failures:
        print(failure)
    print(f"{names} questions, {len(failures)} failures")
    return 1 if failures or names < 80 else 0


if __name__ == "__main__":
    sys.exit(main())
