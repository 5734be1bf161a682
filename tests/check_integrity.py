#!/usr/bin/env python3
"""Holds `cairn verify` against simulated digest chains: for each way to tamper, exactly the verdicts of truth/integrity.jsonl and no other.

    tests/check_integrity.py --cairn PROGRAM [--seed N]

The writer of the digests and their reader share no code. Vectors that lie beside the repository, if they do, are verified too.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VECTORS = ROOT.parent / "shared" / "vectors" / "digest"
EXIT = {"proven": 0, "gaps": 3, "broken": 10, "no-digests": 3}
failures = []


def check(condition, words):
    if not condition:
        failures.append(words)
        print("FAILED: " + words)


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True)


def verify(cairn, folder, *options):
    """Returns the exit code, the summary, and the verdicts of files that are not valid, by object."""
    out = Path(folder) / "proof"
    done = run(cairn, "verify", folder, "--keys", Path(folder) / "public-keys.json", "--out", out, "--json", *options)
    if done.returncode == 2:
        raise SystemExit("verify: " + done.stderr)
    summary = json.loads(done.stdout)
    check(summary == json.loads((out / "verify.json").read_text()), "verify.json is what was printed")
    lines = [json.loads(line) for line in (out / "verdicts.jsonl").read_text().splitlines()]
    found = {(line["object"], line["kind"] == "digest", line["verdict"]) for line in lines if line["verdict"] != "valid"}
    counted = sum(summary["digests"].values()) + sum(summary["logs"].values())
    check(counted == len(lines), f"{counted} verdicts counted, {len(lines)} written")
    findings = [json.loads(line) for line in (out / "findings.jsonl").read_text().splitlines()]
    check(findings == summary["findings"], "findings.jsonl holds the findings of the summary")
    return done.returncode, summary, found


def tamper(cairn, seed, kind, extra=()):
    words = f"{kind or 'nothing'}{' ' + ' '.join(extra) if extra else ''} (seed {seed})"
    with tempfile.TemporaryDirectory() as folder:
        options = ["--tamper", kind] if kind else ["--digests"]
        made = run(cairn, "simulate", folder, "--seed", seed, "--length", "12h", "--events", "5000", *options, *extra)
        if made.returncode != 0:
            check(False, f"{words}: simulate said {made.stderr}")
            return
        lines = [json.loads(line) for line in (Path(folder) / "truth/integrity.jsonl").read_text().splitlines()]
        head, expected = lines[0], {(line["object"], line["digest"], line["verdict"]) for line in lines[1:]}
        code, summary, found = verify(cairn, folder)
        check(found == expected, f"{words}: not found {sorted(expected - found)[:3]}, too much {sorted(found - expected)[:3]}")
        check(summary["outcome"] == head["outcome"], f"{words}: outcome {summary['outcome']}, expected {head['outcome']}")
        check(code == EXIT[head["outcome"]], f"{words}: exit code {code}")
        check(bool(summary["findings"]) == (head["outcome"] != "proven"), f"{words}: findings do not fit the outcome")
        # Everything is accounted for: each log once.
        logs = sum(summary["logs"].values()) + summary["other_kinds"]
        gone = len([one for one in expected if not one[1] and one[2] == "unsigned"])
        check(logs >= head["logs"] - 200 and logs <= head["logs"] + gone, f"{words}: {logs} logs judged, {head['logs']} were written")
        if not kind:
            check(logs == head["logs"], f"{words}: {logs} logs judged, {head['logs']} were written")
            check(sum(summary["digests"].values()) == head["digests"], f"{words}: not every digest was judged")
            begun = time.monotonic()
            code, summary, found = verify(cairn, folder, "--from", "2030-01-01")
            check(code == 3 and summary["outcome"] == "no-digests" and not found, f"{words}: a time without digests")
            check(time.monotonic() - begun < 10, f"{words}: a time without digests is said at once")
            code, summary, found = verify(cairn, folder, "--from", "2024-06-03T03:00", "--to", "2024-06-03T05:59")
            check(code == 0 and summary["covered"] == {"from": "2024-06-03T03:00:00Z", "to": "2024-06-03T06:00:00Z"},
                  f"{words}: three hours alone: {summary['outcome']} {summary['covered']} {sorted(found)[:3]}")
        print(f"ok: {words}: {head['outcome']}, {len(expected)} files not valid of {logs + sum(summary['digests'].values())}")


def vectors(cairn):
    if not VECTORS.is_dir():
        print("skipped: no vectors beside the repository")
        return
    done = run(cairn, "verify", VECTORS / "bucket", "--keys", VECTORS / "keys/list-public-keys.json", "--json")
    summary = json.loads(done.stdout)
    check(done.returncode == 0 and summary["outcome"] == "proven", f"vectors: {summary['outcome']} {summary['findings']}")
    check(summary["digests"]["valid"] == 3 and summary["logs"]["valid"] == 2, f"vectors: {summary['digests']} {summary['logs']}")
    print("ok: vectors")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cairn", required=True)
    parser.add_argument("--seed", default="1")
    arguments = parser.parse_args()
    listed = run(arguments.cairn, "simulate", "x", "--tamper", "nothing").stderr
    kinds = listed[listed.index("{") + 1:listed.index("}")].split(",") if "{" in listed else []
    if not kinds:
        kinds = ["edited-log", "deleted-log", "added-log", "swapped-files", "deleted-digest", "two-deleted-digests", "edited-digest",
                 "forged-signature", "broken-chain", "unknown-key", "restart", "backfill", "duplicate-delivery", "out-of-order"]
    tamper(arguments.cairn, arguments.seed, "")
    for kind in kinds:
        tamper(arguments.cairn, arguments.seed, kind)
    tamper(arguments.cairn, arguments.seed, "deleted-digest", ["--organization-trail", "--outage", "--second-trail"])
    vectors(arguments.cairn)
    if failures:
        print(f"{len(failures)} failures")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
