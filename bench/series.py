#!/usr/bin/env python3
"""Does speed or memory change with the amount of logs? Simulates 100 thousand, 1 and 10 million events, works on each, prints Markdown tables.

    python3 bench/series.py [--rounds N] [--events COUNT...]        after ./run build; needs 15 GB in build/bench for the largest

Two threads, elapsed seconds, medians; each command runs once before it counts, so that files are in the page cache where they fit.
"""

import argparse
import shutil
from pathlib import Path

from measure import CAIRN, ROOT, Run, median, table

SIZES = (100_000, 1_000_000, 10_000_000)
MIB = 1 << 20


def simulate(work, events):
    folder = work / f"series-{events}"
    shutil.rmtree(folder, ignore_errors=True)
    run = Run([CAIRN, "simulate", folder, "--events", str(events), "--length", "30d", "--attack", "all", "--quiet"])
    return folder / "AWSLogs", run


def commands(logs, work):
    report = work / "series.html"
    return {
        "scan": [CAIRN, "scan", logs, "--quiet"],
        "scan with report.html": [CAIRN, "scan", logs, "--quiet", "--html", report],
        "search, a word": [CAIRN, "search", "AccessDenied", logs, "--json"],
        "search, a field": [CAIRN, "search", "eventName=ConsoleLogin", logs, "--json"],
        "stats, two fields": [CAIRN, "stats", "eventName", "errorCode", "--in", logs, "--json"],
        "top": [CAIRN, "top", logs, "--json"],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--events", type=int, nargs="+", default=SIZES)
    arguments = parser.parse_args()
    work = ROOT / "build/bench"
    work.mkdir(parents=True, exist_ok=True)
    rows, simulations = [], []
    for events in arguments.events:
        logs, run = simulate(work, events)
        simulations.append((f"{events:,}", f"{run.seconds:.1f}", f"{events / run.seconds:,.0f}", f"{run.memory / MIB:.0f}"))
        for name, command in commands(logs, work).items():
            Run(command)
            runs = [Run(command) for _ in range(arguments.rounds)]
            seconds = median(runs, "seconds")
            rows.append((name, f"{events:,}", f"{seconds:.2f}", f"{events / seconds:,.0f}", f"{max(r.memory for r in runs) / MIB:.0f}"))
        size = (work / "series.html").stat().st_size
        print(f"report.html of {events:,} events: {size / 1e6:.2f} MB", flush=True)
        shutil.rmtree(logs.parent)
    rows.sort(key=lambda row: list(commands(work, work)).index(row[0]))
    table(("simulate", "seconds", "events/s", "peak resident MiB"), simulations)
    table(("command", "events", "seconds", "events/s", "peak resident MiB"), rows)


if __name__ == "__main__":
    main()
