#!/usr/bin/env python3
"""What `cairn verify` costs beside what it cannot do without: reading, inflating and SHA-256 of the same files, on the same threads.

    bench/verify.py [--logs FOLDER] [--rounds N] [--threads N]

FOLDER is a bucket's copy with digests and public-keys.json, as `cairn simulate --digests` makes it; without it, one is made (one account, 700,000 events).
Runs both in turns and prints medians as a Markdown table.
"""

import argparse
import json
import statistics
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CAIRN, INFLATE = ROOT / "build/release/src/cli/cairn", ROOT / "build/release/bench/inflate_bench"


def verify(folder, threads):
    begun = time.monotonic()
    done = subprocess.run([CAIRN, "verify", folder, "--keys", folder / "public-keys.json", "--threads", str(threads), "--json", "--quiet"],
                          capture_output=True, text=True)
    took = time.monotonic() - begun
    if done.returncode not in (0, 3, 10):
        raise SystemExit(done.stderr)
    return took, json.loads(done.stdout)


def ceiling(folder, threads):
    done = subprocess.run([INFLATE, folder / "AWSLogs", "--threads", str(threads), "--sha256"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--logs", type=Path, default=ROOT / "build/bench/digests")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    folder = arguments.logs
    if not (folder / "public-keys.json").exists():
        subprocess.run([CAIRN, "simulate", folder, "--seed", "1", "--accounts", "1", "--length", "14d", "--events", "700000", "--digests", "--quiet"],
                       check=True)
    verify(folder, arguments.threads)
    ours, alone = [], []
    for _ in range(arguments.rounds):
        took, summary = verify(folder, arguments.threads)
        ours.append(took)
        alone.append(ceiling(folder, arguments.threads)["seconds"])
    mine, theirs = statistics.median(ours), statistics.median(alone)
    files = sum(summary["logs"].values()) + sum(summary["digests"].values())
    stored, text = summary["stored_bytes"] / 1e6, summary["text_bytes"] / 1e6
    print(f"| what | files | elapsed | MB/s stored | MB/s of text |\n|---|---:|---:|---:|---:|")
    print(f"| cairn verify | {files} | {mine:.3f} s | {stored / mine:.0f} | {text / mine:.0f} |")
    print(f"| reading, inflating and SHA-256 alone | {files} | {theirs:.3f} s | {stored / theirs:.0f} | {text / theirs:.0f} |")
    print(f"\nverify reaches {theirs / mine:.2f} of the limit (outcome: {summary['outcome']})")


if __name__ == "__main__":
    main()
